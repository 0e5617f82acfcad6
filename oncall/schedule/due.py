"""Which check-ins fall due: each slot is laid out once, whoever's clock ticks.

`claim` (`claim.py`, offered here too) takes what lies due to the telephone.
"""

from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa
import structlog
from sqlmodel import Session, col, or_, select

from oncall.models import Campaign, CampaignState, CheckIn, CheckInState, Enrolment, Resident
from oncall.models.consent import scopes_given
from oncall.schedule.claim import claim
from oncall.schedule.plan import falls_due, plan_of
from oncall.schedule.priority import priorities
from oncall.schedule.verdict import verdict

__all__ = ["claim", "lay_out"]

_AT_ONCE = 1000  # enrolments one tick works through; the next tick goes on
_AGAIN_AFTER = timedelta(hours=1)  # for those no moment was found for

log = structlog.get_logger()


def lay_out(session: Session, now: datetime) -> int:
    """Turn enrolments whose next moment has come into check-ins. Returns how many were laid out.

    * Nobody who never agreed to be called, and nobody paused, withdrawn, moved or dead, gets a check-in.
    * Somebody who may not be heard abroad gets one like everybody: their check is made by keypad (P-03).
    * While an earlier check-in still waits for its first try, that one serves: no second call is planned beside it.
    * After an outage each resident gets one check-in, not one for every slot that was missed.
    * A row that cannot be read is passed over and logged, and named in the report as never due (R-25).
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
    served = _served(session, [enrolment for enrolment, _, _ in fallen])
    laid = []
    for enrolment, campaign, resident in fallen:
        judged = verdict(resident.standing, scopes[resident.id])
        slot, enrolment.next_at = _moved_on(enrolment, campaign, resident, now)
        if judged.may_call and not {None, slot} & served.get(enrolment.id, set()):
            laid.append(_laid(enrolment, resident, slot, first[resident.id], now))
    session.add_all(laid)
    session.flush()
    return len(laid)


def plan_anew(session: Session, campaign: Campaign) -> None:
    """Forget the planned moments of a campaign whose cadence changed or which was paused; the next tick plans them."""
    session.flush()
    session.execute(
        sa.update(Enrolment)
        .where(col(Enrolment.campaign_id) == campaign.id, col(Enrolment.left_at).is_(None))
        .values(next_at=None, no_plan_at=None)
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
            or_(col(Enrolment.no_plan_at).is_(None), col(Enrolment.no_plan_at) < now - _AGAIN_AFTER),
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
        enrolment.next_at = _next(enrolment, campaign, resident, last.get(enrolment.id), now)
        enrolment.no_plan_at = None if enrolment.next_at else now
    session.flush()


def _served(session: Session, fallen: list[Enrolment]) -> dict[UUID, set[datetime | None]]:
    """By enrolment, the slots among those now due that have their check-in; None stands for one that still waits."""
    ids, slots = [one.id for one in fallen], {one.next_at for one in fallen}
    rows = session.exec(
        select(CheckIn.enrolment_id, CheckIn.state, CheckIn.slot).where(
            col(CheckIn.enrolment_id).in_(ids), or_(CheckIn.state == CheckInState.DUE, col(CheckIn.slot).in_(slots))
        )
    )
    found: dict[UUID, set[datetime | None]] = {}
    for enrolment_id, state, slot in rows:
        found.setdefault(enrolment_id, set()).update({slot, None} if state is CheckInState.DUE else {slot})
    return found


def _moved_on(enrolment: Enrolment, campaign: Campaign, resident: Resident, now: datetime
              ) -> tuple[datetime, datetime | None]:  # fmt: skip
    """The slot that has come, and the next one."""
    slot = enrolment.next_at
    assert slot is not None, "only what has fallen due is laid out"
    return slot, _next(enrolment, campaign, resident, slot, now)


def _next(enrolment: Enrolment, campaign: Campaign, resident: Resident, last: datetime | None, now: datetime
          ) -> datetime | None:  # fmt: skip
    """The slot after `last`; None, and a line in the log, when it never comes or what decides it cannot be read."""
    try:
        found = falls_due(plan_of(campaign, resident, enrolment.joined_at), last, now)
    except (ValueError, KeyError) as broken:  # malformed windows or cron line; a time zone nobody knows
        found, why = None, type(broken).__name__
    else:
        why = "never"
    if found is None:
        log.error("never_due", campaign=str(campaign.id), enrolment=str(enrolment.id), why=why)
    return found


def _laid(enrolment: Enrolment, resident: Resident, slot: datetime, priority: int, now: datetime) -> CheckIn:
    return CheckIn(
        campaign_id=enrolment.campaign_id, enrolment_id=enrolment.id, resident_id=resident.id, area_id=resident.area_id,
        slot=slot, due_at=slot, priority=priority, changed_at=now,
    )  # fmt: skip
