"""Today: what needs me now, what was planned and what came of it, and who is not accounted for."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import distinct_on
from sqlmodel import Session, col, func, select

from oncall.clock import civil
from oncall.models import Area, Campaign, CampaignState, Case, CheckIn, CheckInState, HelpRequest, Level, Resident
from oncall.models.help_request import is_nobodys
from oncall.settings import settings
from oncall.web.access import Signed, within

SHOWN = 8
_STILL_COUNTS = timedelta(days=7)

# What a planned call came to, in the order of the bar: good news first, silence by its own name.
_UNDER_WAY = (CheckInState.DIALLING, CheckInState.SPEAKING, CheckInState.HEARD)
GROUPS: dict[str, tuple[CheckInState, ...]] = {
    "understood": (CheckInState.ASSESSED,),
    "under_way": _UNDER_WAY,
    "waiting": (CheckInState.DUE,),
    "unreached": (CheckInState.UNREACHED,),
    "unaccounted": (CheckInState.NOT_ACCOUNTED,),
    "held": (CheckInState.HELD,),
}


@dataclass(frozen=True)
class Round:
    """How one day's planned calls stand; cancelled ones are not counted as planned."""

    counts: dict[str, int]

    @property
    def planned(self) -> int:
        """All of them."""
        return sum(self.counts.values())

    @property
    def done(self) -> int:
        """Those whose resident's words are known."""
        return self.counts["understood"]

    def bar(self, width: float = 100.0) -> list[tuple[str, float, float]]:
        """(group, x, width) of the stacked bar, empty groups left out."""
        pieces: list[tuple[str, float, float]] = []
        here = 0.0
        for group, count in self.counts.items():
            if count:
                length = width * count / self.planned
                pieces.append((group, round(here, 3), round(length, 3)))
                here += length
        return pieces


@dataclass(frozen=True)
class Missing:
    """Somebody whose last planned call left us without their words."""

    check_in: CheckIn
    resident: Resident
    area: Area
    case: Case | None


def day_of(now: datetime, zone: str) -> tuple[datetime, datetime]:
    """The civil day around `now`, from midnight to midnight."""
    midnight = datetime.combine(civil(now, zone).date(), time(), ZoneInfo(zone))
    return midnight, midnight + timedelta(days=1)


def the_round(session: Session, signed: Signed, day: tuple[datetime, datetime]) -> Round:
    """All campaigns' calls of the day in scope."""
    return _rounds(session, signed, day).get(None, Round(dict.fromkeys(GROUPS, 0)))


def campaigns(session: Session, signed: Signed, day: tuple[datetime, datetime]) -> list[tuple[Campaign, Round]]:
    """Running campaigns that concern this scope, each with its day."""
    running = session.exec(
        select(Campaign).where(Campaign.state == CampaignState.RUNNING).order_by(Campaign.name)
    ).all()
    rounds = _rounds(session, signed, day, CheckIn.campaign_id)
    nothing = Round(dict.fromkeys(GROUPS, 0))
    concern = _areas_around(session, signed)
    return [(one, rounds.get(one.id, nothing)) for one in running if one.area_id in concern or one.id in rounds]


def needs_me(session: Session, signed: Signed, now: datetime) -> list[tuple[Case, Resident, Area]]:
    """My open cases, and the urgent ones nobody has taken, gravest first."""
    statement = (
        select(Case, Resident, Area)
        .join(Resident, col(Resident.id) == Case.resident_id)
        .join(Area, col(Area.id) == Case.area_id)
        .where(
            col(Case.closed_at).is_(None),
            sa.or_(
                col(Case.taken_by) == signed.staff_id,
                sa.and_(col(Case.taken_by).is_(None), col(Case.level_rank) >= Level.URGENT.rank),
            ),
        )
        .order_by(col(Case.level_rank).desc(), col(Case.due_at))
        .limit(SHOWN)
    )
    return list(session.exec(within(statement, Case.area_id, signed)))


def open_cases(session: Session, signed: Signed, now: datetime) -> tuple[int, int]:
    """How many cases are open, and how many of them overdue."""
    statement = select(func.count(), func.count().filter(col(Case.due_at) < now)).where(col(Case.closed_at).is_(None))
    opened, overdue = session.exec(within(statement.select_from(Case), Case.area_id, signed)).one()
    return opened, overdue


def nobodys_requests(session: Session, signed: Signed, now: datetime) -> int:
    """How many requests for help nobody has answered for within a working day (C-40)."""
    statement = select(func.count()).select_from(HelpRequest).where(is_nobodys(now, settings().timezone))
    return session.exec(within(statement, HelpRequest.area_id, signed)).one()


def missing(session: Session, signed: Signed, now: datetime) -> list[Missing]:
    """Residents whose newest settled call of the last week ended unreached, unaccounted for or held; newest first."""
    settled = [CheckInState.ASSESSED, CheckInState.UNREACHED, CheckInState.NOT_ACCOUNTED, CheckInState.HELD]
    newest = (
        within(select(CheckIn.id), CheckIn.area_id, signed)
        .where(col(CheckIn.state).in_(settled), CheckIn.slot > now - _STILL_COUNTS, CheckIn.slot <= now)
        .ext(distinct_on(col(CheckIn.resident_id)))
        .order_by(col(CheckIn.resident_id), col(CheckIn.slot).desc())
        .subquery()
    )
    rows = session.exec(
        select(CheckIn, Resident, Area, Case)
        .join(newest, newest.c.id == CheckIn.id)
        .join(Resident, col(Resident.id) == CheckIn.resident_id)
        .join(Area, col(Area.id) == CheckIn.area_id)
        .outerjoin(Case, sa.and_(col(Case.household_id) == Resident.household_id, col(Case.closed_at).is_(None)))
        .where(CheckIn.state != CheckInState.ASSESSED)
        .order_by(col(CheckIn.slot).desc())
        .limit(100)
    )
    return [Missing(check_in, resident, area, case) for check_in, resident, area, case in rows]


def _rounds(
    session: Session, signed: Signed, day: tuple[datetime, datetime], by: Any = None
) -> dict[UUID | None, Round]:
    key: Any = by if by is not None else sa.null()
    statement = (
        select(key, CheckIn.state, func.count())
        .where(CheckIn.slot >= day[0], CheckIn.slot < day[1], CheckIn.state != CheckInState.CANCELLED)
        .group_by(*([key] if by is not None else []), CheckIn.state)
    )
    group_of = {state: group for group, states in GROUPS.items() for state in states}
    counts: dict[UUID | None, dict[str, int]] = {}
    for which, state, count in session.execute(within(statement, CheckIn.area_id, signed)):
        counts.setdefault(which, dict.fromkeys(GROUPS, 0))[group_of[state]] += count
    return {which: Round(found) for which, found in counts.items()}


def _areas_around(session: Session, signed: Signed) -> set[int]:
    """The ids of the person's own area, all above and all below."""
    above = {int(part) for part in signed.area_path.split(".") if part}
    return above | {area_id for area_id in session.exec(within(select(Area.id), Area.id, signed)) if area_id}
