"""The cities the journeys happen in, each started once."""

from collections.abc import Iterator

import pytest

from tests.journeys.city import ENGLISH, STORIES, City, running
from tests.journeys.people import NEVER_MISS, OTHERS, REFUSES_ABROAD, WISHES, WISHES_EN


@pytest.fixture(scope="session")
def running_city(city_database: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[City]:
    """A city whose every sample resident has just been called."""
    with running(tmp_path_factory.mktemp("city"), {**STORIES, **ENGLISH}) as city:
        yield city


@pytest.fixture(scope="session")
def city_with_wishes(city_database: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[City]:
    """Residents who ask something of the call, and others who answer in their stead."""
    people = {**WISHES, **WISHES_EN, **OTHERS, **REFUSES_ABROAD}
    with running(tmp_path_factory.mktemp("wishes"), {}, made_up=people) as city:
        yield city


@pytest.fixture(scope="session")
def city_in_danger(city_database: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[City]:
    """The rows that must never be missed, on an ordinary day."""
    with running(tmp_path_factory.mktemp("danger"), {}, made_up=NEVER_MISS) as city:
        yield city


@pytest.fixture(scope="session")
def city_slowly_understood(city_database: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[City]:
    """The same with words that come three seconds late."""
    faults: dict[str, object] = {"transcription_delay_seconds": 3.0}
    with running(tmp_path_factory.mktemp("slow"), {}, made_up=NEVER_MISS, faults=faults) as city:
        yield city


@pytest.fixture(scope="session")
def city_without_model(city_database: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[City]:
    """A city called while the model refuses every conversation: the well, the wishing and those in danger."""
    stories, people = {"well": 0, "well_en": 50}, {**WISHES, **NEVER_MISS}
    faults: dict[str, object] = {"refuse_connect": 503}
    with running(tmp_path_factory.mktemp("dark"), stories, made_up=people, faults=faults) as city:
        yield city


@pytest.fixture(scope="session")
def city_whose_model_dies(city_database: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[City]:
    """Two residents were talking when the model's socket was lost."""
    stories = {"well": 0, "hungry": 1}
    faults: dict[str, object] = {"die_after_responses": 3, "die_code": 1006}
    with running(tmp_path_factory.mktemp("dying"), stories, faults=faults) as city:
        yield city
