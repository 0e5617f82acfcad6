"""The whole of a line on a tape of the stand-in's own, from pick-up to hang-up, whoever else records: for listening."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Final

from oncall.sandbox.sound import RATE

_MU_LAW: Final = 7


class Tape:
    """Two channels: what the callee said, and what they heard."""

    def __init__(self) -> None:
        self._said = bytearray()
        self._heard = bytearray()

    def tap(self, said: bytes, heard: bytes) -> None:
        """One more frame."""
        self._said += said
        self._heard += heard

    def store(self, file: Path) -> None:
        """Write everything so far as a WAV file in mu-law, so that the words in the sound stay readable."""
        file.parent.mkdir(parents=True, exist_ok=True)
        both = bytearray(2 * len(self._said))
        both[0::2], both[1::2] = self._said, self._heard
        head = struct.pack("<HHIIHHH", _MU_LAW, 2, RATE, RATE * 2, 2, 8, 0)
        fact = struct.pack("<I", len(self._said))
        chunks = ((b"fmt ", head), (b"fact", fact), (b"data", bytes(both)))
        body = b"WAVE" + b"".join(name + struct.pack("<I", len(content)) + content for name, content in chunks)
        file.write_bytes(b"RIFF" + struct.pack("<I", len(body)) + body)


def read_tape(file: Path) -> tuple[bytes, bytes]:
    """What was said and what was heard, as mu-law at 8000 Hz, of a file that a tape was stored in."""
    raw = file.read_bytes()
    data = raw[raw.index(b"data") + 8 :]
    return data[0::2], data[1::2]
