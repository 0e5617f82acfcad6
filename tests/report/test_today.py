"""Today: counts that add up, silence by its own name, and nobody's name where the role does not read."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlmodel import Session, select

from oncall import clock
from oncall.models import CampaignState, CheckInState, Event, Role, Verb
from oncall.report import today
from oncall.report.pages import router
from oncall.web.access import Signed, recognise
from tests.browser.city import City, settle
from tests.desk import Desk
from tests.makers import NOON, make_check_in, make_city, make_resident, make_staff


def signed_as(session: Session, area: str, role: Role = Role.SUPERVISOR) -> Signed:
    staff, where = make_staff(session, role, area=area), make_city(session)[area]
    return Signed(staff_id=staff.id, name=staff.name, login=staff.login, role=role, area_id=where.id or 0,
                  area_path=where.path, language="ko", address="", session_id=staff.id)  # fmt: skip


def test_a_day_is_the_civil_day_of_the_city() -> None:
    start, end = today.day_of(datetime(2026, 11, 23, 16, 0, tzinfo=UTC), "Asia/Seoul")
    assert (start.isoformat(), end - start) == ("2026-11-24T00:00:00+09:00", timedelta(days=1))


def test_what_is_planned_is_the_sum_of_what_became_of_it(session: Session) -> None:
    for state in CheckInState:
        make_check_in(session, make_resident(session), state=state)
    make_check_in(session, make_resident(session), slot=NOON - timedelta(days=1))
    make_check_in(session, make_resident(session, dong="소사동"), state=CheckInState.ASSESSED)
    day = today.day_of(NOON, "Asia/Seoul")
    whole = today.the_round(session, signed_as(session, "부천시"), day)
    assert whole.planned == len(CheckInState) - 1 + 1
    assert whole.done == 2
    dong = today.the_round(session, signed_as(session, "중동"), day)
    assert dong.counts == {
        "understood": 1, "under_way": 3, "waiting": 1, "unreached": 1, "unaccounted": 1, "held": 1,
    }  # fmt: skip
    assert sum(width for _, _, width in dong.bar()) == pytest.approx(100, abs=0.01)


def test_somebody_is_missing_until_a_later_call_is_understood(session: Session) -> None:
    resident = make_resident(session)
    make_check_in(session, resident, slot=NOON - timedelta(days=2), state=CheckInState.UNREACHED)
    make_check_in(session, make_resident(session, dong="소사동"), state=CheckInState.NOT_ACCOUNTED)
    viewer = signed_as(session, "중동")
    assert [one.resident.id for one in today.missing(session, viewer, NOON)] == [resident.id]
    make_check_in(session, resident, slot=NOON - timedelta(days=1), state=CheckInState.DUE)
    assert len(today.missing(session, viewer, NOON)) == 1
    make_check_in(session, resident, slot=NOON, state=CheckInState.ASSESSED)
    assert today.missing(session, viewer, NOON) == []


def test_running_campaigns_are_those_that_concern_my_area(session: Session) -> None:
    from tests.makers import make_campaign

    city = make_city(session)
    make_campaign(session, "온 도시")
    make_campaign(session, "소사", area_id=city["소사구"].id)
    make_campaign(session, "멈춤", state=CampaignState.PAUSED)
    day = today.day_of(NOON, "Asia/Seoul")
    names = [one.name for one, _ in today.campaigns(session, signed_as(session, "중동"), day)]
    assert names == ["온 도시"]


@pytest.fixture
def seeded(session: Session) -> City:
    return settle(session, clock.now())


def test_a_caseworker_sees_their_own_cases_and_free_urgent_ones(session: Session, desk: Desk, seeded: City) -> None:
    text = desk(router, staff=seeded.staff["han"]).get("/").text
    for name in ("이정희", "홍광수", "송정희", "박금례"):
        assert name in text
    assert "장말순" not in text
    assert session.exec(select(Event).where(Event.verb == Verb.READ, Event.about == "today")).one()


def test_a_scheduler_sees_who_is_missing_by_masked_name_alone(desk: Desk, seeded: City) -> None:
    text = desk(router, staff=seeded.staff["yun"]).get("/").text
    assert "장*순" in text
    for name in ("장말순", "이정희", "홍광수"):
        assert name not in text


def test_an_administrator_sees_numbers_and_no_names(desk: Desk, seeded: City) -> None:
    text = desk(router, staff=seeded.staff["admin"]).get("/").text
    assert "오늘 계획" in text
    for name in ("장말순", "장*순", "이정희"):
        assert name not in text


def test_an_empty_office_is_told_so_kindly(desk: Desk) -> None:
    text = desk(router).get("/").text
    for sentence in ("지금 챙길 일이 없습니다.", "오늘은 계획된 전화가 없습니다.", "모두 안부가 확인되었습니다.",
                     "진행 중인 통화 계획이 없습니다."):  # fmt: skip
        assert sentence in text


def test_the_access_check_is_the_same_for_streams(session: Session, desk: Desk) -> None:
    from starlette.requests import Request

    from oncall.errors import NotAllowed
    from oncall.web.access import NotSignedIn

    client = desk(router, role=Role.SCHEDULER)
    cookie = f"oncall={client.cookies['oncall']}".encode()
    request = Request({"type": "http", "headers": [(b"cookie", cookie)], "state": {}, "client": ("10.0.0.9", 1)})
    assert recognise(session, request).address == "10.0.0.9"
    with pytest.raises(NotAllowed):
        recognise(session, request, Role.CASEWORKER)
    with pytest.raises(NotSignedIn):
        recognise(session, Request({"type": "http", "headers": [], "state": {}, "client": None}))
