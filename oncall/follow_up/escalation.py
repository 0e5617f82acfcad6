"""Escalation: the pages an alarm needs now, written as rows before anybody is asked, until a person has it (R-20).

The rows are the truth: one try is unique by alarm, step, channel and person, and the alarm is locked while its next
step is worked out, so that two nodes, a repeated job or a worker killed in between never ask anybody twice for one step.
The sending itself is `call/paging`, led from `worker.py`.
"""

import secrets
from datetime import datetime
from uuid import UUID

import structlog
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session, col, select

from oncall.db import URGENT_JOB, defer, tell
from oncall.follow_up.ladder import GIVES_UP, due_step, ladder
from oncall.models import Alarm, AlarmState, Channel, Event, Level, Page, PageState, Resident, Staff, Verb
from oncall.models.alarm import together
from oncall.settings import settings

log = structlog.get_logger()


def escalate(session: Session, alarm_id: UUID, now: datetime) -> list[UUID]:
    """Write the pages of the alarm's next step if one is due; their ids. Nothing when somebody has it, or it is not due.

    A level below emergency is shown and texted to the first person alone: nobody is rung from their work for it.
    """
    alarm = session.exec(
        select(Alarm).where(Alarm.id == alarm_id, Alarm.state == AlarmState.RAISED).with_for_update(skip_locked=True)
    ).first()
    if alarm is None:
        return []
    first = together(session, alarm)[0]
    if first.id != alarm.id:
        # One emergency, one ladder. Whoever has the alarm that leads has this one with it.
        alarm.state, alarm.acknowledged_by, alarm.acknowledged_at = (
            first.state,
            first.acknowledged_by,
            first.acknowledged_at,
        )
        tell(session, "alarms", alarm=alarm.id)
        return []
    pages = list(session.exec(select(Page).where(Page.alarm_id == alarm.id)))
    area_id = session.exec(select(Resident.area_id).where(Resident.id == alarm.resident_id)).one()
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
    return list(
        session.exec(
            select(Alarm.id)
            .where(Alarm.state == AlarmState.RAISED, Alarm.raised_at > now - GIVES_UP)
            .order_by(col(Alarm.raised_at))
        )
    )


def unsent(session: Session, before: datetime) -> list[UUID]:
    """Pages whose sending has not begun since `before`: their job is late or lost."""
    return list(
        session.exec(
            select(Page.id).where(
                Page.state == PageState.WANTED, Page.wanted_at < before, Page.wanted_at > before - GIVES_UP
            )
        )
    )


def _wanted(session: Session, alarm: Alarm, rung: tuple[Staff | None, ...], step: int, now: datetime) -> list[UUID]:
    """The rows of one step, those that are new; calls and texts are sent by a job each."""
    made: list[UUID] = []
    for staff in rung or (None,):
        for channel in _channels(alarm, staff, nobody=not rung):
            state = PageState.SENT if channel is Channel.SCREEN else PageState.WANTED
            page = Page(alarm_id=alarm.id, staff_id=staff.id if staff else None, channel=channel, step=step, state=state,
                        token=secrets.token_urlsafe(24), wanted_at=now, changed_at=now)  # fmt: skip
            # The screen needs no sending: the news of this very transaction shows it.
            new = session.execute(
                insert(Page).values(page.model_dump()).on_conflict_do_nothing().returning(col(Page.id))
            ).scalar_one_or_none()
            if new is None:
                continue
            made.append(new)
            if channel is not Channel.SCREEN:
                defer(session, "page", page=str(new), priority=URGENT_JOB)
    return made


def _channels(alarm: Alarm, staff: Staff | None, *, nobody: bool) -> list[Channel]:
    if nobody:
        return [Channel.SCREEN]  # whoever looks at any page of ours sees it
    by_text = [Channel.SMS] if settings().sms_from else []
    if alarm.level is not Level.EMERGENCY:
        return [Channel.SCREEN, *by_text]
    return [*([Channel.SCREEN] if staff else []), Channel.CALL, *by_text]
