"""When the model cannot be used, the resident is told so kindly and a person sees it; nothing passes for safety."""

import pytest

from oncall.models import CheckInState, Level, Outcome, Path, TurnSource
from tests.journeys.city import City

pytestmark = pytest.mark.xdist_group("cities")


@pytest.mark.parametrize(("story", "told"), [("well", "숫자로 여쭤볼게요"), ("well_en", "keys of your telephone")])
def test_a_model_that_is_down_is_said_in_a_fixed_line_and_the_check_goes_on_by_keys(
    city_without_model: City, story: str, told: str
) -> None:
    """R-06. Whoever is called once that is known is asked by keys from the first word."""
    found = city_without_model.found(f"dark {story}")
    attempt = found.attempts[-1]
    assert (attempt.outcome, attempt.path) == (Outcome.SPOKEN, Path.KEYPAD)
    assert told in found.said(TurnSource.LIVE)


@pytest.mark.parametrize("story", ["well", "well_en"])
def test_a_check_completed_by_keys_while_the_model_was_down_is_understood_without_it(
    city_without_model: City, story: str
) -> None:
    found = city_without_model.found(f"dark {story}")
    assert found.check_in.state is CheckInState.ASSESSED
    assert found.assessment is not None
    assert (found.assessment.level, found.assessment.unknown) == (Level.NONE, [])


def test_what_was_said_before_the_model_died_is_still_listened_to(city_whose_model_dies: City) -> None:
    found = city_whose_model_dies.found("dying hungry")
    assert (found.attempts[-1].outcome, found.attempts[-1].path) == (Outcome.SPOKEN, Path.KEYPAD)
    assert found.case is not None
