"""uvicorn's own socket up to the answer; then a route may hand the line to a leaner reader, on the same port.

The media socket carries fifty messages a second each way for every call, and ASGI's queue, task switch and dict per
message cost more than the bridging itself. A route checks signature and token as any other, and instead of accepting
calls `hand_over(socket, listener)`; from then on picows parses frames in C and calls the listener. Other sockets are
untouched. `WSProtocol` is picows' own class, built here by position: the version is pinned and a journey guards it.
"""

import logging
from typing import Any

from fastapi import WebSocket
from picows import WSAutoPingStrategy, WSListener, WSTransport
from picows.picows import WSProtocol  # type: ignore[attr-defined]  # compiled, and not in picows' stub
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

LARGEST_FRAME = 1 << 18
_EXTENSION = "oncall.hand_over"

logging.getLogger("picows").setLevel(logging.WARNING)
_log = logging.getLogger("picows.media")


def hand_over(socket: WebSocket, listener: WSListener) -> WSTransport:
    """Answer 101 and let `listener` read and write from here on; in place of `socket.accept()`."""
    transport: WSTransport = socket.scope["extensions"][_EXTENSION]["hand_over"](listener)
    return transport


class HandoverProtocol(WebSocketsSansIOProtocol):
    """uvicorn's websocket protocol, with one more thing a route may do before it accepts."""

    def data_received(self, data: bytes) -> None:
        """Keep the upgrade request: the next reader must see it too."""
        if not self.handshake_initiated:
            self.upgrade_request = bytes(data)
        super().data_received(data)

    def handle_connect(self, event: Any) -> None:
        """Offer the hand-over to the route."""
        super().handle_connect(event)
        if not self.handshake_complete:
            self.scope["extensions"][_EXTENSION] = {"hand_over": self._hand_over}  # our own extension

    def _hand_over(self, listener: WSListener) -> WSTransport:
        reader = WSProtocol(
            None, None, False, lambda request: listener, _log, True, 5, False, 10, 10,
            WSAutoPingStrategy.PING_WHEN_IDLE, True, LARGEST_FRAME, None, 4096,
        )  # fmt: skip
        self.handshake_complete = True  # so that uvicorn does not answer as well
        self.connections.discard(self)  # uvicorn hears nothing more of this line; its task goes on
        self.transport.set_protocol(reader)
        reader.connection_made(self.transport)
        reader.get_buffer(-1)[: len(self.upgrade_request)] = self.upgrade_request
        reader.buffer_updated(len(self.upgrade_request))
        transport: WSTransport = reader.transport
        return transport
