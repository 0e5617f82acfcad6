"""The telephone's clock: scaled time, and one loop that turns every open line by 20 ms at a time."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from typing import Protocol

from oncall.sandbox.sound import FRAME_MS

log = logging.getLogger(__name__)

_MOST_BEHIND = 0.5
"""Real seconds the loop may lag before time is let slip instead of being caught up with."""
_SHORTEST = 0.002
"""Real seconds between two frames below which no pause between them can be kept."""


class Ticking(Protocol):
    """Anything that moves with the frames."""

    def tick(self) -> None:
        """Twenty milliseconds of the telephone's time have passed."""


class PhoneClock:
    """Seconds that pass `speed` times faster than the wall's."""

    def __init__(self, speed: float) -> None:
        self.speed = speed
        self.ticks = 0
        """Line frames turned in all."""
        self.slipped = 0.0
        """Real seconds the machine was too busy to keep time."""
        self._lines: list[Ticking] = []
        self._wanted = asyncio.Event()
        self._loop: asyncio.Task[None] | None = None

    async def sleep(self, seconds: float) -> None:
        """Let some of the telephone's time pass; inf waits until cancelled."""
        if seconds == float("inf"):
            await asyncio.Event().wait()
        await asyncio.sleep(max(0.0, seconds) / self.speed)

    def add(self, line: Ticking) -> None:
        """Begin to turn a line."""
        self._lines.append(line)
        self._wanted.set()
        if self._loop is None:
            self._loop = asyncio.create_task(self._turn(), name="phone clock")

    def remove(self, line: Ticking) -> None:
        """Stop turning it; nothing happens when it was not turned."""
        with contextlib.suppress(ValueError):
            self._lines.remove(line)

    async def close(self) -> None:
        """Stop for good."""
        if self._loop is not None:
            self._loop.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._loop

    async def _turn(self) -> None:
        now = asyncio.get_running_loop().time
        every = FRAME_MS / 1000 / self.speed
        due = now()
        while True:
            if not self._lines:
                self._wanted.clear()
                await self._wanted.wait()
                due = now()
            behind = now() - due
            if behind < 0:
                await asyncio.sleep(-behind)
                continue
            if behind > _MOST_BEHIND:
                self.slipped += behind
                due = now()
            for line in tuple(self._lines):
                try:
                    line.tick()
                except Exception:
                    log.exception("event=line_broken")
                    self.remove(line)
                self.ticks += 1
            due += every
            # Caught up with at twice the pace and no faster: whoever is to answer what is heard has the time to, as on any
            # telephone; and sockets get their turn between two frames.
            await asyncio.sleep(every / 2 if every > _SHORTEST else 0)
