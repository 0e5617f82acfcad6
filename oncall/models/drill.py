"""Drills: a marked emergency led through the whole path once a shift, with the time each step took (R-27)."""

from datetime import datetime
from uuid import UUID

from sqlmodel import SQLModel

from oncall.models.stored import moment, own_id, points_to


class Drill(SQLModel, table=True):
    """One drill: words -> net -> spool and row -> page -> a person on duty says that they have it."""

    id: UUID = own_id()
    started_at: datetime = moment()
    shift_started_at: datetime | None = moment(nullable=True)
    staff_id: UUID | None = points_to("staff.id", nullable=True)  # who was asked
    token: str = ""
    heard_ms: float | None = None  # from the words to the net's verdict
    written_ms: float | None = None  # from the words to disk and database
    paged_at: datetime | None = moment(nullable=True)
    acknowledged_at: datetime | None = moment(nullable=True)
    ended_at: datetime | None = moment(nullable=True)
    failure: str = ""  # a short code; empty when it went well
