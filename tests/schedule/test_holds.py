"""While a hold stands nobody is dialled; it says why, and who let it go (D3, R-05, R-18, R-23)."""

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from sqlmodel import Session, select

from oncall.models import CheckIn, CheckInState, Event, Heartbeat, HoldReason, Level, NodeKind, Role, Verb
from oncall.models import hold as holds
from oncall.schedule import hold_pages, staffing, webs
from oncall.schedule.claim import claim
from oncall.schedule.due import lay_out
from oncall.schedule.lane import planned_lines
from oncall.schedule.round import rounds
from oncall.settings import settings
from tests.desk import Desk
from tests.makers import (
    make_campaign,
    make_check_in,
    make_city,
    make_duty,
    make_resident,
    make_staff,
)

MORNING = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)  # a Tuesday, 10:00 in Seoul
EARLY = MORNING - timedelta(hours=1, minutes=29)  # 08:31


def claimed(session: Session) -> int:
    return len(claim(session, MORNING, lines=5, cps=100))


@pytest.mark.parametrize("reason", list(HoldReason))
def test_nobody_is_claimed_while_any_hold_stands(session: Session, reason: HoldReason) -> None:
    make_check_in(session, slot=MORNING)
    hold = holds.hold(session, reason, MORNING)
    assert claimed(session) == 0
    holds.release(session, hold, MORNING, by=make_staff(session, Role.SUPERVISOR).id, why="compared")
    assert claimed(session) == 1


def test_a_hold_over_one_district_leaves_the_others_called(session: Session) -> None:
    city = make_city(session)
    here, there = make_resident(session, dong="중동"), make_resident(session, dong="소사동")
    for resident in (here, there):
        make_check_in(session, resident, slot=MORNING)
    holds.hold(session, HoldReason.BY_HAND, MORNING, area_id=city["원미구"].id)
    assert [attempt.resident_id for attempt in claim(session, MORNING, lines=5, cps=100)] == [there.id]


def test_the_same_hold_stands_once_and_leaves_its_marks(session: Session) -> None:
    seo = make_staff(session, Role.SUPERVISOR)
    first = holds.hold(session, HoldReason.CARRIER, MORNING, code="20003")
    assert holds.hold(session, HoldReason.CARRIER, MORNING + timedelta(minutes=1), code="30001").id == first.id
    assert holds.release(session, first, MORNING, by=seo.id, why="password mended")
    assert not holds.release(session, first, MORNING, by=seo.id)
    verbs = session.exec(select(Event.verb, Event.staff_id)).all()
    assert (Verb.DIALLING_HELD, None) in verbs
    assert (Verb.DIALLING_RELEASED, seo.id) in verbs


def test_who_is_graver_is_called_first(session: Session) -> None:
    """R-05: what waited through an outage resumes by priority."""
    campaign = make_campaign(session)
    for number, level in enumerate([Level.NONE, Level.URGENT, Level.CONCERN]):
        make_check_in(session, campaign=campaign, slot=MORNING - timedelta(minutes=number), priority=level.rank)
    ranks = [
        session.get_one(CheckIn, attempt.check_in_id).priority for attempt in claim(session, MORNING, lines=5, cps=100)
    ]
    assert ranks == [Level.URGENT.rank, Level.CONCERN.rank, Level.NONE.rank]


def test_the_level_that_stands_at_a_resident_goes_with_their_next_check_in(session: Session) -> None:
    from oncall.models import Case, CaseKind, Enrolment

    campaign, resident = make_campaign(session), make_resident(session)
    session.add(
        Enrolment(
            campaign_id=campaign.id, resident_id=resident.id, joined_at=MORNING - timedelta(days=3), next_at=MORNING
        )
    )
    session.add(Case(household_id=resident.household_id, resident_id=resident.id, area_id=resident.area_id,
                     kind=CaseKind.FLAGGED, level=Level.URGENT, level_rank=Level.URGENT.rank, opened_at=MORNING,
                     raised_at=MORNING, due_at=MORNING))  # fmt: skip
    session.flush()
    assert lay_out(session, MORNING) == 1
    assert session.exec(select(CheckIn.priority)).one() == Level.URGENT.rank


@pytest.mark.parametrize(("lines", "planned"), [(1, 1), (2, 1), (5, 4), (20, 16), (100, 80)])
def test_a_fifth_of_the_lines_is_left_to_emergencies(lines: int, planned: int) -> None:
    assert planned_lines(lines) == planned


# -- nobody on duty


def held(session: Session) -> set[str]:
    names = {area.id: name for name, area in make_city(session).items()}
    return {names[one.area_id] for one in holds.standing(session) if one.area_id}


def test_with_nobody_on_duty_the_round_is_held_by_half_past_eight_and_says_so(session: Session) -> None:
    """R-23, D3."""
    make_check_in(session, slot=MORNING)
    staffing.look(session, EARLY - timedelta(minutes=10))
    assert held(session) == set(), "too early to tell"
    staffing.look(session, EARLY)
    assert held(session) == {"부천시"}
    assert claimed(session) == 0
    (round_,) = rounds(session, MORNING.date(), MORNING)
    assert [one.reason for one in round_.holds] == [HoldReason.NO_DUTY]
    assert round_.as_json()["holds"][0]["reason"] == "no_duty"


def test_a_planned_shift_that_nobody_confirmed_is_nobody(session: Session) -> None:
    make_check_in(session, slot=MORNING)
    shift = make_duty(session, make_staff(session), "부천시", starts=-4, there=False)
    staffing.look(session, MORNING)
    assert held(session) == {"부천시"}
    shift.acknowledged_at = MORNING
    session.flush()
    staffing.look(session, MORNING)
    assert held(session) == set(), "it ends by itself"
    assert claimed(session) == 1


def test_one_districts_shift_covers_that_district_alone(session: Session) -> None:
    make_check_in(session, slot=MORNING)
    make_duty(session, make_staff(session), "원미구", starts=-4)
    staffing.look(session, MORNING)
    assert held(session) == {"소사구"}


def test_a_shift_that_ends_before_the_window_does_not_count_for_it(session: Session) -> None:
    make_check_in(session, slot=MORNING)
    make_duty(session, make_staff(session), "부천시", starts=-8, ends=-3)
    staffing.look(session, EARLY)
    assert held(session) == {"부천시"}


def test_a_persons_release_stands_for_the_day(session: Session) -> None:
    make_check_in(session, slot=MORNING)
    staffing.look(session, MORNING)
    seo = make_staff(session, Role.SUPERVISOR, area="부천시")
    holds.release(session, holds.standing(session)[0], MORNING, by=seo.id, why="I am there myself")
    staffing.look(session, MORNING + timedelta(seconds=1))
    assert held(session) == set()
    staffing.look(session, MORNING + timedelta(days=1))
    assert held(session) == {"부천시"}


def test_a_city_that_wants_no_duty_is_not_held(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ONCALL_REQUIRE_DUTY", "false")
    settings.cache_clear()
    make_check_in(session, slot=MORNING)
    staffing.look(session, MORNING)
    monkeypatch.undo()
    settings.cache_clear()
    assert held(session) == set()


def test_while_no_web_lives_nobody_is_called_and_calls_go_out_again_when_one_does(session: Session) -> None:
    """R-05: a call that nobody could speak in is not placed."""
    make_check_in(session, slot=MORNING)
    session.execute(sa.delete(Heartbeat))
    webs.look(session, MORNING)
    webs.look(session, MORNING)
    assert [one.reason for one in holds.standing(session)] == [HoldReason.NO_WEB]
    assert claimed(session) == 0
    session.add(Heartbeat(node="one:1:worker", kind=NodeKind.WORKER, at=MORNING))
    web = Heartbeat(node="one:2:web", kind=NodeKind.WEB, at=MORNING - timedelta(seconds=61))
    session.add(web)
    session.flush()
    webs.look(session, MORNING)
    assert [one.reason for one in holds.standing(session)] == [HoldReason.NO_WEB], (
        "a worker is no web, nor is a dead one"
    )
    web.at = MORNING - timedelta(seconds=9)
    session.flush()
    webs.look(session, MORNING)
    assert holds.standing(session) == [], "it ends by itself"
    assert claimed(session) == 1


# -- the page


def test_a_named_person_of_the_city_lets_a_hold_go_and_one_of_a_district_may_not(session: Session, desk: Desk) -> None:
    hold = holds.hold(session, HoldReason.RESTORED, MORNING)
    han = desk(hold_pages.router, role=Role.SUPERVISOR, area="원미구")
    assert han.post(f"/holds/{hold.id}/release", data={"why": "compared"}).status_code == 403
    assert (
        desk(hold_pages.router, role=Role.CASEWORKER).post(f"/holds/{hold.id}/release", data={"why": "x y"}).status_code
        == 403
    )
    seo = desk(hold_pages.router, role=Role.SUPERVISOR, area="부천시")
    assert "사본으로 복원함" in seo.get("/holds").text
    assert seo.post(f"/holds/{hold.id}/release", data={"why": ""}).status_code == 422
    assert seo.post(f"/holds/{hold.id}/release", data={"why": "compared with the carrier"}).status_code == 303
    session.refresh(hold)
    assert hold.released_by == seo.staff.id  # type: ignore[attr-defined]  # the desk puts it there
    assert seo.post(f"/holds/{hold.id}/release", data={"why": "again"}).status_code == 409


def test_the_start_page_says_that_nobody_is_called(session: Session, desk: Desk) -> None:
    from oncall.report import pages as report_pages

    holds.hold(session, HoldReason.CARRIER, MORNING, code="20003")
    text = desk(report_pages.router, role=Role.CASEWORKER).get("/").text
    assert "지금은 아무에게도 전화하지 않습니다" in text
    assert "통신사 문제로 걸지 못함" in text
    assert "20003" in text


def test_a_person_stops_the_calls_of_a_district(session: Session, desk: Desk) -> None:
    city = make_city(session)
    seo = desk(hold_pages.router, role=Role.SUPERVISOR, area="부천시")
    data = {"area": str(city["원미구"].id), "why": "정전 공사"}
    assert seo.post("/holds", data=data).status_code == 303
    assert [(one.reason, one.area_id) for one in holds.standing(session)] == [(HoldReason.BY_HAND, city["원미구"].id)]
    check_in = make_check_in(session, make_resident(session, dong="상동"), slot=MORNING)
    assert claimed(session) == 0
    assert check_in.state is CheckInState.DUE
