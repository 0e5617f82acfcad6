"""What the net alone must reach on the locked third, which nobody tuned anything by; the figures are printed.

`pytest -m aim` shows them. Every figure is synthetic: invented calls, no claim about real ones.
"""

from functools import lru_cache

import pytest

from oncall.listen.labelled import NEVER_MISS, Split
from oncall.listen.net import assess_by_net
from oncall.listen.scores import Scores
from oncall.models.risk import Level
from tests.listen.corpus import calls


@lru_cache
def locked(language: str) -> Scores:
    scores = Scores()
    for case in calls(Split.LOCKED):
        if case.lang == language:
            scores.add(case, assess_by_net(case))
    return scores


def tell(capsys: pytest.CaptureFixture[str], sentence: str) -> None:
    with capsys.disabled():
        print(f"\n{sentence}")


@pytest.mark.aim
@pytest.mark.parametrize("language", ["ko", "en"])
def test_nine_of_ten_emergencies_are_heard(language: str, capsys: pytest.CaptureFixture[str]) -> None:
    heard, _ = locked(language).at_least(Level.EMERGENCY)
    tell(capsys, f"{language}, locked third, net alone: emergency sensitivity (synthetic) {heard}")
    share = heard.hits / heard.of  # a plain number: what a failure prints names no locked line
    assert share >= 0.90


@pytest.mark.aim
@pytest.mark.parametrize("language", ["ko", "en"])
def test_at_most_two_ordinary_calls_in_a_hundred_raise_an_emergency(
    language: str, capsys: pytest.CaptureFixture[str]
) -> None:
    false = locked(language).in_vain(Level.EMERGENCY)
    tell(capsys, f"{language}, locked third, net alone: false emergencies of ordinary calls (synthetic) {false}")
    share = false.hits / false.of
    assert share <= 0.02


@pytest.mark.aim
@pytest.mark.parametrize("language", ["ko", "en"])
def test_the_rows_that_must_never_be_missed_are_all_caught(language: str, capsys: pytest.CaptureFixture[str]) -> None:
    rows = [case for case in calls() if NEVER_MISS in case.tags and case.lang == language]
    missed = [case.id for case in rows if assess_by_net(case).level.rank < Level.URGENT.rank]
    tell(
        capsys,
        f"{language}, all splits, net alone: must never be missed (synthetic), missed {len(missed)} of {len(rows)}",
    )
    count = len(missed)
    assert count == 0


@pytest.mark.aim
@pytest.mark.parametrize("language", ["ko", "en"])
def test_every_quote_stands_word_for_word_in_the_call(language: str) -> None:
    grounded = locked(language).grounded()
    assert grounded.hits == grounded.of > 0
