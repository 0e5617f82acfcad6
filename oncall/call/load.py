"""How much this process carries: live calls, and how late its event loop is; one call too many would break them all."""

import asyncio
import threading
import time
from collections import deque
from dataclasses import dataclass, field

from oncall.settings import settings

LOOKS_EVERY_SECONDS = 0.05
LOOKED_BACK = int(10 / LOOKS_EVERY_SECONDS)  # looks kept: ten seconds
LATE_MS = 100.0  # sound comes every 20 ms; a loop this late is heard


@dataclass
class Load:
    """The load of this process; read from any thread."""

    live: int = 0
    turned_at: float | None = None  # the loop's last sign of life, on the monotonic clock
    _watched: bool = False
    _late_ms: deque[float] = field(default_factory=lambda: deque(maxlen=LOOKED_BACK))
    _lock: threading.Lock = field(default_factory=threading.Lock)

    async def watch(self) -> None:
        """Measure how late the loop is, for as long as it runs; once a process, whoever asks."""
        if self._watched:
            return
        self._watched = True
        try:
            while True:
                before = time.perf_counter()
                await asyncio.sleep(LOOKS_EVERY_SECONDS)
                self._late_ms.append(max(0.0, (time.perf_counter() - before - LOOKS_EVERY_SECONDS) * 1000))
                self.turned_at = time.monotonic()
        finally:
            self._watched = False

    def lag_ms(self) -> float:
        """How late the loop was at worst, but for one look in a hundred, over the last ten seconds."""
        late = sorted(self._late_ms)
        return late[min(len(late) - 1, int(len(late) * 0.99))] if late else 0.0

    def is_late(self) -> bool:
        """Whether the loop was late in more than one look in ten: a single standstill, as when a process begins, is not
        what one call too many does to it."""
        late = sorted(self._late_ms)
        return bool(late) and late[int(len(late) * 0.9)] >= LATE_MS

    def begins(self) -> None:
        """A call's sound runs through this process."""
        with self._lock:
            self.live += 1

    def ends(self) -> None:
        """It does not any more."""
        with self._lock:
            self.live -= 1

    def has_room(self) -> bool:
        """Whether one more talk would leave those going on unharmed; if not, the check is made by keypad, which needs
        no sound of ours."""
        most = settings().live_calls
        return (not most or self.live < most) and (self.live == 0 or not self.is_late())


load = Load()
