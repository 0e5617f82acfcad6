"""The bridge: what the telephone sends becomes what the model hears, and back, frame by frame, never decoded.

Both directions are plain callbacks of the two sockets: no task, queue or await per frame. The fast path slices the
base64 out of a message it knows by its first bytes; any other spelling of the same message goes through `json`, so
correctness never rests on the order of keys. Everything else of a call (turns, barge-in, tools, silence, the goodbye)
is in `talk.py`, which these two callbacks feed.
"""

import json
import re
import time
from base64 import b64decode, b64encode
from typing import TYPE_CHECKING

import structlog

from oncall.call import voice
from oncall.call.playback import Playback, Spoken

if TYPE_CHECKING:
    from collections.abc import Callable

    from oncall.call.talk import Talk

log = structlog.get_logger()

FRAME_MS = 20
LONGEST_GAP_MS = 10_000
LARGEST_MESSAGE = 1 << 16  # bytes that are looked at; a frame of sound has about 300
LARGEST_PAYLOAD = 32_000
BAD_FRAMES_ALLOWED = 5

_MEDIA = b'{"event":"media"'
_PAYLOAD, _STAMP, _DELTA, _ITEM, _RESPONSE = (
    b'"payload":"', b'"timestamp":"', b'"delta":"', b'"item_id":"', b'"response_id":"',
)  # fmt: skip
_APPEND = b'{"type":"input_audio_buffer.append","audio":"'
_SILENT_FRAME = b"/" * 212 + b"//8="  # base64 of 160 bytes of 0xff, mu-law silence
_is_base64 = re.compile(rb"[A-Za-z0-9+/]*={0,2}").fullmatch


class Bridge:
    """The two directions of one call. `talk` hears of everything that is not sound."""

    def __init__(self, to_phone: "Callable[[bytes], None]", to_model: "Callable[[bytes], None]") -> None:
        self._to_phone, self._to_model = to_phone, to_model
        self.talk: Talk  # set right after; the two know each other
        self.playback = Playback()
        self.heard_ms = 0  # the appended-audio clock, on which the model gives its times
        self._filled_ms = 0  # of that, silence in place of lost sound
        self.dropped: set[bytes] = set()  # responses whose further sound is not wanted
        self.louder = False
        self._stream = b""
        self._media_prefix = b""
        self._last_stamp: int | None = None
        self._bad_frames = 0

    def begin(self, stream_sid: str) -> None:
        """The stream has a name; from here sound may be sent to the telephone."""
        self._stream = stream_sid.encode()
        self._media_prefix = b'{"event":"media","streamSid":"' + self._stream + b'","media":{"payload":"'

    def from_phone(self, raw: bytes) -> None:
        """One text message of the media stream."""
        if len(raw) > LARGEST_MESSAGE:
            self._bad_frame()
            return
        if raw.startswith(_MEDIA):
            start = raw.find(_PAYLOAD) + 11
            end = raw.find(b'"', start)
            stamp = raw.find(_STAMP) + 13
            if start > 11 and end > 0 and stamp > 13:
                stamped = raw[stamp : raw.find(b'"', stamp)]
                self._append(raw[start:end], int(stamped) if stamped.isdigit() else None)
                return
        self._from_phone_slowly(raw)

    def from_model(self, raw: bytes) -> None:
        """One event of the model."""
        if b'response.output_audio.delta"' in raw[:80]:
            start = raw.find(_DELTA) + 9
            item = raw.find(_ITEM) + 11
            response = raw.find(_RESPONSE) + 15
            if start > 9 and item > 11 and response > 15:
                self._play(
                    raw[item : raw.find(b'"', item)],
                    raw[response : raw.find(b'"', response)],
                    raw[start : raw.find(b'"', start)],
                )
                return
        self.talk.model_said(raw)

    def ask_model(self, event: dict[str, object]) -> None:
        """Send one event to the model."""
        self._to_model(json.dumps(event, ensure_ascii=False).encode())

    def play_line(self, item: str, sound: bytes) -> None:
        """Send a piece of a fixed line: mu-law sound that no model made."""
        self._send(item, len(sound), b64encode(voice.louder(sound) if self.louder else sound))

    def clear_phone(self) -> None:
        """Throw away what the carrier has not played yet."""
        self._to_phone(b'{"event":"clear","streamSid":"' + self._stream + b'"}')

    def fall_silent(self, milliseconds: int = 3000) -> None:
        """The telephone is gone: what the model hears from here on is silence."""
        self._fill(milliseconds)

    def _append(self, payload: bytes, stamp: int | None) -> None:
        if len(payload) > LARGEST_PAYLOAD or not _is_base64(payload):
            self._bad_frame()
            return
        if stamp is not None:
            if self._last_stamp is not None and FRAME_MS < (gap := stamp - self._last_stamp) <= LONGEST_GAP_MS:
                self._fill_lost(gap - FRAME_MS)
            self._last_stamp = stamp
        self._to_model(_APPEND + payload + b'"}')
        self.heard_ms += FRAME_MS
        if self.heard_ms >= self.talk.far_end.listens_up_at_ms:
            self.talk.still_speaking()

    def _fill_lost(self, gap_ms: int) -> None:
        """Sound the network lost becomes silence, so that the model's clock and its sense of a pause stay right.

        Never much more silence than there was sound: stamps that leap with every frame must not become a flood.
        """
        if self._filled_ms + gap_ms <= LONGEST_GAP_MS + self.heard_ms - self._filled_ms:
            self._fill(gap_ms)
            self._filled_ms += gap_ms // FRAME_MS * FRAME_MS

    def _fill(self, gap_ms: int) -> None:
        for _ in range(gap_ms // FRAME_MS):
            self._to_model(_APPEND + _SILENT_FRAME + b'"}')
            self.heard_ms += FRAME_MS

    def _play(self, item: bytes, response: bytes, payload: bytes) -> None:
        if response in self.dropped or not payload:
            return
        came_at = time.monotonic()
        if self.louder:
            payload = b64encode(voice.louder(b64decode(payload)))
        spoken = self._send(item.decode(), len(payload) * 3 // 4 - payload.count(b"=", -2), payload)
        self.talk.sound_sent(spoken, came_at)

    def _send(self, item: str, size: int, payload: bytes) -> Spoken:
        mark = self.playback.sent(item, size, time.monotonic())
        self._to_phone(self._media_prefix + payload + b'"}}')
        self._to_phone(b'{"event":"mark","streamSid":"' + self._stream + b'","mark":{"name":"' + mark.encode() + b'"}}')
        return self.playback.items[item]

    def _from_phone_slowly(self, raw: bytes) -> None:
        try:
            message = json.loads(raw)
            event = message["event"]
            if event == "media":
                media = message["media"]
                self._append(media["payload"].encode(), int(media["timestamp"]))
            elif event == "mark":
                self.talk.played(str(message["mark"]["name"]))
            elif event == "dtmf":
                self.talk.pressed(str(message["dtmf"]["digit"]))
            elif event == "stop":
                self.talk.phone_hung_up()
            elif event not in {"connected", "start"}:
                self._bad_frame()
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError, OverflowError):
            self._bad_frame()

    def _bad_frame(self) -> None:
        self._bad_frames += 1
        if self._bad_frames > BAD_FRAMES_ALLOWED:
            self.talk.fail("malformed")
