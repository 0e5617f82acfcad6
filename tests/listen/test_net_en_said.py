"""Sentences written after the English rules and before anybody looked: dangers stay heard, ordinary talk stays quiet."""

from pathlib import Path

import pytest

from oncall.listen.ear import Ear
from oncall.models.risk import Level

LINES = (Path(__file__).parent / "test_net_en_said.txt").read_text(encoding="utf-8").splitlines()
SAID = [tuple(line.split("|", 2)) for line in LINES if line and not line.startswith("#")]
# A stroke heard by its phrase alone, in words that sound like none: the model doubts it, and a person hears of it at once (T-2).
DOUBTED = {"I went to say good morning to the cat and it came out as porridge."}


@pytest.mark.parametrize(("grave", "question", "words"), SAID)
def test_what_was_said_is_taken_as_seriously_as_it_is(grave: str, question: str, words: str) -> None:
    level = max(
        (hit.level for hit in Ear("en").hear(words, question).hits), key=lambda one: one.rank, default=Level.NONE
    )
    if grave == "ordinary":
        assert level.rank < Level.URGENT.rank
    else:
        assert level.rank >= (Level.URGENT if words in DOUBTED else Level(grave)).rank
