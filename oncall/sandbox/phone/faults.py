"""Faults to order: what the stand-in carrier gets wrong, set while it runs."""

from __future__ import annotations

import random

from pydantic import BaseModel, ConfigDict, Field

Share = Field(default=0.0, ge=0, le=1)


class Faults(BaseModel):
    """Every fault, off by default. Shares are probabilities: 1 is always, 0 never."""

    model_config = ConfigDict(extra="forbid", validate_assignment=True)

    drop_reply_after_create: float = Share
    """The call is placed and the connection is cut instead of answering 201."""
    error_500_after_create: float = Share
    """The call is placed and the answer is 500."""
    error_500: float = Share
    """The answer is 500 and no call is placed."""
    http_429: float = Share
    """The answer is 429, code 20429, and no call is placed."""
    create_faults_left: int = -1
    """How many more of the four above may strike; -1 is no limit."""
    calls_refused_to: tuple[str, ...] = ()
    """Numbers that no call is placed to; other numbers are called as ever."""
    calls_refused_code: int = 21216
    """What those are refused with; 20500 is answered as HTTP 500, 20429 as 429, every other as 400."""
    sms_error_500: float = Share
    """The answer to a text message is 500 and none is sent."""
    sms_refused_code: int = Field(default=0, ge=0)
    """What text messages are refused with, such as 21610; 0 is never."""
    sms_refused_to: tuple[str, ...] = ()
    """Numbers whose text messages are refused so; none is all."""
    sms_failed: float = Share
    """Text messages that are taken and never sent."""
    sms_undelivered: float = Share
    """Text messages that are sent and never arrive."""
    callback_before_reply: bool = False
    """The first status callback has been answered before the 201 leaves."""
    webhook_duplicate: int = Field(default=0, ge=0, le=10)
    """Extra copies of every callback (not of the fetching of TwiML)."""
    webhook_duplicate_rate: float = Field(default=1.0, ge=0, le=1)
    """The share of callbacks that have these copies."""
    webhook_shuffle: bool = False
    """Callbacks are each held back for a while, and so arrive in any order, copies included."""
    webhook_shuffle_seconds: float = Field(default=2.0, ge=0)
    """The longest such while, on the telephone's clock."""
    webhook_drop_rate: float = Share
    """Callbacks that are never sent."""
    webhook_delay_seconds: float = Field(default=0.0, ge=0)
    """Real seconds a callback is late."""
    webhook_delay_rate: float = Field(default=1.0, ge=0, le=1)
    """The share of callbacks that are late so."""
    rest_error_500: float = Share
    """The answer to any other REST request is 500, and nothing is done."""
    media_gap: float = Field(default=0.0, ge=0)
    """Seconds of the resident's sound missing from each stream, beginning two seconds into it."""
    media_drop_rate: float = Share
    """Single frames of the resident's sound missing from streams."""
    media_burst: int = Field(default=1, ge=1, le=50)
    """Frames that arrive together instead of one by one."""
    half_open: float = Field(default=0.0, ge=0)
    """Seconds into a stream after which its socket stays open but nothing moves either way; 0 is never."""
    recording_absent: bool = False
    """Recordings end as absent."""
    recording_late: int = Field(default=0, ge=0)
    """How many times the sound of each recording is still 404 after its callback."""
    seed: int = 1

    def changed(self, values: dict[str, object]) -> Faults:
        """These faults with some changed; raises pydantic's ValidationError for an unknown name or bad value."""
        return Faults.model_validate(self.model_dump() | values)


class Chance:
    """The dice behind the faults, one for each: the same seed throws the same, whatever else goes on meanwhile."""

    def __init__(self, faults: Faults) -> None:
        self.faults = faults
        self._dice: dict[str, random.Random] = {}

    def set(self, faults: Faults) -> None:
        """Other faults; the dice start anew when the seed is another."""
        if faults.seed != self.faults.seed:
            self._dice.clear()
        self.faults = faults

    def strikes(self, fault: str) -> bool:
        """Whether the fault of this name, which is a share, happens now."""
        share: float = getattr(self.faults, fault)
        return share > 0 and self._die(fault).random() < share

    def strikes_create(self, fault: str) -> bool:
        """The same for a fault of creating calls, as long as any are left."""
        if self.faults.create_faults_left == 0 or not self.strikes(fault):
            return False
        if self.faults.create_faults_left > 0:
            self.faults = self.faults.model_copy(update={"create_faults_left": self.faults.create_faults_left - 1})
        return True

    def up_to(self, most: float, fault: str) -> float:
        """Anything between 0 and this, for the fault of this name."""
        return self._die(fault).uniform(0, most)

    def _die(self, fault: str) -> random.Random:
        if fault not in self._dice:
            self._dice[fault] = random.Random(f"{self.faults.seed} {fault}")
        return self._dice[fault]
