"""Reviews: what a person says of an assessed call, before they see what the machine said; every one is a label.

Put before people are all calls from concern up, all marked for review, and one calm call in fifty, drawn by a keyed
fingerprint of the check-in: nobody can steer it or tell beforehand, and misses hide in the calm ones (E-4).
"""

import json
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from oncall.models.assessment import Assessment
from oncall.models.risk import AnsweredBy, Level, SignalCode
from oncall.models.seal import Seal, ring
from oncall.models.stored import moment, own_id, points_to, stored

DRAWN_SHARE = 0.02  # of calm calls


class Review(SQLModel, table=True):
    """One person's verdict on one assessment. `level` and `codes` were given blind; `useful` after the reveal."""

    __table_args__ = (sa.UniqueConstraint("assessment_id"),)

    id: UUID = own_id()
    assessment_id: UUID = points_to("assessment.id")
    resident_id: UUID = points_to("resident.id")
    area_id: int = points_to("area.id")
    staff_id: UUID = points_to("staff.id")
    level: Level = stored(Level)
    codes: list[str] = Field(default_factory=list, sa_column=sa.Column(JSONB, nullable=False))  # SignalCode values
    useful: bool | None = None  # whether it was right to put this call before a person
    note_sealed: bytes | None = None
    judged_at: datetime = moment(index=True)

    @property
    def agreed(self) -> list[SignalCode]:
        """The signals the person heard."""
        return [SignalCode(code) for code in self.codes]

    def write(self, seal: Seal, note: str) -> None:
        """Put the note in, sealed."""
        self.note_sealed = seal.close(json.dumps(note, ensure_ascii=False), "review.note", self.id)

    def note(self, seal: Seal) -> str:
        """The note, opened; empty when there is none."""
        return str(json.loads(seal.open(self.note_sealed, "review.note", self.id))) if self.note_sealed else ""


def is_drawn(assessment: Assessment) -> bool:
    """Whether this call was judged calm and a person reads it all the same."""
    calm = not (assessment.level.needs_follow_up or assessment.failed or assessment.for_review)
    return calm and assessment.answered_by is AnsweredBy.RESIDENT and _place(assessment.check_in_id) < DRAWN_SHARE


def order(assessment_id: UUID) -> bytes:
    """Where an assessment stands in the list: by chance, so that its place tells nothing of its level."""
    return ring().index_of("review.order", str(assessment_id))


def _place(check_in_id: UUID) -> float:
    """A number from 0 to 1 that only the holder of the city's key can compute."""
    return int.from_bytes(ring().index_of("review.draw", str(check_in_id))[:8], "big") / 2**64
