"""The eight rows that must never be missed, in both languages, on an ordinary day, with late words, and without a model."""

from datetime import timedelta

import pytest
from sqlmodel import select

from oncall.models import Alarm, Attempt, AttemptKind, Case, Level
from tests.journeys.city import City
from tests.journeys.people import NEVER_MISS

# Moaning has no words: where no model hears the line, only silence on the keys is left of it.
WITHOUT_SOUND = {"H-39", "H-39 en"}


def alarm_of(city: City, name: str) -> Alarm | None:
    with city.session() as session:
        return session.exec(
            select(Alarm).where(Alarm.resident_id == city.residents[name]).order_by(Alarm.raised_at)  # type: ignore[arg-type]  # a column
        ).first()


@pytest.mark.xdist_group("danger")
@pytest.mark.parametrize("name", NEVER_MISS)
def test_it_is_an_alarm_on_an_ordinary_day(city_in_danger: City, name: str) -> None:
    alarm = alarm_of(city_in_danger, name)
    assert alarm is not None
    assert alarm.level is Level.EMERGENCY or (name.startswith("H-32") and alarm.level is Level.URGENT)


@pytest.mark.xdist_group("slow")
@pytest.mark.parametrize("name", NEVER_MISS)
def test_it_is_an_alarm_when_words_come_three_seconds_late(city_slowly_understood: City, name: str) -> None:
    assert alarm_of(city_slowly_understood, name) is not None


@pytest.mark.xdist_group("dark city")
@pytest.mark.parametrize("name", [name for name in NEVER_MISS if name not in WITHOUT_SOUND])
def test_it_is_an_alarm_without_any_model(city_without_model: City, name: str) -> None:
    """R-06, R-11: by the carrier's own recogniser and the phrase net."""
    assert alarm_of(city_without_model, name) is not None


@pytest.mark.xdist_group("danger")
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
