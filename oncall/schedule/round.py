"""A round: what was planned for one day against what became of it, and who is not accounted for."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlmodel import Session, col, select

from oncall.models import Area, Attempt, Campaign, CaseEntry, CheckIn, CheckInState, Enrolment, Hold, Resident
from oncall.models import hold as holds
from oncall.settings import settings


@dataclass(frozen=True)
class Planned:
    """One planned check-in with every try and the case it led to, if any."""

    check_in: CheckIn
    external_id: str
    attempts: list[Attempt]
    case_id: Any

    @property
    def accounted(self) -> bool:
        """Whether it is known how this person is, or known that they were not to be called any more."""
        return self.check_in.state in {CheckInState.ASSESSED, CheckInState.CANCELLED}


@dataclass(frozen=True)
class Round:
    """One campaign on one day. `missed` are people (their numbers) whose moment came and who have no check-in."""

    campaign: Campaign
    day: date
    planned: list[Planned]
    missed: list[str]
    holds: list[Hold] = field(default_factory=list)  # those that stand over it now

    @property
    def done(self) -> int:
        """How many have come to an end, whichever."""
        return sum(one.check_in.state.is_final for one in self.planned)

    @property
    def unaccounted(self) -> int:
        """How many people of this round nobody knows about, those still being called left out."""
        open_ended = sum(one.check_in.state.is_final and not one.accounted for one in self.planned)
        return open_ended + len(self.missed)

    def count(self, state: CheckInState) -> int:
        """How many check-ins stand at `state`."""
        return sum(one.check_in.state is state for one in self.planned)

    def as_json(self) -> dict[str, Any]:
        """The shape the contract fixes for `oncall round --json`."""
        return {
            "campaign": self.campaign.name,
            "date": self.day.isoformat(),
            "check_ins": [_told(one) for one in self.planned],
            "unaccounted": [
                {"id": str(one.check_in.id), "external_id": one.external_id, "state": one.check_in.state.value,
                 "reason": one.check_in.reason, "case_id": str(one.case_id) if one.case_id else None}
                for one in self.planned if not one.accounted
            ] + [
                {"id": None, "external_id": number, "state": "missed", "reason": "not_laid_out", "case_id": None}
                for number in self.missed
            ],
            "holds": [
                {"reason": one.reason.value, "code": one.code, "since": one.since.isoformat(), "area_id": one.area_id}
                for one in self.holds
            ],
        }  # fmt: skip


def rounds(session: Session, day: date, now: datetime, *, campaign: Campaign | None = None,
           scope: "sa.Select[int | None] | None" = None) -> list[Round]:  # fmt: skip
    """Every campaign's round of `day` (the city's date), those with nothing planned left out unless asked for by name.

    `scope` limits it to residents of some areas (a subquery of their ids).
    """
    chosen = [campaign] if campaign else session.exec(select(Campaign).order_by(col(Campaign.name))).all()
    made = [_of(session, one, day, now, scope) for one in chosen]
    return [one for one in made if campaign or one.planned or one.missed]


def _of(session: Session, campaign: Campaign, day: date, now: datetime, scope: "sa.Select[int | None] | None") -> Round:
    begins, ends = (
        datetime.combine(at, time(), ZoneInfo(settings().timezone)).astimezone(UTC)
        for at in (day, day + timedelta(days=1))
    )
    rows = session.exec(
        select(CheckIn, Resident.external_id)
        .join(Resident, col(Resident.id) == CheckIn.resident_id)
        .where(
            CheckIn.campaign_id == campaign.id, col(CheckIn.slot) >= begins, col(CheckIn.slot) < ends, *_inside(scope)
        )
        .order_by(col(CheckIn.slot), col(Resident.external_id))
    ).all()
    ids = [check_in.id for check_in, _ in rows]
    attempts: dict[Any, list[Attempt]] = {one: [] for one in ids}
    tries = select(Attempt).where(col(Attempt.check_in_id).in_(ids)).order_by(col(Attempt.number))
    for attempt in session.exec(tries):
        attempts[attempt.check_in_id].append(attempt)
    entries = select(CaseEntry.check_in_id, CaseEntry.case_id).where(col(CaseEntry.check_in_id).in_(ids))
    cases = {check_in_id: case_id for check_in_id, case_id in session.exec(entries)}  # a household has one open case
    missed = session.exec(
        select(Resident.external_id)
        .join(Enrolment, col(Enrolment.resident_id) == Resident.id)
        .where(
            Enrolment.campaign_id == campaign.id, col(Enrolment.left_at).is_(None),
            col(Enrolment.next_at) >= begins, col(Enrolment.next_at) < min(ends, now - timedelta(minutes=5)),
            *_inside(scope),
        )
        .order_by(col(Resident.external_id))
    ).all()  # fmt: skip
    planned = [Planned(check_in, number, attempts[check_in.id], cases.get(check_in.id)) for check_in, number in rows]
    return Round(campaign, day, planned, list(missed), _holds_over(session, campaign))


def _holds_over(session: Session, campaign: Campaign) -> list[Hold]:
    """The holds that keep anybody of this campaign from being called."""
    path = session.get_one(Area, campaign.area_id).path
    areas = {area.id: area.path for area in session.exec(select(Area))}
    return [one for one in holds.standing(session)
            if one.area_id is None or areas[one.area_id].startswith(path) or path.startswith(areas[one.area_id])]  # fmt: skip


def _inside(scope: "sa.Select[int | None] | None") -> "list[sa.ColumnElement[bool]]":
    return [] if scope is None else [col(Resident.area_id).in_(scope)]


def _told(one: Planned) -> dict[str, Any]:
    row = one.check_in
    return {
        "id": str(row.id), "external_id": one.external_id, "slot": row.slot.isoformat(), "state": row.state.value,
        "reason": row.reason,
        "attempts": [
            {"token": attempt.token, "call_sid": attempt.call_sid, "state": attempt.state.value,
             "outcome": attempt.outcome.value if attempt.outcome else None,
             "placed_at": attempt.placed_at.isoformat() if attempt.placed_at else None}
            for attempt in one.attempts
        ],
        "case_id": str(one.case_id) if one.case_id else None,
    }  # fmt: skip
