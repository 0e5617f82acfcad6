"""Sound files as the carrier plays them: WAV and audio/basic, brought to eight-kilohertz mu-law.

Samples that are mu-law already, or linear readings of it, come out exactly as they went in, words included: at 16 or
24 kHz every second or third sample is the one that counts.
"""

from __future__ import annotations

import struct
from array import array
from collections.abc import Iterator
from typing import Final

from oncall.sandbox.sound import RATE, from_pcm16, to_pcm16

_PCM, _ULAW, _EXTENSIBLE = 1, 7, 0xFFFE
_AU_ULAW, _AU_PCM16 = 1, 3
_MOST_RATE: Final = 192_000


class Unplayable(Exception):
    """A file that is no sound, or none of a kind that is known here."""


def read_sound(content: bytes, content_type: str) -> bytes:
    """The sound as mu-law; raises Unplayable."""
    kind = content_type.partition(";")[0].strip().lower()
    try:
        if content[:4] == b"RIFF" and content[8:12] == b"WAVE":
            return _wav(content)
        if content[:4] == b".snd":
            return _au(content)
    except struct.error:
        raise Unplayable("the file is cut short") from None
    if kind in ("audio/basic", "audio/ulaw", "audio/x-mulaw"):
        return content
    raise Unplayable(f"a file of type {kind or 'unknown'}")


def _wav(content: bytes) -> bytes:
    form: bytes | None = None
    for name, chunk in _chunks(content):
        if name == b"fmt ":
            form = chunk
        elif name == b"data" and form is not None:
            coding, channels, rate, _, _, bits = struct.unpack_from("<HHIIHH", form)
            if coding == _EXTENSIBLE:
                (coding,) = struct.unpack_from("<H", form, 24)
            return _eight_kilohertz(_linear(chunk, coding, bits), channels, rate)
    raise Unplayable("a WAV file without sound")


def _chunks(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = 12
    while at + 8 <= len(content):
        (size,) = struct.unpack_from("<I", content, at + 4)
        # A file written while it was being made does not know its size.
        yield content[at : at + 4], content[at + 8 : at + 8 + size]
        at += 8 + size + size % 2


def _au(content: bytes) -> bytes:
    offset, _, coding, rate, channels = struct.unpack_from(">IIIII", content, 4)
    sound = content[offset:]
    if coding == _AU_PCM16:
        samples = array("h", sound[: len(sound) // 2 * 2])
        samples.byteswap()
        return _eight_kilohertz(samples, channels, rate)
    return _eight_kilohertz(_linear(sound, _ULAW if coding == _AU_ULAW else 0, 8), channels, rate)


def _linear(sound: bytes, coding: int, bits: int) -> array[int]:
    """Signed 16-bit samples, in the order of a little-endian machine."""
    if coding == _ULAW and bits == 8:
        return array("h", to_pcm16(sound))
    if coding == _PCM and bits == 16:
        return array("h", sound[: len(sound) // 2 * 2])
    if coding == _PCM and bits == 8:
        return array("h", [(sample - 128) * 256 for sample in sound])
    raise Unplayable(f"a WAV file of coding {coding} with {bits} bits")


def _eight_kilohertz(samples: array[int], channels: int, rate: int) -> bytes:
    if not 0 < rate <= _MOST_RATE or channels not in (1, 2):
        raise Unplayable(f"a file of {channels} channels at {rate} Hz")
    if channels == 2:
        pairs = zip(samples[0::2], samples[1::2], strict=False)
        samples = array("h", [(left + right) // 2 for left, right in pairs])
    if rate != RATE:
        count = len(samples) * RATE // rate
        samples = array("h", [samples[position * rate // RATE] for position in range(count)])
    return from_pcm16(samples.tobytes())
