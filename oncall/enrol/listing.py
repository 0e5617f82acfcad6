"""The list of residents: who lives in one's area, found by name (first consonants too), number or telephone."""

from dataclasses import dataclass, field
from datetime import datetime

import sqlalchemy as sa
from pydantic import BaseModel, Field
from sqlalchemy.dialects.postgresql import distinct_on
from sqlmodel import Session, col, func, select

from oncall.models import Area, AreaKind, CheckIn, CheckInState, Enrolment, Resident, Standing
from oncall.web.access import Signed, scope_of
from oncall.web.search import matches

PAGE = 50


class View(BaseModel):
    """What the address of the list asks for."""

    q: str = Field(default="", max_length=60)
    area: int | None = None  # a dong or a district
    standing: Standing | None = None
    page: int = Field(default=1, ge=1, le=10_000)


@dataclass
class Row:
    """One resident of the list, with their last check-in and the next planned one."""

    resident: Resident
    area: Area
    last_at: datetime | None = None
    last_state: CheckInState | None = None
    next_at: datetime | None = None


@dataclass
class Listing:
    """One page of the list; `count` is of all that fit the view."""

    rows: list[Row] = field(default_factory=list)
    count: int = 0


def residents(session: Session, signed: Signed, view: View) -> Listing:
    """The residents of this person's area that fit the view, by number of the office.

    Names are under seal, so a search opens every name of the area in turn; without one, only the page's are opened.
    """
    wanted = select(Resident, Area).join(Area, col(Area.id) == Resident.area_id)
    wanted = wanted.where(col(Resident.area_id).in_(scope_of(signed)))
    if view.area is not None:
        path = select(Area.path).where(Area.id == view.area).scalar_subquery()
        wanted = wanted.where(col(Area.path).startswith(path))
    if view.standing is not None:
        wanted = wanted.where(Resident.standing == view.standing)
    ordered = wanted.order_by(col(Resident.external_id))
    first = (view.page - 1) * PAGE
    if view.q:
        found = [(resident, area) for resident, area in session.exec(ordered) if _fits(resident, view.q)]
        count, shown = len(found), found[first : first + PAGE]
    else:
        count = session.exec(select(func.count()).select_from(wanted.subquery())).one()
        shown = list(session.exec(ordered.offset(first).limit(PAGE)).all())
    rows = [Row(resident, area) for resident, area in shown]
    _calls(session, rows)
    return Listing(rows, count)


def areas_below(session: Session, signed: Signed) -> list[Area]:
    """The districts and dongs this person answers for, each district before its dongs."""
    there = select(Area).where(Area.kind != AreaKind.CITY, col(Area.id).in_(scope_of(signed)))
    found = session.exec(there).all()
    names = {area.id: area.name for area in found}
    return sorted(found, key=lambda area: (
        area.name if area.kind is AreaKind.DISTRICT else names.get(area.parent_id, ""),
        area.kind is AreaKind.DONG, area.name,
    ))  # fmt: skip


def dongs_of(session: Session, signed: Signed) -> list[Area]:
    """The dongs this person answers for."""
    return [area for area in areas_below(session, signed) if area.kind is AreaKind.DONG]


def _fits(resident: Resident, asked: str) -> bool:
    digits = "".join(letter for letter in asked if letter.isdigit())
    if len(digits) >= 4 and all(letter.isdigit() or letter in "-+ ()." for letter in asked):
        numbers = [number for number in (resident.phone, resident.phone2) if number]
        if any(digits.lstrip("0") in number for number in numbers):
            return True
    return matches(asked, resident.name or "") or matches(asked, resident.external_id)


def _calls(session: Session, rows: list[Row]) -> None:
    ids = [row.resident.id for row in rows]
    newest = session.exec(
        select(CheckIn.resident_id, CheckIn.slot, CheckIn.state)
        .where(col(CheckIn.resident_id).in_(ids))
        .ext(distinct_on(col(CheckIn.resident_id)))
        .order_by(col(CheckIn.resident_id), col(CheckIn.slot).desc())
    ).all()
    last = {who: (slot, CheckInState(state)) for who, slot, state in newest}
    soonest = session.execute(
        sa.select(col(Enrolment.resident_id), sa.func.min(Enrolment.next_at))
        .where(col(Enrolment.resident_id).in_(ids), col(Enrolment.left_at).is_(None))
        .group_by(col(Enrolment.resident_id))
    ).all()
    upcoming = {who: at for who, at in soonest}
    for row in rows:
        row.last_at, row.last_state = last.get(row.resident.id) or (None, None)
        row.next_at = upcoming.get(row.resident.id) if row.resident.standing.may_be_called else None
