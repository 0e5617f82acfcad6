"""The queue: who needs a person, gravest first, then by deadline; never a case left out for want of a filter."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from pydantic import BaseModel, Field
from sqlmodel import Session, col, func, select

from oncall.follow_up.words import MainWords, main_words
from oncall.models import Alarm, AlarmState, Area, AreaKind, Case, Level, Page, Resident, Staff
from oncall.web.access import Signed, within
from oncall.web.search import matches

PAGE = 100  # rows; what is graver or older is always on the first page (TH-25)


STRIP = 5  # emergencies named above every page; the queue has them all


class Tab(StrEnum):
    """The named views of the queue."""

    ALL = "all"
    MINE = "mine"
    UNASSIGNED = "unassigned"
    OVERDUE = "overdue"
    CLOSED = "closed"


class View(BaseModel):
    """What the address of the queue asks for."""

    tab: Tab = Tab.ALL
    q: str = Field(default="", max_length=100)
    level: Level | None = None
    district: int | None = None
    page: int = Field(default=1, ge=1, le=10_000)


@dataclass(frozen=True)
class Row:
    """One line of the queue. `birth_year` and `taken_by_name` may be missing."""

    case: Case
    resident: Resident
    area: Area
    taken_by_name: str | None
    words: MainWords

    @property
    def birth_year(self) -> int | None:
        """As a number, opened from its seal."""
        return int(self.resident.birth_year) if self.resident.birth_year else None


def waiting(session: Session, signed: Signed, view: View, now: datetime) -> list[Row]:
    """The rows of `view` on its page, by level, then by deadline; one row more than `PAGE` says that there is a next page."""
    statement = _scoped(
        select(Case, Resident, Area, Staff.name)
        .join(Resident, col(Resident.id) == Case.resident_id)
        .join(Area, col(Area.id) == Case.area_id)
        .outerjoin(Staff, col(Staff.id) == Case.taken_by),
        signed, view, now,
    )  # fmt: skip
    if view.tab is Tab.CLOSED:
        statement = statement.order_by(col(Case.closed_at).desc())
    else:
        statement = statement.order_by(col(Case.level_rank).desc(), col(Case.due_at), col(Case.id))
    first = (view.page - 1) * PAGE
    if view.q:
        # Names are sealed: the database cannot search them, so the open cases in scope are opened one by one.
        found = [row for row in session.exec(statement) if _fits(view.q, row[1], row[2])][first : first + PAGE + 1]
    else:
        found = list(session.exec(statement.offset(first).limit(PAGE + 1)))
    words = main_words(session, [row[0] for row in found])
    return [Row(case, resident, area, name, words.get(case.id, MainWords())) for case, resident, area, name in found]


def counts(session: Session, signed: Signed, now: datetime) -> dict[Tab, int]:
    """How many open cases each tab holds, filters aside."""
    statement = select(
        *(func.count().filter(*_of_tab(tab, signed, now)).label(tab.value) for tab in Tab if tab is not Tab.CLOSED)
    )
    row = session.execute(within(statement.select_from(Case), Case.area_id, signed)).one()
    return {Tab(name): count for name, count in row._mapping.items()}


def neighbours(session: Session, signed: Signed, case: Case, now: datetime) -> tuple[UUID | None, UUID | None]:
    """The open cases before and after `case` in the whole queue's order; None at either end."""
    place = sa.tuple_(-col(Case.level_rank), col(Case.due_at), col(Case.id))
    here = sa.tuple_(sa.literal(-case.level_rank), sa.literal(case.due_at), sa.literal(case.id))
    others = _scoped(select(Case.id), signed, View(), now)
    before = session.exec(
        others.where(place < here).order_by(col(Case.level_rank), col(Case.due_at).desc(), col(Case.id).desc())
    ).first()
    after = session.exec(
        others.where(place > here).order_by(col(Case.level_rank).desc(), col(Case.due_at), col(Case.id))
    ).first()
    return before, after


def unanswered_emergencies(session: Session, signed: Signed) -> list[tuple[Case, Resident, Area]]:
    """Open emergencies in scope that nobody has taken; the oldest few. What the person's own banner says is left to it, and
    what somebody answered by telephone needs nobody else.
    """
    asked = select(Page.alarm_id).where(Page.staff_id == signed.staff_id)
    known = select(Alarm.case_id).where(
        col(Alarm.case_id).is_not(None),
        col(Alarm.state).in_([AlarmState.ACKNOWLEDGED, AlarmState.JOINED])
        | (col(Alarm.state) == AlarmState.RAISED) & col(Alarm.id).in_(asked),
    )
    statement = (
        select(Case, Resident, Area)
        .join(Resident, col(Resident.id) == Case.resident_id)
        .join(Area, col(Area.id) == Case.area_id)
        .where(Case.level == Level.EMERGENCY, col(Case.closed_at).is_(None), col(Case.taken_by).is_(None))
        .where(col(Case.id).not_in(known))
        .order_by(col(Case.raised_at))
        .limit(STRIP)
    )
    return list(session.exec(within(statement, Case.area_id, signed)))


def districts(session: Session, signed: Signed) -> list[Area]:
    """The districts in this person's scope, for the filter."""
    statement = select(Area).where(Area.kind == AreaKind.DISTRICT).order_by(Area.name)
    return list(session.exec(within(statement, Area.id, signed)))


def _scoped(statement: Any, signed: Signed, view: View, now: datetime) -> Any:
    statement = within(statement, Case.area_id, signed).where(*_of_tab(view.tab, signed, now))
    if view.level:
        statement = statement.where(Case.level == view.level)
    if view.district:
        below = select(Area.path).where(Area.id == view.district).scalar_subquery()
        statement = statement.where(col(Case.area_id).in_(select(Area.id).where(col(Area.path).startswith(below))))
    return statement


def _of_tab(tab: Tab, signed: Signed, now: datetime) -> list[sa.ColumnElement[bool]]:
    still_open: sa.ColumnElement[bool] = col(Case.closed_at).is_(None)
    conditions: dict[Tab, list[sa.ColumnElement[bool]]] = {
        Tab.ALL: [still_open],
        Tab.MINE: [still_open, col(Case.taken_by) == signed.staff_id],
        Tab.UNASSIGNED: [still_open, col(Case.taken_by).is_(None)],
        Tab.OVERDUE: [still_open, col(Case.due_at) < now],
        Tab.CLOSED: [col(Case.closed_at).is_not(None)],
    }
    return conditions[tab]


def _fits(asked: str, resident: Resident, area: Area) -> bool:
    return any(matches(asked, name) for name in (resident.name, area.name, area.name_en) if name)
