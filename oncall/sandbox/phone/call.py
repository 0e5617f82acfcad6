"""A call as the carrier keeps it: where it stands, what it leaves behind, and how the REST interface shows it."""

from __future__ import annotations

import asyncio
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from enum import StrEnum
from typing import Protocol

from oncall.sandbox.people.person import Said
from oncall.sandbox.phone.line import Line
from oncall.sandbox.phone.order import Callback, Instruction, Order
from oncall.sandbox.phone.recording import Recording
from oncall.sandbox.phone.tape import Tape


class Status(StrEnum):
    """Where a call stands."""

    QUEUED = "queued"
    INITIATED = "initiated"
    RINGING = "ringing"
    IN_PROGRESS = "in-progress"
    COMPLETED = "completed"
    BUSY = "busy"
    FAILED = "failed"
    NO_ANSWER = "no-answer"
    CANCELED = "canceled"

    @property
    def ended(self) -> bool:
        """Whether nothing more can happen to the call."""
        return self not in (Status.QUEUED, Status.INITIATED, Status.RINGING, Status.IN_PROGRESS)

    @property
    def shown(self) -> str:
        """As a fetched call says it; `initiated` is said in callbacks only."""
        return "queued" if self is Status.INITIATED else str(self)


class Fork(Protocol):
    """A one-way stream of a call."""

    sid: str

    @property
    def name(self) -> str:
        """As it was given, else its sid."""

    def stop(self) -> None:
        """Say that it is over and close."""


def now() -> datetime:
    """The wall's time."""
    return datetime.now(UTC)


def new_sid(kind: str) -> str:
    """An identifier as the carrier makes them: two letters and 32 hexadecimal digits."""
    return kind + uuid.uuid4().hex


def rfc2822(moment: datetime | None) -> str | None:
    """As REST shows moments."""
    return None if moment is None else format_datetime(moment.replace(microsecond=0))


@dataclass(eq=False, slots=True)
class Call:
    """One leg to one number."""

    account_sid: str
    to: str
    from_: str
    order: Order | None = None
    """None for the leg of a <Dial>."""
    parent_sid: str | None = None
    inbound: bool = False
    """Whether somebody rang one of our numbers; `from_` is then whoever is on the line."""
    status_callback: Callback | None = None
    fallback: Instruction | None = None
    time_limit: float = 14400
    sid: str = field(default_factory=lambda: new_sid("CA"))
    status: Status = Status.QUEUED
    created: datetime = field(default_factory=now)
    updated: datetime = field(default_factory=now)
    dialled: datetime | None = None
    rang: datetime | None = None
    answered: datetime | None = None
    ended: datetime | None = None
    duration: int | None = None
    queue_ms: int = 0
    answered_by: str | None = None
    machine_ms: int = 0
    sip_code: int | None = None
    sequence: int = 0
    recording: Recording | None = None
    """The one ordered with the call."""
    recordings: list[Recording] = field(default_factory=list)
    streams: list[Fork] = field(default_factory=list)
    """One-way streams that run beside the call's verbs."""
    tape: Tape | None = None
    """The stand-in's own, while the call is answered and there is a folder for it."""
    line: Line | None = None
    """Only while the call is answered."""
    conversation: list[Said] = field(default_factory=list)
    """What was said, once the call has ended."""
    finish: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when REST ends the call."""
    instruction: Instruction | None = None
    """What REST, or the order, wants to be done next; set `redirected` to have it done at once."""
    redirected: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def direction(self) -> str:
        """As the carrier calls it."""
        if self.inbound:
            return "inbound"
        return "outbound-dial" if self.parent_sid else "outbound-api"

    def move(self, status: Status) -> None:
        """To another state, now."""
        self.status = status
        self.updated = now()
        if status is Status.RINGING:
            self.rang = self.updated
        if status is Status.IN_PROGRESS:
            self.answered = self.updated
        if status.ended:
            self.ended = self.updated

    @property
    def uri(self) -> str:
        """Relative to the base, without its ending."""
        return f"/2010-04-01/Accounts/{self.account_sid}/Calls/{self.sid}"

    def as_json(self) -> dict[str, object]:
        """The resource."""
        return {
            "sid": self.sid,
            "account_sid": self.account_sid,
            "date_created": rfc2822(self.created),
            "date_updated": rfc2822(self.updated),
            "parent_call_sid": self.parent_sid,
            "to": self.to,
            "to_formatted": self.to,
            "from": self.from_,
            "from_formatted": self.from_,
            "phone_number_sid": None,
            "status": self.status.shown,
            "start_time": rfc2822(self.dialled),
            "end_time": rfc2822(self.ended),
            "duration": str(self.duration or 0) if self.status.ended else None,
            "price": None,
            "price_unit": "USD",
            "direction": self.direction,
            "answered_by": self.answered_by,
            "api_version": "2010-04-01",
            "forwarded_from": None,
            "group_sid": None,
            "caller_name": None,
            "queue_time": str(self.queue_ms),
            "trunk_sid": "",
            "annotation": None,
            "uri": f"{self.uri}.json",
            "subresource_uris": {
                name: f"{self.uri}/{path}.json"
                for name, path in (
                    ("notifications", "Notifications"),
                    ("recordings", "Recordings"),
                    ("streams", "Streams"),
                    ("events", "Events"),
                )
            },
        }

    def as_params(self) -> dict[str, str]:
        """What every webhook of this call carries, empty fields and one nobody has heard of included."""
        params = {
            "CallSid": self.sid,
            "AccountSid": self.account_sid,
            "From": self.from_,
            "To": self.to,
            "Caller": self.from_,
            "Called": self.to,
            "CallStatus": str(self.status),
            "ApiVersion": "2010-04-01",
            "Direction": self.direction,
            "SandboxNote": "",
        }
        for party, number in (("From", self.from_), ("Caller", self.from_), ("To", self.to), ("Called", self.to)):
            country = {"+8": "KR", "+1": "US"}.get(number[:2], "")
            params |= {f"{party}City": "", f"{party}State": "", f"{party}Zip": "", f"{party}Country": country}
        if self.parent_sid:
            params["ParentCallSid"] = self.parent_sid
        return params
