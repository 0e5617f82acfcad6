"""Every page asks who is there: generated from the route table, for strangers and for each role."""

import re
from uuid import uuid4

import pytest
from fastapi.routing import APIRoute
from sqlmodel import Session

from oncall.call.pages import router as call_router
from oncall.follow_up.pages import router as follow_up_router
from oncall.listen.pages import router as listen_router
from oncall.models import Role
from oncall.report.pages import router as report_router
from oncall.web import live, login
from oncall.web.access import RIGHTS, Right, holding
from tests.desk import Desk

ROUTERS = (follow_up_router, call_router, report_router, listen_router)
OPEN = {"/sign-in", "/language"}
ROUTES = sorted(
    {
        (method, route.path)
        for router in (*ROUTERS, login.router, live.router)
        for route in router.routes
        if isinstance(route, APIRoute)
        for method in route.methods
    }
)


def _address(path: str) -> str:
    return re.sub(r"\{\w+\}", str(uuid4()), path)


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_a_stranger_is_sent_to_sign_in(desk: Desk, method: str, path: str) -> None:
    answer = desk(*ROUTERS, role=None).request(method, _address(path))
    if path in OPEN:
        assert answer.status_code in {200, 303, 422}
    else:
        assert answer.status_code == (303 if method == "GET" else 401)
        assert method != "GET" or answer.headers["location"].startswith("/sign-in")


@pytest.mark.parametrize("role", [Role.SCHEDULER, Role.ADMIN])
@pytest.mark.parametrize(("method", "path"), [one for one in ROUTES if one[1].startswith("/cases")])
def test_who_may_not_read_words_gets_no_case_page(desk: Desk, method: str, path: str, role: Role) -> None:
    assert desk(*ROUTERS, role=role).request(method, _address(path)).status_code == 403


def test_no_administrator_reads_and_no_scheduler_works_cases() -> None:
    assert holding(Right.READ_WORDS) == holding(Right.WORK_CASES) == (Role.CASEWORKER, Role.SUPERVISOR)
    assert RIGHTS[Role.ADMIN] == {Right.SEE_TODAY, Right.MANAGE_STAFF}
    assert set(RIGHTS) == set(Role)


def test_a_person_moved_to_another_dong_loses_the_old_one_at_once(session: Session, desk: Desk) -> None:
    from oncall import clock
    from tests.browser.city import settle
    from tests.makers import make_city

    city = settle(session, clock.now())
    han = city.staff["han"]
    client, case = desk(*ROUTERS, staff=han), city.cases["이정희"].id
    assert client.get(f"/cases/{case}").status_code == 200
    han.area_id = make_city(session)["상동"].id
    session.flush()
    assert client.get(f"/cases/{case}").status_code == 404
    han.role = Role.SCHEDULER
    session.flush()
    assert client.get(f"/cases/{case}").status_code == 403


def test_a_page_that_refreshes_itself_does_not_keep_a_session_alive(session: Session, desk: Desk) -> None:
    from datetime import timedelta

    from sqlmodel import select

    from oncall import clock
    from oncall.models import StaffSession

    client = desk(*ROUTERS)
    held = session.exec(select(StaffSession)).one()
    held.seen_at = before = clock.now() - timedelta(minutes=10)
    session.flush()
    client.get("/", headers={"x-live": "1"})
    session.refresh(held)
    assert held.seen_at == before
    client.get("/")
    session.refresh(held)
    assert held.seen_at > before
