"""Which check-ins fall due: each slot is laid out once, whoever's clock ticks.

`claim` (`claim.py`, offered here too) takes what lies due to the telephone.
"""

from datetime import datetime

import sqlalchemy as sa
import structlog
from sqlmodel import Session, col, or_, select

from oncall.models import Campaign, CampaignState, CheckIn, CheckInState, Enrolment, Resident
from oncall.models.consent import scopes_given
from oncall.schedule.claim import claim
from oncall.schedule.plan import falls_due, plan_of
from oncall.schedule.priority import priorities
from oncall.schedule.verdict import Verdict, verdict

__all__ = ["claim", "lay_out"]

_AT_ONCE = 1000  # enrolments one tick works through; the next tick goes on

log = structlog.get_logger()


def lay_out(session: Session, now: datetime) -> int:
    """Turn enrolments whose next moment has come into check-ins. Returns how many were laid out.

    * Nobody who never agreed to be called, and nobody paused, withdrawn, moved or dead, gets a check-in.
    * Somebody who may not be heard abroad gets one like everybody: their check is made by keypad (P-03).
    * While an earlier check-in still waits for its first try, that one serves: no second call is planned beside it.
    * After an outage each resident gets one check-in, not one for every slot that was missed.
    """
    _plan_new(session, now)
    fallen = session.exec(
        select(Enrolment, Campaign, Resident)
        .join(Campaign, col(Campaign.id) == Enrolment.campaign_id)
        .join(Resident, col(Resident.id) == Enrolment.resident_id)
        .where(col(Enrolment.left_at).is_(None), col(Enrolment.next_at) <= now, Campaign.state == CampaignState.RUNNING)
        .order_by(col(Enrolment.next_at), col(Resident.external_id))
        .limit(_AT_ONCE)
        .with_for_update(of=Enrolment, skip_locked=True)
        .execution_options(populate_existing=True)
    ).all()
    scopes = scopes_given(session, {resident.id for _, _, resident in fallen})
    first = priorities(session, [resident for _, _, resident in fallen], now)
    laid = 0
    for enrolment, campaign, resident in fallen:
        judged = verdict(resident.standing, scopes[resident.id])
        laid += _lay_one(session, enrolment, campaign, resident, judged, first[resident.id], now)
    session.flush()
    return laid


def plan_anew(session: Session, campaign: Campaign) -> None:
    """Forget the planned moments of a campaign whose cadence changed or which was paused; the next tick plans them."""
    session.flush()
    session.execute(
        sa.update(Enrolment)
        .where(col(Enrolment.campaign_id) == campaign.id, col(Enrolment.left_at).is_(None))
        .values(next_at=None)
        .execution_options(synchronize_session="fetch")
    )


def _plan_new(session: Session, now: datetime) -> None:
    """Give every enrolment without one its next moment: newly joined, or planned anew."""
    unplanned = session.exec(
        select(Enrolment, Campaign, Resident)
        .join(Campaign, col(Campaign.id) == Enrolment.campaign_id)
        .join(Resident, col(Resident.id) == Enrolment.resident_id)
        .where(
            col(Enrolment.left_at).is_(None),
            col(Enrolment.next_at).is_(None),
            Campaign.state == CampaignState.RUNNING,
        )
        .limit(_AT_ONCE)
        .with_for_update(of=Enrolment, skip_locked=True)
        .execution_options(populate_existing=True)
    ).all()
    last = dict(
        session.exec(
            select(CheckIn.enrolment_id, sa.func.max(CheckIn.slot))
            .where(col(CheckIn.enrolment_id).in_([enrolment.id for enrolment, _, _ in unplanned]))
            .group_by(col(CheckIn.enrolment_id))
        ).all()
    )
    for enrolment, campaign, resident in unplanned:
        plan = plan_of(campaign, resident, enrolment.joined_at)
        enrolment.next_at = falls_due(plan, last.get(enrolment.id), now)
        if enrolment.next_at is None:
            log.error("never_due", campaign=str(campaign.id), enrolment=str(enrolment.id))
    session.flush()


def _lay_one(session: Session, enrolment: Enrolment, campaign: Campaign, resident: Resident, judged: Verdict,
             priority: int, now: datetime) -> int:  # fmt: skip
    slot = enrolment.next_at
    assert slot is not None, "only what has fallen due is laid out"
    enrolment.next_at = falls_due(plan_of(campaign, resident, enrolment.joined_at), slot, now)
    if not judged.may_call:
        return 0
    already = select(CheckIn.id).where(
        CheckIn.enrolment_id == enrolment.id, or_(CheckIn.state == CheckInState.DUE, CheckIn.slot == slot)
    )
    if session.exec(already.limit(1)).first() is not None:
        return 0
    check_in = CheckIn(
        campaign_id=campaign.id, enrolment_id=enrolment.id, resident_id=resident.id, area_id=resident.area_id,
        slot=slot, due_at=slot, priority=priority, changed_at=now,
    )  # fmt: skip
    session.add(check_in)
    return 1
