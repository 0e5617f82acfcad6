"""A stand-in carrier for each test, with an office to call back."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any

import pytest

from tests.sandbox.phone.city import City, a_city

MakeCity = Callable[..., Awaitable[City]]


@pytest.fixture(scope="session", autouse=True)
def city_database() -> None:
    """The stand-ins need no database."""


@pytest.fixture
async def make_city(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[MakeCity]:
    """Start carriers with settings of their own; speed 15 and twenty calls a second unless told."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    async with AsyncExitStack() as stack:

        async def make(**config: Any) -> City:
            return await stack.enter_async_context(a_city(**config))

        yield make


@pytest.fixture
async def city(make_city: MakeCity) -> City:
    """A carrier fifteen times faster than real."""
    return await make_city()
