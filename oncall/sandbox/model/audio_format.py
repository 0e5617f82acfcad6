"""The three audio formats of a realtime session, each to and from the mu-law the sandbox thinks in."""

from __future__ import annotations

import functools
from array import array
from enum import StrEnum

from oncall.sandbox.sound import from_pcm16, read_words, to_pcm16


class AudioFormat(StrEnum):
    """As named in `session.audio.*.format.type`."""

    PCM = "audio/pcm"
    PCMU = "audio/pcmu"
    PCMA = "audio/pcma"

    @property
    def bytes_per_ms(self) -> int:
        """24 kHz 16-bit samples, or 8 kHz single bytes."""
        return 48 if self is AudioFormat.PCM else 8


def to_ulaw(audio: bytes, form: AudioFormat, *, phase: int = 0) -> bytes:
    """Mu-law of the same length in time; of 24 kHz sound every third sample is taken, beginning at `phase` (0-2)."""
    if form is AudioFormat.PCMU:
        return audio
    if form is AudioFormat.PCMA:
        return audio.translate(_alaw_to_ulaw())
    samples = array("H", audio[: len(audio) // 2 * 2])
    return from_pcm16(samples[phase::3].tobytes())


def from_ulaw(ulaw: bytes, form: AudioFormat) -> bytes:
    """The same sound in `form`; to 24 kHz each sample is said three times, so that any decimation keeps the words."""
    if form is AudioFormat.PCMU:
        return ulaw
    if form is AudioFormat.PCMA:
        return ulaw.translate(_ulaw_to_alaw())
    narrow = array("h", to_pcm16(ulaw))
    wide = array("h", bytes(6 * len(narrow)))
    for phase in range(3):
        wide[phase::3] = narrow
    return wide.tobytes()


def words_in(audio: bytes, form: AudioFormat) -> str:
    """The words in the samples; of 24 kHz sound, in whichever third of the samples they survived best."""
    if form is not AudioFormat.PCM:
        return read_words(to_ulaw(audio, form))
    heard = (read_words(to_ulaw(audio, form, phase=phase)) for phase in range(3))
    return max(heard, key=lambda text: (len(text) - 2 * text.count("□"), text))


@functools.cache
def _ulaw_to_alaw() -> bytes:
    """The nearest A-law byte that keeps the lowest bit, where the words are."""
    loud = [_alaw_magnitude(byte) for byte in range(256)]
    pcm = array("h", to_pcm16(bytes(range(256))))
    return bytes(
        min((alaw for alaw in range(256) if (alaw ^ ulaw) & 1 == 0), key=lambda alaw: abs(loud[alaw] - pcm[ulaw]))
        for ulaw in range(256)
    )


@functools.cache
def _alaw_to_ulaw() -> bytes:
    pcm = array("h", to_pcm16(bytes(range(256))))
    nearest = bytearray()
    for alaw in range(256):
        loud = _alaw_magnitude(alaw)
        usable = (ulaw for ulaw in range(256) if ulaw != 0x7F and (alaw ^ ulaw) & 1 == 0)
        nearest.append(min(usable, key=lambda ulaw: abs(loud - pcm[ulaw])))
    return bytes(nearest)


def _alaw_magnitude(byte: int) -> int:
    """ITU-T G.711 A-law expansion, to 16 bits."""
    code = byte ^ 0x55
    exponent = code >> 4 & 7
    magnitude = ((code & 0x0F) << 4) + 8
    if exponent:
        magnitude = magnitude + 0x100 << exponent - 1
    return magnitude if code & 0x80 else -magnitude
