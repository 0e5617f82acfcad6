"""Telephone sound: 8 kHz mu-law made from the 24 kHz of a speech model, trimmed, and made louder."""

import math
import struct
from array import array
from collections.abc import Iterable
from functools import lru_cache
from operator import mul

RATE = 8000
BYTES_PER_MS = 8
_WIDE_RATE, _EVERY = 24000, 3
_TAPS, _CUTOFF_HZ, _KAISER_BETA = 75, 3600.0, 4.8  # flat to 3 kHz, 50 dB down from 4.2 kHz, where aliases begin
_BIAS, _CLIP = 132, 32635
_QUIET = 200  # of 32768: below it there is nothing to be heard
_LOUDER = 2.0  # 6 dB


def from_wide(pcm: bytes) -> bytes:
    """24 kHz 16-bit little-endian samples as mu-law: low-passed first, so that nothing folds into the voice."""
    wide = struct.unpack(f"<{len(pcm) // 2}h", pcm[: len(pcm) // 2 * 2])
    taps = _low_pass()
    edge = [0] * (len(taps) // 2)
    padded = array("d", [*edge, *wide, *edge])
    return encoded(round(sum(map(mul, taps, padded[at : at + _TAPS]))) for at in range(0, len(wide), _EVERY))


def encoded(samples: Iterable[int]) -> bytes:
    """16-bit samples as mu-law; what is too loud is clipped."""
    table = _codes()
    return bytes([table[min(max(sample, -_CLIP), _CLIP) + _CLIP] for sample in samples])


def decoded(mulaw: bytes) -> list[int]:
    """Mu-law as 16-bit samples."""
    return [_LINEAR[byte] for byte in mulaw]


def trimmed(mulaw: bytes, *, before_ms: int, after_ms: int) -> bytes:
    """The same with at most so much silence before and after what can be heard; untouched when nothing can."""
    heard = mulaw.translate(_AUDIBLE)
    first, last = heard.find(b"\1"), heard.rfind(b"\1")
    if first < 0:
        return mulaw
    return mulaw[max(0, first - before_ms * BYTES_PER_MS) : last + 1 + after_ms * BYTES_PER_MS]


def louder(mulaw: bytes) -> bytes:
    """The same, 6 dB louder, clipped where it would be too loud."""
    return mulaw.translate(_louder())


def wav(mulaw: bytes) -> bytes:
    """The same as a WAV file, as the carrier plays it."""
    form = struct.pack("<HHIIHHH", 7, 1, RATE, RATE, 1, 8, 0)
    fact, padding = struct.pack("<I", len(mulaw)), b"\0" * (len(mulaw) % 2)
    chunks = [(b"fmt ", form, b""), (b"fact", fact, b""), (b"data", mulaw, padding)]
    body = b"WAVE" + b"".join(name + struct.pack("<I", len(held)) + held + pad for name, held, pad in chunks)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def _code(sample: int) -> int:
    magnitude = min(abs(sample), _CLIP) + _BIAS
    segment = magnitude.bit_length() - 8  # the bias makes bit 7 the lowest leading one
    return ~((0x80 if sample < 0 else 0) | segment << 4 | magnitude >> segment + 3 & 0x0F) & 0xFF


def _sample(code: int) -> int:
    turned = ~code & 0xFF
    magnitude = ((turned & 0x0F) << 3 | 0x84) << (turned >> 4 & 7)
    return _BIAS - magnitude if turned & 0x80 else magnitude - _BIAS


_LINEAR = [_sample(code) for code in range(256)]
_AUDIBLE = bytes(abs(sample) > _QUIET for sample in _LINEAR)


@lru_cache
def _codes() -> bytes:
    return bytes(_code(sample) for sample in range(-_CLIP, _CLIP + 1))


@lru_cache
def _louder() -> bytes:
    return bytes(_code(round(sample * _LOUDER)) for sample in _LINEAR)


@lru_cache
def _low_pass() -> "array[float]":
    """A windowed sinc (Kaiser), whose gain at rest is one."""
    middle = (_TAPS - 1) / 2
    turn = 2 * _CUTOFF_HZ / _WIDE_RATE
    taps = []
    for n in range(_TAPS):
        at = n - middle
        sinc = turn if at == 0 else math.sin(math.pi * turn * at) / (math.pi * at)
        taps.append(sinc * _bessel(_KAISER_BETA * math.sqrt(1 - (at / middle) ** 2)))
    total = sum(taps)
    return array("d", [tap / total for tap in taps])


def _bessel(x: float) -> float:
    """The modified Bessel function of order zero, by its series."""
    term = total = 1.0
    for n in range(1, 30):
        term *= (x / (2 * n)) ** 2
        total += term
    return total
