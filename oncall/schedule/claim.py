"""Claiming: due check-ins become attempts, never more than the lines, the campaign's share and the pace allow.

One claim runs at a time over all nodes (an advisory lock), and calls on the line are counted as rows that have not
ended, so the caps hold wherever the dialling happens. Whoever may not be called any more is found out here, in the
claiming transaction, with the resident's row locked against a withdrawal that is being written (P-32).
"""

import secrets
from collections import Counter
from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, select

from oncall.db import defer, defer_each, tell
from oncall.models import (
    Area,
    Attempt,
    AttemptState,
    Campaign,
    CampaignState,
    CheckIn,
    CheckInState,
    Enrolment,
    Event,
    Hold,
    Path,
    Resident,
    Verb,
)
from oncall.models import hold as holds
from oncall.models.check_in import UNREADABLE
from oncall.models.consent import scopes_given
from oncall.schedule.cadence import NeverDue, is_open, next_open
from oncall.schedule.plan import plan_of
from oncall.schedule.verdict import Verdict, verdict

AHEAD = timedelta(seconds=1)  # how far before its start a call is claimed; little, so that a cap or a no still counts
CLOCKS_DIFFER = timedelta(seconds=30)  # those of two nodes, as they may

_ONE_AT_A_TIME = 0x0CA11  # the advisory lock of this module
_MORE_THAN_FIT = 50  # candidates looked at beyond the free lines, for those found to be not callable now


def claim(session: Session, now: datetime, *, lines: int, cps: float) -> list[Attempt]:
    """Take due check-ins to the telephone, the gravest first, then the longest due. Nobody under a standing hold.

    Each taken one is DIALLING with an INTENDED attempt, whose `claimed_at` is the moment it may start, `1/cps` after
    the start before it; its `place_call` job is deferred to that moment. Check-ins found outside their windows are
    put off to the next opening; those of people who may not be called are cancelled.
    """
    session.execute(select(sa.func.pg_advisory_xact_lock(_ONE_AT_A_TIME)))
    stand = holds.standing(session, lock=True)
    if any(one.area_id is None for one in stand):
        return []
    apart = timedelta(seconds=1 / cps)
    start = _next_start(session, now, apart)
    on_line = _on_the_line(session)
    free = lines - on_line.total()
    claimed: list[Attempt] = []
    if free <= 0 or start > now + AHEAD:
        return claimed
    candidates = _candidates(session, now, free, on_line, _held_areas(session, stand))
    engaged = _engaged(session, [resident for _, resident, _, _ in candidates])
    scopes = scopes_given(session, {resident.id for _, resident, _, _ in candidates})
    for check_in, resident, campaign, joined_at in candidates:
        if len(claimed) == free or start > now + AHEAD:
            break
        if on_line[campaign.id] >= campaign.lines or {resident.id, resident.phone_index} & engaged:
            continue
        judged = verdict(resident.standing, scopes[resident.id])
        if not _may_start(session, check_in, resident, campaign, joined_at, judged, now):
            continue
        claimed.append(_taken(check_in, start, now, path=judged.path))
        on_line[campaign.id] += 1
        engaged |= {resident.id, resident.phone_index}
        start += apart
    _put_on_line(session, claimed, now)
    return claimed


def _next_start(session: Session, now: datetime, apart: timedelta) -> datetime:
    """The earliest moment the next call may start, one interval after the newest start of any node."""
    # Claiming stamps the check-in, and so does every later change: the newest starts are among the freshly changed.
    # A start farther ahead than any claim reaches was written before the clock was set back: it holds nobody up.
    newest = session.exec(
        select(sa.func.max(Attempt.claimed_at))
        .join(CheckIn, col(CheckIn.id) == Attempt.check_in_id)
        .where(col(CheckIn.state).in_(list(CheckInState)), col(CheckIn.changed_at) > now - apart - 2 * AHEAD)
        .where(col(Attempt.claimed_at) < now + CLOCKS_DIFFER)
    ).one()
    return max(now, newest + apart) if newest else now


def _on_the_line(session: Session) -> Counter[UUID]:
    """How many calls of each campaign have not ended; counted by the database, for thousands may be waited for."""
    rows = session.exec(
        select(Attempt.campaign_id, sa.func.count())
        .where(Attempt.state != AttemptState.ENDED)
        .group_by(col(Attempt.campaign_id))
    )
    return Counter(dict(list(rows)))


def _engaged(session: Session, residents: list[Resident]) -> set[UUID | bytes]:
    """Of these residents and their numbers (by index), those in a call that has not ended."""
    if not residents:
        return set()
    rows = session.exec(
        select(Attempt.resident_id, Resident.phone_index)
        .join(Resident, col(Resident.id) == Attempt.resident_id)
        .where(
            Attempt.state != AttemptState.ENDED,
            col(Resident.id).in_([one.id for one in residents])
            | col(Resident.phone_index).in_([one.phone_index for one in residents]),
        )
    )
    return {key for row in rows for key in row}


def _held_areas(session: Session, stand: list[Hold]) -> set[int]:
    """Every area under a hold, those below it among them."""
    tops = {one.area_id for one in stand}
    if not tops:
        return set()
    return {area.id for area in session.exec(select(Area))
            if area.id is not None and tops & {int(part) for part in area.path.split(".") if part}}  # fmt: skip


def _candidates(session: Session, now: datetime, free: int, on_line: Counter[UUID], held: set[int]
                ) -> list[tuple[CheckIn, Resident, Campaign, datetime]]:  # fmt: skip
    """Due check-ins with their residents, both locked; rows somebody else is changing are passed over."""
    found: list[tuple[CheckIn, Resident, Campaign, datetime]] = []
    for campaign in session.exec(select(Campaign).where(Campaign.state == CampaignState.RUNNING)).all():
        room = min(free, campaign.lines - on_line[campaign.id])
        if room <= 0:
            continue
        rows = session.exec(
            select(CheckIn, Resident, Enrolment.joined_at)
            .join(Resident, col(Resident.id) == CheckIn.resident_id)
            .join(Enrolment, col(Enrolment.id) == CheckIn.enrolment_id)
            .where(
                CheckIn.state == CheckInState.DUE, col(CheckIn.due_at) <= now, CheckIn.campaign_id == campaign.id,
                col(Resident.area_id).not_in(held),
            )
            .order_by(col(CheckIn.priority).desc(), col(CheckIn.due_at), col(Resident.external_id))
            .limit(room + _MORE_THAN_FIT)
            .with_for_update(of=[CheckIn, Resident], skip_locked=True, key_share=True)
            .execution_options(populate_existing=True)
        ).all()  # fmt: skip
        found.extend((check_in, resident, campaign, joined_at) for check_in, resident, joined_at in rows)
    return sorted(found, key=lambda row: (-row[0].priority, row[0].due_at, row[1].external_id))


def _may_start(session: Session, check_in: CheckIn, resident: Resident, campaign: Campaign, joined_at: datetime,
               judged: Verdict, now: datetime) -> bool:  # fmt: skip
    """Whether this call may go out at `now`; if not, the check-in goes where it belongs instead."""
    if judged.may_call:
        try:
            plan = plan_of(campaign, resident, joined_at)
            if is_open(plan, now):
                return True
            check_in.due_at = next_open(plan, now)
        except NeverDue:
            _set_aside(session, check_in, CheckInState.HELD, "no_window", now)
        except (ValueError, KeyError):  # malformed windows, a time zone nobody knows: the others go on
            _set_aside(session, check_in, CheckInState.HELD, UNREADABLE, now)
        return False
    _set_aside(session, check_in, CheckInState.CANCELLED, judged, now)
    return False


def _set_aside(session: Session, check_in: CheckIn, to: CheckInState, reason: str, now: datetime) -> None:
    if not check_in.move(to, now, reason):
        return
    session.add(
        Event(at=now, verb=Verb.CHECK_IN_MOVED, resident_id=check_in.resident_id, about=f"check_in:{check_in.id}",
              detail={"to": to.value, "reason": reason})
    )  # fmt: skip
    if to is CheckInState.HELD:
        defer(session, "hand_over", check_in=str(check_in.id))


def take(session: Session, check_in: CheckIn, start: datetime, now: datetime, *, path: Path) -> Attempt:
    """Put one due check-in on the line: DIALLING, an INTENDED attempt, its job at `start`."""
    attempt = _taken(check_in, start, now, path=path)
    _put_on_line(session, [attempt], now)
    return attempt


def _taken(check_in: CheckIn, start: datetime, now: datetime, *, path: Path) -> Attempt:
    check_in.move(CheckInState.DIALLING, now)
    check_in.attempts_made += 1
    return Attempt(
        check_in_id=check_in.id, resident_id=check_in.resident_id, campaign_id=check_in.campaign_id,
        number=check_in.attempts_made, token=secrets.token_urlsafe(24), claimed_at=start, path=path,
    )  # fmt: skip


def _put_on_line(session: Session, attempts: list[Attempt], now: datetime) -> None:
    """Write them all, and their jobs with them: a few statements however many start in this second."""
    session.add_all(attempts)
    session.flush()
    if not attempts:
        return
    jobs = [({"attempt": str(one.id)}, one.claimed_at if one.claimed_at > now else None) for one in attempts]
    defer_each(session, "place_call", jobs)
    tell(session, "calls")
