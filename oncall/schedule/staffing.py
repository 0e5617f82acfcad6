"""Nobody on duty, no calls: the areas that nobody has said they answer for are held, by name, until somebody does (D3).

Looked at with every tick: for each running campaign at the moment its windows are open, and from 08:30 on the city's
clock for the next window that opens today, so that a missing shift is known before the first call.
"""

from collections import defaultdict
from datetime import datetime, time, timedelta

from sqlmodel import Session, col, select

from oncall.clock import civil
from oncall.models import Area, Campaign, CampaignState, Duty, Hold, HoldReason, Staff
from oncall.models import hold as holds
from oncall.schedule.cadence import NeverDue, Plan, is_open, next_open
from oncall.schedule.plan import windows_of
from oncall.settings import settings

LOOKED_AHEAD_FROM = time(8, 30)


def look(session: Session, now: datetime) -> None:
    """Hold the areas nobody answers for, and let go of those somebody does again. Does nothing unless ONCALL_REQUIRE_DUTY."""
    standing = [one for one in holds.standing(session) if one.reason is HoldReason.NO_DUTY]
    if not settings().require_duty:
        for one in standing:
            holds.release(session, one, now)
        return
    moments = _moments(session, now)
    if not moments:
        return  # nobody is to be called today any more: what stands goes on standing
    areas = {area.id: area for area in session.exec(select(Area)) if area.id is not None}
    bare: set[int] = set()
    for moment, roots in moments.items():
        answered = _answered(session, moment)
        for root in roots:
            bare |= _bare(areas, root, answered)
    bare = {one for one in bare if not any(above in bare for above in _above(areas[one])[:-1])}
    for area_id in bare - {one.area_id for one in standing} - _let_go_today(session, now):
        holds.hold(session, HoldReason.NO_DUTY, now, area_id=area_id)
    for one in standing:
        if one.area_id not in bare:
            holds.release(session, one, now)


def _moments(session: Session, now: datetime) -> dict[datetime, set[int]]:
    """The moments somebody must answer for, each with the areas whose residents are called then."""
    zone = settings().timezone
    wall = civil(now, zone)
    found: dict[datetime, set[int]] = defaultdict(set)
    for campaign in session.exec(select(Campaign).where(Campaign.state == CampaignState.RUNNING)):
        plan = Plan(windows=windows_of(tuple(campaign.windows)), zone=zone, starts=campaign.starts, joined=now,
                    every=timedelta(days=1), cron=None, on_holidays=campaign.holidays, preferred=None)  # fmt: skip
        if wall.date() < campaign.starts:
            continue
        if is_open(plan, now):
            found[now].add(campaign.area_id)
        elif wall.time() >= LOOKED_AHEAD_FROM:
            try:
                opens = next_open(plan, now)
            except NeverDue:
                continue
            if civil(opens, zone).date() == wall.date():
                found[opens].add(campaign.area_id)
    return found


def _answered(session: Session, moment: datetime) -> set[int]:
    """The areas with a shift at this moment whose holder has said that they are there."""
    return set(session.exec(
        select(Duty.area_id).join(Staff, col(Staff.id) == Duty.staff_id).where(
            Duty.starts_at <= moment, Duty.ends_at > moment, col(Duty.acknowledged_at).is_not(None),
            col(Staff.disabled_at).is_(None),
        )
    ))  # fmt: skip


def _bare(areas: dict[int, Area], root: int, answered: set[int]) -> set[int]:
    """The areas from `root` down that nobody answers for, neither there nor above."""
    below = [area for area in areas.values() if area.path.startswith(areas[root].path)]
    return {area.id for area in below if area.id is not None and not answered & set(_above(area))
            and not any(other.path.startswith(area.path) and other.id in answered for other in below)}  # fmt: skip


def _above(area: Area) -> list[int]:
    """The ids from the city down to this area."""
    return [int(part) for part in area.path.split(".") if part]


def _let_go_today(session: Session, now: datetime) -> set[int | None]:
    """Areas where a named person said today that calls go out all the same: theirs to answer for until midnight."""
    zone = settings().timezone
    rows = session.exec(
        select(Hold).where(Hold.reason == HoldReason.NO_DUTY, col(Hold.released_by).is_not(None),
                           col(Hold.released_at) > now - timedelta(days=1))
    )  # fmt: skip
    return {
        one.area_id
        for one in rows
        if one.released_at and civil(one.released_at, zone).date() == civil(now, zone).date()
    }
