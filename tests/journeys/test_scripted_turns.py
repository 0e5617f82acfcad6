"""Fixed lines as they reached their ear: what is too grave for free words is answered by them alone (abuse, words of death),
and what must be heard comes once more when they spoke over it."""

import pytest

from oncall.call import lines
from oncall.models import Language, Level, TurnSource
from tests.journeys.city import City
from tests.journeys.listening import Tape
from tests.journeys.people import HURT, LONGS_TO_DIE
from tests.journeys.waiting import raised

pytestmark = pytest.mark.xdist_group("wishes")

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


@pytest.mark.parametrize("name", ["over_notices", "over_notices_en"])
def test_the_notices_they_spoke_over_come_once_more_before_the_question(city_with_wishes: City, name: str) -> None:
    """C-03, C-10: how to refuse the recording, and how to ask for a person; the tape runs only then."""
    tape, found = city_with_wishes.tape(name), city_with_wishes.found(name)
    language = Language(found.resident.language)
    recorded, purpose = scripted(("recorded", "purpose"), language)
    assert [one.is_whole for one in tape.ours if recorded.startswith(one.words)] == [False, True], tape.told()
    assert purpose in [one.words for one in tape.ours if one.is_whole], tape.told()
    assert found.heard(), "nothing of theirs is on the tape"


@pytest.mark.parametrize("name", ["over_goodbye", "over_goodbye_en"])
def test_the_confirmation_they_spoke_over_comes_once_more_before_we_hang_up(city_with_wishes: City, name: str) -> None:
    tape = city_with_wishes.tape(name)
    (confirmed,) = scripted(("wish_later",), Language(city_with_wishes.found(name).resident.language))
    assert [one.is_whole for one in tape.ours if confirmed.startswith(one.words)] == [False, True], tape.told()
    assert tape.ours[-1].words == confirmed
