"""Twelve phrasings of each wish, in both languages: heard by the net alone, and in the right way (C-10)."""

import tomllib
from pathlib import Path

import pytest

from oncall.listen.ear import Ear
from oncall.models.wish import Wish

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
