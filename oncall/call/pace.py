"""The pace of one call: how fast we speak and how long a pause of theirs may be, and what the call teaches about both."""

import time
from typing import Any

from oncall.models.manner import LEAST_PATIENCE_MS, MOST_PATIENCE_MS, SLOWEST

SLOWER_BY = 0.15
CUT_IN_WITHIN = 0.9  # seconds: they go on so soon after we took the turn that they had not finished
CUT_INS_THAT_TEACH = 2
MORE_PATIENCE_MS = 250
LESS_PATIENCE_MS = 50
TURNS_THAT_TEACH = 6


class Pace:
    """What one call shows about a resident's pace; pure but for the monotonic clock."""

    def __init__(self, speed: float, patience_ms: int) -> None:
        self.speed, self.patience_ms = speed, patience_ms
        self.cut_ins = self.turns = 0
        self._stopped_at: float | None = None

    def slower(self) -> float:
        """The next slower speed, which holds from now on."""
        self.speed = round(max(SLOWEST, self.speed - SLOWER_BY), 2)
        return self.speed

    def they_stopped(self) -> None:
        """A turn of theirs was taken to be over."""
        self.turns += 1
        self._stopped_at = time.monotonic()

    def they_began(self) -> None:
        """They speak: had they finished?"""
        if self._stopped_at is not None and time.monotonic() - self._stopped_at < CUT_IN_WITHIN:
            self.cut_ins += 1
        self._stopped_at = None

    def learned(self) -> dict[str, Any]:
        """What to change in their manner: longer pauses when we cut in twice; a little shorter after a call in which
        we never did, down to the least."""
        if self.cut_ins >= CUT_INS_THAT_TEACH:
            return {"patience_ms": min(MOST_PATIENCE_MS, self.patience_ms + MORE_PATIENCE_MS)}
        if self.cut_ins == 0 and self.turns >= TURNS_THAT_TEACH and self.patience_ms - LESS_PATIENCE_MS >= 800:
            return {"patience_ms": max(LEAST_PATIENCE_MS, self.patience_ms - LESS_PATIENCE_MS)}
        return {}
