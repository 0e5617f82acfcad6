"""Words that travel inside telephone sound: eight-kilohertz mu-law whose lowest bits spell what is being said.

Every 20 ms frame carries, one bit per sample, a small packet: which utterance this is, which frame of it, the
characters that begin in these 20 ms, whether it is the last, and a checksum. A listener therefore knows exactly which
words reached it, and a bridge that drops, doubles or reorders frames is heard to do so. Nothing here repairs.
"""

from __future__ import annotations

import binascii
import functools
from array import array
from dataclasses import dataclass

RATE = 8000
FRAME = 160
FRAME_MS = 20
SILENCE = b"\xff" * FRAME
MISSING = "□"

_MAGIC = b"\xc4\x1b"
_ROOM = 11
"""Bytes of text one frame can carry: 20 in all, less magic 2, utterance 2, index 2, flags 1 and checksum 2."""
_LAST = 0x80
_TO_ASCII_BITS = bytes(48 + (byte & 1) for byte in range(256))
_FROM_ASCII_BITS = bytes(byte & 1 for byte in range(256))
_CLEAR_LOWEST = bytes(byte & 0xFE for byte in range(256))
_ONE_ZERO = bytes(0xFF if byte == 0x7F else byte for byte in range(256))
_MAGIC_BITS = b"".join(format(byte, "08b").encode() for byte in _MAGIC)


@dataclass(frozen=True, slots=True)
class Heard:
    """One frame's worth of words, as it reached a listener; `text` is empty in most frames of slow speech."""

    utterance: int
    index: int
    text: str
    last: bool


def write_words(ulaw: bytes, text: str, *, utterance: int) -> bytes:
    """The same speech with `text` spread over it in the lowest bits, in proportion to time.

    The result is a whole number of frames, padded with silence; text that does not fit lengthens it with quiet noise.
    `utterance` is kept to 16 bits; two utterances on one line should differ in it.
    """
    frames = max(1, -(-len(ulaw) // FRAME))
    portions = _spread(text, frames)
    sound = ulaw + _quiet(len(portions) * FRAME - len(ulaw), padding=frames * FRAME - len(ulaw))
    packets = b"".join(
        _packet(utterance, index, portion, last=index == len(portions) - 1) for index, portion in enumerate(portions)
    )
    bits = format(int.from_bytes(b"\x01" + packets), "b")[1:].encode().translate(_FROM_ASCII_BITS)
    marked = int.from_bytes(sound.translate(_CLEAR_LOWEST)) | int.from_bytes(bits)
    return marked.to_bytes(len(sound)).translate(_ONE_ZERO)


def read_words(ulaw: bytes) -> str:
    """The words in a whole buffer, at any sample offset; "□" where frames are missing, "" when there are none.

    Sound that begins in the middle of an utterance begins in the middle of its words, without a "□".
    """
    listener = Listener(from_the_middle=True)
    listener.hear(ulaw)
    return listener.text


class Listener:
    """An ear on a line: takes sound in pieces of any size and tells which words arrived, wrongness included.

    `lost`, `doubled` count frames that never came and frames that came again or late.
    """

    def __init__(self, *, from_the_middle: bool = False) -> None:
        self.lost = 0
        self.doubled = 0
        self._pieces: list[str] = []
        self._bits = b""
        self._expected: dict[int, int] = {}
        self._speaking: int | None = None
        self._silent_so_far = not from_the_middle

    @property
    def text(self) -> str:
        """Everything heard since the last `take`, utterances separated by a space."""
        return "".join(self._pieces)

    def take(self) -> str:
        """What was heard since the last `take`, which then starts anew."""
        text = self.text
        self._pieces = []
        return text

    def hear(self, ulaw: bytes) -> list[Heard]:
        """The frames completed by this sound, in the order they arrived."""
        bits = self._bits + ulaw.translate(_TO_ASCII_BITS)
        found: list[Heard] = []
        at = 0
        while True:
            start = bits.find(_MAGIC_BITS, at)
            if start < 0:
                at = max(at, len(bits) - len(_MAGIC_BITS) + 1)
                break
            if len(bits) - start < FRAME:
                at = start
                break
            heard = _read_packet(bits[start : start + FRAME])
            if heard is None:
                at = start + 1
                continue
            self._note(heard, silence_before=self._silent_so_far or start >= FRAME)
            found.append(heard)
            at = start + FRAME
        self._bits = bits[at:]
        return found

    def _note(self, heard: Heard, *, silence_before: bool) -> None:
        self._silent_so_far = True
        if heard.utterance != self._speaking or heard.index == 0:
            self._speaking = heard.utterance
            if self._pieces and not self._pieces[-1].endswith(" "):
                self._pieces.append(" ")
        if heard.index == 0:
            # A recorded sentence may be cut short and played again from its start.
            self.doubled += self._expected.pop(heard.utterance, None) == 1
        expected = self._expected.get(heard.utterance, 0 if silence_before else heard.index)
        if heard.index > expected:
            self.lost += heard.index - expected
            self._pieces.append(MISSING)
        elif heard.index < expected:
            self.doubled += 1
        if heard.text:
            self._pieces.append(heard.text)
        if heard.last:
            self._expected.pop(heard.utterance, None)
        else:
            self._expected[heard.utterance] = max(expected, heard.index + 1)


def loudness(ulaw: bytes) -> int:
    """Mean magnitude, 0 (silence) to about 8000; speech lies between a few hundred and 2000. 0 for no sound."""
    return sum(ulaw.translate(_SIZE)) * 32 // len(ulaw) if ulaw else 0


def to_pcm16(ulaw: bytes) -> bytes:
    """Signed 16-bit little-endian samples of the same sound."""
    pcm = bytearray(2 * len(ulaw))
    pcm[0::2] = ulaw.translate(_PCM_LOW)
    pcm[1::2] = ulaw.translate(_PCM_HIGH)
    return bytes(pcm)


def from_pcm16(pcm: bytes) -> bytes:
    """Mu-law of signed 16-bit little-endian samples; undoes `to_pcm16` exactly, the words in the lowest bit included.

    An odd last byte is dropped. Zero becomes 0xFF, never 0x7F.
    """
    samples = array("H", pcm[: len(pcm) // 2 * 2])
    if array("H", b"\x01\x00")[0] != 1:
        samples.byteswap()
    return bytes(map(_encoding().__getitem__, samples))


def _spread(text: str, frames: int) -> list[bytes]:
    portions: list[bytes] = [b""] * frames
    at = 0
    for position, character in enumerate(text):
        encoded = character.encode("utf-8", "replace")
        at = max(at, position * frames // len(text))
        if len(portions[min(at, len(portions) - 1)]) + len(encoded) > _ROOM:
            at += 1
        if at >= len(portions):
            portions.append(b"")
        portions[at] += encoded
    return portions


def _packet(utterance: int, index: int, portion: bytes, *, last: bool) -> bytes:
    head = (utterance & 0xFFFF).to_bytes(2) + (index & 0xFFFF).to_bytes(2)
    body = _MAGIC + head + bytes([len(portion) | (_LAST if last else 0)]) + portion.ljust(_ROOM, b"\x55")
    return body + binascii.crc_hqx(body, 0xFFFF).to_bytes(2)


def _read_packet(bits: bytes) -> Heard | None:
    packet = int(bits, 2).to_bytes(FRAME // 8)
    if binascii.crc_hqx(packet[:18], 0xFFFF) != int.from_bytes(packet[18:]):
        return None
    flags = packet[6]
    size = flags & ~_LAST
    try:
        text = packet[7 : 7 + size].decode() if size <= _ROOM else None
    except UnicodeDecodeError:
        text = None
    if text is None:
        return None
    return Heard(
        int.from_bytes(packet[2:4]),
        int.from_bytes(packet[4:6]),
        text,
        bool(flags & _LAST),
    )


def _quiet(length: int, *, padding: int) -> bytes:
    """`padding` bytes of silence and then noise too quiet to be speech, `length` in all."""
    noise = bytes(0xF8 | (position * 37 % 11 & 7) for position in range(length - padding))
    return b"\xff" * padding + noise


def _decode(byte: int) -> int:
    """ITU-T G.711 mu-law expansion, to 16 bits."""
    code = ~byte & 0xFF
    magnitude = (((code & 0x0F) << 3) + 0x84 << (code >> 4 & 7)) - 0x84
    return -magnitude if code & 0x80 else magnitude


_DECODED = [_decode(byte) for byte in range(256)]
_PCM_LOW = bytes(sample & 0xFF for sample in _DECODED)
_PCM_HIGH = bytes(sample >> 8 & 0xFF for sample in _DECODED)
_SIZE = bytes(min(255, abs(sample) // 4 // 32) for sample in _DECODED)


@functools.cache
def _encoding() -> bytes:
    """The mu-law byte of every unsigned reading of a 16-bit sample (G.711 compression)."""
    positive = bytearray(32768)
    for sample in range(32768):
        biased = min(sample, 32635) + 0x84
        exponent = biased.bit_length() - 8
        positive[sample] = ~(exponent << 4 | biased >> exponent + 3 & 0x0F) & 0xFF
    flip = bytes(byte & 0x7F for byte in range(256))
    negative = bytes([positive[32767]]) + bytes(reversed(positive[1:]))
    # The only zero is the positive one; small negative samples that round to zero take it too.
    return bytes(positive) + negative.translate(flip).translate(_ONE_ZERO)
