"""Alarms: what the phrase net or the model heard while the resident was still speaking; follow-up picks each one up.

Several alarms of one resident are one emergency to the people who answer: they are taken, joined and closed together,
each by one conditional update, so that of two who press at once one has it.
"""

import hmac
import json
from datetime import datetime
from enum import StrEnum
from hashlib import sha256
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field, Session, SQLModel, col, select

from oncall.models.risk import Detector, Level, SignalCode, Speaks, Subject
from oncall.models.seal import Seal, ring
from oncall.models.stored import moment, own_id, points_to, stored


class AlarmState(StrEnum):
    """How far people are with it; only a person closes (E6)."""

    RAISED = "raised"
    ACKNOWLEDGED = "acknowledged"
    JOINED = "joined"  # the duty person speaks with the resident
    CLOSED = "closed"

    @property
    def is_open(self) -> bool:
        """Not closed by a person yet."""
        return self is not AlarmState.CLOSED


OPEN = (AlarmState.RAISED, AlarmState.ACKNOWLEDGED, AlarmState.JOINED)


class Alarm(SQLModel, table=True):
    """One alarm of one call, with the sentence that raised it. `case_id` is set once it stands on a case."""

    id: UUID = own_id()
    attempt_id: UUID = points_to("attempt.id")
    resident_id: UUID = points_to("resident.id")
    code: SignalCode = stored(SignalCode)
    level: Level = stored(Level)
    detector: Detector = stored(Detector)
    quote_sealed: bytes
    second: float  # since the stream began
    raised_at: datetime = moment()
    case_id: UUID | None = points_to("case.id", nullable=True)
    subject: Subject = stored(Subject, default=Subject.RESIDENT)
    speaks: Speaks = stored(Speaks, default=Speaks.RESIDENT)  # in whose words a call after it speaks
    confidence: float = 0.9
    state: AlarmState = stored(AlarmState, default=AlarmState.RAISED)
    answers_sealed: bytes | None = None  # the four facts of the live protocol (E2), as JSON {"where": words, ...}
    acknowledged_by: UUID | None = points_to("staff.id", nullable=True)
    acknowledged_at: datetime | None = moment(nullable=True)
    closed_by: UUID | None = points_to("staff.id", nullable=True)
    closed_at: datetime | None = moment(nullable=True)
    close_reason: str = Field(default="")  # of CloseReason

    def write(self, seal: Seal, quote: str) -> None:
        """Put the sentence in, sealed."""
        self.quote_sealed = seal.close(quote, "alarm.quote", self.id)

    def quote(self, seal: Seal) -> str:
        """The sentence, opened."""
        return seal.open(self.quote_sealed, "alarm.quote", self.id)

    def write_answers(self, seal: Seal, answers: dict[str, str]) -> None:
        """Put what they answered in the emergency in, sealed."""
        self.answers_sealed = seal.close(json.dumps(answers, ensure_ascii=False), "alarm.answers", self.id)

    def answers(self, seal: Seal) -> dict[str, str]:
        """What they answered so far, opened: {"where", "awake", "alone", "door"} as far as asked."""
        if self.answers_sealed is None:
            return {}
        opened: dict[str, str] = json.loads(seal.open(self.answers_sealed, "alarm.answers", self.id))
        return opened

    @property
    def room(self) -> str:
        """The name of the conference in which a person meets the resident; nobody outside can guess it."""
        return "oncall-" + hmac.digest(ring().session_key, b"room:" + self.resident_id.bytes, sha256).hex()[:32]


def together(session: Session, alarm: Alarm) -> list[Alarm]:
    """The open alarms of this alarm's resident, the one that leads first: the gravest, then the earliest."""
    rows = session.exec(select(Alarm).where(Alarm.resident_id == alarm.resident_id, col(Alarm.state).in_(OPEN)))
    return sorted(rows, key=lambda one: (-one.level.rank, one.raised_at, one.id))


def take(session: Session, alarm: Alarm, staff_id: UUID | None, now: datetime) -> bool:
    """This person (None: the last-resort number) has it now; True also when it was theirs, False when a colleague was faster."""
    taken = _move(session, alarm, (AlarmState.RAISED,), state=AlarmState.ACKNOWLEDGED, acknowledged_by=staff_id,
                  acknowledged_at=now)  # fmt: skip
    session.refresh(alarm)
    return taken or (alarm.state.is_open and alarm.acknowledged_by == staff_id)


def join(session: Session, alarm: Alarm) -> bool:
    """The person who has it speaks with the resident; False when nobody has it (any more)."""
    return _move(session, alarm, (AlarmState.ACKNOWLEDGED, AlarmState.JOINED), state=AlarmState.JOINED)


def let_go(session: Session, alarm: Alarm) -> bool:
    """The person who had it is gone from the line and the resident is still there: somebody else is needed."""
    return _move(session, alarm, (AlarmState.ACKNOWLEDGED, AlarmState.JOINED), state=AlarmState.RAISED, acknowledged_by=None,
                 acknowledged_at=None)  # fmt: skip


def close(session: Session, alarm: Alarm, staff_id: UUID, reason: str, now: datetime) -> bool:
    """A named person ends it, with a CloseReason; False when it was closed before."""
    return _move(session, alarm, OPEN, state=AlarmState.CLOSED, closed_by=staff_id, closed_at=now, close_reason=reason)


def _move(session: Session, alarm: Alarm, of: tuple[AlarmState, ...], **values: object) -> bool:
    moved = session.exec(
        sa.update(Alarm)
        .where(col(Alarm.resident_id) == alarm.resident_id, col(Alarm.state).in_(of))
        .values(**values)
        .execution_options(synchronize_session=False)
    )
    session.expire(alarm)
    return bool(moved.rowcount)
