"""Answering-machine detection: from the first sounds on the line, as the carrier's thresholds have it."""

from __future__ import annotations

import asyncio
from typing import Final

from oncall.sandbox.people.person import Person
from oncall.sandbox.sound import FRAME_MS, loudness

_SPEECH: Final = 30


class Detector:
    """Listens from pick-up on; `result` is human, machine_start, machine_end_beep|silence or unknown."""

    def __init__(self, mode: str, options: dict[str, float], person: Person) -> None:
        self.result: asyncio.Future[tuple[str, int]] = asyncio.get_running_loop().create_future()
        """Who answered, and after how many milliseconds that was known."""
        self._until_the_end = mode == "DetectMessageEnd"
        self._options = options
        self._person = person
        self._frames = 0
        self._spoken_frames = 0
        self._quiet_frames = 0
        self._is_machine = False

    def tap(self, said: bytes, _heard: bytes) -> None:
        """One more frame."""
        if self.result.done():
            return
        self._frames += 1
        if loudness(said) > _SPEECH:
            # Pauses within a greeting belong to it.
            self._spoken_frames += 1 + (self._quiet_frames if self._spoken_frames else 0)
            self._quiet_frames = 0
        else:
            self._quiet_frames += 1
        answer = self._judge()
        if answer is not None:
            self.result.set_result((answer, self._frames * FRAME_MS))

    def give_up(self) -> None:
        """The call has ended before it was known."""
        if not self.result.done():
            self.result.set_result(("unknown", self._frames * FRAME_MS))

    def _judge(self) -> str | None:
        options = self._options
        spoken, quiet = _seconds(self._spoken_frames), _seconds(self._quiet_frames)
        if self._is_machine:
            return self._message_end(quiet)
        if spoken > options["speech"]:
            self._is_machine = True
            return None if self._until_the_end else "machine_start"
        if spoken and quiet >= options["speech_end"]:
            return "human"
        if not spoken and quiet >= options["silence"]:
            return "unknown"
        return "unknown" if _seconds(self._frames) >= options["timeout"] else None

    def _message_end(self, quiet: float) -> str | None:
        if self._person.beeped:
            return "machine_end_beep"
        if quiet >= 4.0:
            return "machine_end_silence"
        return "machine_end_other" if _seconds(self._frames) >= self._options["timeout"] else None


def _seconds(frames: int) -> float:
    return frames * FRAME_MS / 1000
