"""Waiting in a journey for what must come, and no longer."""

import time
from collections.abc import Callable

import httpx2
import pytest
from sqlalchemy.exc import NoResultFound
from sqlmodel import col, select

from oncall.models import Alarm
from tests.journeys.city import City


def until(holds: Callable[[], bool], seconds: float, seen: Callable[[], object] = lambda: "") -> None:
    """Wait until something holds; what was seen instead is in the failure."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            if holds():
                return
        except (httpx2.HTTPError, LookupError, NoResultFound):
            pass
        time.sleep(0.25)
    pytest.fail(f"did not come in {seconds} s; seen: {seen()}")


def raised(city: City) -> dict[str, Alarm]:
    """The first alarm of each resident who has one, by story."""
    names = {resident: story for story, resident in city.residents.items()}
    with city.session() as session:
        rows = session.exec(select(Alarm).order_by(col(Alarm.raised_at).desc())).all()
    return {names[alarm.resident_id]: alarm for alarm in rows}
