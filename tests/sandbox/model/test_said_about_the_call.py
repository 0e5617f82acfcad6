"""Everything people say about the call itself: wishes, whether a person speaks, and help they ask for."""

import tomllib
from pathlib import Path

import pytest

from oncall.sandbox.model.help_wanted import asks_for_help
from oncall.sandbox.model.meaning import asks_if_machine
from oncall.sandbox.model.risk_reading import find_worries
from oncall.sandbox.model.wishes import Wish, wish_in

_HERE = Path(__file__).parent
_WISHES = tomllib.loads((_HERE / "said_about_the_call.toml").read_text("utf-8"))
_ASKED = tomllib.loads((_HERE / "asked_of_the_machine.toml").read_text("utf-8"))
_ORDINARY = [*_WISHES["none"]["ko"], *_WISHES["none"]["en"]]


def test_every_wish_is_said_in_twelve_ways_in_both_languages() -> None:
    assert {wish for wish in _WISHES if wish != "none"} == {wish.value for wish in Wish}
    assert all(len(set(ways[language])) == 12 for wish, ways in _WISHES.items() if wish != "none" for language in ways)
    assert all(len(set(ways["ko"] + ways["en"])) == 30 for ways in _ASKED.values())


@pytest.mark.parametrize("language", ["ko", "en"])
@pytest.mark.parametrize("wish", list(Wish))
def test_a_wish_is_understood_however_it_is_said(wish: Wish, language: str) -> None:
    heard = {words: wish_in(words) for words in _WISHES[wish.value][language]}
    assert heard == dict.fromkeys(heard, wish)


@pytest.mark.parametrize("words", _ORDINARY)
def test_an_ordinary_answer_is_no_wish_no_request_and_no_question(words: str) -> None:
    assert (wish_in(words), asks_for_help(words), asks_if_machine(words)) == (None, False, False)


@pytest.mark.parametrize("language", ["ko", "en"])
def test_whether_a_person_speaks_is_understood_as_that_question(language: str) -> None:
    assert [words for words in _ASKED["machine"][language] if not asks_if_machine(words)] == []
    taken_otherwise = (None, Wish.SCAM_WORRY, Wish.WANTS_PERSON)
    assert [words for words in _ASKED["machine"][language] if wish_in(words) not in taken_otherwise] == []


@pytest.mark.parametrize("language", ["ko", "en"])
def test_help_asked_for_is_understood_and_no_emergency(language: str) -> None:
    assert [words for words in _ASKED["request"][language] if not asks_for_help(words)] == []
    assert [words for words in _ASKED["request"][language] if wish_in(words) not in (None, Wish.WANTS_PERSON)] == []
    levels = {finding.level for words in _ASKED["request"][language] for finding in find_worries(words)}
    assert "emergency" not in levels


@pytest.mark.parametrize("wish", [wish for wish in Wish if wish is not Wish.ABOUT_ME])
def test_a_wish_about_the_call_is_not_taken_for_a_request(wish: Wish) -> None:
    said = _WISHES[wish.value]["ko"] + _WISHES[wish.value]["en"]
    assert [words for words in said if asks_for_help(words) and wish_in(words) is None] == []
