"""Who answers when: nearest first, gaps said out loud, one button to say that one is there, and who may plan."""

from datetime import timedelta

import pytest
from sqlmodel import Session, select

from oncall import clock
from oncall.errors import NotAllowed
from oncall.follow_up import duty
from oncall.follow_up.duty_pages import router
from oncall.models import Area, Duty, Event, Role, Verb
from oncall.models.duty import is_staffed, on_duty
from tests.desk import Desk
from tests.makers import NOON, make_duty, make_staff

HOUR = timedelta(hours=1)


def test_the_nearest_who_said_they_are_there_is_asked_first(session: Session, city: dict[str, Area]) -> None:
    han, seo, kim, gone = (make_staff(session, login=name) for name in ("han", "seo", "kim", "gone"))
    of_city = make_duty(session, seo, "부천시")
    second = make_duty(session, kim, "중동", place=2)
    first = make_duty(session, han, "중동")
    silent = make_duty(session, make_staff(session), "중동", there=False)
    make_duty(session, kim, "소사구")
    make_duty(session, han, "중동", starts=8, ends=9)
    gone.disabled_at = NOON
    make_duty(session, gone, "중동")
    area = city["중동"].id
    assert on_duty(session, area, NOON) == [first, second, of_city, silent]
    assert is_staffed(session, area, NOON)
    assert not is_staffed(session, area, NOON + 10 * HOUR)


def test_hours_nobody_answers_for_are_named(session: Session, city: dict[str, Area]) -> None:
    han = make_staff(session)
    make_duty(session, han, "중동", starts=1, ends=3)
    make_duty(session, han, "부천시", starts=2, ends=4)
    make_duty(session, han, "원미구", starts=5, ends=6, there=False)
    found = duty.gaps(session, city["중동"].id, NOON, NOON + 8 * HOUR)
    assert [((gap.starts_at - NOON) // HOUR, (gap.ends_at - NOON) // HOUR, gap.planned) for gap in found] == [
        (0, 1, False), (4, 5, False), (5, 6, True), (6, 8, False),
    ]  # fmt: skip


def test_only_the_person_themselves_says_they_are_there(session: Session) -> None:
    shift = make_duty(session, make_staff(session), "중동", there=False)
    with pytest.raises(NotAllowed):
        duty.acknowledge(session, shift, make_staff(session).id, NOON)
    duty.acknowledge(session, shift, shift.staff_id, NOON)
    duty.acknowledge(session, shift, shift.staff_id, NOON + HOUR)
    assert shift.acknowledged_at == NOON
    assert len(session.exec(select(Event).where(Event.verb == Verb.DUTY_CHANGED)).all()) == 1


def test_an_empty_plan_says_plainly_that_nobody_is_rung(desk: Desk) -> None:
    text = desk(router).get("/duty").text
    assert "지금 당번이 없습니다." in text
    assert "아무에게도 전화가 울리지 않습니다" in text


def test_one_button_says_i_am_there(session: Session, desk: Desk) -> None:
    client = desk(router)
    now = clock.now()
    shift = Duty(area_id=client.staff.area_id, staff_id=client.staff.id, starts_at=now - HOUR, ends_at=now + HOUR)
    session.add(shift)
    client.staff.reachable_at("+821012345678")
    session.flush()
    assert "자리에 있습니다" in client.get("/duty").text
    assert client.post(f"/duty/{shift.id}/acknowledgement").headers["location"] == "/duty?done=acknowledged"
    text = client.get("/duty?done=acknowledged").text
    assert "지금 당번이 없습니다." not in text
    assert "010-****-5678" in text
    # In the form the person's own number stands whole; nobody else's does.
    assert text.count("010-1234-5678") == 1


def test_a_supervisor_plans_nights_and_a_caseworker_may_not(
    session: Session, desk: Desk, city: dict[str, Area]
) -> None:
    seo = desk(router, role=Role.SUPERVISOR, area="원미구")
    han = make_staff(session, area="중동")
    tomorrow = (clock.now() + timedelta(days=1)).date().isoformat()
    form = {"staff": str(han.id), "area": str(city["중동"].id), "place": "1", "first": tomorrow, "days": "3",
            "opens": "18:00", "closes": "09:00"}  # fmt: skip
    assert seo.post("/duty", data=form).headers["location"] == "/duty?done=planned&made=3"
    assert seo.post("/duty", data=form).headers["location"] == "/duty?done=planned&made=0"
    planned = session.exec(select(Duty).where(Duty.staff_id == han.id)).all()
    assert [shift.ends_at - shift.starts_at for shift in planned] == [15 * HOUR] * 3
    assert {shift.acknowledged_at for shift in planned} == {None}
    assert seo.post("/duty", data=form | {"area": str(city["부천시"].id)}).status_code == 404
    assert seo.post("/duty", data=form | {"days": "99"}).status_code == 422
    assert desk(router, staff=han).post("/duty", data=form).status_code == 403
    assert seo.post(f"/duty/{planned[0].id}/removal").status_code == 303
    assert len(session.exec(select(Duty).where(Duty.staff_id == han.id)).all()) == 2


def test_a_number_that_is_none_is_turned_back(desk: Desk) -> None:
    client = desk(router)
    answer = client.post("/duty/number", data={"phone": "열이"})
    assert answer.status_code == 422
    assert "010-1234-5678처럼" in answer.text
    assert client.post("/duty/number", data={"phone": "010-1234-5678"}).status_code == 303
    assert client.staff.phone == "+821012345678"
