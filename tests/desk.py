"""A desk to sit at: the pages over the test's own rolled-back session, signed in as whoever the test is about."""

import secrets
from collections.abc import Callable, Iterator

import pytest
import sqlalchemy as sa
from fastapi import APIRouter, FastAPI
from fastapi.testclient import TestClient
from sqlmodel import Session, SQLModel

from oncall import clock, db
from oncall.models import Role, Staff, StaffSession
from oncall.web.access import token_hash
from oncall.web.frame import furnish
from tests.makers import make_staff

SAME_SITE = {"Sec-Fetch-Site": "same-origin"}
Desk = Callable[..., TestClient]


def app_of(*routers: APIRouter) -> FastAPI:
    """The frame around a few stages' pages."""
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    furnish(app)
    for router in routers:
        app.include_router(router)
    return app


def sit_down(session: Session, client: TestClient, staff: Staff) -> TestClient:
    """Sign `staff` in on `client` without the argon2 wait."""
    now = clock.now()
    token = secrets.token_urlsafe(16)
    session.add(StaffSession(staff_id=staff.id, token_hash=token_hash(token), started_at=now, seen_at=now))
    session.flush()
    client.cookies.set("oncall", token)
    return client


@pytest.fixture
def desk(session: Session) -> Iterator[Desk]:
    """`desk(router, role=Role.CASEWORKER, area="중동")`: a client signed in so, its pages reading the test's session.

    `role=None` sits down nobody; `staff=` an existing person; the client has `.staff`.
    """

    def make(*routers: APIRouter, role: Role | None = Role.CASEWORKER, area: str = "중동",
             staff: Staff | None = None, language: str = "ko") -> TestClient:  # fmt: skip
        app = app_of(*routers)

        def same_session() -> Iterator[Session]:
            with session.begin_nested():
                yield session

        app.dependency_overrides[db._request_transaction] = same_session
        client = TestClient(app, headers=SAME_SITE, follow_redirects=False, raise_server_exceptions=True)
        if staff is None and role is not None:
            staff = make_staff(session, role, area=area)
            staff.language = language
        if staff is not None:
            sit_down(session, client, staff)
        client.staff = staff
        return client

    return make


def empty_the_database() -> None:
    """Take away everything that was committed, events included; for the few tests that must commit."""
    with db.transaction() as session:
        # Superuser of a throw-away server: the trigger that guards events rests for this transaction only.
        session.execute(sa.text("SET LOCAL session_replication_role = replica"))
        names = ", ".join(f'"{table.name}"' for table in SQLModel.metadata.sorted_tables)
        session.execute(sa.text(f"TRUNCATE {names}, procrastinate_jobs RESTART IDENTITY CASCADE"))


@pytest.fixture
def committed() -> Iterator[None]:
    """For a test that needs several connections: what it commits is gone afterwards."""
    yield
    empty_the_database()
