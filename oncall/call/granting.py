"""What a wish changes in this very call, and what the call teaches for the next; the rows change with the minutes."""

from collections.abc import Callable
from typing import Any

from oncall.call.bridge import Bridge
from oncall.call.entry import Learned, Record
from oncall.call.line import Line
from oncall.call.near_end import NearEnd
from oncall.call.pace import Pace
from oncall.call.tape import Tape
from oncall.models.wish import Wish


class Granting:
    """One call's; `write` is given what is learned of this person's manner."""

    def __init__(
        self, line: Line, bridge: Bridge, near_end: NearEnd, tape: Tape, write: Callable[[Record], None]
    ) -> None:
        self.pace = Pace(line.speed, line.patience_ms)
        self._line, self._bridge, self._near_end, self._tape, self._write = line, bridge, near_end, tape, write
        bridge.louder = line.louder

    def grant(self, wish: Wish) -> None:
        """From here on: no tape, a slower voice, a louder one; of any other wish nothing is granted in the sound."""
        if wish is Wish.DO_NOT_RECORD:
            self._tape.refuse()
        elif wish is Wish.SLOWER:
            self._near_end.change_pace(self.pace.slower())
            self._learn({"speed": self.pace.speed}, asked=True)
        elif wish is Wish.LOUDER:
            self._bridge.louder = True
            self._learn({"louder": True}, asked=True)

    def call_is_over(self) -> None:
        """Keep what the pauses of this call have taught."""
        if change := self.pace.learned():
            self._learn(change, asked=False)

    def _learn(self, change: dict[str, Any], *, asked: bool) -> None:
        self._write(Learned.now(self._line, change, asked=asked))
