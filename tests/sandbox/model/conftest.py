"""One stand-in per test, quick enough not to wait for."""

from collections.abc import AsyncIterator

import pytest_asyncio

from tests.sandbox.model.line import Line, line_to, stand_in


@pytest_asyncio.fixture
async def url() -> AsyncIterator[str]:
    """The address of a stand-in of its own."""
    async with stand_in() as address:
        yield address


@pytest_asyncio.fixture
async def line(url: str) -> AsyncIterator[Line]:
    """A connected realtime session; every event is checked."""
    async with line_to(url) as connected:
        yield connected
