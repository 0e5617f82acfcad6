"""The duty person's telephone: a summary without names, 1 to join the resident, 2 to pass it on (R-20, E3).

The first to press 1 has it; a second one hears that somebody was faster. Every answer is decided by one conditional
update, so it does not matter on which node or how often the carrier asks.
"""

import structlog
from fastapi import APIRouter, HTTPException, Response
from sqlmodel import Session, select

from oncall import clock
from oncall.call import drill_leg, duty_script
from oncall.call.joining import live_leg, person_left
from oncall.call.paging import failed
from oncall.call.webhooks import KindRoute, News, Signed
from oncall.db import URGENT_JOB, Db, defer, tell
from oncall.models import Alarm, Area, Channel, Event, Language, Page, Resident, Staff, Verb
from oncall.models import alarm as alarms
from oncall.models.page import PageState as State
from oncall.web.labels import label

log = structlog.get_logger()
spoken = APIRouter(prefix="/voice/duty/{token}", route_class=KindRoute)
router = APIRouter(prefix="/voice/duty/{token}")

_UNANSWERED = {"busy", "no-answer", "failed", "canceled", "undelivered"}


@spoken.post("/answer")
def answer(news: Signed, session: Db) -> Response:
    """Somebody picked up: what it is about, or that a colleague has it already."""
    page, language = _page(session, news)
    now = clock.now()
    if page.sid is None:
        page.sid = news.get("CallSid") or None
    if page.drill_id is not None:
        return _twiml(drill_leg.answered(session, page, language, now))
    alarm = session.get_one(Alarm, page.alarm_id)
    if page.state in {State.WANTED, State.SENT}:
        page.state, page.changed_at = State.ANSWERED, now
        tell(session, "alarms", alarm=alarm.id)
    if not _may_join(alarm, page):
        return _twiml(duty_script.told("duty_taken", language))
    area = session.exec(
        select(Area).join(Resident).where(Resident.id == alarm.resident_id, Resident.area_id == Area.id)
    ).one()
    kind = label(language, alarm.code)
    return _twiml(duty_script.summary(news.token, language, area=area.label(language), kind=kind))


@spoken.post("/key")
def key(news: Signed, session: Db) -> Response:
    """1 joins, 2 passes on; any other key has the summary said again."""
    page, language = _page(session, news)
    if page.drill_id is not None:
        return _twiml(drill_leg.pressed(session, page, language, news.get("Digits"), clock.now()))
    match news.get("Digits"):
        case "1":
            return _join(session, news, page, session.get_one(Alarm, page.alarm_id), language)
        case "2":
            failed(session, page, "passed", clock.now())
            return _twiml(duty_script.told("duty_passed", language))
    return answer(news, session)


@spoken.post("/over")
def over(news: Signed, session: Db) -> Response:
    """The resident's call is over; the person is asked to ring them."""
    page, language = _page(session, news)
    if page.drill_id is not None:
        return _twiml(drill_leg.answered(session, page, language, clock.now()))  # the carrier could not reach us before
    return _twiml(duty_script.told("duty_call_over", language))


@router.post("/status", status_code=204)
def status(news: Signed, session: Db) -> None:
    """Where the call or the text message is; any order, any number of times."""
    page, _ = _page(session, news)
    now = clock.now()
    word = news.get("CallStatus") or news.get("MessageStatus")
    if page.sid is None:
        page.sid = news.get("CallSid") or news.get("MessageSid") or None
        session.flush()
    if word in _UNANSWERED and page.state in {State.WANTED, State.SENT}:
        failed(session, page, word, now)
    elif word == "completed" and page.channel is Channel.CALL:
        if page.state in {State.SENT, State.ANSWERED}:
            failed(session, page, "no_key", now)
        elif page.drill_id is None:
            person_left(session, page, now)


def _join(session: Session, news: News, page: Page, alarm: Alarm, language: Language) -> Response:
    now = clock.now()
    if not (alarms.take(session, alarm, page.staff_id, now) or (page.step < 0 and alarm.state.is_open)):
        if page.state is State.ANSWERED:
            page.state, page.error, page.changed_at = State.FAILED, "taken", now
        return _twiml(duty_script.told("duty_taken", language))
    if page.state not in {State.ACKNOWLEDGED, State.JOINED}:
        in_room = alarm.state is alarms.AlarmState.JOINED
        page.state, page.changed_at = State.JOINED if in_room else State.ACKNOWLEDGED, now
        session.add(
            Event(at=now, verb=Verb.ALARM_ACKNOWLEDGED, staff_id=page.staff_id, resident_id=alarm.resident_id,
                  about=f"alarm:{alarm.id}", detail={"channel": "call", "step": page.step})
        )  # fmt: skip
        tell(session, "alarms", alarm=alarm.id)
        tell(session, "queue", case_id=alarm.case_id or "")
        defer(session, "answer_for_case", alarm=str(alarm.id))
    if live_leg(session, alarm) is None:
        return _twiml(duty_script.told("duty_call_over", language))
    defer(session, "bring", page=str(page.id), priority=URGENT_JOB)
    return _twiml(duty_script.joining(news.token, language, alarm.room))


def _may_join(alarm: Alarm, page: Page) -> bool:
    """Nobody has it, or this very person does, or they asked on the screen to join a colleague."""
    free = alarm.state is alarms.AlarmState.RAISED
    return alarm.state.is_open and (free or alarm.acknowledged_by == page.staff_id or page.step < 0)


def _page(session: Session, news: News) -> tuple[Page, Language]:
    page = session.exec(select(Page).where(Page.token == news.token).with_for_update()).first()
    if page is None or (page.sid and (news.get("CallSid") or page.sid) != page.sid):
        log.warning("webhook_refused", reason="token")
        raise HTTPException(403)
    staff = session.get(Staff, page.staff_id) if page.staff_id else None
    return page, Language(staff.language) if staff else Language.KO


def _twiml(text: str) -> Response:
    return Response(text, media_type="text/xml")
