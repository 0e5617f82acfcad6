"""The exchange: takes orders for calls, dials them in turn, and remembers every one."""

from __future__ import annotations

import asyncio
import contextlib
import tempfile
from collections import deque
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from email.utils import format_datetime
from pathlib import Path
from typing import Any

from oncall.sandbox.people.directory import Directory
from oncall.sandbox.phone.call import Call, Status, now
from oncall.sandbox.phone.clock import PhoneClock
from oncall.sandbox.phone.conference import Conference
from oncall.sandbox.phone.config import PhoneConfig
from oncall.sandbox.phone.faults import Chance, Faults
from oncall.sandbox.phone.ledger import Ledger
from oncall.sandbox.phone.message import Message
from oncall.sandbox.phone.order import Callback, Order
from oncall.sandbox.phone.own_number import OwnNumber
from oncall.sandbox.phone.problem import Refused, wrong_state
from oncall.sandbox.phone.recording import Recording, RecordingStatus
from oncall.sandbox.phone.webhook import Webhooks


@dataclass(frozen=True, slots=True)
class Warned:
    """One line of the carrier's debugger."""

    code: int
    call_sid: str
    message: str


class Exchange:
    """The whole stand-in carrier, without its REST interface."""

    def __init__(self, config: PhoneConfig, live: Callable[[Exchange, Call], Coroutine[Any, Any, None]]) -> None:
        """`live` carries a call from its dialling to its end."""
        self.config = config
        self._live = live
        self.chance = Chance(Faults(seed=config.seed))
        self.clock = PhoneClock(config.speed)
        self.webhooks = Webhooks(config, self.clock, self.chance)
        self.ledger = Ledger(config.ledger)
        self.directory = Directory()
        self.calls: dict[str, Call] = {}
        self.recordings: dict[str, Recording] = {}
        self.conferences: dict[str, Conference] = {}
        self.messages: dict[str, Message] = {}
        self.numbers: dict[str, OwnNumber] = {}
        for number in config.numbers or ():
            self.numbers[number] = OwnNumber(config.account_sid, number)
        self.warnings: deque[Warned] = deque(maxlen=1000)
        self.base = ""
        """How REST clients reach us; recordings' URLs begin with it."""
        self._queue: deque[Call] = deque()
        self._queued = asyncio.Event()
        self._life: set[asyncio.Task[None]] = set()
        self._temporary: tempfile.TemporaryDirectory[str] | None = None

    async def run(self) -> None:
        """Dial what is queued, at the account's rate, until cancelled."""
        loop = asyncio.get_running_loop()
        next_at = 0.0
        try:
            while True:
                while not self._queue:
                    self._queued.clear()
                    await self._queued.wait()
                await asyncio.sleep(max(0.0, next_at - loop.time()))
                if not self._queue:
                    continue
                call = self._queue.popleft()
                next_at = max(loop.time(), next_at) + 1 / (self.config.cps * self.config.speed)
                self.carry(self._live(self, call))
        finally:
            await self._close()

    def own_number(self, number: str) -> OwnNumber | None:
        """The account's number; where none were configured it has every number it is asked for."""
        if self.config.numbers is None and number not in self.numbers:
            self.numbers[number] = OwnNumber(self.config.account_sid, number)
        return self.numbers.get(number)

    def carry(self, life: Coroutine[Any, Any, None]) -> None:
        """Let a call live; it ends with the exchange at the latest."""
        task = asyncio.create_task(life)
        self._life.add(task)
        task.add_done_callback(self._life.discard)

    async def place(self, order: Order) -> Call:
        """Take a call; it is in the ledger when this returns. Refused (10004) when too many are under way."""
        under_way = sum(not call.status.ended for call in self.calls.values())
        if self.config.lines is not None and under_way >= self.config.lines:
            raise Refused(429, 10004, "Call concurrency limit exceeded")
        call = Call(
            self.config.account_sid,
            order.to,
            order.from_,
            order=order,
            status_callback=order.status_callback,
            fallback=order.fallback,
            time_limit=order.time_limit,
            queue_ms=round(len(self._queue) * 1000 / self.config.cps),
        )
        self.calls[call.sid] = call
        await self.ledger.write("placed", call)
        self._queue.append(call)
        self._queued.set()
        return call

    async def end(self, call: Call, *, cancel: bool) -> None:
        """End a call by REST; `cancel` only ends what has not been answered. Refused (21220) otherwise."""
        if call.status.ended or (cancel and call.status is Status.IN_PROGRESS):
            raise wrong_state()
        if call in self._queue:
            # Nobody is told of a call that was never dialled.
            self._queue.remove(call)
            call.move(Status.CANCELED)
            await self.ledger.write("ended", call)
        else:
            call.finish.set()

    def tell_status(self, call: Call, event: str, extra: dict[str, str] | None = None) -> dict[str, str] | None:
        """Send a status callback if anybody asked for this event; gives back what was sent."""
        callback = call.status_callback
        if callback is None or event not in callback.events:
            return None
        params = call.as_params() | {
            "Timestamp": format_datetime(now()),
            "CallbackSource": "call-progress-events",
            "SequenceNumber": str(call.sequence),
            "StirStatus": "",
        }
        if call.answered_by:
            params["AnsweredBy"] = call.answered_by
        params |= extra or {}
        call.sequence += 1
        self.webhooks.tell(callback.url, callback.method, params)
        return params

    async def first_callback(self, call: Call) -> None:
        """Until the first status callback of a call has been answered, or for ten seconds."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(10):
                while call.sequence == 0 or self.webhooks.unanswered(call.sid):
                    await asyncio.sleep(0.005)

    def start_recording(self, call: Call, recording: Recording, callback: Callback | None) -> Recording:
        """Let a tape run along with a call. Refused (21220) when nobody is on the line."""
        if call.line is None or call.status is not Status.IN_PROGRESS:
            raise wrong_state()
        recording.callback = callback
        self.recordings[recording.sid] = recording
        call.recordings.append(recording)
        call.line.taps.append(recording.tap)
        self.tell_recording(recording, call, RecordingStatus.IN_PROGRESS)
        return recording

    def end_recording(self, recording: Recording, call: Call) -> None:
        """Stop a tape; its sound is ready a moment later."""
        if recording.running:
            recording.status = RecordingStatus.PROCESSING
            self.webhooks.start(self._develop(recording, call))

    def tell_recording(self, recording: Recording, call: Call, event: RecordingStatus) -> None:
        """Send a recording callback if anybody asked for this event."""
        callback = recording.callback
        if isinstance(callback, Callback) and str(event) in callback.events:
            params = call.as_params() | recording.as_params(self.base)
            self.webhooks.tell(callback.url, callback.method, params)

    def warn(self, code: int, call: Call, message: str) -> None:
        """A line in the carrier's debugger."""
        self.warnings.append(Warned(code, call.sid, message))

    async def _develop(self, recording: Recording, call: Call) -> None:
        await asyncio.to_thread(recording.store, self._folder())
        await self.clock.sleep(1.0)
        faults = self.chance.faults
        if recording.status is RecordingStatus.DELETED:
            return
        if faults.recording_absent or recording.duration == 0:
            recording.delete()
            recording.status = RecordingStatus.ABSENT
        else:
            recording.refusals_left = faults.recording_late
            recording.status = RecordingStatus.COMPLETED
        self.tell_recording(recording, call, recording.status)

    def _folder(self) -> Path:
        if self.config.recordings is not None:
            self.config.recordings.mkdir(parents=True, exist_ok=True)
            return self.config.recordings
        if self._temporary is None:
            self._temporary = tempfile.TemporaryDirectory(prefix="oncall-recordings-")
        return Path(self._temporary.name)

    async def _close(self) -> None:
        for task in tuple(self._life):
            task.cancel()
        await asyncio.gather(*self._life, return_exceptions=True)
        await self.webhooks.close()
        await self.clock.close()
        if self._temporary is not None:
            self._temporary.cleanup()
