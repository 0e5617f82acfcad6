"""Retention: words that must be kept longer than their time, and what each day's deletion came to (P-22, P-23)."""

from datetime import date, datetime
from uuid import UUID

from sqlmodel import SQLModel

from oncall.models.stored import moment, own_id, points_to


class LegalHold(SQLModel, table=True):
    """A resident whose words are kept whatever their age: why, until when, by whom."""

    __tablename__ = "legal_hold"

    id: UUID = own_id()
    resident_id: UUID = points_to("resident.id")
    why: str
    until: date
    since: datetime = moment()
    set_by: UUID = points_to("staff.id")


class RetentionRun(SQLModel, table=True):
    """One kind of thing on one run: `due` = `removed` + `held` + `failed`."""

    __tablename__ = "retention_run"

    id: UUID = own_id()
    at: datetime = moment(index=True)
    kind: str
    due: int = 0
    removed: int = 0
    held: int = 0
    failed: int = 0
