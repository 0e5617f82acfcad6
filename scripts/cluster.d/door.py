"""The one address in front of several web processes: each connection goes to the next of them that takes it.

A stand-in for the proxy a city has anyway (nginx, HAProxy, a cloud's). It looks at nothing that passes, so pages,
webhooks and media sockets all go through, and whoever does not answer a connection is passed over.
"""

import asyncio
import itertools
import threading
from collections.abc import Sequence
from contextlib import suppress

CONNECT_SECONDS = 1.0
_CHUNK = 64 * 1024


class Door:
    """Listens on `port` of this machine and spreads connections over `behind`, in a thread of its own."""

    def __init__(self, port: int, behind: Sequence[int]) -> None:
        self._port = port
        self._behind = list(behind)
        self._turn = itertools.count()
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, name="door", daemon=True)

    def open(self) -> None:
        """Begin to listen. Raises RuntimeError when the port cannot be had."""
        self._thread.start()
        if not self._ready.wait(10):
            raise RuntimeError(f"port {self._port} could not be had")

    def close(self) -> None:
        """Stop listening, and cut what passes."""
        self._loop.call_soon_threadsafe(self._closed.set)
        self._thread.join(5)

    def _run(self) -> None:
        self._loop.run_until_complete(self._serve())
        self._loop.close()

    async def _serve(self) -> None:
        self._closed = asyncio.Event()
        server = await asyncio.start_server(self._pass, "127.0.0.1", self._port, backlog=1000)
        self._ready.set()
        await self._closed.wait()
        server.close()
        passing = asyncio.all_tasks() - {asyncio.current_task()}
        for task in passing:
            task.cancel()
        await asyncio.gather(*passing, return_exceptions=True)

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there = await self._connect()
        if there is None:
            writer.close()
            return
        await asyncio.gather(_copy(reader, there[1]), _copy(there[0], writer))

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter] | None:
        first = next(self._turn)
        for step in range(len(self._behind)):
            port = self._behind[(first + step) % len(self._behind)]
            with suppress(OSError, TimeoutError):
                return await asyncio.wait_for(asyncio.open_connection("127.0.0.1", port), CONNECT_SECONDS)
        return None


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Until one side has ended; then the other is told so."""
    with suppress(OSError):
        while chunk := await reader.read(_CHUNK):
            writer.write(chunk)
            await writer.drain()
    with suppress(OSError):
        writer.close()
