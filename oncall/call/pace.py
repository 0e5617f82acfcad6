"""The pace of one call: how fast we speak and how long a pause of theirs may be, and what the call teaches about both."""

from typing import Any

from oncall.models.manner import LEAST_PATIENCE_MS, MOST_PATIENCE_MS, SLOWEST

SLOWER_BY = 0.15
CUT_IN_MS = 900  # they go on so soon after we took the turn that they had not finished
CUT_INS_THAT_TEACH = 2
MORE_PATIENCE_MS = 250
LESS_PATIENCE_MS = 50
TURNS_THAT_TEACH = 6


class Pace:
    """What one call shows about a resident's pace; times are milliseconds of the sound we hear of them."""

    def __init__(self, speed: float, patience_ms: int) -> None:
        self.speed, self.patience_ms = speed, patience_ms
        self.cut_ins = self.turns = 0
        self._taken_at: int | None = None

    def slower(self) -> float:
        """The next slower speed, which holds from now on."""
        self.speed = round(max(SLOWEST, self.speed - SLOWER_BY), 2)
        return self.speed

    def they_stopped(self, at_ms: int) -> None:
        """A turn of theirs was taken to be over at this moment."""
        self.turns += 1
        self._taken_at = at_ms

    def they_began(self, at_ms: int) -> None:
        """They speak: had they finished?"""
        if self._taken_at is not None and at_ms - self._taken_at < CUT_IN_MS:
            self.cut_ins += 1
        self._taken_at = None

    def learned(self) -> dict[str, Any]:
        """What to change in their manner: longer pauses when we cut in twice; a little shorter after a call in which
        we never did, down to the least."""
        if self.cut_ins >= CUT_INS_THAT_TEACH:
            return {"patience_ms": min(MOST_PATIENCE_MS, self.patience_ms + MORE_PATIENCE_MS)}
        if self.cut_ins == 0 and self.turns >= TURNS_THAT_TEACH and self.patience_ms - LESS_PATIENCE_MS >= 800:
            return {"patience_ms": max(LEAST_PATIENCE_MS, self.patience_ms - LESS_PATIENCE_MS)}
        return {}
