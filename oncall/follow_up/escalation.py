"""Escalation: the pages an alarm needs now, written as rows before anybody is asked, until a person has it (R-20).

The rows are the truth: one try is unique by alarm, step, channel and person, and the resident's row is locked while
the next step is worked out, so that two nodes, a repeated job or a worker killed in between never ask anybody twice for one step.
The sending itself is `call/paging`, led from `worker.py`.
"""

from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa
import sqlalchemy.orm as orm
import structlog
from sqlmodel import Session, col, or_, select

from oncall.db import tell
from oncall.follow_up import asking
from oncall.follow_up.ladder import CLOCKS_DIFFER, GIVES_UP, LEAST_STEPS, due_step, ladder
from oncall.models import Alarm, AlarmState, Channel, Event, Level, Page, PageState, Resident, Staff, Verb
from oncall.models import alarm as alarms
from oncall.settings import settings

log = structlog.get_logger()

COUNTS_AS_NEW = timedelta(hours=24)  # an alarm nobody was asked about for so long is a matter for its case


def escalate(session: Session, alarm_id: UUID, now: datetime) -> list[UUID]:
    """Write the pages of the alarm's next step if one is due; their ids. Nothing when somebody has it, or it is not due.

    A level below emergency is shown and texted to the first person alone: nobody is rung from their work for it.
    """
    resident_id = session.exec(select(Alarm.resident_id).where(Alarm.id == alarm_id)).one()
    # One at a time for one resident, whatever the node, the job or the alarm.
    session.exec(select(Resident.id).where(Resident.id == resident_id).with_for_update(key_share=True)).one()
    fresh = select(Alarm).where(Alarm.id == alarm_id).execution_options(populate_existing=True)
    alarm = session.exec(fresh.with_for_update()).one()
    if alarm.state is not AlarmState.RAISED:
        return []
    first = _that_leads(session, alarm)
    if first.id != alarm.id:
        # One emergency, one ladder. Whoever has the alarm that leads has this one with it.
        alarm.state, alarm.acknowledged_by = first.state, first.acknowledged_by
        alarm.acknowledged_at = first.acknowledged_at
        tell(session, "alarms", alarm=alarm.id)
        return []
    pages = list(session.exec(select(Page).where(Page.alarm_id == alarm.id)))
    area_id = session.exec(select(Resident.area_id).where(Resident.id == resident_id)).one()
    rungs = ladder(session, area_id, now)
    rings = alarm.level is Level.EMERGENCY
    step = due_step(pages, len(rungs.rungs), alarm.raised_at, now, rings=rings)
    if step is None or (step > 0 and not rings):
        return []
    wanted = _wanted(session, alarm, rungs.rung(step), step, now)
    if not rungs.rungs:
        log.error("nobody_to_page", alarm=str(alarm.id))
    session.add(
        Event(at=now, verb=Verb.PAGED, resident_id=alarm.resident_id, about=f"alarm:{alarm.id}",
              detail={"step": step, "pages": len(wanted), "staffed": rungs.staffed})
    )  # fmt: skip
    tell(session, "alarms", alarm=alarm.id)
    return wanted


def standing(session: Session, now: datetime) -> list[UUID]:
    """Alarms nobody has yet, the oldest first; each may need its next step."""
    asked = orm.aliased(Page)
    return list(
        session.exec(
            select(Alarm.id)
            .where(
                Alarm.state == AlarmState.RAISED,
                Alarm.raised_at > now - COUNTS_AS_NEW,
                ~sa.exists().where(
                    col(Page.alarm_id) == Alarm.id,
                    col(Page.wanted_at) < now - GIVES_UP,
                    sa.exists().where(col(asked.alarm_id) == Alarm.id, col(asked.step) >= LEAST_STEPS),
                ),
            )
            .order_by(col(Alarm.raised_at))
        )
    )


def unsent(session: Session, before: datetime) -> list[UUID]:
    """Pages whose sending has not begun since `before`: their job is late or lost."""
    return list(
        session.exec(
            select(Page.id).where(
                Page.state == PageState.WANTED,
                Page.wanted_at > before - GIVES_UP,
                # late, or of a moment that is still to come since the clock was set back
                or_(col(Page.wanted_at) < before, col(Page.wanted_at) > before + CLOCKS_DIFFER),
            )
        )
    )


def _that_leads(session: Session, alarm: Alarm) -> Alarm:
    """Of the gravest open alarms of this resident the one people were asked about already, else the earliest."""
    together = alarms.together(session, alarm)
    gravest = [one for one in together if one.level is together[0].level]
    asked = set(session.exec(select(Page.alarm_id).where(col(Page.alarm_id).in_([one.id for one in gravest]))))
    return next((one for one in gravest if one.id in asked), gravest[0])


def _wanted(session: Session, alarm: Alarm, rung: tuple[Staff | None, ...], step: int, now: datetime) -> list[UUID]:
    """The rows of one step, those that are new; calls and texts are sent by a job each."""
    made: list[UUID] = []
    for staff in rung or (None,):
        for channel in _channels(alarm, staff, nobody=not rung):
            new = asking.ask(session, channel, now, alarm_id=alarm.id, staff_id=staff.id if staff else None, step=step)
            made += [new] if new is not None else []
    return made


def _channels(alarm: Alarm, staff: Staff | None, *, nobody: bool) -> list[Channel]:
    if nobody:
        return [Channel.SCREEN]  # whoever looks at any page of ours sees it
    by_text = [Channel.SMS] if settings().sms_from else []
    if alarm.level is not Level.EMERGENCY:
        return [Channel.SCREEN, *by_text]
    return [*([Channel.SCREEN] if staff else []), Channel.CALL, *by_text]
