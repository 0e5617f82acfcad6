"""Who may do what, and where: the one table of rights, the sign-in behind every page, and the area scope (TH-10, P-29)."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from typing import Any, Protocol, Self, TypeVar
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar
from starlette.requests import HTTPConnection, Request

from oncall import clock
from oncall.db import Db, transaction
from oncall.errors import NotAllowed, NotFound
from oncall.models import Area, Event, Resident, Role, Staff, StaffSession, Verb

SESSION_COOKIES = ("__Host-oncall", "oncall")
IDLE = timedelta(minutes=15)  # TH-11
LONGEST = timedelta(hours=9)  # TH-11
_TOUCH_EVERY = timedelta(minutes=1)


class Narrowed(Protocol):
    """A statement to which conditions can be added."""

    def where(self, *conditions: Any) -> Self:
        """The same statement, narrower."""


Statement = TypeVar("Statement", bound=Narrowed)


class Right(StrEnum):
    """Something a page lets a person do."""

    SEE_TODAY = "see_today"
    SEE_BOARD = "see_board"
    READ_WORDS = "read_words"  # what residents said: queue, cases, transcripts, recordings
    WORK_CASES = "work_cases"  # take, note, close
    REASSIGN = "reassign"  # release what another caseworker took
    REVEAL = "reveal"  # a whole phone number or address, with a reason
    SEE_RESIDENTS = "see_residents"
    EDIT_RESIDENTS = "edit_residents"
    SEE_CAMPAIGNS = "see_campaigns"
    EDIT_CAMPAIGNS = "edit_campaigns"
    PLAN_DUTY = "plan_duty"
    REVIEW = "review"  # judge assessments, see how good the listening is
    MANAGE_STAFF = "manage_staff"


RIGHTS: dict[Role, frozenset[Right]] = {
    Role.CASEWORKER: frozenset({
        Right.SEE_TODAY, Right.SEE_BOARD, Right.READ_WORDS, Right.WORK_CASES, Right.REVEAL, Right.SEE_RESIDENTS,
        Right.EDIT_RESIDENTS, Right.SEE_CAMPAIGNS,
    }),
    Role.SUPERVISOR: frozenset(set(Right) - {Right.MANAGE_STAFF}),
    Role.SCHEDULER: frozenset({
        Right.SEE_TODAY, Right.SEE_BOARD, Right.SEE_RESIDENTS, Right.EDIT_RESIDENTS, Right.SEE_CAMPAIGNS,
        Right.EDIT_CAMPAIGNS,
    }),
    Role.ADMIN: frozenset({Right.SEE_TODAY, Right.MANAGE_STAFF}),
}  # fmt: skip


class NotSignedIn(NotAllowed):
    """Please sign in first."""

    status = 401


@dataclass(frozen=True)
class Signed:
    """The person looking at a page, from a session that was checked for this very request."""

    staff_id: UUID
    name: str
    login: str
    role: Role
    area_id: int
    area_path: str
    language: str
    address: str
    session_id: UUID

    def may(self, right: Right | str) -> bool:
        """Whether the role holds `right`; templates name it by its value."""
        return Right(right) in RIGHTS[self.role]


def holding(right: Right) -> tuple[Role, ...]:
    """The roles that hold `right`, for `signed_in(*holding(Right.WORK_CASES))`."""
    return tuple(role for role in Role if right in RIGHTS[role])


def signed_in(*roles: Role) -> Callable[[Request, Db], Signed]:
    """A dependency: the signed-in person, when their role is one of `roles` (any role when none is named).

    Raises NotSignedIn (the frame turns it into the sign-in page) or NotAllowed.
    """

    def known(request: Request, session: Db) -> Signed:
        return recognise(session, request, *roles)

    return known


def recognised(*roles: Role) -> Callable[[Request], Signed]:
    """The same dependency for a route that then waits for something slow: its transaction is over before that."""

    def known(request: Request) -> Signed:
        with transaction() as session:
            return recognise(session, request, *roles)

    return known


def recognise(session: Session, connection: HTTPConnection, *roles: Role) -> Signed:
    """The same check for a route that holds no transaction while it streams. Raises NotSignedIn, NotAllowed."""
    now = clock.now()
    found = session.exec(
        select(StaffSession, Staff, Area)
        .join(Staff, col(Staff.id) == StaffSession.staff_id)
        .join(Area, col(Area.id) == Staff.area_id)
        .where(
            col(StaffSession.token_hash).in_([token_hash(token) for token in _tokens(connection)]),
            *live_conditions(now),
        )
    ).first()
    if found is None:
        raise NotSignedIn
    standing, staff, area = found
    # A page that refreshes itself is not a person at the desk: it does not keep the session alive.
    if "x-live" not in connection.headers and now - standing.seen_at > _TOUCH_EVERY:
        standing.seen_at = now
    signed = Signed(
        staff_id=staff.id, name=staff.name, login=staff.login, role=staff.role, area_id=staff.area_id,
        area_path=area.path, language=staff.language, address=address_of(connection), session_id=standing.id,
    )  # fmt: skip
    connection.state.signed = signed
    if roles and signed.role not in roles:
        raise NotAllowed
    return signed


def live_conditions(now: datetime) -> tuple[sa.ColumnElement[bool], ...]:
    """What a session must be for its holder to be let in: not ended, not idle, not too old, of a person not disabled."""
    return (
        col(StaffSession.ended_at).is_(None),
        col(StaffSession.seen_at) > now - IDLE,
        col(StaffSession.started_at) > now - LONGEST,
        col(Staff.disabled_at).is_(None),
    )


def token_hash(token: str) -> bytes:
    """What is stored of a session token: a copy of the table opens nothing."""
    return sha256(token.encode()).digest()


def address_of(connection: HTTPConnection) -> str:
    """The network address a request came from, as the server (or the proxy it trusts) saw it."""
    return connection.client.host if connection.client else ""


def scope_of(signed: Signed) -> SelectOfScalar[Any]:
    """The ids of the areas this person answers for, as a subquery."""
    return select(Area.id).where(col(Area.path).startswith(signed.area_path))


def within(statement: Statement, column: Any, signed: Signed) -> Statement:
    """`statement`, limited to rows whose area `column` lies in this person's scope."""
    return statement.where(column.in_(scope_of(signed)))


def resident_in_scope(session: Session, signed: Signed, resident_id: UUID) -> Resident:
    """The resident, if they live where this person may look. Raises NotFound for both no and elsewhere (TH-10)."""
    found = session.exec(within(select(Resident).where(Resident.id == resident_id), Resident.area_id, signed)).first()
    if found is None:
        raise NotFound
    return found


def record_read(
    session: Session,
    signed: Signed,
    resident_id: UUID | None,
    about: str,
    verb: Verb = Verb.READ,
    detail: dict[str, Any] | None = None,
) -> None:
    """Write down that this person saw a resident's words; `about` is "case:<id>" or a page's name, `detail` ids and codes."""
    session.add(
        Event(
            at=clock.now(), verb=verb, staff_id=signed.staff_id, resident_id=resident_id, about=about,
            address=signed.address, detail=detail or {},
        )
    )  # fmt: skip


def _tokens(connection: HTTPConnection) -> list[str]:
    return [connection.cookies[name] for name in SESSION_COOKIES if name in connection.cookies]
