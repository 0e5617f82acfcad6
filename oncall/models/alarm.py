"""Alarms: what the phrase net or the model heard while the resident was still speaking; follow-up picks each one up."""

from datetime import datetime
from uuid import UUID

from sqlmodel import SQLModel

from oncall.models.risk import Detector, Level, SignalCode
from oncall.models.seal import Seal
from oncall.models.stored import moment, own_id, points_to, stored


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

    def write(self, seal: Seal, quote: str) -> None:
        """Put the sentence in, sealed."""
        self.quote_sealed = seal.close(quote, "alarm.quote", self.id)

    def quote(self, seal: Seal) -> str:
        """The sentence, opened."""
        return seal.open(self.quote_sealed, "alarm.quote", self.id)
