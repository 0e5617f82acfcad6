"""Who is in a campaign: counting its people, and taking everybody of its area in at once."""

from datetime import datetime
from uuid import UUID

from sqlmodel import Session, col, func, select

from oncall.models import Area, Campaign, Enrolment, Resident


def take_everybody_in(session: Session, campaign: Campaign, now: datetime) -> int:
    """Every resident of the campaign's area who is not in it joins. Returns how many did; the next tick plans them."""
    area = session.get_one(Area, campaign.area_id)
    inside = select(Enrolment.resident_id).where(Enrolment.campaign_id == campaign.id, col(Enrolment.left_at).is_(None))
    outside = session.exec(
        select(Resident.id)
        .join(Area, col(Area.id) == Resident.area_id)
        .where(col(Area.path).startswith(area.path), col(Resident.id).not_in(inside))
    ).all()
    left = {
        enrolment.resident_id: enrolment
        for enrolment in session.exec(
            select(Enrolment).where(Enrolment.campaign_id == campaign.id, col(Enrolment.left_at).is_not(None))
        )
    }
    for resident_id in outside:
        if resident_id in left:
            again = left[resident_id]
            again.left_at, again.next_at, again.joined_at = None, None, now
        else:
            session.add(Enrolment(campaign_id=campaign.id, resident_id=resident_id, joined_at=now))
    session.flush()
    return len(outside)


def people(session: Session, campaign_ids: list[UUID]) -> dict[UUID, tuple[int, datetime | None]]:
    """How many are in each campaign, and when its next check-in falls due."""
    rows = session.exec(
        select(Enrolment.campaign_id, func.count(), func.min(Enrolment.next_at))
        .where(col(Enrolment.campaign_id).in_(campaign_ids), col(Enrolment.left_at).is_(None))
        .group_by(col(Enrolment.campaign_id))
    ).all()
    found = {campaign_id: (count, soonest) for campaign_id, count, soonest in rows}
    return {campaign_id: found.get(campaign_id, (0, None)) for campaign_id in campaign_ids}
