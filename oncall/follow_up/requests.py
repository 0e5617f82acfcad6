"""Requests for help: each has somebody who can act, or the resident is told the truth (C-40).

A request goes from open to arranged or declined, each with a sentence that may be said to the resident, and from
arranged to come or missing, by a person or by what the resident says in the next call. The last change can be undone.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from pydantic import BaseModel, Field
from sqlmodel import Session, col, func, select

from oncall import db
from oncall.errors import AlreadyTaken, BadInput, StaleMove
from oncall.follow_up import cases
from oncall.models import Area, Assessment, Case, Event, HelpRequest, RequestState, Resident, Staff, Verb
from oncall.models.help_request import is_nobodys
from oncall.models.sensitive import sensitive_in
from oncall.settings import settings
from oncall.web.access import Signed, within
from oncall.web.i18n import N_

PAGE = 100

MOVES: dict[RequestState, frozenset[RequestState]] = {
    RequestState.OPEN: frozenset({RequestState.ARRANGED, RequestState.DECLINED}),
    RequestState.MISSING: frozenset({RequestState.ARRANGED, RequestState.DECLINED, RequestState.ARRIVED}),
    RequestState.ARRANGED: frozenset({RequestState.ARRIVED, RequestState.MISSING}),
    RequestState.ARRIVED: frozenset(),
    RequestState.DECLINED: frozenset(),
}
SAID_TO_THEM = frozenset({RequestState.ARRANGED, RequestState.DECLINED})
_WAITS = [state for state in RequestState if state.waits_for_us]
_FIRST = sa.case(
    (col(HelpRequest.state) == RequestState.MISSING, 0), (col(HelpRequest.state) == RequestState.OPEN, 1),
    (col(HelpRequest.state) == RequestState.ARRANGED, 2), else_=3,
)  # fmt: skip


class Tab(StrEnum):
    """The named views of the requests."""

    WAITING = "waiting"
    MINE = "mine"
    NOBODYS = "nobodys"
    ALL = "all"


class View(BaseModel):
    """What the address of the page asks for."""

    tab: Tab = Tab.WAITING
    district: int | None = None
    page: int = Field(default=1, ge=1, le=10_000)
    done: str = Field(default="", max_length=20)


@dataclass(frozen=True)
class Row:
    """One request, opened. `case_id` is the household's open case; `is_sensitive` ones no call speaks of first."""

    request: HelpRequest
    resident: Resident
    area: Area
    owner: str | None
    case_id: UUID | None
    words: str
    answer: str
    is_late: bool
    is_sensitive: bool
    may_undo: bool

    @property
    def next_states(self) -> list[RequestState]:
        """What may become of it now."""
        return [state for state in RequestState if state in MOVES[self.request.state]]


# -- what people do with a request


def take(session: Session, request: HelpRequest, staff_id: UUID, now: datetime) -> None:
    """This person answers for it. Raises AlreadyTaken when somebody else does."""
    _lock(session, request)
    if request.owner_id not in (None, staff_id):
        raise AlreadyTaken(N_("Somebody else has taken this request."))
    if request.owner_id is None:
        _change(session, request, now, staff_id, owner=staff_id)


def release(session: Session, request: HelpRequest, staff_id: UUID, now: datetime) -> None:
    """Nobody answers for it any more. Raises StaleMove when nobody did."""
    _lock(session, request)
    if request.owner_id is None:
        raise StaleMove
    _change(session, request, now, staff_id, owner=None)


def move(session: Session, request: HelpRequest, to: RequestState, staff_id: UUID, now: datetime,
         answer: str = "") -> None:  # fmt: skip
    """What became of it; whoever says so of a request without an owner answers for it from then on.

    Arranged and declined need `answer`, a sentence that may be said to the resident. Missing opens or raises the case.
    Raises StaleMove when its state does not allow that, BadInput without the sentence.
    """
    _lock(session, request)
    if to not in MOVES[request.state]:
        raise StaleMove
    resident = session.get_one(Resident, request.resident_id)
    if to in SAID_TO_THEM:
        if not answer.strip():
            raise BadInput(N_("Please write what may be said to the resident about it."))
        request.answer(resident.seal, " ".join(answer.split()))
    _change(session, request, now, staff_id, to=to, owner=request.owner_id or staff_id, answered=to in SAID_TO_THEM)
    if to is RequestState.MISSING:
        cases.missed(session, resident, now)


def undo(session: Session, request: HelpRequest, staff_id: UUID, now: datetime) -> None:
    """Take the last change back, whoever made it; an undoing is not undone. Raises StaleMove when there is nothing."""
    _lock(session, request)
    last = _last_changes(session, [request.id]).get(request.id)
    if last is None or not _is_undoable(request, last):
        raise StaleMove
    detail = last.detail
    if detail.get("answered"):
        request.answer_sealed, request.answer_before_sealed = request.answer_before_sealed, None
    owner = detail.get("owner_from", str(request.owner_id) if request.owner_id else None)
    _change(session, request, now, staff_id, to=RequestState(detail["from"]), owner=UUID(owner) if owner else None,
            undo=True)  # fmt: skip


# -- what a call tells


def not_come(session: Session, assessment: Assessment, now: datetime) -> Case | None:
    """The case of what the resident said has not come in the call this assessment is of; None when nothing is missing.

    `listen` has set those requests to missing in this very transaction.
    """
    told = select(HelpRequest).where(
        HelpRequest.resident_id == assessment.resident_id, HelpRequest.state == RequestState.MISSING,
        HelpRequest.told_at == assessment.made_at,
    )  # fmt: skip
    if session.exec(told).first() is None:
        return None
    return cases.missed(session, session.get_one(Resident, assessment.resident_id), now, assessment.check_in_id)


# -- looking at them


def listed(session: Session, signed: Signed, view: View, now: datetime) -> list[Row]:
    """The rows of `view`: what waits for us first and the oldest of it first; one more than PAGE means a next page."""
    statement = _rows().where(*_of_tab(view.tab, signed, now))
    if view.district:
        below = select(Area.path).where(Area.id == view.district).scalar_subquery()
        inside = select(Area.id).where(col(Area.path).startswith(below))
        statement = statement.where(col(HelpRequest.area_id).in_(inside))
    statement = within(statement, HelpRequest.area_id, signed).order_by(_FIRST, col(HelpRequest.asked_at))
    return _opened(session, session.execute(statement.offset((view.page - 1) * PAGE).limit(PAGE + 1)), now)


def of_household(session: Session, household_id: UUID, now: datetime) -> list[Row]:
    """Every request of a household, what waits for us first."""
    statement = _rows().where(Resident.household_id == household_id).order_by(_FIRST, col(HelpRequest.asked_at).desc())
    return _opened(session, session.execute(statement.limit(PAGE)), now)


def counts(session: Session, signed: Signed, now: datetime) -> dict[Tab, int]:
    """How many each tab holds."""
    columns = (
        func.count().filter(*(_of_tab(tab, signed, now) or [sa.true()])).label(tab.value) for tab in Tab
    )  # fmt: skip
    row = session.execute(within(select(*columns).select_from(HelpRequest), HelpRequest.area_id, signed)).one()
    return {Tab(name): count for name, count in row._mapping.items()}


def one(session: Session, signed: Signed, request_id: UUID) -> HelpRequest | None:
    """A request, if it lies where this person may look."""
    statement = select(HelpRequest).where(HelpRequest.id == request_id)
    return session.exec(within(statement, HelpRequest.area_id, signed)).first()


def _rows() -> Any:
    still_open = sa.and_(col(Case.household_id) == col(Resident.household_id), col(Case.closed_at).is_(None))
    return (
        sa.select(HelpRequest, Resident, Area, col(Staff.name), col(Case.id))
        .join(Resident, col(Resident.id) == HelpRequest.resident_id)
        .join(Area, col(Area.id) == HelpRequest.area_id)
        .outerjoin(Staff, col(Staff.id) == HelpRequest.owner_id)
        .outerjoin(Case, still_open)
    )


def _opened(session: Session, found: Iterable[Any], now: datetime) -> list[Row]:
    rows = list(found)
    ids = [row[0].id for row in rows]
    last = _last_changes(session, ids)
    late = set(session.exec(
        select(HelpRequest.id).where(col(HelpRequest.id).in_(ids), is_nobodys(now, settings().timezone))
    ))  # fmt: skip
    sensitive = sensitive_in(settings().prompts)
    opened = []
    for request, resident, area, owner, case_id in rows:
        words, answer = request.words(resident.seal), request.answered(resident.seal)
        change = last.get(request.id)
        opened.append(
            Row(request, resident, area, owner, case_id, words, answer, request.id in late,
                sensitive.touched_by(answer or words) is not None,
                change is not None and _is_undoable(request, change))
        )  # fmt: skip
    return opened


def _of_tab(tab: Tab, signed: Signed, now: datetime) -> list[sa.ColumnElement[bool]]:
    unfinished = col(HelpRequest.state).in_([*_WAITS, RequestState.ARRANGED])
    conditions: dict[Tab, list[sa.ColumnElement[bool]]] = {
        Tab.WAITING: [unfinished],
        Tab.MINE: [unfinished, col(HelpRequest.owner_id) == signed.staff_id],
        Tab.NOBODYS: [is_nobodys(now, settings().timezone)],
        Tab.ALL: [],
    }
    return conditions[tab]


def _lock(session: Session, request: HelpRequest) -> None:
    session.exec(select(HelpRequest.id).where(HelpRequest.id == request.id).with_for_update()).one()
    session.refresh(request)


def _change(session: Session, request: HelpRequest, now: datetime, staff_id: UUID, *, owner: UUID | None,
            to: RequestState | None = None, **more: bool) -> None:  # fmt: skip
    detail = {
        "from": request.state.value, "to": (to or request.state).value,
        "owner_from": str(request.owner_id) if request.owner_id else None, "owner_to": str(owner) if owner else None,
    } | {name: True for name, is_so in more.items() if is_so}  # fmt: skip
    request.state, request.owner_id, request.changed_at = to or request.state, owner, now
    session.add(request)
    session.add(Event(at=now, verb=Verb.REQUEST_CHANGED, staff_id=staff_id, resident_id=request.resident_id,
                      about=f"request:{request.id}", detail=detail))  # fmt: skip
    session.flush()
    db.tell(session, "queue", request_id=request.id)


def _last_changes(session: Session, ids: list[UUID]) -> dict[UUID, Event]:
    rows = session.exec(
        select(Event)
        .where(Event.verb == Verb.REQUEST_CHANGED, col(Event.about).in_([f"request:{one}" for one in ids]))
        .order_by(col(Event.id))
    )
    return {UUID(event.about.removeprefix("request:")): event for event in rows}


def _is_undoable(request: HelpRequest, last: Event) -> bool:
    return not last.detail.get("undo") and last.detail["to"] == request.state.value
