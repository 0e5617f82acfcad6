"""Check-ins left over: due for a whole day and never taken to the telephone, they go to a person by name, not into oblivion."""

from datetime import datetime, timedelta

import structlog
from sqlmodel import Session, col, select

from oncall.db import defer
from oncall.models import Campaign, CampaignState, CheckIn, CheckInState, Event, Verb
from oncall.models import hold as holds

log = structlog.get_logger()

LONGEST_WAIT = timedelta(hours=24)  # past `due_at`, which moves on to the next window whenever one was missed
_AT_ONCE = 500


def give_to_people(session: Session, now: datetime) -> int:
    """Hand to a person whoever is due for a day in a running campaign; how many. The reason is the hold that stands, if any."""
    rows = session.exec(
        select(CheckIn)
        .join(Campaign, col(Campaign.id) == CheckIn.campaign_id)
        .where(CheckIn.state == CheckInState.DUE, col(CheckIn.due_at) < now - LONGEST_WAIT)
        .where(Campaign.state == CampaignState.RUNNING)
        .order_by(col(CheckIn.priority).desc(), col(CheckIn.due_at))
        .limit(_AT_ONCE)
        .with_for_update(of=CheckIn, skip_locked=True)
        .execution_options(populate_existing=True)
    ).all()
    for check_in in rows:
        stand = holds.over(session, check_in.area_id)
        reason = f"not_called_{stand[0].reason.value}" if stand else "not_called"
        check_in.move(CheckInState.HELD, now, reason)
        session.add(Event(at=now, verb=Verb.CHECK_IN_MOVED, resident_id=check_in.resident_id,
                          about=f"check_in:{check_in.id}", detail={"to": "held", "reason": reason}))  # fmt: skip
        defer(session, "hand_over", check_in=str(check_in.id))
    if rows:
        log.error("left_over", check_ins=len(rows))
    return len(rows)
