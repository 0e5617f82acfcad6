"""RIFF files: reading what people upload for transcription, writing what the speech endpoint returns."""

from __future__ import annotations

import struct
from dataclasses import dataclass

from oncall.sandbox.model.audio_format import AudioFormat, to_ulaw
from oncall.sandbox.model.refusal import Refusal
from oncall.sandbox.sound import from_pcm16, read_words

PCM, ALAW, ULAW, EXTENSIBLE = 1, 6, 7, 0xFFFE


@dataclass(frozen=True, slots=True)
class Recording:
    """One file's sound, channel by channel, as samples at `rate`: mu-law bytes each."""

    rate: int
    channels: tuple[bytes, ...]

    @property
    def seconds(self) -> float:
        return len(self.channels[0]) / self.rate

    def words(self) -> str:
        """The words of all channels, one channel after the other; of higher rates than 8 kHz, every n-th sample's."""
        step = max(1, round(self.rate / 8000))
        heard = []
        for channel in self.channels:
            readings = (read_words(channel[phase::step]).strip() for phase in range(step))
            heard.append(max(readings, key=lambda text: len(text) - 2 * text.count("□")))
        return " ".join(text for text in heard if text)


def read_wav(content: bytes) -> Recording:
    """The sound of a RIFF/WAVE file of 16-bit PCM, mu-law or A-law; refused as OpenAI refuses a broken file."""
    broken = Refusal("Audio file might be corrupted or unsupported", param="file", code="invalid_value")
    if content[:4] != b"RIFF" or content[8:12] != b"WAVE":
        raise broken
    form: tuple[int, int, int, int] | None = None
    at = 12
    while at + 8 <= len(content):
        name, size = content[at : at + 4], int.from_bytes(content[at + 4 : at + 8], "little")
        body = content[at + 8 : at + 8 + size]
        if name == b"fmt " and len(body) >= 16:
            kind, channels, rate, _, _, bits = struct.unpack("<HHIIHH", body[:16])
            if kind == EXTENSIBLE and len(body) >= 26:
                kind = int.from_bytes(body[24:26], "little")
            form = (kind, channels, rate, bits)
        elif name == b"data" and form is not None:
            return _split(body, *form, broken=broken)
        at += 8 + size + size % 2
    raise broken


def write_wav(pcm: bytes, rate: int) -> bytes:
    """A mono file of signed 16-bit little-endian samples."""
    header = struct.pack("<4sI4s4sIHHIIHH", b"RIFF", 36 + len(pcm), b"WAVE", b"fmt ", 16, PCM, 1, rate, rate * 2, 2, 16)
    return header + struct.pack("<4sI", b"data", len(pcm)) + pcm


def _split(body: bytes, kind: int, channels: int, rate: int, bits: int, *, broken: Refusal) -> Recording:
    width = bits // 8
    if not channels or not rate or (kind, bits) not in ((PCM, 16), (ULAW, 8), (ALAW, 8)):
        raise broken
    body = body[: len(body) // (width * channels) * width * channels]
    ulaw = from_pcm16(body) if kind == PCM else body if kind == ULAW else to_ulaw(body, AudioFormat.PCMA)
    return Recording(rate, tuple(ulaw[channel::channels] for channel in range(channels)))
