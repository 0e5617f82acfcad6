"""The input audio buffer of one session: what was appended, which part of it is a turn, and the words in that part."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from oncall.sandbox.model.audio_format import AudioFormat, to_ulaw, words_in
from oncall.sandbox.model.refusal import Refusal
from oncall.sandbox.model.vad import Change, Detector

SHORTEST_COMMIT_MS = 100
_MAX_WAIT_MS = {"low": 8000, "medium": 4000, "auto": 4000, "high": 2000}
_COMPLETE = re.compile(r"([.?!。]|[요다까네죠지]|\b(yes|no|thanks|fine|bye))\s*$", re.IGNORECASE)
_TRAILING_OFF = re.compile(
    r"(\b(uh+m*|um+|er+|and|but|so|well)|음+|어+|저+|그+|글쎄|그리고|근데|…|\.\.\.)\s*$", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Turn:
    """One committed stretch of the far end's sound; times in ms on the appended-audio clock."""

    start_ms: int
    end_ms: int
    words: str
    """"" when there was sound without words, or none at all."""


class Hearing:
    """Fed by `input_audio_buffer.append`; `turn_detection` is the session's own object, None when it is off."""

    def __init__(self, form: AudioFormat, turn_detection: dict[str, Any] | None) -> None:
        self._start_ms = 0
        self._turn_start_ms = 0
        self._buffer = bytearray()
        self._detector: Detector | None = None
        self.configure(form, turn_detection)

    @property
    def now_ms(self) -> int:
        """Milliseconds of audio appended so far in this session."""
        return self._start_ms + len(self._buffer) // self.form.bytes_per_ms

    @property
    def speaking(self) -> bool:
        """True between speech_started and speech_stopped."""
        return self._detector is not None and self._detector.speaking

    def configure(self, form: AudioFormat, turn_detection: dict[str, Any] | None) -> None:
        """Take new session settings; a change of format drops what is in the buffer, as it can no longer be read."""
        now = self.now_ms if self._buffer else self._start_ms
        if getattr(self, "form", form) is not form:
            self._buffer.clear()
            self._start_ms = now
        self.form = form
        self.turn_detection = turn_detection
        old = self._detector
        if turn_detection is None:
            self._detector = None
            return
        semantic = turn_detection["type"] == "semantic_vad"
        self._prefix_ms = 300 if semantic else int(turn_detection["prefix_padding_ms"])
        self._detector = Detector(
            threshold=0.5 if semantic else float(turn_detection["threshold"]),
            silence_ms=self._semantic_silence_ms if semantic else lambda: int(turn_detection["silence_duration_ms"]),
            idle_after_ms=None if semantic else turn_detection.get("idle_timeout_ms"),
            decide_after_ms=200 if semantic else 0,
            now_ms=now,
        )
        if old is not None:
            self._detector.speaking = old.speaking
            self._detector.idle_since_ms = old.idle_since_ms

    def append(self, audio: bytes) -> list[tuple[Change, int]]:
        """Add sound in the session's input format; the changes it brings, with times as OpenAI reports them."""
        self._buffer += audio
        if self._detector is None:
            return []
        ulaw = audio if self.form is AudioFormat.PCMU else to_ulaw(audio, self.form)
        changes = self._detector.listen(ulaw)
        if changes:
            changes = [self._with_padding(change, at) for change, at in changes]
        elif not self._detector.speaking:
            self._forget_old_silence()
        return changes

    def take(self, *, from_ms: int | None = None) -> Turn:
        """The buffer as one turn, from `from_ms` (everything when None); the buffer is then empty."""
        start = self._start_ms if from_ms is None else max(from_ms, self._start_ms)
        end = self.now_ms
        offset = (start - self._start_ms) * self.form.bytes_per_ms
        words = words_in(bytes(self._buffer[offset:]), self.form)
        self.clear()
        return Turn(start, end, words.strip())

    def take_spoken(self) -> Turn:
        """The turn the detector has just seen end."""
        return self.take(from_ms=self._turn_start_ms)

    def commit(self) -> Turn:
        """A manual commit; refused under 100 ms of audio."""
        length_ms = len(self._buffer) / self.form.bytes_per_ms
        if length_ms < SHORTEST_COMMIT_MS:
            raise Refusal(
                "Error committing input audio buffer: buffer too small. Expected at least 100ms of audio, but buffer "
                f"only has {length_ms:.2f}ms of audio.",
                code="input_audio_buffer_commit_empty",
            )
        turn = self.take()
        if self._detector is not None:
            self._detector.speaking = False
        return turn

    def clear(self) -> None:
        """Forget the sound, keep the clock."""
        self._start_ms = self.now_ms
        self._buffer.clear()

    def count_idle_from(self, at_ms: int) -> None:
        """Begin the idle timeout at `at_ms`, the moment the last response will have been played out."""
        if self._detector is not None and not self._detector.speaking:
            self._detector.idle_since_ms = at_ms

    def stop_counting_idle(self) -> None:
        """A response is on its way, so nobody is idle."""
        if self._detector is not None:
            self._detector.idle_since_ms = None

    def _with_padding(self, change: Change, at_ms: int) -> tuple[Change, int]:
        if change is Change.STARTED:
            self._turn_start_ms = max(at_ms - self._prefix_ms, self._start_ms, 0)
            return change, self._turn_start_ms
        return change, at_ms

    def _forget_old_silence(self) -> None:
        """Silence between turns is dropped but for the prefix padding and a second to spare."""
        keep = (self._prefix_ms + 1000) * self.form.bytes_per_ms
        if len(self._buffer) > 4 * keep:
            drop = len(self._buffer) - keep
            drop -= drop % self.form.bytes_per_ms
            del self._buffer[:drop]
            self._start_ms += drop // self.form.bytes_per_ms

    def _semantic_silence_ms(self) -> int:
        """How long a silence ends the turn, guessed from the words: short after a whole sentence, long after "um"."""
        assert self.turn_detection is not None
        longest = _MAX_WAIT_MS[self.turn_detection.get("eagerness", "auto")]
        offset = max(0, self._turn_start_ms - self._start_ms) * self.form.bytes_per_ms
        words = words_in(bytes(self._buffer[offset:]), self.form).strip()
        if _TRAILING_OFF.search(words):
            return longest
        if not words or _COMPLETE.search(words):
            return longest // 8
        return longest // 3
