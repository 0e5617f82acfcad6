"""The tape: the carrier records a call only from the moment its announcement was heard, and stops when told to (C-03)."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import structlog

from oncall.call.line import Line
from oncall.call.minutes import Minutes
from oncall.gateways import tape

log = structlog.get_logger()


class Tape:
    """The recording of one call; nothing runs until `start`, nothing is kept after `refuse`."""

    def __init__(self, line: Line, minutes: Minutes, now_ms: Callable[[], int]) -> None:
        self._line, self._minutes, self._now_ms = line, minutes, now_ms
        self._wanted = line.recorded
        self._sid: str | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def may_run(self) -> bool:
        """They have consented, and not said otherwise in this call."""
        return self._wanted

    def start(self) -> None:
        """Have the call recorded from now on; once."""
        if self._wanted and self._sid is None and self._line.call_sid:
            self._sid = ""
            self._do(self._start(self._line.call_sid))

    def refuse(self) -> None:
        """They do not want it: stop, and throw away what there is (H-28)."""
        self._wanted = False
        if self._sid and self._line.call_sid:
            self._do(self._drop(self._line.call_sid, self._sid))

    async def _start(self, call_sid: str) -> None:
        since = self._now_ms()
        try:
            self._sid = await asyncio.to_thread(tape.start_recording, call_sid, self._line.token)
        except Exception:
            # The call goes on without: what is said is still written down as it is spoken.
            log.exception("recording_not_started", attempt=str(self._line.attempt_id))
            return
        self._minutes.tape_runs(self._sid, since)
        if not self._wanted:
            await self._drop(call_sid, self._sid)

    async def _drop(self, call_sid: str, sid: str) -> None:
        try:
            await asyncio.to_thread(tape.stop_recording, call_sid, sid)
        except Exception:
            # The job left behind by the wish erases it in any case.
            log.exception("recording_not_stopped", attempt=str(self._line.attempt_id))

    def _do(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
