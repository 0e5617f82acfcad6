"""What is too grave for free words is answered by fixed lines alone, as it reached their ear: abuse, words of death, a child."""

import pytest

from oncall.call import lines
from oncall.models import Language, Level, TurnSource
from tests.journeys.city import City
from tests.journeys.listening import Tape
from tests.journeys.people import HURT, LONGS_TO_DIE
from tests.journeys.waiting import raised

pytestmark = pytest.mark.xdist_group("cities")

FREE = ("hold_abuse", "ask_alone_to_talk", "fact_where")
NOT_FREE = ("hold_abuse", "ask_alone_to_talk", "fact_where", "fact_door")
FACTS = ("fact_where", "fact_awake", "fact_alone", "fact_door")


def after(tape: Tape, told: str) -> list[str]:
    """What they heard from the moment they had told it, word for word, each once."""
    (at,) = [one.ends for one in tape.theirs if told in one.words]
    return list(dict.fromkeys(one.words for one in tape.ours if one.ends > at))


def scripted(keys: tuple[str, ...], language: Language) -> list[str]:
    return [lines.line(key, language) for key in keys]


@pytest.mark.parametrize(
    ("name", "keys"), [("hit", FREE), ("starved", NOT_FREE), ("hit_en", FREE), ("starved_en", NOT_FREE)]
)
def test_who_is_hurt_at_home_hears_fixed_lines_and_no_question_of_the_model(
    city_with_wishes: City, name: str, keys: tuple[str, ...]
) -> None:
    """C-25: whether they can talk comes first, and who cannot is asked nothing that gives them away."""
    tape, language = city_with_wishes.tape(name), Language(city_with_wishes.found(name).resident.language)
    heard = after(tape, str(HURT[name].story["first"][1]))  # type: ignore[index]  # a list of words
    fixed = {*scripted(keys, language), *scripted(FACTS, language)} | {
        lines.line("stay", language, turn=turn) for turn in range(4)
    }
    if name.startswith("starved"):
        fixed -= set(scripted(("fact_awake", "fact_alone"), language))
    assert heard[: len(keys)] == scripted(keys, language), tape.told()
    assert not [one for one in heard if not any(line.startswith(one) for line in fixed)], tape.told()


@pytest.mark.parametrize("name", HURT)
def test_what_is_done_to_them_is_an_urgent_alarm_with_their_words(city_with_wishes: City, name: str) -> None:
    found, alarm = city_with_wishes.found(name), raised(city_with_wishes)[name]
    assert alarm.level is Level.URGENT
    assert alarm.quote(found.resident.seal) in found.heard(TurnSource.LIVE)
    assert found.case is not None


@pytest.mark.parametrize("name", LONGS_TO_DIE)
def test_words_of_death_are_asked_about_and_held_in_fixed_lines(city_with_wishes: City, name: str) -> None:
    """C-21, C-22, C-24."""
    tape, language = city_with_wishes.tape(name), Language(city_with_wishes.found(name).resident.language)
    heard = after(tape, str(LONGS_TO_DIE[name].story["first"][1]))  # type: ignore[index]  # a list of words
    keys = ("ask_dying", "hold_suicide", "ask_dying_now", "fact_where")
    assert heard[: len(keys)] == scripted(keys, language), tape.told()
    assert raised(city_with_wishes)[name].level is Level.URGENT


def test_a_child_beside_somebody_who_does_not_wake_hears_words_for_a_child(running_city: City) -> None:
    """H-24, C-33."""
    tape = running_city.tape("child")  # the planned call: that of the line that drops comes before it
    heard = [one.words for one in tape.ours]
    assert lines.line("hold_child", Language.KO) in heard, tape.told()
    held = heard.index(lines.line("hold_child", Language.KO))
    assert heard[held + 1] == lines.line("fact_where_child", Language.KO), tape.told()
    assert lines.line("purpose", Language.KO) not in heard
