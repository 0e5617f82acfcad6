"""The entries of a call's minutes about danger: the alarm, its words, and what was answered while it stands."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy.dialects.postgresql import insert as upsert
from sqlmodel import Session, col

from oncall import clock
from oncall.call import redial
from oncall.call.line import Line
from oncall.db import URGENT_JOB, defer, tell
from oncall.models import Alarm, Attempt, Level, SignalCode, Speaks, Subject
from oncall.models.risk import Detector


@dataclass(frozen=True)
class Raised:
    """Something that cannot wait for the end of the call; `quote` may still be empty when the model was quicker than
    the transcript, and `Quoted` brings it."""

    line: Line
    code: SignalCode
    level: Level
    detector: Detector
    quote: str
    second: float
    at: datetime
    subject: Subject = Subject.RESIDENT
    confidence: float = 0.9
    speaks: Speaks = Speaks.RESIDENT
    alarm_id: UUID = field(default_factory=uuid4)

    def columns(self) -> dict[str, Any]:
        """The columns of the alarm's row, the quote sealed."""
        return {
            "id": self.alarm_id, "attempt_id": self.line.attempt_id, "resident_id": self.line.resident_id,
            "code": self.code, "level": self.level, "detector": self.detector, "subject": self.subject,
            "speaks": self.speaks, "confidence": self.confidence, "second": self.second, "raised_at": self.at,
            "quote_sealed": self.line.seal.close(self.quote, "alarm.quote", self.alarm_id),
        }  # fmt: skip

    def write(self, session: Session) -> None:
        """Add the alarm and have follow-up pick it up at once."""
        write_alarm(session, self.columns())


def write_alarm(session: Session, columns: dict[str, Any]) -> bool:
    """Add the alarm with these columns, have follow-up pick it up at once, and the line rung again if it dropped and was
    settled before this was known (R-21); False, and nothing happens, when it is there already."""
    new = session.execute(
        upsert(Alarm).values(Alarm(**columns).model_dump()).on_conflict_do_nothing(index_elements=["id"])
        .returning(col(Alarm.id))
    ).scalar_one_or_none()  # fmt: skip
    if new is None:
        return False
    redial.if_settled(session, columns["attempt_id"], clock.now())
    defer(session, "alarmed", alarm=str(new), priority=URGENT_JOB)
    tell(session, "alarms", alarm=new)
    return True


@dataclass(frozen=True)
class Quoted:
    """The resident's own words for an alarm that was raised before they were written down (D8)."""

    line: Line
    alarm_id: UUID
    quote: str

    def write(self, session: Session) -> None:
        """Put the words on the alarm."""
        alarm = session.get_one(Alarm, self.alarm_id)
        alarm.write(self.line.seal, self.quote)
        session.add(alarm)
        tell(session, "queue", case_id=alarm.case_id or "")


@dataclass(frozen=True)
class Told:
    """What they answered in the emergency so far, and the level it came to; to be seen on the duty screen at once."""

    line: Line
    answers: dict[str, str]
    level: Level

    def write(self, session: Session) -> None:
        """Put the answers on the alarm that leads for this call, and raise it if they say so; never lower it (D2)."""
        alarm = redial.standing_alarm(session, session.get_one(Attempt, self.line.attempt_id))
        if alarm is None:
            return
        alarm.write_answers(self.line.seal, alarm.answers(self.line.seal) | self.answers)
        if self.level.rank > alarm.level.rank:
            alarm.level = self.level
            defer(session, "escalate", alarm=str(alarm.id), priority=URGENT_JOB)
        session.add(alarm)
        tell(session, "alarms", alarm=alarm.id)
