"""An answered line: what the callee says, what the callee hears, and everyone who listens in, frame by frame."""

from __future__ import annotations

import asyncio
import heapq
import itertools
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Protocol

from oncall.sandbox.people.person import Person
from oncall.sandbox.sound import FRAME, FRAME_MS, SILENCE

Tap = Callable[[bytes, bytes], None]
"""Called for every frame with what the callee said and what they heard."""
_RINGBACK_EVERY: Final = 300
_RINGBACK_FRAME: Final = bytes([0xFF, 0xBA, 0xB3, 0xBA, 0xFF, 0x3A, 0x33, 0x3A]) * (FRAME // 8)


@dataclass(frozen=True, slots=True)
class Sounding:
    """A frame that is heard; a `tone` is a signal of the network, which nobody answers but everybody waits for."""

    frame: bytes
    tone: bool


_RINGING: Final = Sounding(_RINGBACK_FRAME, tone=True)
_BETWEEN_RINGS: Final = Sounding(SILENCE, tone=True)


class Room(Protocol):
    """Where several lines hear each other."""

    def heard_by(self, line: Line) -> Sounding:
        """What reaches one of them in these 20 ms."""


class Playout:
    """What waits to be heard, in order, with marks between."""

    def __init__(self) -> None:
        self._chunks: deque[bytes] = deque()
        self._at = 0
        self._queued = 0
        self._played = 0
        self._marks: deque[tuple[int, Callable[[], None]]] = deque()

    @property
    def waiting(self) -> int:
        """Bytes not yet played."""
        return self._queued - self._played

    @property
    def busy(self) -> bool:
        """Whether a frame is still to be taken before all is played and every mark reached."""
        return bool(self._chunks or self._marks)

    def add(self, ulaw: bytes) -> None:
        """More sound, of any length, behind what waits."""
        if ulaw:
            self._chunks.append(ulaw)
            self._queued += len(ulaw)

    def mark(self, reached: Callable[[], None]) -> None:
        """Call back once everything added so far has been played; at once when nothing waits."""
        if self.waiting == 0:
            reached()
        else:
            self._marks.append((self._queued, reached))

    def clear(self) -> None:
        """Forget what waits; every mark is reached at once, in order."""
        self._chunks.clear()
        self._at = 0
        self._played = self._queued
        self._reach()

    def next_frame(self) -> bytes:
        """The next 20 ms; silence when nothing waits, filled up with silence when too little does."""
        if self._marks:
            # The frame given out before has been played by now.
            self._reach()
        if not self._chunks:
            return SILENCE
        chunk, at = self._chunks[0], self._at
        frame = chunk[at : at + FRAME]
        self._at = at + len(frame)
        while self._at >= len(self._chunks[0]):
            self._chunks.popleft()
            self._at = 0
            if len(frame) == FRAME or not self._chunks:
                break
            more = self._chunks[0][: FRAME - len(frame)]
            frame += more
            self._at = len(more)
        self._played += len(frame)
        return frame if len(frame) == FRAME else frame + SILENCE[len(frame) :]

    def _reach(self) -> None:
        while self._marks and self._marks[0][0] <= self._played:
            self._marks.popleft()[1]()


class Line:
    """One person's end of a call, from pick-up to hang-up."""

    def __init__(self, person: Person) -> None:
        self.person = person
        self.playout = Playout()
        self.taps: list[Tap] = []
        self.frames = 0
        self.said = SILENCE
        """The frame the callee said last."""
        self.other: Line | None = None
        """The line this one is joined with; its words are heard instead of the playout."""
        self.room: Room | None = None
        """The conference it is in, which is heard as long as nothing waits in the playout."""
        self.ringback = False
        self.hung_up = asyncio.Event()
        """Set when the callee puts the receiver down."""
        self.digits: asyncio.Queue[str] = asyncio.Queue()
        self.on_digit: list[Callable[[str], None]] = []
        self._waiting: list[tuple[int, int, asyncio.Future[None]]] = []
        self._order = itertools.count()

    @property
    def seconds(self) -> float:
        """How long the line has been open, in the telephone's time."""
        return self.frames * FRAME_MS / 1000

    def tick(self) -> None:
        """Twenty milliseconds."""
        sounding = self._sounding()
        heard = sounding.frame
        self.said = said = self.person.turn(heard, tone=sounding.tone)
        self.frames += 1
        for tap in self.taps:
            tap(said, heard)
        for digit in self.person.take_digits():
            self.press(digit)
        while self._waiting and self._waiting[0][0] <= self.frames:
            _, _, passed = heapq.heappop(self._waiting)
            if not passed.done():
                passed.set_result(None)
        if self.person.gone:
            self.hung_up.set()

    def _sounding(self) -> Sounding:
        if self.other is not None:
            return Sounding(self.other.said, tone=False)
        if self.ringback:
            return _RINGING if self.frames % _RINGBACK_EVERY < 100 else _BETWEEN_RINGS
        if self.room is not None and not self.playout.busy:
            return self.room.heard_by(self)
        return Sounding(self.playout.next_frame(), tone=False)

    def press(self, digit: str) -> None:
        """The callee presses a key."""
        self.digits.put_nowait(digit)
        for tell in tuple(self.on_digit):
            tell(digit)

    async def wait(self, seconds: float) -> None:
        """Until so much of this line's time has passed."""
        passed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._waiting, (self.frames + round(seconds * 1000 / FRAME_MS), next(self._order), passed))
        await passed

    async def play(self, ulaw: bytes) -> None:
        """Play something to the end; when cancelled, what is left of it is forgotten."""
        played: asyncio.Future[None] = asyncio.get_running_loop().create_future()

        def reached() -> None:
            if not played.done():
                played.set_result(None)

        self.playout.add(ulaw)
        self.playout.mark(reached)
        try:
            await played
        except asyncio.CancelledError:
            self.playout.clear()
            raise
