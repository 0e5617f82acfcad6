"""Later: who asks to be called another time is called once more for the same slot, in its hours (C-09)."""

from datetime import datetime, timedelta

from sqlmodel import Session, col, select

from oncall.models import (
    Campaign,
    CampaignState,
    CheckIn,
    CheckInState,
    Enrolment,
    Event,
    Resident,
    Verb,
)
from oncall.models.consent import scopes_given
from oncall.schedule.cadence import NeverDue, next_open
from oncall.schedule.plan import plan_of
from oncall.schedule.verdict import verdict

AFTER = timedelta(hours=3)  # the same day where the windows allow it, else the next opening
LATER = "later"


def call_again(session: Session, check_in: CheckIn, now: datetime) -> datetime | None:
    """When somebody who said "later" is called next: a check-in of its own some hours on, inside the windows, beside
    the one in which they said it, whose words stand.

    At most once a slot: None when this check-in is already such a second one, and when nobody may call them any more;
    then a person takes it from here. A regular call that comes sooner serves.
    """
    if _is_second(session, check_in):
        return None
    enrolment = session.get_one(Enrolment, check_in.enrolment_id, with_for_update=True)
    campaign, resident = (
        session.get_one(Campaign, check_in.campaign_id),
        session.get_one(Resident, check_in.resident_id),
    )
    may_call = verdict(resident.standing, scopes_given(session, [resident.id])[resident.id]).may_call
    if not may_call or enrolment.left_at is not None or campaign.state is not CampaignState.RUNNING:
        return None
    try:
        due = next_open(plan_of(campaign, resident, enrolment.joined_at), now + AFTER)
    except NeverDue:
        return None
    if enrolment.next_at is not None and now < enrolment.next_at <= due:
        return enrolment.next_at
    waiting = session.exec(
        select(CheckIn.due_at)
        .where(CheckIn.enrolment_id == enrolment.id, CheckIn.state == CheckInState.DUE)
        .order_by(col(CheckIn.due_at))
    ).first()
    if waiting is not None:
        return waiting
    again = CheckIn(campaign_id=campaign.id, enrolment_id=enrolment.id, resident_id=resident.id,
                    area_id=resident.area_id, slot=due, due_at=due, reason=LATER, changed_at=now)  # fmt: skip
    session.add(again)
    session.add(Event(at=now, verb=Verb.CHECK_IN_MOVED, resident_id=resident.id, about=f"check_in:{again.id}",
                      detail={"to": CheckInState.DUE.value, "reason": LATER, "after": str(check_in.id)}))  # fmt: skip
    session.flush()
    return due


def _is_second(session: Session, check_in: CheckIn) -> bool:
    """The row's reason may have been overwritten by what became of it since; the event of its making stays."""
    made = session.exec(
        select(Event.detail).where(
            Event.resident_id == check_in.resident_id, Event.verb == Verb.CHECK_IN_MOVED,
            Event.about == f"check_in:{check_in.id}",
        )
    )  # fmt: skip
    return any(detail.get("reason") == LATER and "after" in detail for detail in made)
