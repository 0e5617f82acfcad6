"""Alarms: what the phrase net or the model heard while the resident was still speaking; follow-up picks each one up."""

import json
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlmodel import Field, SQLModel

from oncall.models.risk import Detector, Level, SignalCode, Subject
from oncall.models.seal import Seal
from oncall.models.stored import moment, own_id, points_to, stored


class AlarmState(StrEnum):
    """How far people are with it; only a person closes (E6)."""

    RAISED = "raised"
    ACKNOWLEDGED = "acknowledged"
    JOINED = "joined"  # the duty person speaks with the resident
    CLOSED = "closed"


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
