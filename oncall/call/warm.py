"""Model sessions opened while the telephone rings, so that nobody waits in silence after picking up.

Kept by process: when the media socket lands on another node, a session is opened there and this one is dropped.
"""

import asyncio

import structlog

from oncall.call.line import Line, by_token
from oncall.call.model_end import ModelEnd
from oncall.db import transaction

log = structlog.get_logger()

KEPT_SECONDS = 75.0  # a ring and the fixed opening


class Warm:
    """The sessions waiting for somebody to pick up, by the attempt's token."""

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._opening: dict[str, asyncio.Task[ModelEnd]] = {}

    def run_on(self, loop: asyncio.AbstractEventLoop | None) -> None:
        """Open sessions on this loop from now on; with none, `prepare` does nothing."""
        self._loop = loop

    def prepare(self, token: str) -> None:
        """Begin opening a session for this attempt; from any thread, any number of times."""
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._begin, token)

    def drop(self, token: str) -> None:
        """Nobody will need it; from any thread."""
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._forget, token)

    async def take(self, line: Line) -> ModelEnd:
        """The session of this line, opened now if none is waiting. Raises OSError or TimeoutError."""
        waiting = self._opening.pop(line.token, None)
        if waiting is not None:
            try:
                end = await waiting
                if not end.gone:
                    return end
            except (OSError, TimeoutError):
                pass
        return await ModelEnd.open(line)

    def _begin(self, token: str) -> None:
        if token not in self._opening and self._loop is not None:
            task = self._loop.create_task(self._open(token))
            task.add_done_callback(lambda done: done.cancelled() or done.exception())
            self._opening[token] = task
            self._loop.call_later(KEPT_SECONDS, self._forget, token)

    def _forget(self, token: str) -> None:
        task = self._opening.pop(token, None)
        if task is None:
            return
        if task.done():
            if not task.cancelled() and task.exception() is None:
                task.result().close()
        else:
            task.cancel()

    @staticmethod
    async def _open(token: str) -> ModelEnd:
        def read() -> Line | None:
            with transaction() as session:
                return by_token(session, token)

        line = await asyncio.to_thread(read)
        if line is None:
            raise OSError("no such attempt")
        return await ModelEnd.open(line)


warm = Warm()
