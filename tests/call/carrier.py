"""A carrier at the telephone's door: takes calls into a ledger of its own, and fails in every way a carrier can.

Hand-written, in memory and on the test's own clock, so that thousands of histories can be tried; what it says is what the
stand-in carrier says (`oncall/sandbox/phone`). Its ledger, not our rows, tells who was rung.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

import requests

from oncall.gateways import phone

LISTED_AFTER = timedelta(seconds=30)  # a call shows in the carrier's list only then (protocol §1.5)
NEXT = {"queued": ["ringing", "failed"], "ringing": ["in-progress", "busy", "no-answer", "failed"],
        "in-progress": ["completed"]}  # fmt: skip


class Died(BaseException):
    """The process of ours that was asking was killed."""


class Answer(StrEnum):
    """How one request to place a call goes."""

    TAKEN = "taken"
    REFUSED = "refused"
    WRONG_NUMBER = "wrong_number"
    TAKEN_AND_LOST = "taken_and_lost"  # it rings, and the answer never came
    LOST = "lost"  # nothing rings, and that cannot be known
    WE_DIED_BEFORE = "we_died_before"
    WE_DIED_AFTER = "we_died_after"


@dataclass
class Call:
    """One call the carrier took."""

    sid: str
    to: str
    token: str
    placed_at: datetime
    status: str = "queued"
    answered_by: str | None = None
    news: list[dict[str, str]] = field(default_factory=list)  # what it has to tell so far; delivery is another matter

    @property
    def is_live(self) -> bool:
        """It rings, or somebody is on it."""
        return self.status in NEXT

    def goes(self, status: str, answered_by: str | None = None) -> None:
        """The call's own next step, and the message about it."""
        self.status = status
        if answered_by:
            self.answered_by = answered_by
        told = {"CallSid": self.sid, "CallStatus": status}
        if self.answered_by and status in {"completed"}:
            told["AnsweredBy"] = self.answered_by
        self.news.append(told)


@dataclass
class Carrier:
    """The ledger, and how the next request goes. `asked` is called at the moment a request leaves us."""

    now: Callable[[], datetime]
    asked: Callable[[str, str], None] = lambda to, token: None
    calls: dict[str, Call] = field(default_factory=dict)
    answer: Answer = Answer.TAKEN
    meanwhile: Callable[[], None] | None = None  # what happens elsewhere while we wait for the answer
    away: bool = False

    def place(self, to: str, token: str) -> str:
        """`phone.place`."""
        self.asked(to, token)
        answer, meanwhile = self.answer, self.meanwhile
        self.answer, self.meanwhile = Answer.TAKEN, None
        if answer is Answer.WE_DIED_BEFORE:
            raise Died
        if answer in {Answer.TAKEN, Answer.TAKEN_AND_LOST, Answer.WE_DIED_AFTER}:
            call = Call(f"CA{len(self.calls) + 1}", to, token, self.now())
            self.calls[call.sid] = call
        if meanwhile is not None:
            meanwhile()
        match answer:
            case Answer.REFUSED:
                raise phone.NotPlaced(20429)
            case Answer.WRONG_NUMBER:
                raise phone.NotPlaced(21211)
            case Answer.TAKEN_AND_LOST | Answer.LOST:
                raise phone.Unclear("no answer from the carrier")
            case Answer.WE_DIED_AFTER:
                raise Died
        return call.sid

    def calls_to(self, to: str, since: datetime) -> list[phone.CarrierCall]:
        """`phone.calls_to`: complete only after a while."""
        self._reached()
        here = [call for call in self.calls.values() if call.to == to and call.placed_at >= since
                and call.placed_at <= self.now() - LISTED_AFTER]  # fmt: skip
        return [self._told(call) for call in here]

    def look_up(self, call_sid: str) -> phone.CarrierCall:
        """`phone.look_up`."""
        self._reached()
        return self._told(self.calls[call_sid])

    def hang_up(self, call_sid: str) -> None:
        """`phone.hang_up`."""
        if (call := self.calls.get(call_sid)) and call.is_live:
            call.goes("completed" if call.status == "in-progress" else "canceled")

    def say_and_hang_up(self, call_sid: str, twiml: str) -> None:
        """`phone.say_and_hang_up`."""
        self.hang_up(call_sid)

    def reach(self) -> str:
        """`phone.reach`."""
        self._reached()
        return "active"

    def _reached(self) -> None:
        if self.away:
            raise requests.ConnectionError("the carrier is away")

    @staticmethod
    def _told(call: Call) -> phone.CarrierCall:
        return phone.CarrierCall(call.sid, call.status, call.placed_at, call.answered_by, None)
