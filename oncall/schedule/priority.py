"""Whom to call first when not everybody can be called: those at whom the gravest level stands (R-05)."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import distinct_on
from sqlmodel import Session, col, select

from oncall.models import Assessment, Case, Level, Resident

STILL_COUNTS = timedelta(days=60)  # how long the last call's level says something about today


def priorities(session: Session, residents: Iterable[Resident], now: datetime) -> dict[UUID, int]:
    """For each resident the higher rank of their household's open case and of their last call; 0 when there is neither."""
    every = list(residents)
    found = dict.fromkeys((one.id for one in every), 0)
    if not every:
        return found
    open_cases = session.exec(
        select(Case.household_id, sa.func.max(Case.level_rank))
        .where(col(Case.household_id).in_({one.household_id for one in every}), col(Case.closed_at).is_(None))
        .group_by(col(Case.household_id))
    )
    of_household = {household: rank for household, rank in open_cases}
    last_calls = session.exec(
        select(Assessment.resident_id, Assessment.level)
        .where(col(Assessment.resident_id).in_(found), col(Assessment.made_at) > now - STILL_COUNTS)
        .ext(distinct_on(col(Assessment.resident_id)))
        .order_by(col(Assessment.resident_id), col(Assessment.made_at).desc())
    )
    of_call = {resident: Level(level).rank for resident, level in last_calls}
    return {one.id: max(of_household.get(one.household_id, 0), of_call.get(one.id, 0)) for one in every}
