"""How to speak with somebody, set by a caseworker: kept, written down, shown, and never blanked by who cannot see it."""

import pytest
from sqlmodel import Session, select

from oncall import clock
from oncall.call.entry import Learned
from oncall.call.line import Line
from oncall.enrol.pages import router
from oncall.models import Event, Manner, Role, Verb
from oncall.models.manner import PATIENCE_MS, SPEED
from tests.desk import Desk
from tests.makers import make_attempt, make_check_in, make_resident

FORM = {"speed": "0.7", "patience_ms": "1800", "louder": "true", "circumstances": ["cannot_walk", "banana"]}


def test_a_caseworker_sets_how_to_speak_with_somebody(session: Session, desk: Desk) -> None:
    resident = make_resident(session)
    client = desk(router)
    answer = client.post(f"/residents/{resident.id}/manner", data=FORM)
    manner = session.get_one(Manner, resident.id)
    assert (manner.speed, manner.patience_ms, manner.louder, manner.circumstances) == (0.7, 1800, True, ["cannot_walk"])
    assert manner.set_by == client.staff.id
    text = client.get(answer.headers["location"]).text
    assert "걷기 어려움" in text
    assert "1.8초" in text
    event = session.exec(select(Event).where(Event.verb == Verb.MANNER_CHANGED)).one()
    assert event.detail["changed"] == ["speed", "patience_ms", "louder", "circumstances"]
    assert "cannot_walk" not in str(event.detail)


def test_what_a_caseworker_set_is_not_unlearned_unless_the_resident_asks(session: Session, desk: Desk) -> None:
    resident = make_resident(session)
    desk(router).post(f"/residents/{resident.id}/manner", data=FORM)
    line = Line.of(session, make_attempt(session, make_check_in(session, resident)))
    Learned(line, {"patience_ms": 900}, False, clock.now()).write(session)
    assert session.get_one(Manner, resident.id).patience_ms == 1800
    Learned(line, {"speed": 0.85}, True, clock.now()).write(session)
    assert session.get_one(Manner, resident.id).speed == 0.85


def test_what_a_call_taught_is_shown_with_its_moment(session: Session, desk: Desk) -> None:
    resident = make_resident(session)
    line = Line.of(session, make_attempt(session, make_check_in(session, resident)))
    Learned(line, {"patience_ms": 1050}, False, clock.now()).write(session)
    Learned(line, {"speed": 0.75}, True, clock.now()).write(session)
    text = desk(router).get(f"/residents/{resident.id}").text
    for said in ("통화에서 배움", "통화에서 부탁하심", "× 0.75", "1.05초"):
        assert said in text


def test_reset_goes_back_to_learning_and_leaves_the_circumstances(session: Session, desk: Desk) -> None:
    resident = make_resident(session)
    client = desk(router)
    client.post(f"/residents/{resident.id}/manner", data=FORM)
    client.post(f"/residents/{resident.id}/manner/reset")
    manner = session.get_one(Manner, resident.id)
    assert (manner.speed, manner.patience_ms, manner.louder, manner.set_by) == (SPEED, PATIENCE_MS, False, None)
    assert manner.circumstances == ["cannot_walk"]


@pytest.mark.parametrize("wrong", [{"speed": "3"}, {"patience_ms": "1"}, {"speed": "fast"}])
def test_an_impossible_pace_is_refused(session: Session, desk: Desk, wrong: dict[str, str]) -> None:
    resident = make_resident(session)
    answer = desk(router).post(f"/residents/{resident.id}/manner", data=FORM | wrong)
    assert "unfit_manner" in answer.headers["location"]
    assert session.get(Manner, resident.id) is None


def test_who_may_not_read_words_sees_the_pace_and_not_the_circumstances(session: Session, desk: Desk) -> None:
    resident = make_resident(session)
    desk(router).post(f"/residents/{resident.id}/manner", data=FORM)
    scheduler = desk(router, role=Role.SCHEDULER, area="부천시")
    text = scheduler.get(f"/residents/{resident.id}").text
    assert "1.8초" in text
    assert "걷기 어려움" not in text
    assert scheduler.post(f"/residents/{resident.id}/manner", data=FORM).status_code == 403


def test_nobody_of_another_dong_is_changed(session: Session, desk: Desk) -> None:
    resident = make_resident(session, dong="소사동")
    client = desk(router)
    assert client.post(f"/residents/{resident.id}/manner", data=FORM).status_code == 404
    assert client.post(f"/residents/{resident.id}/manner/reset").status_code == 404
