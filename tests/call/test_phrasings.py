"""Twelve phrasings of each wish, in both languages: heard by the net alone, and in the right way (C-10)."""

import tomllib
from pathlib import Path

import pytest

from oncall.listen.ear import Ear
from oncall.models.wish import Wish
from oncall.sandbox.model.wishes import wish_in

SAID = Path(__file__).parents[1] / "sandbox" / "model" / "said_about_the_call.toml"
WRITTEN = tomllib.loads((Path(__file__).parent / "phrasings.toml").read_text(encoding="utf-8"))
ALL = [
    pytest.param(language, Wish(wish), words, id=f"{language}-{wish}-{number}")
    for language, wishes in WRITTEN.items()
    for wish, phrasings in wishes.items()
    for number, words in enumerate(phrasings, 1)
]


def test_every_wish_is_phrased_in_twelve_ways_in_both_languages() -> None:
    for language in ("ko", "en"):
        assert {Wish(wish) for wish in WRITTEN[language]} == set(Wish)
        assert all(len(set(phrasings)) == 12 for phrasings in WRITTEN[language].values())


@pytest.mark.parametrize(("language", "wish", "words"), ALL)
def test_the_wish_is_heard_without_any_model(language: str, wish: Wish, words: str) -> None:
    assert wish in {hit.wish for hit in Ear(language).hear(words).hits}


# What the stand-in model calls them; its own phrasings were written by somebody else, for it.
OF_STAND_IN = {"opt_out": Wish.STOP_CALLING, "wants_person": Wish.PERSON, "no_recording": Wish.DO_NOT_RECORD}
OTHERS = [
    (language, OF_STAND_IN.get(wish) or Wish(wish), words)
    for wish, ways in tomllib.loads(SAID.read_text(encoding="utf-8")).items() if wish != "none"
    for language, phrasings in ways.items() for words in phrasings
]  # fmt: skip


def of_model(words: str) -> Wish | None:
    heard = wish_in(words)
    return None if heard is None else OF_STAND_IN.get(heard.value) or Wish(heard.value)


def test_each_list_is_heard_by_the_net_or_the_model_and_most_of_the_others_list_by_either_alone() -> None:
    """Two detectors, OR-ed (D2). What each hears of the phrasings it was not written for is a figure, not a goal."""
    ours = [(language, Wish(wish), words) for language, wishes in WRITTEN.items()
            for wish, phrasings in wishes.items() for words in phrasings]  # fmt: skip
    by_net = {words: wish in {hit.wish for hit in Ear(language).hear(words).hits}
              for language, wish, words in (*ours, *OTHERS)}  # fmt: skip
    by_model = {words: of_model(words) is wish for _, wish, words in (*ours, *OTHERS)}
    net = sum(by_net[words] for *_, words in OTHERS) / len(OTHERS)
    model = sum(by_model[words] for *_, words in ours) / len(ours)
    print(f"heard of the other's phrasings: the net {net:.0%} of {len(OTHERS)}, the model {model:.0%} of {len(ours)}")
    assert [words for words in by_net if not (by_net[words] or by_model[words])] == []
    assert net > 0.8
    assert model > 0.7
