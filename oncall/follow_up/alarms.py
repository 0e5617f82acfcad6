"""An alarm before a person: what to know at a glance, who was asked and how fast, and the acts that only people do.

The case behind it stays open for what follows; closing the alarm says that the danger itself is in somebody's hands or
past, and is done by a named person with an outcome, never by code (D1, E6).
"""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, select

from oncall.db import URGENT_JOB, defer, tell
from oncall.errors import AlreadyTaken, BadInput, NotFound, StaleMove
from oncall.follow_up import acts, calls
from oncall.models import (
    Alarm,
    AlarmState,
    Area,
    Attempt,
    AttemptState,
    Case,
    Channel,
    CloseReason,
    Event,
    Page,
    PageState,
    Resident,
    SignalCode,
    Staff,
    Verb,
)
from oncall.models import alarm as alarms
from oncall.web.access import Signed, scope_of
from oncall.web.i18n import N_

SHOWN_FOR = timedelta(hours=12)
ASKED_ALREADY = timedelta(seconds=45)  # a call to join that was asked for this recently is still on its way

# Beside the emergency number: whom else the danger concerns (codes of contacts.toml).
NUMBERS: dict[SignalCode, tuple[str, ...]] = {
    SignalCode.ABUSE_NEGLECT: ("police", "emergency", "elder_abuse"), SignalCode.SAFETY_THREAT: ("emergency", "police"),
    SignalCode.SCAM: ("police", "scam"), SignalCode.SUICIDAL_IDEATION: ("emergency", "police", "crisis"),
}  # fmt: skip
ORDINARY = ("emergency", "police")


@dataclass(frozen=True)
class Try:
    """One page with the name of who was asked; None is the last-resort number."""

    page: Page
    name: str | None

    def after(self, raised_at: datetime) -> float:
        """Seconds from the alarm to this state."""
        return max((self.page.changed_at - raised_at).total_seconds(), 0.0)


@dataclass(frozen=True)
class Card:
    """Everything the duty screen shows of one emergency; `told` are all alarms of it, the gravest first."""

    alarm: Alarm
    told: list[Alarm]
    resident: Resident
    area: Area
    case: Case | None
    call: calls.Call
    answers: dict[str, str]
    tries: list[Try]
    has_it: Staff | None
    closed_by: Staff | None
    numbers: tuple[str, ...]
    redialled: Attempt | None
    on_the_line: bool

    @property
    def feared(self) -> bool:
        """They told of somebody who may pick up or listen when their telephone rings (A4)."""
        return any(one.code is SignalCode.ABUSE_NEGLECT for one in self.told)

    @property
    def screen_seconds(self) -> float | None:
        """From the words to the first screen that showed them (§1.1: 3 s at p95, 10 s at most)."""
        shown = [one.after(self.alarm.raised_at) for one in self.tries if one.page.channel is Channel.SCREEN
                 and one.page.state is not PageState.SENT]  # fmt: skip
        return min(shown, default=None)

    @property
    def answer_seconds(self) -> float | None:
        """From the words to a person who has it."""
        at = self.alarm.acknowledged_at
        return (at - self.alarm.raised_at).total_seconds() if at else None


def seen_by(session: Session, signed: Signed, alarm_id: UUID) -> Alarm:
    """The alarm, for whoever answers for its area or was asked about it. Raises NotFound (TH-10)."""
    asked = select(Page.alarm_id).where(Page.staff_id == signed.staff_id)
    found = session.exec(
        select(Alarm)
        .join(Resident, col(Resident.id) == Alarm.resident_id)
        .where(Alarm.id == alarm_id, col(Resident.area_id).in_(scope_of(signed)) | col(Alarm.id).in_(asked))
    ).first()
    if found is None:
        raise NotFound
    return found


def card(session: Session, alarm: Alarm) -> Card:
    """The card of an alarm; of several open ones of a call, all that was heard is on each."""
    resident = session.get_one(Resident, alarm.resident_id)
    attempt = session.get_one(Attempt, alarm.attempt_id)
    of_call = list(session.exec(select(Attempt).where(Attempt.check_in_id == attempt.check_in_id)))
    told = sorted(
        session.exec(select(Alarm).where(col(Alarm.attempt_id).in_([one.id for one in of_call]))),
        key=lambda one: (one.id != alarm.id, -one.level.rank, one.raised_at),
    )
    live = [one for one in of_call if one.state is AttemptState.ANSWERED]
    tries = session.exec(
        select(Page, Staff.name)
        .outerjoin(Staff, col(Staff.id) == Page.staff_id)
        .where(col(Page.alarm_id).in_([one.id for one in told]))
        .order_by(col(Page.wanted_at), Page.channel)
    )
    answers: dict[str, str] = {}
    for one in told:
        answers = one.answers(resident.seal) | answers
    return Card(
        alarm=alarm, told=told, resident=resident, area=session.get_one(Area, resident.area_id),
        case=session.get(Case, alarm.case_id) if alarm.case_id else None,
        call=calls.opened(session, resident, live[0] if live else attempt), answers=answers,
        tries=[Try(page, name) for page, name in tries],
        has_it=session.get(Staff, alarm.acknowledged_by) if alarm.acknowledged_by else None,
        closed_by=session.get(Staff, alarm.closed_by) if alarm.closed_by else None,
        numbers=NUMBERS.get(alarm.code, ORDINARY),
        redialled=next((one for one in of_call if one.number == 0), None), on_the_line=bool(live),
    )  # fmt: skip


def standing(session: Session, signed: Signed, now: datetime) -> list[tuple[Alarm, Resident, Area]]:
    """Emergencies this person was asked about and nobody has closed, the newest first.

    Those a colleague has are no longer before them; those nobody could be asked about are before everybody in reach.
    """
    mine = select(Page.alarm_id).where(Page.channel == Channel.SCREEN, Page.staff_id == signed.staff_id)
    nobody = select(Page.alarm_id).where(Page.channel == Channel.SCREEN, col(Page.staff_id).is_(None))
    in_reach = sa.and_(col(Alarm.id).in_(nobody), col(Resident.area_id).in_(scope_of(signed)))
    rows = session.exec(
        select(Alarm, Resident, Area)
        .join(Resident, col(Resident.id) == Alarm.resident_id)
        .join(Area, col(Area.id) == Resident.area_id)
        .where(col(Alarm.id).in_(mine) | in_reach, Alarm.raised_at > now - SHOWN_FOR)
        .where(
            (col(Alarm.state) == AlarmState.RAISED)
            | (col(Alarm.acknowledged_by) == signed.staff_id) & (col(Alarm.state) != AlarmState.CLOSED)
        )
        .order_by(col(Alarm.raised_at).desc())
    ).all()
    return list(rows)


def shown(session: Session, staff_id: UUID, ids: list[UUID], now: datetime) -> None:
    """These alarms are on this person's screen now; the first time counts."""
    session.exec(
        sa.update(Page)
        .where(col(Page.alarm_id).in_(ids), col(Page.channel) == Channel.SCREEN, col(Page.state) == PageState.SENT)
        .where((col(Page.staff_id) == staff_id) | col(Page.staff_id).is_(None))
        .values(state=PageState.ANSWERED, changed_at=now)
        .execution_options(synchronize_session=False)
    )


def acknowledge(session: Session, alarm: Alarm, staff_id: UUID, now: datetime) -> None:
    """I have it: paging stops. Raises AlreadyTaken when a colleague was faster, StaleMove when it is closed."""
    if not alarm.state.is_open:
        raise StaleMove
    if alarm.state is not AlarmState.RAISED and alarm.acknowledged_by == staff_id:
        return
    if not alarms.take(session, alarm, staff_id, now):
        raise AlreadyTaken(N_("A colleague has this emergency already."))
    session.exec(
        sa.update(Page)
        .where(col(Page.alarm_id) == alarm.id, col(Page.channel) == Channel.SCREEN, col(Page.staff_id) == staff_id)
        .values(state=PageState.ACKNOWLEDGED, changed_at=now)
        .execution_options(synchronize_session=False)
    )
    _written(session, alarm, Verb.ALARM_ACKNOWLEDGED, now, staff_id, channel="screen")
    answer_for_case(session, alarm, now)


def answer_for_case(session: Session, alarm: Alarm, now: datetime) -> None:
    """Whoever has the emergency has its case, too, unless a colleague does: nobody shall ring a second time because a
    list says that nobody has rung."""
    case = session.get(Case, alarm.case_id) if alarm.case_id else None
    if case is not None and alarm.acknowledged_by and case.taken_by is None and case.closed_at is None:
        acts.take(session, case, alarm.acknowledged_by, now)


def ask_to_join(session: Session, alarm: Alarm, staff_id: UUID, now: datetime) -> None:
    """OnCall calls this person's telephone and joins them with the resident. Asked twice, it rings once.

    It counts as "I have it" when nobody has it yet. Raises BadInput without a number, StaleMove when it is closed.
    """
    if not alarm.state.is_open:
        raise StaleMove
    if session.get_one(Staff, staff_id).phone is None:
        raise BadInput(N_("Please keep your telephone number on the duty page first."))
    if alarm.state is AlarmState.RAISED:
        acknowledge(session, alarm, staff_id, now)
    session.exec(select(Alarm.id).where(Alarm.id == alarm.id).with_for_update()).one()
    before = session.exec(select(Page).where(Page.alarm_id == alarm.id, Page.staff_id == staff_id, Page.step < 0)).all()
    busy = {PageState.WANTED, PageState.SENT, PageState.ANSWERED, PageState.ACKNOWLEDGED, PageState.JOINED}
    if any(page.state in busy and now - page.wanted_at < ASKED_ALREADY for page in before):
        return
    page = Page(alarm_id=alarm.id, staff_id=staff_id, channel=Channel.CALL, token=secrets.token_urlsafe(24),
                step=min((page.step for page in before), default=0) - 1, wanted_at=now, changed_at=now)  # fmt: skip
    session.add(page)
    session.flush()
    defer(session, "page", page=str(page.id), priority=URGENT_JOB)
    tell(session, "alarms", alarm=alarm.id)


def close(session: Session, alarm: Alarm, staff_id: UUID, reason: CloseReason, text: str, now: datetime) -> None:
    """A named person ends it with an outcome and what was done. Raises BadInput without words, StaleMove when closed."""
    if not text.strip():
        raise BadInput(N_("Please write what was done."))
    if not alarms.close(session, alarm, staff_id, reason.value, now):
        raise StaleMove
    _written(session, alarm, Verb.ALARM_CLOSED, now, staff_id, reason=reason.value)
    if alarm.case_id:
        acts.note(session, session.get_one(Case, alarm.case_id), staff_id, text, now)


def _written(session: Session, alarm: Alarm, verb: Verb, now: datetime, staff_id: UUID, **detail: str) -> None:
    session.add(
        Event(at=now, verb=verb, staff_id=staff_id, resident_id=alarm.resident_id, about=f"alarm:{alarm.id}",
              detail=detail)
    )  # fmt: skip
    session.flush()
    tell(session, "alarms", alarm=alarm.id)
    tell(session, "queue", case_id=alarm.case_id or "")
