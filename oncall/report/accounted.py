"""Twice a day: what every planned call came to, and each person who is not accounted for, by name (R-22).

Every slot is spoken, no answer, held, on the human list, cancelled, under way or waiting for its next try; what is
none of these is named. A slot is looked at in the report of the half day it belongs to and in the next, and for as
long as it is open.
"""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import sqlalchemy as sa
import structlog
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session, col, func, select

from oncall.clock import civil
from oncall.db import transaction
from oncall.gateways import watcher
from oncall.models import (
    Accounting,
    Campaign,
    CampaignState,
    CaseEntry,
    CheckIn,
    CheckInState,
    Enrolment,
    Resident,
    Unaccounted,
)
from oncall.models import hold as holds
from oncall.settings import settings

log = structlog.get_logger()

COVERS = timedelta(hours=24)
STILL_NAMED = timedelta(days=7)  # an end without a case is named for so long
LATE = timedelta(minutes=30)  # a due call may wait for a line so long
LONGEST_CALL = timedelta(hours=2)
MADE_WITHIN = timedelta(hours=11)  # later than that, the next report is the better one
TOLD_WITHIN = timedelta(hours=12)

GROUPS = ("spoken", "no_answer", "held", "human_list", "cancelled", "under_way", "waiting", "unaccounted")


def due_moment(now: datetime) -> datetime | None:
    """The moment the newest report was to be made; None when there is none, or it is too long ago."""
    zone = settings().timezone
    today = civil(now, zone).date()
    moments = [datetime.combine(day, at, ZoneInfo(zone)) for day in (today - timedelta(days=1), today)
               for at in settings().report_times]  # fmt: skip
    past = [moment for moment in moments if now - MADE_WITHIN < moment <= now]
    return max(past) if past else None


def make_due(session: Session, now: datetime) -> Accounting | None:
    """Make the report that is due, once over all nodes; None when it was made."""
    due_at = due_moment(now)
    return None if due_at is None else make(session, due_at, now)


def make(session: Session, due_at: datetime, now: datetime) -> Accounting | None:
    """Make the report of this moment; None when it was made before."""
    report = Accounting(due_at=due_at, since=now - COVERS, made_at=now)
    new = session.execute(
        insert(Accounting).values(report.model_dump()).on_conflict_do_nothing().returning(col(Accounting.id))
    ).scalar_one_or_none()
    if new is None:
        return None
    session.flush()
    named = [*_left_open(session, report, now), *_never_laid_out(session, report, now)]
    session.add_all(named)
    counts = dict.fromkeys(GROUPS, 0) | _counts(session, report, now) | {"unaccounted": len(named)}
    session.execute(sa.update(Accounting).where(col(Accounting.id) == report.id).values(counts=counts))
    session.flush()
    made = session.get_one(Accounting, report.id, populate_existing=True)
    log.info("accounting", **counts, planned=sum(counts.values()))
    if named:
        log.error("not_accounted_for", people=len(named), residents=[str(one.resident_id) for one in named[:200]])
    return made


def tell_outside(now: datetime) -> None:
    """Post each report that the city's own address has not taken yet; counts and ids alone."""
    url = settings().report_url
    if not url:
        return
    with transaction() as session:
        untold = session.exec(
            select(Accounting).where(col(Accounting.told_at).is_(None), col(Accounting.made_at) > now - TOLD_WITHIN)
        ).all()
        bodies = [(report.id, as_json(session, report, ids_only=True)) for report in untold]
    for report_id, body in bodies:
        if watcher.tell(url, body):
            with transaction() as session:
                session.execute(sa.update(Accounting).where(col(Accounting.id) == report_id).values(told_at=now))
        else:
            log.warning("report_not_taken", report=str(report_id))


def newest(session: Session, limit: int = 14) -> list[Accounting]:
    """The last reports, the newest first."""
    return list(session.exec(select(Accounting).order_by(col(Accounting.due_at).desc()).limit(limit)))


def people(session: Session, report_id: UUID, scope: Any = None) -> list[tuple[Unaccounted, Resident]]:
    """Those a report names, inside `scope` (a subquery of area ids) when one is given."""
    statement = (
        select(Unaccounted, Resident)
        .join(Resident, col(Resident.id) == Unaccounted.resident_id)
        .where(Unaccounted.accounting_id == report_id)
        .order_by(col(Resident.external_id))
    )
    return list(session.exec(statement if scope is None else statement.where(col(Unaccounted.area_id).in_(scope))))


def as_json(session: Session, report: Accounting, *, ids_only: bool = False) -> dict[str, Any]:
    """One report for machines; with `ids_only` not even the office's own numbers of people."""
    return {
        "id": str(report.id), "due_at": report.due_at.isoformat(), "made_at": report.made_at.isoformat(),
        "since": report.since.isoformat(), "counts": report.counts,
        "unaccounted": [
            {"resident_id": str(one.resident_id), "check_in_id": str(one.check_in_id) if one.check_in_id else None,
             "state": one.state, "reason": one.reason} | ({} if ids_only else {"external_id": resident.external_id})
            for one, resident in people(session, report.id)
        ],
    }  # fmt: skip


def _group(now: datetime) -> "sa.Case[str]":
    on_case = sa.exists().where(col(CaseEntry.check_in_id) == CheckIn.id)
    state = col(CheckIn.state)
    calling = state.in_([CheckInState.DIALLING, CheckInState.SPEAKING, CheckInState.HEARD])
    tried_or_young = sa.or_(col(CheckIn.attempts_made) > 0, col(CheckIn.slot) > now - LATE)
    return sa.case(
        (state == CheckInState.ASSESSED, "spoken"),
        (state == CheckInState.CANCELLED, "cancelled"),
        (sa.and_(state == CheckInState.UNREACHED, on_case), "no_answer"),
        (sa.and_(state == CheckInState.HELD, on_case), "held"),
        (sa.and_(state == CheckInState.NOT_ACCOUNTED, on_case), "human_list"),
        (sa.and_(calling, col(CheckIn.changed_at) > now - LONGEST_CALL), "under_way"),
        (sa.and_(state == CheckInState.DUE, tried_or_young, col(CheckIn.due_at) > now - LATE,
                 col(CheckIn.slot) > now - COVERS), "waiting"),
        else_="unaccounted",
    )  # fmt: skip


def _looked_at(report: Accounting, now: datetime) -> "sa.ColumnElement[bool]":
    """The slots a report is about: its own day, whatever is still open from before, and ends without a case."""
    final = [state for state in CheckInState if state.is_final]
    silent = [CheckInState.UNREACHED, CheckInState.HELD, CheckInState.NOT_ACCOUNTED]
    on_case = sa.exists().where(col(CaseEntry.check_in_id) == CheckIn.id)
    return sa.and_(
        col(CheckIn.slot) <= now,
        sa.or_(
            col(CheckIn.slot) > report.since, col(CheckIn.state).not_in(final),
            sa.and_(col(CheckIn.slot) > now - STILL_NAMED, col(CheckIn.state).in_(silent), ~on_case),
        ),
    )  # fmt: skip


def _counts(session: Session, report: Accounting, now: datetime) -> dict[str, int]:
    group = _group(now)
    rows = session.execute(
        select(group, func.count()).where(_looked_at(report, now), group != "unaccounted").group_by(group)
    )
    return {name: count for name, count in rows}


def _left_open(session: Session, report: Accounting, now: datetime) -> list[Unaccounted]:
    rows = session.exec(
        select(CheckIn).where(_looked_at(report, now), _group(now) == "unaccounted").order_by(col(CheckIn.slot))
    )
    held: dict[int, str] = {}
    return [
        Unaccounted(accounting_id=report.id, resident_id=row.resident_id, area_id=row.area_id, check_in_id=row.id,
                    state=row.state.value, reason=_why(session, row, held))
        for row in rows
    ]  # fmt: skip


def _why(session: Session, row: CheckIn, held: dict[int, str]) -> str:
    """A short code; `held` remembers the hold over each area."""
    if row.state.is_final:
        return "no_case"
    if row.state is not CheckInState.DUE:
        return "no_news"
    if row.area_id not in held:
        stand = holds.over(session, row.area_id)
        held[row.area_id] = f"not_called_{stand[0].reason.value}" if stand else "not_called"
    return held[row.area_id]


def _never_laid_out(session: Session, report: Accounting, now: datetime) -> list[Unaccounted]:
    """People of running campaigns whose moment came and who have no check-in, or whose next moment nobody knows."""
    rows = session.exec(
        select(Enrolment, Resident)
        .join(Resident, col(Resident.id) == Enrolment.resident_id)
        .join(Campaign, col(Campaign.id) == Enrolment.campaign_id)
        .where(
            col(Enrolment.left_at).is_(None), Campaign.state == CampaignState.RUNNING,
            col(Campaign.changed_at) < now - LATE, col(Enrolment.joined_at) < now - LATE,
            sa.or_(col(Enrolment.next_at).is_(None), col(Enrolment.next_at) < now - LATE),
        )
    )  # fmt: skip
    return [
        Unaccounted(accounting_id=report.id, resident_id=resident.id, area_id=resident.area_id, state="missed",
                    reason="never_due" if enrolment.next_at is None else "not_laid_out")
        for enrolment, resident in rows
        if resident.standing.may_be_called
    ]  # fmt: skip
