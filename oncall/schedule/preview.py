"""The preview of a campaign: who will be called and when, who will not and why, before anything is dialled."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, select

from oncall import clock
from oncall.models import Campaign, CampaignState, CheckIn, Enrolment, Resident
from oncall.models.consent import scopes_given
from oncall.schedule.capacity import Capacity
from oncall.schedule.plan import falls_due, plan_of, windows_of
from oncall.schedule.verdict import Verdict, verdict
from oncall.settings import settings


@dataclass(frozen=True)
class Foreseen:
    """One person of the campaign: when they fall due (None: not), and what stands against a call ("" if nothing)."""

    resident_id: UUID
    external_id: str
    area_id: int
    at: datetime | None
    why_not: str
    by_keypad: bool


@dataclass(frozen=True)
class Preview:
    """Everybody of a campaign, those to be called first and soonest."""

    people: list[Foreseen]
    capacity: Capacity

    @property
    def called(self) -> int:
        """How many the machine will call."""
        return sum(not one.why_not for one in self.people)

    @property
    def by_keypad(self) -> int:
        """How many of the called will press keys instead of talking: nobody abroad may hear them (P-03)."""
        return sum(one.by_keypad and not one.why_not for one in self.people)

    @property
    def not_called(self) -> int:
        """How many nobody will call."""
        return len(self.people) - self.called

    @property
    def reasons(self) -> Counter[str]:
        """How many people each reason keeps from being called by machine."""
        return Counter(one.why_not for one in self.people if one.why_not)


def foresee(session: Session, campaign: Campaign, now: datetime, *, lines: int, cps: float,
            scope: "sa.Select[int | None] | None" = None) -> Preview:  # fmt: skip
    """What the campaign would do from `now` on if it ran. `scope` limits the people to areas (a subquery of ids)."""
    wanted = (
        select(Enrolment, Resident, select(sa.func.max(CheckIn.slot)).where(
            CheckIn.enrolment_id == Enrolment.id).correlate(Enrolment).scalar_subquery())
        .join(Resident, col(Resident.id) == Enrolment.resident_id)
        .where(Enrolment.campaign_id == campaign.id, col(Enrolment.left_at).is_(None))
    )  # fmt: skip
    if scope is not None:
        wanted = wanted.where(col(Resident.area_id).in_(scope))
    rows = session.exec(wanted).all()
    scopes = scopes_given(session, [resident.id for _, resident, _ in rows])
    people = []
    for enrolment, resident, last in rows:
        judged = verdict(resident.standing, scopes[resident.id])
        planned = enrolment.next_at if campaign.state is CampaignState.RUNNING else None
        at = planned or falls_due(plan_of(campaign, resident, enrolment.joined_at), last, now)
        why_not = "" if judged.may_call else judged.value
        people.append(
            Foreseen(
                resident.id, resident.external_id, resident.area_id,
                None if why_not else at, why_not or ("" if at else "never_due"), judged is Verdict.BY_KEYPAD,
            )
        )  # fmt: skip
    people.sort(key=lambda one: (bool(one.why_not), one.at is None, one.at or now, one.external_id))
    calls = sum(not one.why_not for one in people)
    return Preview(people, Capacity(calls, open_minutes(campaign), min(lines, campaign.lines), cps))


def open_minutes(campaign: Campaign) -> int:
    """Minutes in which calls may start, on the shortest day that has any."""
    days = []
    for weekday in range(7):
        minutes: set[int] = set()
        for window in windows_of(tuple(campaign.windows)):
            if weekday in window.days:
                minutes.update(range(window.opens, window.closes))
        days += [len(minutes)] if minutes else []
    return min(days, default=0)


def civil(moment: datetime) -> str:
    """A moment on the city's clock, for a terminal."""
    return clock.civil(moment, settings().timezone).strftime("%Y-%m-%d %H:%M")
