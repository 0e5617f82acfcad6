"""Call-backs: who missed our call and rings us is given the same check-in, once, and our own ringing is let go."""

import secrets
from datetime import UTC, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import structlog
from sqlmodel import Session, col, or_, select

from oncall.call import progress
from oncall.models import (
    Alarm,
    AlarmState,
    Attempt,
    AttemptKind,
    AttemptState,
    Campaign,
    CampaignState,
    CheckIn,
    CheckInState,
    ConsentScope,
    Level,
    Path,
    Resident,
)  # fmt: skip
from oncall.models.consent import scopes_given
from oncall.models.seal import ring
from oncall.settings import settings

log = structlog.get_logger()

OPEN = (CheckInState.DIALLING, CheckInState.SPEAKING, CheckInState.DUE)
STILL_DANGER = timedelta(hours=1)
_TRIES = 5


def callers(session: Session, number: str) -> list[Resident]:
    """The residents who have this telephone (E.164) and may be called; a couple shares one. Empty for a stranger, a
    withheld number, and whoever asked not to be called, or is not there any more."""
    index = ring().index_of("phone", number)
    found = session.exec(
        select(Resident)
        .where(or_(col(Resident.phone_index) == index, col(Resident.phone2_index) == index))
        .order_by(col(Resident.external_id))
    ).all()
    scopes = scopes_given(session, [one.id for one in found])
    return [one for one in found if one.standing.may_be_called and ConsentScope.SERVICE in scopes[one.id]]


def take_up(session: Session, residents: list[Resident], call_sid: str, now: datetime) -> Attempt | None:
    """The attempt of this very call: the open check-in of one of these residents, answered. None when there is none.

    A check-in that ended unreached today is asked anew, beside the case it became: a person who rings back is not told
    that there was nothing. Attempt rows are locked before check-ins, as everywhere; a call placed in between starts the
    looking over.
    """
    known = session.exec(
        select(Attempt).where(Attempt.call_sid == call_sid, Attempt.kind == AttemptKind.CALL_BACK)
    ).first()
    if known is not None:
        return known
    for _ in range(_TRIES):
        nested = session.begin_nested()
        made = _take_up(session, [one.id for one in residents], call_sid, now)
        if made is not _AGAIN:
            nested.commit()
            return made if isinstance(made, Attempt) else None
        nested.rollback()  # lets go of the locks taken since
    log.warning("call_back_not_taken_up", call=call_sid)
    return None


_AGAIN = object()


def _take_up(session: Session, residents: list[UUID], call_sid: str, now: datetime) -> object:
    ours = _on_the_line(session, residents)
    if (alarm := _standing_emergency(session, residents, now)) is not None:
        return _back_in_danger(session, alarm, ours, call_sid, now)
    check_ins = _open_check_ins(session, residents)
    now_on_line = select(Attempt.id).where(col(Attempt.resident_id).in_(residents), Attempt.state != AttemptState.ENDED)
    if set(session.exec(now_on_line)) - {attempt.id for attempt in ours}:
        return _AGAIN  # placed while we waited; locking it now would be the wrong way round
    rung = {attempt.check_in_id for attempt in ours}
    for check_in in sorted(
        check_ins, key=lambda one: one.id not in rung
    ):  # what we ring them for, before anything else
        mine = [attempt for attempt in ours if attempt.check_in_id == check_in.id]
        if any(not _may_be_let_go(session, attempt) for attempt in mine):
            return None  # they are talking with us already
        for attempt in mine:
            progress.let_go(session, attempt, now)
        return _answered(session, check_in, call_sid, now)
    missed = _unreached_today(session, residents, now)
    return _answered(session, missed, call_sid, now) if missed is not None else None


def _standing_emergency(session: Session, residents: list[UUID], now: datetime) -> Alarm | None:
    """Danger heard from one of them lately, to which no person has come yet."""
    return session.exec(
        select(Alarm)
        .where(col(Alarm.resident_id).in_(residents), Alarm.level == Level.EMERGENCY)
        .where(col(Alarm.state).in_([AlarmState.RAISED, AlarmState.ACKNOWLEDGED]), Alarm.raised_at > now - STILL_DANGER)
        .order_by(col(Alarm.raised_at).desc())
    ).first()


def _back_in_danger(
    session: Session, alarm: Alarm, ours: list[Attempt], call_sid: str, now: datetime
) -> Attempt | None:
    """The line dropped and they ring before, or while, we do: the same as our redial, which is let go (R-21)."""
    if any(not _may_be_let_go(session, attempt) for attempt in ours):
        return None
    for attempt in ours:
        progress.let_go(session, attempt, now)
    check_in_id = session.get_one(Attempt, alarm.attempt_id).check_in_id
    check_in = session.get_one(CheckIn, check_in_id, with_for_update=True)
    return _answered(session, check_in, call_sid, now, kind=AttemptKind.REDIAL)


def _on_the_line(session: Session, residents: list[UUID]) -> list[Attempt]:
    statement = (
        select(Attempt)
        .where(col(Attempt.resident_id).in_(residents), Attempt.state != AttemptState.ENDED)
        .order_by(col(Attempt.id))
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return list(session.exec(statement))


def _open_check_ins(session: Session, residents: list[UUID]) -> list[CheckIn]:
    """The one being called first, then the longest due; locked."""
    statement = (
        select(CheckIn)
        .join(Campaign, col(Campaign.id) == CheckIn.campaign_id)
        .where(col(CheckIn.resident_id).in_(residents), col(CheckIn.state).in_(OPEN))
        .where(Campaign.state == CampaignState.RUNNING)
        .order_by(col(CheckIn.id))
        .with_for_update(of=CheckIn)
        .execution_options(populate_existing=True)
    )
    found = [check_in for check_in in session.exec(statement) if check_in.state in OPEN]
    return sorted(found, key=lambda one: (one.state is CheckInState.DUE, one.due_at))


def _may_be_let_go(session: Session, attempt: Attempt) -> bool:
    """Our own call in which nobody has spoken yet: it rings, or a machine has it."""
    return attempt.kind is not AttemptKind.CALL_BACK and not progress.somebody_spoke(session, attempt)


def _unreached_today(session: Session, residents: list[UUID], now: datetime) -> CheckIn | None:
    """A new check-in in place of one that ended today in nobody being reached, unless they were spoken with since."""
    zone = ZoneInfo(settings().timezone)
    midnight = datetime.combine(now.astimezone(zone).date(), time(), zone).astimezone(UTC)
    newest = session.exec(
        select(CheckIn)
        .join(Campaign, col(Campaign.id) == CheckIn.campaign_id)
        .where(col(CheckIn.resident_id).in_(residents), Campaign.state == CampaignState.RUNNING)
        .order_by(col(CheckIn.slot).desc())
        .limit(1)
        .with_for_update(of=CheckIn)
    ).first()
    if newest is None or newest.state is not CheckInState.UNREACHED or newest.changed_at < midnight:
        return None
    again = CheckIn(
        campaign_id=newest.campaign_id, enrolment_id=newest.enrolment_id, resident_id=newest.resident_id,
        area_id=newest.area_id, slot=now, due_at=now, changed_at=now,
    )  # fmt: skip
    session.add(again)
    session.flush()
    return again


def _answered(session: Session, check_in: CheckIn, call_sid: str, now: datetime,
              kind: AttemptKind = AttemptKind.CALL_BACK) -> Attempt:  # fmt: skip
    if kind is AttemptKind.CALL_BACK:
        check_in.move(CheckInState.DIALLING, now)
    check_in.attempts_made += 1
    scopes = scopes_given(session, [check_in.resident_id])[check_in.resident_id]
    attempt = Attempt(
        check_in_id=check_in.id, resident_id=check_in.resident_id, campaign_id=check_in.campaign_id,
        number=check_in.attempts_made, token=secrets.token_urlsafe(24), kind=kind, call_sid=call_sid,
        path=Path.TALK if ConsentScope.OVERSEAS in scopes else Path.KEYPAD, state=AttemptState.RINGING,
        claimed_at=now, placed_at=now,
    )  # fmt: skip
    session.add(attempt)
    session.flush()
    progress.advance(session, attempt, AttemptState.ANSWERED, now)
    return attempt
