"""The model's end of the line: one socket to the Realtime API, opened and configured while the telephone rings."""

import asyncio
import json
import ssl
from collections.abc import Callable
from functools import lru_cache

import structlog
from picows import WSFrame, WSListener, WSMsgType, WSTransport, ws_connect

from oncall.call.line import Line
from oncall.call.session import session_update
from oncall.gateways import model

log = structlog.get_logger()

READY_WITHIN_SECONDS = 8.0
_TEXT, _CLOSE = WSMsgType.TEXT, WSMsgType.CLOSE


class ModelEnd(WSListener):
    """A session of the model for one call. Until a bridge takes over it configures itself and keeps quiet.

    `on_event` is called with every raw message once attached, `on_gone` once when the socket is lost.
    """

    def __init__(self, line: Line) -> None:
        self.line = line
        self.ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.on_event: Callable[[bytes], None] = self._while_ringing
        self.on_gone: Callable[[], None] = lambda: None
        self.gone = False
        self._transport: WSTransport | None = None

    @classmethod
    async def open(cls, line: Line) -> "ModelEnd":
        """A configured session. Raises OSError or TimeoutError when the model cannot be reached in time."""
        end = cls(line)
        url, headers = model.realtime_address()
        headers = {**headers, "OpenAI-Safety-Identifier": line.caller}
        context = _tls() if url.startswith("wss") else None
        try:
            async with asyncio.timeout(READY_WITHIN_SECONDS):
                await ws_connect(lambda: end, url, ssl_context=context, extra_headers=headers, enable_auto_ping=True,
                                 websocket_handshake_timeout=READY_WITHIN_SECONDS)  # fmt: skip
                await end.ready
        except BaseException as error:
            end.close()
            if isinstance(error, asyncio.CancelledError | TimeoutError | OSError):
                raise
            raise OSError("the model refused the session") from error
        return end

    def send(self, message: bytes) -> None:
        """Send one event, already written as JSON."""
        if self._transport is not None and not self.gone:
            self._transport.send(_TEXT, message)

    def close(self) -> None:
        """End the session; harmless when it has ended."""
        if self._transport is not None and not self.gone:
            self._transport.send_close()
            self._transport.disconnect()

    def on_ws_connected(self, transport: WSTransport) -> None:
        """The socket is open; the session introduces itself next."""
        self._transport = transport

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        """One message of the model."""
        kind = frame.msg_type
        if kind == _TEXT:
            self.on_event(frame.get_payload_as_bytes())
        elif kind == _CLOSE:
            transport.disconnect()

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        """The session is over, whoever ended it."""
        self.gone = True
        if not self.ready.done():
            self.ready.set_exception(OSError("the model closed the session"))
        self.on_gone()

    def _while_ringing(self, raw: bytes) -> None:
        event = json.loads(raw)
        match event.get("type"):
            case "session.created":
                self.send(json.dumps(session_update(self.line), ensure_ascii=False).encode())
            case "session.updated":
                if not self.ready.done():
                    self.ready.set_result(None)
            case "error":
                log.error("model_refused_session", code=str((event.get("error") or {}).get("code"))[:60])
                if not self.ready.done():
                    self.ready.set_exception(OSError("the model refused the session"))


@lru_cache
def _tls() -> ssl.SSLContext:
    return ssl.create_default_context()
