"""How long a talk waits: for the resident to speak, for the model to answer, and for the call as a whole."""

import asyncio
from collections.abc import Callable

FIRST_WORDS_WITHIN = 5.0  # after the opening asked who is there
LAST_WORDS_WITHIN = 3.5  # after they hung up
WORDS_WITHIN = 4.0  # of a turn that code must understand before anything is said
SILENCE_SECONDS = 7.0
LONGEST_TALK_SECONDS = 600.0
GOODBYE_SLACK_SECONDS = 2.5


class Patience:
    """Three clocks of one talk, each of which may run out once unless stopped; seconds throughout."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._clocks: dict[str, asyncio.TimerHandle] = {}

    def for_resident(self, seconds: float, then: Callable[[], None]) -> None:
        """Wait for the resident; a second time replaces the first."""
        self._start("resident", seconds, then)

    def for_model(self, seconds: float, then: Callable[[], None]) -> None:
        """Wait for the model; a second time replaces the first."""
        self._start("model", seconds, then)

    def for_the_end(self, seconds: float, then: Callable[[], None]) -> None:
        """The longest the talk may last."""
        self._start("end", seconds, then)

    def resident_came(self) -> None:
        """Nobody is waited for any more."""
        self._stop("resident")

    def model_came(self) -> None:
        """The model lives."""
        self._stop("model")

    def over(self) -> None:
        """Nothing runs out any more."""
        for clock in list(self._clocks):
            self._stop(clock)

    def _start(self, clock: str, seconds: float, then: Callable[[], None]) -> None:
        self._stop(clock)
        self._clocks[clock] = self._loop.call_later(seconds, then)

    def _stop(self, clock: str) -> None:
        if handle := self._clocks.pop(clock, None):
            handle.cancel()
