"""Placing a call at most once: the intention is written, then the carrier is asked, then its answer is written.

`claim` (schedule) left an attempt INTENDED. Before the request goes out the attempt is committed as UNCERTAIN, so
whatever dies in between leaves a row that `reconcile` looks for at the carrier; nothing here ever asks twice (D5).

No clock is trusted with that: a call counts as never placed only when it was looked for in vain for a while, whatever
the wall clock did meanwhile, and when nothing at the carrier could be it after all. Else a person decides (`sweep`).
"""

import time
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from sqlalchemy import ColumnElement
from sqlmodel import Session, col, or_, select

from oncall.call import breaker, progress, room
from oncall.db import transaction
from oncall.gateways import phone
from oncall.models import Attempt, AttemptKind, AttemptState, ConsentScope, Path, Resident
from oncall.models import hold as holds
from oncall.models.check_in import UNREADABLE
from oncall.models.consent import scopes_given
from oncall.models.seal import SealBroken
from oncall.settings import sooner

log = structlog.get_logger()

CLAIM_HOLDS = timedelta(minutes=2)  # an older claim is another worker's past: give it back instead of dialling
STALE_AFTER_SECONDS = 15.0  # a process that slept this long between commit and request must not dial
LOOK_AFTER = timedelta(seconds=45)
GIVE_UP_AFTER = timedelta(minutes=3)  # the carrier's list is only eventually complete (protocol §1.5)
CLOCKS_DIFFER = timedelta(minutes=2)  # the carrier's clock and ours, as they may
CLOCK_WRONG_BY = timedelta(hours=26)  # ours at most, if it was wrong when we claimed: a day and an hour, and some

_first_looked: dict[UUID, datetime] = {}  # by this process, for calls still unclear


def place_call(attempt_id: UUID, now: datetime) -> None:
    """Ask the carrier for this attempt's call. Does nothing unless the attempt is freshly INTENDED."""
    if _turned_up_before(attempt_id, now):
        return
    asked_at = time.monotonic()
    with transaction() as session:
        intent = _commit_intention(session, attempt_id, now)
    if intent is None:
        return
    to, token = intent
    if time.monotonic() - asked_at > STALE_AFTER_SECONDS:
        log.warning("dial_abandoned", attempt=str(attempt_id))
        return
    try:
        sid = phone.place(to, token)
    except phone.NotPlaced as refusal:
        log.warning("dial_refused", attempt=str(attempt_id), code=refusal.code, configuration=refusal.configuration)
        with transaction() as session:
            progress.not_placed(session, session.get_one(Attempt, attempt_id), refusal.code, now,
                                bad_number=refusal.bad_number)  # fmt: skip
            breaker.refused(session, refusal, now)
    except phone.Unclear:
        log.warning("dial_unclear", attempt=str(attempt_id))
        with transaction() as session:
            breaker.unclear(session, now)
    else:
        with transaction() as session:
            breaker.went(session, now)
            attempt = session.get_one(Attempt, attempt_id, with_for_update=True)
            progress.advance(session, attempt, AttemptState.PLACED, now, call_sid=sid)
            over = progress.given_up(attempt)
        if over:
            # They rang us while the carrier was being asked, or we stood still and others gave this call up.
            phone.hang_up(sid)


def _turned_up_before(attempt_id: UUID, now: datetime) -> bool:
    """Whether an earlier call of the same check-in, given up as never seen, is at the carrier by now: then this one waits.

    The carrier's list is only eventually complete, so it is asked once more before anybody is rung again. Raises what
    the SDK raises: the attempt then stays INTENDED, and is given back like any old claim.
    """
    with transaction() as session:
        attempt = session.get(Attempt, attempt_id)
        if attempt is None or attempt.state is not AttemptState.INTENDED:
            return False
        lost = session.exec(
            select(Attempt.id, Attempt.claimed_at).where(
                Attempt.check_in_id == attempt.check_in_id, Attempt.error == progress.NEVER_SEEN,
                col(Attempt.call_sid).is_(None),
            )
        ).all()  # fmt: skip
        if not lost:
            return False
        to = session.get_one(Resident, attempt.resident_id).phone
    found = phone.calls_to(to, min(claimed_at for _, claimed_at in lost) - timedelta(seconds=5))
    with transaction() as session:
        ours = _nobodys(session, found)
        attempt = session.get_one(Attempt, attempt_id, with_for_update=True)
        if not ours or attempt.state is not AttemptState.INTENDED:
            return False
        log.error("call_seen_late", attempt=str(lost[0][0]))
        earlier = session.get_one(Attempt, lost[0][0], with_for_update=True)
        progress.not_placed(session, attempt, "seen_late", now)
        progress.carrier_says(session, earlier, ours[0].status, now, call_sid=ours[0].sid)
    return True


def reconcile(now: datetime) -> int:
    """Find out what became of calls whose placing was unclear. Returns how many were settled."""
    settled = 0
    with transaction() as session:
        unclear = session.exec(
            select(Attempt.id).where(
                Attempt.state == AttemptState.UNCERTAIN,
                or_(col(Attempt.claimed_at) < now - sooner(LOOK_AFTER), from_another_time(now)),
            )
        ).all()
    for settled_meanwhile in _first_looked.keys() - set(unclear):
        del _first_looked[settled_meanwhile]
    for attempt_id in unclear:
        try:
            settled += _reconcile_one(attempt_id, now)
        except phone.NO_ANSWER as away:
            log.warning("carrier_not_asked", attempt=str(attempt_id), why=type(away).__name__)
        except Exception:
            log.exception("reconcile_failed", attempt=str(attempt_id))
    return settled


def from_another_time(now: datetime) -> ColumnElement[bool]:
    """Attempts claimed by a clock that has been set back since: as old as can be (R-10)."""
    return col(Attempt.claimed_at) > now + CLAIM_HOLDS


def _commit_intention(session: Session, attempt_id: UUID, now: datetime) -> tuple[str, str] | None:
    attempt = session.get(Attempt, attempt_id, with_for_update=True)
    if attempt is None or attempt.state is not AttemptState.INTENDED:
        return None
    if abs(now - attempt.claimed_at) > sooner(CLAIM_HOLDS):
        progress.not_placed(session, attempt, "claim_expired", now)
        return None
    resident = session.get_one(Resident, attempt.resident_id, with_for_update={"read": True})
    stand = holds.over(session, resident.area_id)
    if attempt.kind is AttemptKind.REDIAL:
        if any(one.reason.holds_emergencies for one in stand):
            progress.not_placed(session, attempt, "held:restored", now)
            return None
        # Life outranks "don't call": the same call goes on (H-27). Who has died is never redialled (`redial`).
        return _intend(session, attempt, resident, now)
    if stand or not room.enough():
        progress.not_placed(session, attempt, f"held:{stand[0].reason if stand else 'disk'}", now)
        return None
    if not resident.standing.may_be_called:
        progress.not_placed(session, attempt, resident.standing, now)
        return None
    scopes = scopes_given(session, {resident.id})[resident.id]
    if ConsentScope.SERVICE not in scopes:
        # Withdrawn since the claim: no dial (P-32).
        progress.not_placed(session, attempt, "withdrawn", now)
        return None
    if ConsentScope.OVERSEAS not in scopes:
        attempt.path = Path.KEYPAD
    return _intend(session, attempt, resident, now)


def _intend(session: Session, attempt: Attempt, resident: Resident, now: datetime) -> tuple[str, str] | None:
    try:
        to = resident.phone
    except SealBroken:  # one row that cannot be opened stops nobody else; a person sees to its resident
        log.error("number_not_readable", attempt=str(attempt.id))
        progress.not_placed(session, attempt, UNREADABLE, now)
        return None
    attempt.state, attempt.placed_at, attempt.phone_index = AttemptState.UNCERTAIN, now, resident.phone_index
    return to, attempt.token


def _reconcile_one(attempt_id: UUID, now: datetime) -> bool:
    with transaction() as session:
        attempt = session.get_one(Attempt, attempt_id)
        to = session.get_one(Resident, attempt.resident_id).phone
        since = attempt.claimed_at - CLOCKS_DIFFER
    found = phone.calls_to(to, since - CLOCK_WRONG_BY)
    with transaction() as session:
        attempt = session.get_one(Attempt, attempt_id, with_for_update=True)
        if attempt.state is not AttemptState.UNCERTAIN:
            return True
        nobodys = _nobodys(session, found)
        ours = [call for call in nobodys if call.placed_at >= since]
        if ours:
            progress.carrier_says(session, attempt, ours[0].status, now, call_sid=ours[0].sid)
        elif _looked_long_enough(attempt, now) and not nobodys and not _other_number_since(session, attempt):
            progress.not_placed(session, attempt, progress.NEVER_SEEN, now)
    for extra in ours[1:]:
        phone.hang_up(extra.sid)
    return bool(ours)


def _nobodys(session: Session, found: list[phone.CarrierCall]) -> list[phone.CarrierCall]:
    """Those of the carrier's calls that no attempt is known to be."""
    owned = set(session.exec(select(Attempt.call_sid).where(col(Attempt.call_sid).in_([call.sid for call in found]))))
    return [call for call in found if call.sid not in owned]


def _looked_long_enough(attempt: Attempt, now: datetime) -> bool:
    """Whether the carrier's list must show this call by now if there is one. The time since we first looked counts as
    well as the time since the claim, for a clock may have been set on in between."""
    first = _first_looked.setdefault(attempt.id, now)
    if first > now:  # set back
        first = _first_looked[attempt.id] = now
    old = now - attempt.claimed_at > sooner(GIVE_UP_AFTER) or attempt.claimed_at > now + CLAIM_HOLDS
    return old and now - first >= sooner(GIVE_UP_AFTER - LOOK_AFTER)


def _other_number_since(session: Session, attempt: Attempt) -> bool:
    """The resident was corrected after the number was read for this call: it may have gone to one not known any more."""
    return session.get_one(Resident, attempt.resident_id).phone_index != attempt.phone_index
