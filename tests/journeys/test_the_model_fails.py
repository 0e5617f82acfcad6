"""When the model cannot be used, the resident is told so kindly and a person sees it; nothing passes for safety."""

import re

import pytest
from sqlmodel import select

from oncall.call import lines
from oncall.models import (
    Alarm,
    CheckInState,
    Language,
    Level,
    Manner,
    Outcome,
    Path,
    SignalCode,
    TurnSource,
)
from oncall.models.manner import SPEED
from oncall.sandbox import voice
from oncall.sandbox.sound import FRAME, FRAME_MS
from tests.journeys.city import City
from tests.journeys.people import SPENT

BYTES_PER_SECOND = FRAME * 1000 / FRAME_MS

pytestmark = pytest.mark.xdist_group("wishes")


@pytest.mark.parametrize(("story", "told"), [("well", "숫자로 여쭤볼게요"), ("well_en", "keys of your telephone")])
def test_a_model_that_is_down_is_said_in_a_fixed_line_and_the_check_goes_on_by_keys(
    city_without_model: City, story: str, told: str
) -> None:
    """R-06. Whoever is called once that is known is asked by keys from the first word."""
    found = city_without_model.found(f"dark {story}")
    attempt = found.attempts[-1]
    assert (attempt.outcome, attempt.path) == (Outcome.SPOKEN, Path.KEYPAD)
    assert told in found.said(TurnSource.LIVE)


@pytest.mark.parametrize("story", SPENT)
def test_when_the_days_minutes_are_used_up_the_check_is_made_by_keypad(
    city_with_no_minutes_left: City, story: str
) -> None:
    """R-06: with a model that is well, from the first word on, and the answers count like any others."""
    found = city_with_no_minutes_left.found(story)
    (attempt,) = found.attempts
    assert (attempt.outcome, attempt.path, attempt.error) == (Outcome.SPOKEN, Path.KEYPAD, "")
    assert lines.line("keypad_purpose", Language(found.resident.language)) in found.said(TurnSource.LIVE)
    assert city_with_no_minutes_left.tape(story).ours[-1].is_whole
    assert found.check_in.state is CheckInState.ASSESSED
    assert found.assessment is not None
    assert (found.assessment.level, found.assessment.unknown) == (Level.NONE, [])


@pytest.mark.parametrize("story", ["well", "well_en"])
def test_a_check_completed_by_keys_while_the_model_was_down_is_understood_without_it(
    city_without_model: City, story: str
) -> None:
    found = city_without_model.found(f"dark {story}")
    assert found.check_in.state is CheckInState.ASSESSED
    assert found.assessment is not None
    assert (found.assessment.level, found.assessment.unknown) == (Level.NONE, [])


def heard(city: City, story: str) -> str:
    """What the person heard of us from their own receiver, letters alone."""
    return _letters(city.tape(story).words)


def _ordinarily(words: str, language: Language) -> float:
    """The seconds these words last at the pace of somebody who asked for nothing."""
    return len(voice.say(words, language.value, voice.AGENT, 1, SPEED)) / BYTES_PER_SECOND


def _letters(words: str) -> str:
    return re.sub(r"\W+", "", words.lower())


@pytest.mark.parametrize(("story", "code", "told"), [
    ("death", SignalCode.SUICIDAL_IDEATION, ["ask_dying", "hold_suicide", "ask_dying_now", "fact_where"]),
    ("beaten", SignalCode.ABUSE_NEGLECT, ["hold_abuse", "ask_alone_to_talk", "fact_where"]),
])  # fmt: skip
@pytest.mark.parametrize("language", list(Language))
def test_who_is_in_trouble_hears_the_words_that_fit_it_with_the_model_dead(
    city_without_model: City, story: str, code: SignalCode, told: list[str], language: Language
) -> None:
    """C-21 to C-25: asked, held and never just thanked."""
    name = f"dark {story}" + ("_en" if language is Language.EN else "")
    words = heard(city_without_model, name)
    places = [words.find(_letters(lines.line(key, language))) for key in told]
    assert -1 not in places, (told, places, city_without_model.tape(name).told())
    assert places == sorted(places)
    after = words[places[0] :]
    assert _letters(lines.line("closing", language)) not in after
    with city_without_model.session() as session:
        alarms = session.exec(select(Alarm).where(Alarm.resident_id == city_without_model.residents[name])).all()
    assert {alarm.code for alarm in alarms} == {code}
    found = city_without_model.found(name)
    assert code in [signal.code for signal in found.signals]
    assert found.case is not None


@pytest.mark.parametrize("name", ["dark slower", "dark slower_en"])
def test_who_asks_for_it_hears_the_question_more_slowly_with_the_model_dead(
    city_without_model: City, name: str
) -> None:
    tape = city_without_model.tape(name)
    language = Language.EN if name.endswith("_en") else Language.KO
    confirmed = _letters(lines.line("wish_slower", language))
    place = next(at for at, one in enumerate(tape.ours) if _letters(one.words) == confirmed)
    slowly = [one for one in tape.ours[place:] if one.is_whole]
    assert len(slowly) >= 2, tape.told()
    for one in slowly:
        assert one.ends - one.starts > 1.05 * _ordinarily(one.words, language), tape.told()
    with city_without_model.session() as session:
        assert session.get_one(Manner, city_without_model.residents[name]).speed < SPEED, "and in the next call"


def test_what_was_said_before_the_model_died_is_still_listened_to(city_whose_model_dies: City) -> None:
    found = city_whose_model_dies.found("dying hungry")
    assert (found.attempts[-1].outcome, found.attempts[-1].path) == (Outcome.SPOKEN, Path.KEYPAD)
    assert found.case is not None
