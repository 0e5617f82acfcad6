"""News to open pages: one LISTEN connection a process, one event stream a browser; only topics travel, never ids.

A page that hears its topic fetches itself again, under the access check of its own route.
"""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from typing import Annotated

import psycopg
import structlog
from fastapi import APIRouter, Depends, FastAPI
from psycopg import sql
from sqlmodel import col, select
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import StreamingResponse

from oncall import clock, db
from oncall.models import Staff, StaffSession
from oncall.web.access import Signed, live_conditions, signed_in

log = structlog.get_logger()
TOPICS = frozenset({"queue", "calls", "alarms"})
_PING_SECONDS = 15.0
_BREATH_SECONDS = 0.2  # between two deliveries: a burst of news is one
_CHECK_SECONDS = 60.0  # a session ended from our side loses its stream within about this
_RECONNECT_SECONDS = 2.0


class Listener:
    """One browser's ear: topics with news since it last looked, each at most once; it refetches anyway."""

    def __init__(self, topics: frozenset[str]) -> None:
        self._topics = topics
        self._news: set[str] = set()
        self._rung = asyncio.Event()

    def hear(self, topic: str) -> None:
        """Keep `topic` if it was asked for."""
        if topic in self._topics:
            self._news.add(topic)
            self._rung.set()

    async def news(self, seconds: float) -> list[str]:
        """What there was since the last look, waiting at most `seconds` for something; empty when nothing came."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._rung.wait(), seconds)
        heard, self._news = sorted(self._news), set()
        self._rung.clear()
        return heard


class Newsroom:
    """Who listens to what in this process."""

    def __init__(self) -> None:
        self._listeners: set[Listener] = set()

    @contextmanager
    def listener(self, topics: frozenset[str]) -> Iterator[Listener]:
        """An ear for `topics` while the block runs."""
        mine = Listener(topics)
        self._listeners.add(mine)
        try:
            yield mine
        finally:
            self._listeners.discard(mine)

    def spread(self, topic: str) -> None:
        """Put `topic` before everyone who asked for it."""
        for listener in self._listeners:
            listener.hear(topic)


newsroom = Newsroom()


@asynccontextmanager
async def listening(app: FastAPI) -> AsyncIterator[None]:
    """Holds the LISTEN connection while the web process runs."""
    task = asyncio.create_task(_listen())
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


router = APIRouter(lifespan=listening)


@router.get("/live", include_in_schema=False)
def live(request: Request, signed: Annotated[Signed, Depends(signed_in())], topics: str = "") -> StreamingResponse:
    """The event stream of one browser; ends when the session does."""
    asked = frozenset(topics.split(",")) & TOPICS
    return StreamingResponse(
        _stream(asked, signed), media_type="text/event-stream", headers={"Cache-Control": "no-cache"}
    )


async def _stream(topics: frozenset[str], signed: Signed) -> AsyncIterator[str]:
    yield "retry: 3000\nevent: ready\ndata: \n\n"
    checked = time.monotonic()
    with newsroom.listener(topics) as listener:
        while True:
            heard = await listener.news(_PING_SECONDS)
            yield "".join(f"data: {topic}\n\n" for topic in heard) or ": still here\n\n"
            await asyncio.sleep(_BREATH_SECONDS)
            if time.monotonic() - checked > _CHECK_SECONDS:
                checked = time.monotonic()
                if not await run_in_threadpool(_still_signed_in, signed):
                    yield "event: ended\ndata: \n\n"
                    return


def _still_signed_in(signed: Signed) -> bool:
    with db.transaction() as session:
        alive = select(StaffSession.id).join(Staff, col(Staff.id) == StaffSession.staff_id)
        return (
            session.exec(alive.where(StaffSession.id == signed.session_id, *live_conditions(clock.now()))).first()
            is not None
        )


async def _listen() -> None:
    while True:
        try:
            connection = await psycopg.AsyncConnection.connect(db.driver_url(), autocommit=True)
            async with connection:
                await connection.execute(sql.SQL("LISTEN {}").format(sql.Identifier(db.LIVE_CHANNEL)))
                # Whatever was said while nobody listened: have every page look once.
                for topic in TOPICS:
                    newsroom.spread(topic)
                async for news in connection.notifies():
                    newsroom.spread(str(json.loads(news.payload).get("topic", "")))
        except (psycopg.Error, OSError, ValueError) as error:
            log.warning("live news interrupted", error=type(error).__name__)
        await asyncio.sleep(_RECONNECT_SECONDS)
