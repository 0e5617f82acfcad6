"""Drills: a marked emergency led through the whole path once a shift, with the time each step took (R-27).

A drill is no alarm: it has no resident, no call and no case, so that nothing that counts emergencies can count it.
"""

from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, SQLModel, col

from oncall.models.stored import moment, own_id, points_to

WITHIN = timedelta(minutes=5)  # a person has said by then that they have it


class Drill(SQLModel, table=True):
    """One drill: words -> net -> spool and row -> page -> the person on duty says that they have it."""

    __table_args__ = (sa.UniqueConstraint("staff_id", "shift_started_at", name="drill_once_a_shift"),)

    id: UUID = own_id()
    started_at: datetime = moment()
    shift_started_at: datetime = moment()
    staff_id: UUID = points_to("staff.id")  # who was asked
    heard_ms: float | None = None  # from the words to the net's verdict
    written_ms: float | None = None  # from the words to disk and database
    paged_at: datetime | None = moment(nullable=True)  # the carrier was asked to ring them
    acknowledged_at: datetime | None = moment(nullable=True)
    ended_at: datetime | None = moment(nullable=True)
    failure: str = ""  # a short code; empty when it went well

    def after(self, at: datetime | None) -> float | None:
        """Seconds from the words to a step; None when it was never taken."""
        return max((at - self.started_at).total_seconds(), 0.0) if at else None


def fail(session: Session, drill_id: UUID, code: str, now: datetime) -> bool:
    """It ends with a failure; False when it had ended before."""
    return _end(session, drill_id, now, failure=code)


def acknowledge(session: Session, drill_id: UUID, now: datetime) -> bool:
    """The person has it, and the drill is over; False when it was over before.

    That nobody could be rung is a failure all the same: next time they may not be looking at a screen.
    """
    never_rung = sa.case((col(Drill.paged_at).is_(None), "not_paged"), else_="")
    return _end(session, drill_id, now, failure=never_rung, acknowledged_at=now)


def _end(session: Session, drill_id: UUID, now: datetime, **values: object) -> bool:
    moved = session.exec(
        sa.update(Drill)
        .where(col(Drill.id) == drill_id, col(Drill.ended_at).is_(None))
        .values(ended_at=now, **values)
        .execution_options(synchronize_session=False)
    )
    session.expire_all()
    return bool(moved.rowcount)
