"""Duty: who is to be reached when a resident is in danger, in which order, and whether they said that they are there (D3)."""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import SQLModel

from oncall.models.stored import moment, own_id, points_to


class Duty(SQLModel, table=True):
    """One person's shift for an area and all below it; `place` 1 is paged first, 2 after 60 s, 3 after 120 s."""

    __table_args__ = (
        sa.Index("duty_now", "area_id", "starts_at", "ends_at"),
        sa.CheckConstraint("ends_at > starts_at", name="duty_has_length"),
    )

    id: UUID = own_id()
    area_id: int = points_to("area.id")
    staff_id: UUID = points_to("staff.id")
    place: int = 1
    starts_at: datetime = moment()
    ends_at: datetime = moment()
    acknowledged_at: datetime | None = moment(nullable=True)
