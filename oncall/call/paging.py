"""Sending one page: the telephone call or text message that asks a person on duty to come (R-20).

As with dialling, the intention is committed before the carrier is asked, and nothing is asked twice: a page whose
sending broke off is left to the ladder, which asks the next person within fifteen seconds.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
import structlog
from sqlmodel import Session, col, select

from oncall.call import script
from oncall.call.joining import live_leg
from oncall.db import URGENT_JOB, defer, tell, transaction
from oncall.errors import SettingError
from oncall.gateways import phone
from oncall.models import Alarm, AlarmState, Case, Channel, Drill, Language, Page, PageState, Staff
from oncall.models import hold as holds
from oncall.settings import settings

log = structlog.get_logger()


@dataclass(frozen=True)
class _Asked:
    channel: Channel
    to: str
    token: str
    words: str  # of a text message


def send(page_id: UUID, now: datetime) -> None:
    """Send a page that is WANTED; at any other time it does nothing."""
    with transaction() as session:
        asked = _commit_intention(session, page_id, now)
    if asked is None:
        return
    try:
        if asked.channel is Channel.CALL:
            sid = phone.place_to_duty(asked.to, asked.token)
        else:
            sid = phone.text_to_duty(asked.to, asked.words, asked.token)
    except (phone.NotPlaced, SettingError) as refusal:
        code = refusal.code if isinstance(refusal, phone.NotPlaced) else "setting"
        log.error("page_refused", page=str(page_id), channel=asked.channel, code=code)
        with transaction() as session:
            failed(session, session.get_one(Page, page_id), code, now)
    except phone.Unclear:
        log.error("page_unclear", page=str(page_id), channel=asked.channel)
    else:
        with transaction() as session:
            session.execute(sa.update(Page).where(col(Page.id) == page_id, col(Page.sid).is_(None)).values(sid=sid))


def failed(session: Session, page: Page, code: str, now: datetime) -> None:
    """This try reached nobody: the ladder looks at once whether the next is due. What was answered stays so.

    In a drill nobody else is asked; a call that was refused was no call, and that is what the drill came to find.
    """
    moved = session.execute(
        sa.update(Page)
        .where(col(Page.id) == page.id, col(Page.state) != PageState.FAILED)
        .values(state=PageState.FAILED, error=code, changed_at=now)
        .execution_options(synchronize_session=False)
    )
    if not moved.rowcount:  # type: ignore[attr-defined]  # an UPDATE's result counts its rows
        return
    if page.drill_id is not None:
        if page.channel is Channel.CALL and page.sid is None:
            session.execute(sa.update(Drill).where(col(Drill.id) == page.drill_id).values(paged_at=None))
        tell(session, "alarms", drill=page.drill_id)
    else:
        defer(session, "escalate", alarm=str(page.alarm_id), priority=URGENT_JOB)
        tell(session, "alarms", alarm=page.alarm_id)


def stay_on_line(alarm_id: UUID) -> None:
    """Let the resident's call outlast the limit set against forgotten lines."""
    with transaction() as session:
        leg = live_leg(session, session.get_one(Alarm, alarm_id))
    if leg is not None and leg.call_sid:
        phone.lengthen(leg.call_sid)


def _commit_intention(session: Session, page_id: UUID, now: datetime) -> _Asked | None:
    page = session.exec(
        select(Page).where(Page.id == page_id, Page.state == PageState.WANTED).with_for_update()
    ).first()
    if page is None:
        return None
    if page.drill_id is not None:
        return _commit_drill(session, page, page.drill_id, now)
    alarm = session.get_one(Alarm, page.alarm_id)
    asks_to_join = page.step < 0
    if not alarm.state.is_open or (alarm.state is not AlarmState.RAISED and not asks_to_join):
        page.state, page.error, page.changed_at = PageState.FAILED, "not_needed", now
        return None
    if any(one.reason.holds_emergencies and one.since > alarm.raised_at for one in holds.standing(session)):
        return None  # of an older copy of the rows: whoever it was for has been asked long since
    number = session.exec(select(Case.number).where(Case.id == alarm.case_id)).first() if alarm.case_id else None
    return _asked(session, page, now, "duty_text", number=str(number or ""))


def _commit_drill(session: Session, page: Page, drill_id: UUID, now: datetime) -> _Asked | None:
    drill = session.get_one(Drill, drill_id, with_for_update=True)
    if drill.ended_at is not None:
        page.state, page.error, page.changed_at = PageState.FAILED, "not_needed", now
        return None
    asked = _asked(session, page, now, "drill_text")
    if asked is not None and asked.channel is Channel.CALL:
        drill.paged_at = now
    return asked


def _asked(session: Session, page: Page, now: datetime, text: str, *, number: str = "") -> _Asked | None:
    """Whom to ask and by which words; None, and the page has failed, when they have no number."""
    staff = session.get(Staff, page.staff_id) if page.staff_id else None
    to = staff.phone if staff else settings().duty_last_resort
    if not to:
        failed(session, page, "no_number", now)
        return None
    page.state, page.changed_at = PageState.SENT, now
    language = Language(staff.language) if staff else Language.KO
    return _Asked(page.channel, to, page.token, script.line(text, language, number=number))
