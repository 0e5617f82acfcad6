"""The eight rows that must never be missed, in both languages: on an ordinary day, with late words, without any model, and
where the first person on duty cannot be rung."""

from datetime import timedelta

import httpx2
import pytest
from sqlmodel import col, select

from oncall.models import Alarm, Attempt, AttemptKind, Case, Channel, Level, Page, PageState, Path
from tests.journeys.city import City
from tests.journeys.duty import LEE, PARK, REFUSED
from tests.journeys.people import NEVER_MISS, ONE_NOTIFIER_DOWN, SLOWLY

pytestmark = pytest.mark.xdist_group("wishes")


def alarm_of(city: City, name: str) -> Alarm | None:
    with city.session() as session:
        return session.exec(
            select(Alarm).where(Alarm.resident_id == city.residents[name]).order_by(Alarm.raised_at)  # type: ignore[arg-type]  # a column
        ).first()


@pytest.mark.parametrize("name", NEVER_MISS)
def test_it_is_an_alarm_on_an_ordinary_day(city_in_danger: City, name: str) -> None:
    alarm = alarm_of(city_in_danger, name)
    assert alarm is not None
    assert alarm.level is Level.EMERGENCY or (name.startswith("H-32") and alarm.level is Level.URGENT)


@pytest.mark.parametrize("name", SLOWLY)
def test_it_is_an_alarm_when_words_come_three_seconds_late(city_slowly_understood: City, name: str) -> None:
    assert alarm_of(city_slowly_understood, f"slow {name}") is not None


@pytest.mark.parametrize("name", NEVER_MISS)
def test_it_is_an_alarm_without_any_model(city_without_model: City, name: str) -> None:
    """R-06, R-11: by the carrier's own recogniser and the phrase net; a moan has no words, and is what is left of H-39
    when nobody presses a key or says a word any more: an alarm that is not certain."""
    alarm = alarm_of(city_without_model, f"dark {name}")
    assert alarm is not None
    assert (alarm.confidence < 0.5) == name.startswith("H-39")
    attempt = city_without_model.found(f"dark {name}").attempts[0]
    assert attempt.path is Path.KEYPAD


@pytest.mark.parametrize("name", ONE_NOTIFIER_DOWN)
def test_it_is_an_alarm_and_the_next_person_is_asked_when_the_first_cannot_be_rung(
    city_in_danger: City, name: str
) -> None:
    """C-30, R-20: within fifteen seconds; what is urgent and no emergency rings nobody and is shown."""
    alarm = alarm_of(city_in_danger, name)
    assert alarm is not None
    with city_in_danger.session() as session:
        pages = session.exec(select(Page).where(Page.alarm_id == alarm.id).order_by(col(Page.step))).all()
    assert Channel.SCREEN in {page.channel for page in pages}
    if alarm.level is not Level.EMERGENCY:
        return
    first, second = [page for page in pages if page.channel is Channel.CALL][:2]
    assert (first.state, first.error) == (PageState.FAILED, REFUSED)
    assert second.wanted_at - alarm.raised_at < timedelta(seconds=15)
    assert second.state is not PageState.FAILED


@pytest.mark.parametrize("name", ["H-38", "H-40", "H-41"])
def test_a_line_that_drops_is_rung_again_once_and_the_case_stays(city_in_danger: City, name: str) -> None:
    """R-21, H-40: within thirty seconds, and never twice."""
    resident = city_in_danger.residents[name]
    with city_in_danger.session() as session:
        attempts = session.exec(select(Attempt).where(Attempt.resident_id == resident)).all()
        case = session.exec(select(Case).where(Case.resident_id == resident)).one()
    redials = [attempt for attempt in attempts if attempt.kind is AttemptKind.REDIAL]
    (planned,) = [attempt for attempt in attempts if attempt.kind is AttemptKind.PLANNED]
    assert len(redials) == 1
    assert planned.ended_at is not None
    assert redials[0].claimed_at - planned.ended_at < timedelta(seconds=30)
    assert case.closed_at is None
    assert case.level is Level.EMERGENCY


def test_after_all_these_rounds_nobody_was_called_but_people(city_without_model: City) -> None:
    """D4: neither 119 nor 112 nor 911, with danger heard a hundred times; the stand-in telephone's own ledger."""
    carrier = city_without_model.sandbox["ONCALL_TWILIO_URL"]
    dialled = [str(call["to"]) for call in httpx2.get(f"{carrier}/sandbox/ledger").json()]
    texted = [str(one["to"]) for one in httpx2.get(f"{carrier}/sandbox/messages").json()]
    assert len(dialled) > 100
    known = {*city_without_model.phones.values(), PARK, LEE, city_without_model.sandbox["ONCALL_CALLER_ID"]}
    assert {number for number in (*dialled, *texted) if number not in known} == set()
