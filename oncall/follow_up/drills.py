"""The second half of a drill: whose turn it is, asking them as in an emergency, and an incident when nobody answers (R-27).

One drill a shift and person, at the head of their rung, once they have said that they are there. It gives way to
emergencies: none is begun while an alarm waits for a person, and it asks this one person only, whatever becomes of it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa
import structlog
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session, col, select

from oncall.db import tell
from oncall.errors import NotFound
from oncall.follow_up import asking
from oncall.models import Alarm, AlarmState, Channel, Drill, Duty, Page, PageState, Staff
from oncall.models import drill as drills
from oncall.models import hold as holds
from oncall.models.duty import on_duty
from oncall.settings import settings
from oncall.web.access import Signed, scope_of

log = structlog.get_logger()

SETTLED_IN = timedelta(minutes=1)  # after they said that they are there
SHOWN = 8


@dataclass(frozen=True)
class Held:
    """One drill with the person who was asked, for those who answer for them."""

    drill: Drill
    staff: Staff


def begin(session: Session, now: datetime) -> list[UUID]:
    """Write down the drills that are due; each is then led through by `call/drilling`. One a moment, the earliest shift first."""
    if _must_wait(session, now):
        return []
    shifts = session.exec(
        select(Duty)
        .join(Staff, col(Staff.id) == Duty.staff_id)
        .where(Duty.starts_at <= now, Duty.ends_at > now + drills.WITHIN, col(Staff.disabled_at).is_(None))
        .where(col(Duty.acknowledged_at) <= now - SETTLED_IN)
        .where(~sa.exists().where(col(Drill.staff_id) == Duty.staff_id, col(Drill.shift_started_at) == Duty.starts_at))
        .order_by(col(Duty.starts_at), col(Duty.place), col(Duty.id))
    ).all()
    for shift in shifts:
        if on_duty(session, shift.area_id, now)[0].staff_id != shift.staff_id:
            continue  # somebody else is asked first
        made = Drill(staff_id=shift.staff_id, shift_started_at=shift.starts_at, started_at=now)
        new = session.execute(
            insert(Drill).values(made.model_dump()).on_conflict_do_nothing().returning(col(Drill.id))
        ).scalar_one_or_none()
        if new is not None:
            log.info("drill_begun", drill=str(new))
            return [new]
    return []


def ask(session: Session, drill_id: UUID, now: datetime) -> list[UUID]:
    """Ask the person by every channel an emergency would use; each page once. Returns those that are new."""
    drill = session.exec(select(Drill).where(Drill.id == drill_id).with_for_update()).one()
    if drill.ended_at is not None:
        return []
    channels = (Channel.SCREEN, Channel.CALL, *([Channel.SMS] if settings().sms_from else []))
    asked = [asking.ask(session, channel, now, drill_id=drill.id, staff_id=drill.staff_id) for channel in channels]
    tell(session, "alarms", drill=drill.id)
    return [new for new in asked if new is not None]


def end_late(session: Session, now: datetime) -> list[UUID]:
    """Drills nobody has had in time end as what they are, an incident, named by the first step that was not taken."""
    late = session.exec(
        select(Drill).where(col(Drill.ended_at).is_(None), Drill.started_at < now - drills.WITHIN)
        .with_for_update(skip_locked=True)
    ).all()  # fmt: skip
    for one in late:
        code = _first_missing(one)
        if drills.fail(session, one.id, code, now):
            log.error("drill_failed", drill=str(one.id), code=code)
            tell(session, "alarms", drill=one.id)
    return [one.id for one in late]


def standing(session: Session, staff_id: UUID) -> Sequence[Drill]:
    """The drill this person is asked about now."""
    asked = select(Page.drill_id).where(Page.staff_id == staff_id, Page.channel == Channel.SCREEN)
    return session.exec(
        select(Drill).where(col(Drill.id).in_(asked), Drill.staff_id == staff_id, col(Drill.ended_at).is_(None))
    ).all()


def shown(session: Session, ids: Sequence[UUID], now: datetime) -> None:
    """These drills are on the person's screen now; the first time counts."""
    session.exec(
        sa.update(Page)
        .where(col(Page.drill_id).in_(ids), col(Page.channel) == Channel.SCREEN, col(Page.state) == PageState.SENT)
        .values(state=PageState.ANSWERED, changed_at=now)
        .execution_options(synchronize_session=False)
    )


def acknowledge(session: Session, drill_id: UUID, staff_id: UUID, now: datetime) -> None:
    """The person who was asked says on the screen that they have it; a second time changes nothing. Raises NotFound for
    anybody else."""
    mine = session.exec(select(Drill.id).where(Drill.id == drill_id, Drill.staff_id == staff_id)).first()
    if mine is None:
        raise NotFound
    if drills.acknowledge(session, drill_id, now):
        session.exec(
            sa.update(Page)
            .where(col(Page.drill_id) == drill_id, col(Page.channel) == Channel.SCREEN)
            .values(state=PageState.ACKNOWLEDGED, changed_at=now)
            .execution_options(synchronize_session=False)
        )
        tell(session, "alarms", drill=drill_id)


def held(session: Session, signed: Signed) -> list[Held]:
    """The newest drills of the people in reach, and one's own."""
    rows = session.exec(
        select(Drill, Staff)
        .join(Staff, col(Staff.id) == Drill.staff_id)
        .where(col(Staff.area_id).in_(scope_of(signed)) | (col(Staff.id) == signed.staff_id))
        .order_by(col(Drill.started_at).desc())
        .limit(SHOWN)
    )
    return [Held(drill, staff) for drill, staff in rows]


def _must_wait(session: Session, now: datetime) -> bool:
    """Somebody real is in danger, another drill goes on, or the rows are an older copy."""
    raised = select(Alarm.id).where(Alarm.state == AlarmState.RAISED, Alarm.raised_at > now - timedelta(hours=1))
    going_on = select(Drill.id).where(col(Drill.ended_at).is_(None))
    busy = any(session.exec(one.limit(1)).first() is not None for one in (raised, going_on))
    return busy or any(one.reason.holds_emergencies for one in holds.standing(session))


def _first_missing(drill: Drill) -> str:
    if drill.heard_ms is None:
        return "not_written"
    return "not_acknowledged" if drill.paged_at is not None else "not_paged"
