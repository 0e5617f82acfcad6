"""One thing said, as sound: words, and between braces what is no word.

`{pause 3}` is three seconds of thinking, `{moan}`, `{breath}`, `{sob}`, `{cough}` and `{television}` are sounds, with
their seconds after them when those are not the usual ones: "I... {pause 2.5} can't {moan 4}".
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from oncall.sandbox import voice
from oncall.sandbox.people.noise import Noise, noise
from oncall.sandbox.sound import FRAME_MS, SILENCE

_PAUSE: Final = "pause"
_BRACED: Final = re.compile(rf"\{{\s*({_PAUSE}|{'|'.join(Noise)})(?:\s+(\d+(?:\.\d+)?))?\s*\}}")


@dataclass(frozen=True, slots=True)
class Mouth:
    """Whose voice it is."""

    language: str
    voice: int
    rate: float

    def say(self, text: str, utterances: Iterator[int]) -> bytes:
        """The sound of it, in whole frames; each stretch of words is an utterance of its own."""
        return b"".join(
            _wordless(part) if isinstance(part, _Braced) else self._words(part, next(utterances))
            for part in parts(text)
        )

    def rehearse(self, text: str) -> None:
        """Speak it once, unheard, so that it costs nothing on the line."""
        for part in parts(text):
            if isinstance(part, _Braced):
                _wordless(part)
            else:
                voice.speak(part, self.language, voice=self.voice, rate=self.rate)

    def _words(self, words: str, utterance: int) -> bytes:
        return voice.say(words, self.language, self.voice, utterance, self.rate)


@dataclass(frozen=True, slots=True)
class _Braced:
    what: str
    seconds: float


def parts(text: str) -> Iterator[str | _Braced]:
    """Words and what stands between them, in order; never empty words."""
    at = 0
    for found in _BRACED.finditer(text):
        if words := text[at : found.start()].strip():
            yield words
        usual = 1.0 if found[1] == _PAUSE else Noise(found[1]).usual_seconds
        yield _Braced(found[1], float(found[2] or usual))
        at = found.end()
    if words := text[at:].strip():
        yield words


def shown(text: str) -> str:
    """As a listener would write it down: pauses left out, sounds in round brackets."""
    written = (part if isinstance(part, str) else f"({part.what})" for part in parts(text) if not _is_pause(part))
    return " ".join(written)


def _is_pause(part: str | _Braced) -> bool:
    return isinstance(part, _Braced) and part.what == _PAUSE


def _wordless(part: _Braced) -> bytes:
    if part.what == _PAUSE:
        return SILENCE * round(part.seconds * 1000 / FRAME_MS)
    return noise(Noise(part.what), part.seconds)
