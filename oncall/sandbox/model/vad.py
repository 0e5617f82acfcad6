"""Hearing where speech begins and ends by its energy, on the clock of the audio appended so far.

One detector serves `server_vad`, whose end of speech is a fixed silence, and `semantic_vad`, where the caller says
how long a silence is needed from what was said (see `hearing`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum

from oncall.sandbox.sound import FRAME, FRAME_MS, loudness

FULL_SCALE = 640
"""Loudness that activates at threshold 1.0; ordinary telephone speech of the sandbox lies around 500 to 2000."""
_ONSET_FRAMES = 2
"""40 ms of sound are needed, so that one click on the line is not a turn."""


class Change(StrEnum):
    """What the detector noticed."""

    STARTED = "started"
    STOPPED = "stopped"
    IDLE = "idle"


@dataclass(slots=True)
class Detector:
    """Fed with mu-law of any length; all times in ms since the first sample of the session."""

    threshold: float
    silence_ms: Callable[[], int]
    idle_after_ms: int | None = None
    decide_after_ms: int = 0
    """Silence before `silence_ms` is asked, for callers whose answer costs something."""
    now_ms: int = 0
    speaking: bool = False
    idle_since_ms: int | None = None
    """End of the last response's playing time; None while no idle timeout is being counted."""
    _loud_frames: int = 0
    _quiet_ms: int = 0
    _needed_ms: int | None = None
    _rest: bytes = field(default=b"")

    def listen(self, ulaw: bytes) -> list[tuple[Change, int]]:
        """The changes within this sound, each with its time: the onset, the end of the silence, the idle moment."""
        changes: list[tuple[Change, int]] = []
        sound = self._rest + ulaw if self._rest else ulaw
        whole = len(sound) // FRAME * FRAME
        limit = self.threshold * FULL_SCALE
        for at in range(0, whole, FRAME):
            self.now_ms += FRAME_MS
            if loudness(sound[at : at + FRAME]) >= limit:
                self._hear_sound(changes)
            else:
                self._hear_silence(changes)
        self._rest = sound[whole:]
        return changes

    def _hear_sound(self, changes: list[tuple[Change, int]]) -> None:
        self._quiet_ms = 0
        self._needed_ms = None
        self._loud_frames += 1
        if not self.speaking and self._loud_frames >= _ONSET_FRAMES:
            self.speaking = True
            self.idle_since_ms = None
            changes.append((Change.STARTED, self.now_ms - _ONSET_FRAMES * FRAME_MS))

    def _hear_silence(self, changes: list[tuple[Change, int]]) -> None:
        self._loud_frames = 0
        if self.speaking:
            self._quiet_ms += FRAME_MS
            if self._needed_ms is None and self._quiet_ms >= self.decide_after_ms:
                self._needed_ms = self.silence_ms()
            if self._needed_ms is not None and self._quiet_ms >= self._needed_ms:
                self.speaking = False
                self._quiet_ms = 0
                changes.append((Change.STOPPED, self.now_ms))
        elif (
            self.idle_after_ms is not None
            and self.idle_since_ms is not None
            and self.now_ms >= self.idle_since_ms + self.idle_after_ms
        ):
            self.idle_since_ms = None
            changes.append((Change.IDLE, self.now_ms))
