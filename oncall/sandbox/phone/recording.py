"""A recording: two tapes beside each other, the callee on the first and what they heard on the second."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from enum import StrEnum
from itertools import starmap
from pathlib import Path
from uuid import uuid4

from oncall.sandbox.sound import FRAME, RATE, SILENCE, from_pcm16, loudness, to_pcm16

_SPEECH = 30


class RecordingStatus(StrEnum):
    """Where a recording stands."""

    IN_PROGRESS = "in-progress"
    PAUSED = "paused"
    STOPPED = "stopped"
    PROCESSING = "processing"
    COMPLETED = "completed"
    ABSENT = "absent"
    DELETED = "deleted"


@dataclass(eq=False, slots=True)
class Recording:
    """One recording of one call."""

    account_sid: str
    call_sid: str
    source: str
    """OutboundAPI, StartCallRecordingAPI or StartCallRecordingTwiML."""
    channels: int = 2
    track: str = "both"
    trim: bool = False
    skip_pauses: bool = False
    sid: str = field(default_factory=lambda: "RE" + uuid4().hex)
    status: RecordingStatus = RecordingStatus.IN_PROGRESS
    started: datetime = field(default_factory=lambda: datetime.now(UTC))
    refusals_left: int = 0
    """How many more requests for the sound are answered 404."""
    callback: object = None
    _callee: bytearray = field(default_factory=bytearray)
    _agent: bytearray = field(default_factory=bytearray)
    _file: Path | None = None
    _length: int = 0

    def tap(self, said: bytes, heard: bytes) -> None:
        """One more frame."""
        if self.status is RecordingStatus.IN_PROGRESS:
            self._callee += said if self.track != "outbound" else SILENCE
            self._agent += heard if self.track != "inbound" else SILENCE
        elif self.status is RecordingStatus.PAUSED and not self.skip_pauses:
            self._callee += SILENCE
            self._agent += SILENCE

    @property
    def running(self) -> bool:
        """Whether frames may still be added."""
        return self.status in (RecordingStatus.IN_PROGRESS, RecordingStatus.PAUSED)

    @property
    def duration(self) -> int:
        """Whole seconds, as the carrier rounds them: 0 only when there is nothing."""
        length = self._length or len(self._callee)
        return max(1, round(length / RATE)) if length else 0

    def store(self, folder: Path) -> None:
        """Cut silence off both ends if that was asked for, and move the sound from memory to a file."""
        callee, agent = bytes(self._callee), bytes(self._agent)
        if self.trim:
            first, last = _speech_between(callee, agent)
            callee, agent = callee[first:last], agent[first:last]
        self._length = len(callee)
        self._file = folder / f"{self.sid}.ulaw"
        self._file.write_bytes(callee + agent)
        self._callee.clear()
        self._agent.clear()

    def wav(self, channels: int) -> bytes:
        """16-bit samples with a header; one channel mixes both sides. FileNotFoundError when nothing is stored."""
        if self._file is None:
            raise FileNotFoundError(self.sid)
        both = self._file.read_bytes()
        callee, agent = both[: self._length], both[self._length :]
        if channels == 1:
            return _header(1, 2 * self._length) + to_pcm16(_mixed(callee, agent))
        left, right = to_pcm16(callee), to_pcm16(agent)
        samples = bytearray(2 * len(left))
        samples[0::4], samples[1::4] = left[0::2], left[1::2]
        samples[2::4], samples[3::4] = right[0::2], right[1::2]
        return _header(2, len(samples)) + bytes(samples)

    def delete(self) -> None:
        """Forget the sound."""
        self.status = RecordingStatus.DELETED
        if self._file is not None:
            self._file.unlink(missing_ok=True)
            self._file = None

    @property
    def path(self) -> str:
        """Relative to the base, without its ending."""
        return f"/2010-04-01/Accounts/{self.account_sid}/Recordings/{self.sid}"

    def as_json(self, base: str) -> dict[str, object]:
        """The resource; `base` is how the asker reached the carrier."""
        ended = not self.running and self.status is not RecordingStatus.PROCESSING
        started = format_datetime(self.started.replace(microsecond=0))
        return {
            "sid": self.sid,
            "account_sid": self.account_sid,
            "call_sid": self.call_sid,
            "conference_sid": None,
            "status": str(self.status),
            "source": self.source,
            "channels": self.channels,
            "track": self.track,
            "duration": str(self.duration) if ended else None,
            "start_time": started,
            "date_created": started,
            "date_updated": started,
            "price": None,
            "price_unit": "USD",
            "error_code": 13256 if self.status is RecordingStatus.ABSENT else None,
            "encryption_details": None,
            "api_version": "2010-04-01",
            "uri": f"{self.path}.json",
            "media_url": f"{base}{self.path}",
            "subresource_uris": {
                "transcriptions": f"{self.path}/Transcriptions.json",
                "add_on_results": f"{self.path}/AddOnResults.json",
            },
        }

    def as_params(self, base: str) -> dict[str, str]:
        """The fields of a recording callback, without the call's."""
        params = {
            "AccountSid": self.account_sid,
            "CallSid": self.call_sid,
            "RecordingSid": self.sid,
            "RecordingUrl": f"{base}{self.path}",
            "RecordingStatus": str(self.status),
            "RecordingDuration": str(self.duration),
            "RecordingChannels": str(self.channels),
            "RecordingStartTime": format_datetime(self.started.replace(microsecond=0)),
            "RecordingSource": self.source,
            "RecordingTrack": self.track,
        }
        if self.status is RecordingStatus.ABSENT:
            params["ErrorCode"] = "13256"
        return params


def _speech_between(callee: bytes, agent: bytes) -> tuple[int, int]:
    """Offsets of the first and past the last frame in which anybody speaks; an empty span when nobody does."""
    loud = [
        at
        for at in range(0, len(callee), FRAME)
        if loudness(callee[at : at + FRAME]) > _SPEECH or loudness(agent[at : at + FRAME]) > _SPEECH
    ]
    return (loud[0], loud[-1] + FRAME) if loud else (0, 0)


def _mixed(callee: bytes, agent: bytes) -> bytes:
    """One channel: where only one side sounds it is left untouched, words included."""
    frames = ((callee[at : at + FRAME], agent[at : at + FRAME]) for at in range(0, len(callee), FRAME))
    return b"".join(starmap(_mixed_frame, frames))


def _mixed_frame(one: bytes, other: bytes) -> bytes:
    if not other.strip(b"\xff"):
        return one
    if not one.strip(b"\xff"):
        return other
    count = len(one)
    pairs = zip(struct.unpack(f"<{count}h", to_pcm16(one)), struct.unpack(f"<{count}h", to_pcm16(other)), strict=True)
    return from_pcm16(struct.pack(f"<{count}h", *((a + b) // 2 for a, b in pairs)))


def _header(channels: int, size: int) -> bytes:
    return (
        b"RIFF"
        + struct.pack("<I", 36 + size)
        + b"WAVEfmt "
        + struct.pack("<IHHIIHH", 16, 1, channels, RATE, RATE * 2 * channels, 2 * channels, 16)
        + b"data"
        + struct.pack("<I", size)
    )
