"""A listener between OnCall and the model: passes everything on as it is and keeps what was said on the live socket."""

import asyncio
import contextlib
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field

import httpx2
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed


@dataclass
class Wiretap:
    """What went each way, as text, in order; and the server that listens."""

    model_url: str
    url: str = ""
    sent: list[str] = field(default_factory=list)  # by OnCall
    received: list[str] = field(default_factory=list)  # from the model
    sessions: int = 0

    async def realtime(self, ours: WebSocket) -> None:
        """One session, both ways, until either side is done."""
        headers = {name: ours.headers[name] for name in ("authorization",) if name in ours.headers}
        address = f"ws{self.model_url.removeprefix('http')}/v1/realtime?{ours.url.query}"
        async with connect(address, additional_headers=headers, max_size=None, compression=None) as theirs:
            await ours.accept()
            self.sessions += 1

            async def up() -> None:
                while True:
                    message = await ours.receive_text()
                    self.sent.append(message)
                    await theirs.send(message)

            async def down() -> None:
                async for message in theirs:
                    self.received.append(str(message))
                    await ours.send_text(str(message))

            tasks = {asyncio.create_task(up()), asyncio.create_task(down())}
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in tasks:
                task.cancel()
                with contextlib.suppress(asyncio.CancelledError, WebSocketDisconnect, ConnectionClosed, RuntimeError):
                    await task
        with contextlib.suppress(RuntimeError, WebSocketDisconnect):
            await ours.close()

    async def rest(self, request: Request) -> Response:
        """Transcription and assessment, passed on."""
        async with httpx2.AsyncClient(timeout=60) as client:
            answer = await client.request(
                request.method, f"{self.model_url}{request.url.path}", content=await request.body(),
                headers={name: value for name, value in request.headers.items() if name in {"authorization", "content-type"}},
            )  # fmt: skip
        return Response(answer.content, answer.status_code, media_type=answer.headers.get("content-type"))


@contextlib.contextmanager
def tapping(model_url: str) -> Iterator[Wiretap]:
    """Listen in front of the model at `model_url` (its address without /v1) for as long as the block lasts."""
    tap = Wiretap(model_url.removesuffix("/v1"))
    app = Starlette(routes=[
        WebSocketRoute("/v1/realtime", tap.realtime),
        Route("/{path:path}", tap.rest, methods=["GET", "POST"]),
    ])  # fmt: skip
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="error", ws="websockets-sansio",
                                           ws_per_message_deflate=False, timeout_graceful_shutdown=1))  # fmt: skip
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        if not thread.is_alive():
            raise OSError("the wiretap did not start")
        threading.Event().wait(0.01)
    tap.url = f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    try:
        yield tap
    finally:
        server.should_exit = True
        thread.join(5)
