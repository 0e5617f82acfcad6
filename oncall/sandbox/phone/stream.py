"""The media stream: a call's sound as WebSocket messages, both ways, in real time.

Towards the server goes what the callee says, 20 ms a message; back come sound, marks and clears, which are played to
the callee one frame after another.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import json
from email.utils import format_datetime
from typing import Any, Final
from xml.etree.ElementTree import Element

from picows import WSCloseCode, WSFrame, WSHandshakeError, WSListener, WSMsgType, WSTransport, ws_connect

from oncall.sandbox.phone.call import new_sid, now
from oncall.sandbox.phone.script import GoTo, Script, verb
from oncall.sandbox.phone.webhook import signature
from oncall.sandbox.sound import FRAME_MS, SILENCE

_SILENT: Final = base64.b64encode(SILENCE).decode()
_MOST_UNREAD: Final = 128 * 1024
"""Bytes the server may be behind with reading before sound is dropped: about eight seconds."""
_GAP_BEGINS: Final = 2.0


class MediaStream(WSListener):
    """One <Stream> of one call."""

    def __init__(self, script: Script, element: Element, *, bidirectional: bool) -> None:
        self.sid = new_sid("MZ")
        self.ended = asyncio.Event()
        self._script = script
        self._element = element
        self._bidirectional = bidirectional
        self._tracks = _tracks(element.get("track") or "inbound_track", bidirectional)
        self._faults = script.exchange.chance
        self._transport: WSTransport | None = None
        self._sequence = 0
        self._frames = 0
        self._chunks = dict.fromkeys(self._tracks, 0)
        self._burst: list[bytes] = []
        self._pieces: list[bytes] = []
        self._warned: set[int] = set()
        self._stopped = False

    @property
    def frames(self) -> int:
        """Frames of the call since the stream began."""
        return self._frames

    @property
    def name(self) -> str:
        """As it was given, else its sid."""
        return self._element.get("name") or self.sid

    async def open(self) -> bool:
        """Connect and introduce the call; False, with the reason told, when the server cannot be had."""
        url = self._element.get("url") or ""
        if problem := _unusable(url):
            self._tell_error(*problem)
            return False
        token = self._script.exchange.config.auth_token
        try:
            transport, _ = await ws_connect(
                lambda: self,
                url,
                extra_headers={"x-twilio-signature": signature(token, url, {}), "User-Agent": "TwilioProxy/1.1"},
                websocket_handshake_timeout=10,
                max_redirects=0,
                enable_auto_pong=True,
            )
        except TimeoutError:
            self._tell_error(31901, "connect timeout")
            return False
        except WSHandshakeError:
            self._tell_error(31920, "handshake was not answered with 101")
            return False
        except (OSError, ValueError):
            self._tell_error(31902, "no connection")
            return False
        line = self._script.call.line
        if self._stopped or line is None:
            transport.disconnect()
            return False
        self._transport = transport
        self._introduce()
        line.taps.append(self.tap)
        if self._bidirectional:
            # Keys are told on two-way streams only.
            line.on_digit.append(self.press)
        self._tell("stream-started")
        return True

    def tap(self, said: bytes, heard: bytes) -> None:
        """One more frame of the call, to the server."""
        transport = self._transport
        if transport is None:
            return
        self._frames += 1
        faults = self._faults.faults
        if self._is_half_open() or (self._frames % 50 == 0 and not self._is_read(transport)):
            return
        if faults.media_gap and _GAP_BEGINS <= self._frames * FRAME_MS / 1000 < _GAP_BEGINS + faults.media_gap:
            return
        for track in self._tracks:
            if faults.media_drop_rate and self._faults.strikes("media_drop_rate"):
                continue
            self._burst.append(self._media(track, said if track == "inbound" else heard))
        if self._frames % faults.media_burst == 0:
            for message in self._burst:
                transport.send(WSMsgType.TEXT, message)
            self._burst.clear()

    def press(self, digit: str) -> None:
        """The callee pressed a key."""
        self._send({"event": "dtmf", "dtmf": {"track": "inbound_track", "digit": digit}})

    def stop(self) -> None:
        """Say that the stream is over and close; what has not been heard yet never will be."""
        if self._stopped:
            return
        self._stopped = True
        line = self._script.line
        was_open = self._transport is not None
        if self.tap in line.taps:
            line.taps.remove(self.tap)
        if self.press in line.on_digit:
            line.on_digit.remove(self.press)
        call = self._script.call
        if self._is_half_open():
            self._transport = None
        if self._transport is not None and not self.ended.is_set():
            self._send({"event": "stop", "stop": {"accountSid": call.account_sid, "callSid": call.sid}})
            self._transport.send_close(WSCloseCode.OK)
            asyncio.get_running_loop().call_later(2.0, self._transport.disconnect)
        self._transport = None
        if self._bidirectional:
            line.playout.clear()
        if was_open or self._bidirectional:
            self._tell("stream-stopped")

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        """A message, or part of one, from the server."""
        kind = frame.msg_type
        if kind is WSMsgType.CLOSE:
            transport.send_close(frame.get_close_code())
            transport.disconnect()
        elif kind is WSMsgType.BINARY:
            self._warn(31950, "a binary message")
        elif kind in (WSMsgType.TEXT, WSMsgType.CONTINUATION) and not self._is_half_open():
            self._pieces.append(frame.get_payload_as_bytes())
            if frame.fin:
                message, self._pieces = b"".join(self._pieces), []
                self._receive(message)

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        """The socket is gone."""
        if not self._stopped and not self._is_half_open():
            self._warn(31921, "the server closed the socket")
        self.ended.set()
        if not self._bidirectional:
            self.stop()

    def _introduce(self) -> None:
        call = self._script.call
        parameters = {
            parameter.get("name", ""): parameter.get("value", "") for parameter in self._element.iter("Parameter")
        }
        assert self._transport is not None
        self._transport.send(WSMsgType.TEXT, b'{"event":"connected","protocol":"Call","version":"1.0.0"}')
        self._send(
            {
                "event": "start",
                "start": {
                    "accountSid": call.account_sid,
                    "streamSid": self.sid,
                    "callSid": call.sid,
                    "tracks": list(self._tracks),
                    "mediaFormat": {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1},
                    "customParameters": parameters,
                },
            }
        )

    def _media(self, track: str, frame: bytes) -> bytes:
        self._sequence += 1
        self._chunks[track] += 1
        payload = _SILENT if frame is SILENCE else binascii.b2a_base64(frame, newline=False).decode()
        return (
            f'{{"event":"media","sequenceNumber":"{self._sequence}","media":{{"track":"{track}",'
            f'"chunk":"{self._chunks[track]}","timestamp":"{self._frames * FRAME_MS}","payload":"{payload}"}},'
            f'"streamSid":"{self.sid}"}}'
        ).encode()

    def _send(self, message: dict[str, Any]) -> None:
        if self._transport is not None and not self._is_half_open():
            self._sequence += 1
            numbered = message | {"sequenceNumber": str(self._sequence), "streamSid": self.sid}
            self._transport.send(WSMsgType.TEXT, json.dumps(numbered, ensure_ascii=False).encode())

    def _receive(self, text: bytes) -> None:
        if not self._bidirectional or self._stopped:
            return
        try:
            message = json.loads(text)
            event, stream_sid = message["event"], message.get("streamSid")
        except (ValueError, TypeError, KeyError, AttributeError):
            self._warn(31951, "a message that is no event")
            return
        if stream_sid != self.sid:
            self._warn(31951, "a message for another stream")
        elif event == "media":
            self._play(message)
        elif event == "mark":
            self._mark(message)
        elif event == "clear":
            self._script.line.playout.clear()
        else:
            self._warn(31951, "a message of unknown kind")

    def _play(self, message: dict[str, Any]) -> None:
        try:
            sound = binascii.a2b_base64(message["media"]["payload"], strict_mode=True)
        except (ValueError, TypeError, KeyError):
            self._warn(31951, "media without a payload")
            return
        self._script.line.playout.add(sound)

    def _mark(self, message: dict[str, Any]) -> None:
        try:
            name = str(message["mark"]["name"])
        except (TypeError, KeyError):
            self._warn(31951, "a mark without a name")
            return
        self._script.line.playout.mark(lambda: self._send({"event": "mark", "mark": {"name": name}}))

    def _is_half_open(self) -> bool:
        after = self._faults.faults.half_open
        return after > 0 and self._frames * FRAME_MS / 1000 >= after

    def _is_read(self, transport: WSTransport) -> bool:
        unread = transport.underlying_transport.get_write_buffer_size()
        if unread > _MOST_UNREAD:
            self._warn(31930, "the server does not read; sound was dropped")
            return False
        return True

    def _warn(self, code: int, reason: str) -> None:
        if code not in self._warned:
            self._warned.add(code)
            self._script.exchange.warn(code, self._script.call, reason)

    def _tell_error(self, code: int, reason: str) -> None:
        self._warn(code, reason)
        self._tell("stream-error", {"StreamError": f"{code} {reason}", "StreamErrorCode": str(code)})

    def _tell(self, event: str, extra: dict[str, str] | None = None) -> None:
        params = {
            "AccountSid": self._script.call.account_sid,
            "CallSid": self._script.call.sid,
            "StreamSid": self.sid,
            "StreamName": self.name,
            "StreamEvent": event,
            "Timestamp": format_datetime(now()),
        }
        self._script.tell(self._element, "statusCallback", params | (extra or {}))


@verb("Connect")
async def connect(script: Script, element: Element) -> None:
    """<Connect><Stream>: lasts until the server closes the socket; then `action`, or the next verb."""
    noun = element.find("Stream")
    if noun is None:
        script.exchange.warn(12200, script.call, "Connect of anything but Stream is not done here")
        return
    stream = MediaStream(script, noun, bidirectional=True)
    try:
        if await stream.open():
            await stream.ended.wait()
    finally:
        stream.stop()
    if element.get("action"):
        raise GoTo(script.elsewhere(element.get("action") or "", element.get("method")))


def _unusable(url: str) -> tuple[int, str] | None:
    if not url.startswith(("wss://", "ws://")):
        return 31922, "the URL is neither wss nor ws"
    return (31920, "the URL has a query string") if "?" in url else None


def _tracks(wanted: str, bidirectional: bool) -> tuple[str, ...]:
    if bidirectional or wanted == "inbound_track":
        return ("inbound",)
    return ("outbound",) if wanted == "outbound_track" else ("inbound", "outbound")
