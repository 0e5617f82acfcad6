"""Cases: a household that needs a person, why, by when, who took it, and how a person closed it."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from oncall.models.risk import Level
from oncall.models.seal import Seal
from oncall.models.stored import moment, own_id, points_to, stored


class CaseKind(StrEnum):
    """Why the household is here: the gravest reason so far."""

    FLAGGED = "flagged"  # something was said
    UNREACHED = "unreached"  # nobody could be reached
    NOT_UNDERSTOOD = "not_understood"  # a call took place and could not be understood: never calm
    ASKED = "asked"  # asked for a person, to stop, or for something
    HELD = "held"  # the machine may not call; a person should


class CloseReason(StrEnum):
    """How a person found it."""

    REACHED_WELL = "reached_well"
    HELPED = "helped"
    REFERRED = "referred"
    EMERGENCY_SERVICES = "emergency_services"
    NOT_NEEDED = "not_needed"  # looked at, and there was nothing to it
    DECEASED = "deceased"
    MOVED = "moved"


class Case(SQLModel, table=True):
    """One household's follow-up. At most one is open per household; later findings raise it instead of adding another."""

    __tablename__ = "case"
    __table_args__ = (
        sa.Index(
            "case_open_once",
            "household_id",
            unique=True,
            postgresql_where=sa.text("closed_at IS NULL"),
        ),
        sa.Index(
            "case_queue",
            "level_rank",
            "due_at",
            postgresql_where=sa.text("closed_at IS NULL"),
        ),
    )

    id: UUID = own_id()
    number: int | None = Field(default=None, sa_column=sa.Column(sa.BigInteger, sa.Identity(), unique=True))
    household_id: UUID = points_to("household.id")
    resident_id: UUID = points_to("resident.id")  # whose words or silence opened it
    area_id: int = points_to("area.id")
    kind: CaseKind = stored(CaseKind)
    level: Level = stored(Level)
    level_rank: int  # of `level`: the queue is ordered by it
    opened_at: datetime = moment()
    raised_at: datetime = moment()
    due_at: datetime = moment()  # a person must have made contact by then
    taken_by: UUID | None = points_to("staff.id", nullable=True)
    taken_at: datetime | None = moment(nullable=True)
    closed_by: UUID | None = points_to("staff.id", nullable=True)
    closed_at: datetime | None = moment(nullable=True)
    close_reason: CloseReason | None = stored(CloseReason, default=None, nullable=True)

    def stand_at(self, level: Level, now: datetime) -> None:
        """Take `level` and its clock."""
        self.level, self.level_rank, self.raised_at = level, level.rank, now
        self.due_at = now + level.contact_within


class EntryKind(StrEnum):
    """What a line of a case's history is."""

    FLAG = "flag"
    ALARM = "alarm"
    UNREACHED = "unreached"
    NOT_UNDERSTOOD = "not_understood"
    ASKED = "asked"
    HELD = "held"
    TAKEN = "taken"
    RELEASED = "released"
    NOTE = "note"
    CLOSED = "closed"
    REOPENED = "reopened"


class CaseEntry(SQLModel, table=True):
    """One line of a case's history: a finding (with its check-in) or a person's act or note."""

    __tablename__ = "case_entry"

    id: UUID = own_id()
    case_id: UUID = points_to("case.id")
    resident_id: UUID = points_to("resident.id")
    kind: EntryKind = stored(EntryKind)
    at: datetime = moment()
    staff_id: UUID | None = points_to("staff.id", nullable=True)
    check_in_id: UUID | None = points_to("check_in.id", nullable=True)
    assessment_id: UUID | None = points_to("assessment.id", nullable=True)
    code: str = ""  # a reason code for findings without words (no_answer, model_down, opt_out ...)
    text_sealed: bytes | None = None

    def write(self, seal: Seal, text: str) -> None:
        """Put a note in, sealed."""
        self.text_sealed = seal.close(text, "case_entry.text", self.id)

    def text(self, seal: Seal) -> str:
        """The note, opened; empty when there is none."""
        return seal.open(self.text_sealed, "case_entry.text", self.id) if self.text_sealed else ""
