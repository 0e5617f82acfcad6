"""The cities the journeys happen in, each started once."""

from collections.abc import Iterator

import pytest

from tests.journeys.city import ENGLISH, STORIES, City, running


@pytest.fixture(scope="session")
def running_city(city_database: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[City]:
    """A city whose every sample resident has just been called."""
    with running(tmp_path_factory.mktemp("city"), {**STORIES, **ENGLISH}) as city:
        yield city


@pytest.fixture(scope="session")
def city_without_model(city_database: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[City]:
    """Two residents were called while the model refused every conversation."""
    with running(tmp_path_factory.mktemp("dark"), {"well": 0, "well_en": 50}, faults={"refuse_connect": 503}) as city:
        yield city


@pytest.fixture(scope="session")
def city_whose_model_dies(city_database: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[City]:
    """Two residents were talking when the model's socket was lost."""
    stories = {"well": 0, "hungry": 1}
    with running(tmp_path_factory.mktemp("dying"), stories, faults={"die_after_seconds": 14, "die_code": 1006}) as city:
        yield city
