"""Accountings: twice a day, how many planned calls came to what, and each person nobody can account for, by name."""

from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from oncall.models.stored import moment, own_id, points_to


class Accounting(SQLModel, table=True):
    """One report over the slots from `since` to `made_at`; `due_at` is the moment it was to be made, once over all nodes."""

    id: UUID = own_id()
    due_at: datetime = Field(sa_column=sa.Column(sa.DateTime(timezone=True), nullable=False, unique=True))
    since: datetime = moment()
    made_at: datetime = moment()
    counts: dict[str, Any] = Field(default_factory=dict, sa_column=sa.Column(JSONB, nullable=False))
    told_at: datetime | None = moment(nullable=True)  # the city's own address was told


class Unaccounted(SQLModel, table=True):
    """One person of one accounting: which check-in (none: it was never laid out), where it stood, and why."""

    id: UUID = own_id()
    accounting_id: UUID = points_to("accounting.id")
    resident_id: UUID = points_to("resident.id")
    area_id: int = points_to("area.id")
    check_in_id: UUID | None = points_to("check_in.id", nullable=True)
    state: str
    reason: str = ""
