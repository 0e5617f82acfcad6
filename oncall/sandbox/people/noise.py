"""Sounds without words: as loud as speech, and nobody could write them down."""

from __future__ import annotations

import functools
import math
import random
from array import array
from enum import StrEnum
from typing import Final

from oncall.sandbox.sound import FRAME, RATE, from_pcm16


class Noise(StrEnum):
    """What is heard instead of words."""

    MOAN = "moan"
    BREATH = "breath"
    SOB = "sob"
    COUGH = "cough"
    TELEVISION = "television"

    @property
    def usual_seconds(self) -> float:
        """How long it lasts when nobody says otherwise."""
        return _USUAL[self]


_USUAL: Final = {
    Noise.MOAN: 2.0,
    Noise.BREATH: 3.0,
    Noise.SOB: 3.0,
    Noise.COUGH: 0.8,
    Noise.TELEVISION: 10.0,
}
_EVERY: Final = {Noise.MOAN: 1.6, Noise.BREATH: 1.5, Noise.SOB: 0.6, Noise.COUGH: 0.4, Noise.TELEVISION: 0.25}
"""Seconds from one swell to the next."""
_HISS: Final = {Noise.MOAN: 0.05, Noise.BREATH: 1.0, Noise.SOB: 0.25, Noise.COUGH: 0.8, Noise.TELEVISION: 0.4}
"""How much of it is breath; the rest is voice."""


@functools.lru_cache(maxsize=64)
def noise(kind: Noise, seconds: float) -> bytes:
    """The sound as whole frames of mu-law, never quieter than speech for longer than a breath; the same each time."""
    dice = random.Random(kind)
    count = max(1, round(seconds * RATE / FRAME)) * FRAME
    every, hiss = _EVERY[kind], _HISS[kind]
    samples = array("h")
    phase, breath = 0.0, 0.0
    for position in range(count):
        at = position / RATE
        swell = math.sin(math.pi * (at % every) / every)
        phase += 2 * math.pi * (150 + 60 * swell) / RATE
        voiced = math.sin(phase) + 0.5 * math.sin(2 * phase) + 0.3 * math.sin(3 * phase)
        breath = 0.6 * breath + 0.4 * dice.uniform(-1, 1)
        samples.append(int(9000 * (0.15 + 0.85 * swell) * ((1 - hiss) * voiced / 1.8 + hiss * breath)))
    return from_pcm16(samples.tobytes())
