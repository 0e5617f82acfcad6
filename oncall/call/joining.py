"""The warm bridge: a resident in danger and the person on duty meet in one room, and neither waits in silence (E3).

Two legs, one conference. The duty person's leg decides (`duty_leg`); here the resident's leg is led from whatever it is
doing (the AI's stream, the keypad, our company) into the room, and out of it again when the person goes first. The
resident's leg is never hung up by us (C-28). The carrier's recording belongs to the call and goes on.
"""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
import structlog
from fastapi import APIRouter, HTTPException, Response
from sqlmodel import Session, col, select

from oncall import clock
from oncall.call import duty_script, script
from oncall.call.webhooks import KindRoute, News, Signed
from oncall.db import URGENT_JOB, Db, defer, tell, transaction
from oncall.gateways import phone
from oncall.models import (
    Alarm,
    AlarmState,
    Attempt,
    AttemptState,
    Channel,
    Event,
    Language,
    Page,
    PageState,
    Resident,
    Verb,
)
from oncall.models import alarm as alarms

log = structlog.get_logger()
spoken = APIRouter(prefix="/voice/{token}", route_class=KindRoute)


def live_leg(session: Session, alarm: Alarm) -> Attempt | None:
    """The resident's call that is going on now: the one the alarm was raised in, or its redial."""
    check_in = select(Attempt.check_in_id).where(Attempt.id == alarm.attempt_id).scalar_subquery()
    return session.exec(
        select(Attempt)
        .where(Attempt.check_in_id == check_in, Attempt.state == AttemptState.ANSWERED, col(Attempt.call_sid).is_not(None))
        .order_by(col(Attempt.answered_at).desc())
    ).first()  # fmt: skip


def alarm_of(session: Session, attempt: Attempt) -> Alarm | None:
    """The alarm that leads for this call, its check-in's newest; closed ones only when there is no other."""
    of_call = select(Attempt.id).where(Attempt.check_in_id == attempt.check_in_id)
    rows = session.exec(select(Alarm).where(col(Alarm.attempt_id).in_(of_call))).all()
    return min(rows, key=lambda one: (not one.state.is_open, -one.level.rank, one.raised_at), default=None)


@spoken.post("/met")
def met(news: Signed, session: Db) -> Response:
    """The resident's call has been led here: into the room where the person waits."""
    alarm, language = _leg(session, news)
    if alarm is None or not alarms.join(session, alarm):
        return _twiml(duty_script.company(news.token, language, 0))
    session.refresh(alarm)
    _joined(session, alarm, clock.now())
    return _twiml(duty_script.met(news.token, language, alarm.room))


@spoken.post("/company")
def company(news: Signed, session: Db, turn: int = 0) -> Response:
    """Nobody is with the resident: we are. Once a person has closed the alarm, the call may end."""
    alarm, language = _leg(session, news)
    if alarm is not None and not alarm.state.is_open:
        return _twiml(script.farewell("closing", language))
    hung_up = news.get("CallStatus") != "in-progress"
    if alarm is not None and turn == 0 and not hung_up and alarms.let_go(session, alarm):
        _somebody_else(session, alarm, clock.now())
    return _twiml(duty_script.company(news.token, language, max(turn, 0)))


def bring(page_id: UUID) -> None:
    """Lead the resident's call to the person who pressed 1; when it is over by now, tell that person."""
    with transaction() as session:
        page = session.get_one(Page, page_id)
        alarm = session.get_one(Alarm, page.alarm_id)
        leg = live_leg(session, alarm)
        # Somebody in the room already has the resident there.
        wanted = alarm.state is AlarmState.ACKNOWLEDGED and page.state is PageState.ACKNOWLEDGED
        there = leg.call_sid if leg else None
        path = f"/voice/{leg.token}/met" if leg else ""
    if not wanted or (there and phone.lead(there, path)):
        return
    if page.sid:
        phone.lead(page.sid, f"/voice/duty/{page.token}/over")


def keep_company(alarm_id: UUID) -> None:
    """Lead the resident's call out of the empty room, back to us."""
    with transaction() as session:
        leg = live_leg(session, session.get_one(Alarm, alarm_id))
    if leg is not None and leg.call_sid:
        phone.lead(leg.call_sid, f"/voice/{leg.token}/company")


def person_left(session: Session, page: Page, now: datetime) -> None:
    """The leg of a duty person who had pressed 1 ended. While the resident is still there, somebody else is asked (E4)."""
    alarm = session.get_one(Alarm, page.alarm_id)
    others = session.exec(
        select(Page.id).where(_of_emergency(alarm), Page.state == PageState.JOINED, Page.id != page.id)
    ).first()
    had_it = page.state in {PageState.ACKNOWLEDGED, PageState.JOINED}
    if not had_it or others is not None or live_leg(session, alarm) is None:
        return
    page.state, page.error, page.changed_at = PageState.FAILED, "left", now
    session.flush()
    if alarms.let_go(session, alarm):
        _somebody_else(session, alarm, now)
        defer(session, "keep_company", alarm=str(alarm.id), priority=URGENT_JOB)


def _joined(session: Session, alarm: Alarm, now: datetime) -> None:
    entered = session.execute(
        sa.update(Page)
        .where(_of_emergency(alarm), col(Page.state) == PageState.ACKNOWLEDGED)
        .values(state=PageState.JOINED, changed_at=now)
        .execution_options(synchronize_session=False)
    )
    if entered.rowcount:  # type: ignore[attr-defined]  # an UPDATE's result counts its rows
        session.add(
            Event(at=now, verb=Verb.ALARM_JOINED, staff_id=alarm.acknowledged_by, resident_id=alarm.resident_id,
                  about=f"alarm:{alarm.id}")
        )  # fmt: skip
    tell(session, "alarms", alarm=alarm.id)


def _somebody_else(session: Session, alarm: Alarm, now: datetime) -> None:
    """The alarm is nobody's again: the ladder's next rung at once."""
    session.execute(
        sa.update(Page)
        .where(_of_emergency(alarm))
        .where(col(Page.state).in_([PageState.JOINED, PageState.ACKNOWLEDGED]))
        .values(state=PageState.FAILED, error="left", changed_at=now)
        .execution_options(synchronize_session=False)
    )
    defer(session, "escalate", alarm=str(alarm.id), priority=URGENT_JOB)
    tell(session, "alarms", alarm=alarm.id)


def _of_emergency(alarm: Alarm) -> sa.ColumnElement[bool]:
    """The calls made for any open alarm of this resident."""
    ids = select(Alarm.id).where(Alarm.resident_id == alarm.resident_id, col(Alarm.state).in_(alarms.OPEN))
    return sa.and_(col(Page.alarm_id).in_(ids), col(Page.channel) == Channel.CALL)


def _leg(session: Session, news: News) -> tuple[Alarm | None, Language]:
    attempt = session.exec(select(Attempt).where(Attempt.token == news.token)).first()
    if attempt is None:
        raise HTTPException(403)
    return alarm_of(session, attempt), session.get_one(Resident, attempt.resident_id).language


def _twiml(text: str) -> Response:
    return Response(text, media_type="text/xml")
