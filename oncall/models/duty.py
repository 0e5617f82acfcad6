"""Duty: who is to be reached when a resident is in danger, in which order, and whether they said that they are there (D3)."""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, SQLModel, col, select

from oncall.models.area import Area
from oncall.models.staff import Staff
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


def on_duty(session: Session, area_id: int, now: datetime) -> list[Duty]:
    """The shifts that answer for an area at `now`, in the order they are asked.

    Those who said that they are there come first, among them the nearest area (the dong before its district before the
    city), then by place. Nobody whose account is closed.
    """
    path = session.exec(select(Area.path).where(Area.id == area_id)).one()
    above = [int(part) for part in path.split(".") if part]
    shifts = session.exec(
        select(Duty)
        .join(Staff, col(Staff.id) == Duty.staff_id)
        .where(
            col(Duty.area_id).in_(above), Duty.starts_at <= now, Duty.ends_at > now, col(Staff.disabled_at).is_(None)
        )
    ).all()
    return sorted(
        shifts, key=lambda one: (one.acknowledged_at is None, -above.index(one.area_id), one.place, one.starts_at)
    )


def is_staffed(session: Session, area_id: int, now: datetime) -> bool:
    """Whether somebody answers for the area at `now` and has said so; without that no call should go out (D3)."""
    return any(shift.acknowledged_at for shift in on_duty(session, area_id, now))
