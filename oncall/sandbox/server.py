"""Starts the stand-ins, each on its own port of this machine."""

from __future__ import annotations

import asyncio
import contextlib
import queue
import signal
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import uvicorn
import uvloop

from oncall.sandbox.model.app import create_app as create_model
from oncall.sandbox.model.config import ModelConfig
from oncall.sandbox.phone.app import create_app as create_phone
from oncall.sandbox.phone.config import PhoneConfig

LOCAL = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where the two stand-ins are, and whom they let in."""

    phone_url: str
    model_url: str
    account_sid: str
    auth_token: str

    @property
    def environment(self) -> dict[str, str]:
        """The settings that point OnCall at them; any OPENAI_API_KEY does unless the model was given one.

        The voice of the fixed lines is asked for as telephone sound, so that the words in it stay readable.
        """
        return {
            "ONCALL_TWILIO_URL": self.phone_url,
            "TWILIO_ACCOUNT_SID": self.account_sid,
            "TWILIO_AUTH_TOKEN": self.auth_token,
            "OPENAI_BASE_URL": f"{self.model_url}/v1",
            "OPENAI_API_KEY": "sandbox",
            "ONCALL_SPEECH_FORMAT": "mulaw",
        }


class _Server(uvicorn.Server):
    """A server among others: signals are its starter's."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@dataclass(frozen=True, slots=True)
class Running:
    """A server that answers."""

    port: int
    app: Any
    server: uvicorn.Server

    @property
    def url(self) -> str:
        """Its base address."""
        return f"http://{LOCAL}:{self.port}"


@contextlib.asynccontextmanager
async def running(app: Any, port: int, host: str = LOCAL) -> AsyncIterator[Running]:
    """Serve an application for as long as the block lasts; port 0 takes a free one."""
    server = _Server(
        uvicorn.Config(
            app,
            host=host,
            port=port,
            ws="websockets-sansio",
            ws_per_message_deflate=False,
            log_level="warning",
            access_log=False,
            timeout_graceful_shutdown=2,
        )
    )
    task = asyncio.create_task(server.serve())
    try:
        while not server.started:
            if task.done():
                await task
                raise OSError(f"port {port} could not be had")
            await asyncio.sleep(0.005)
        yield Running(server.servers[0].sockets[0].getsockname()[1], app, server)
    finally:
        server.should_exit = True
        await task


async def serve_phone(config: PhoneConfig, port: int, host: str = LOCAL) -> None:
    """Run the stand-in carrier until cancelled."""
    async with running(create_phone(config), port, host):
        await asyncio.Event().wait()


@contextlib.asynccontextmanager
async def sandbox(
    phone: PhoneConfig | None = None,
    model: ModelConfig | None = None,
    *,
    phone_port: int = 0,
    model_port: int = 0,
    host: str = LOCAL,
) -> AsyncIterator[Addresses]:
    """Both stand-ins in the running loop, for as long as the block lasts; port 0 takes a free one."""
    phone = phone or PhoneConfig()
    model = model or ModelConfig(speed=phone.speed)
    async with (
        running(create_phone(phone), phone_port, host) as carrier,
        running(create_model(model), model_port, host) as brain,
    ):
        yield Addresses(carrier.url, brain.url, phone.account_sid, phone.auth_token)


@contextlib.contextmanager
def sandbox_in_thread(phone: PhoneConfig | None = None, model: ModelConfig | None = None) -> Iterator[Addresses]:
    """Both stand-ins in a thread with a loop of its own, on free ports, for as long as the block lasts."""
    ready: queue.Queue[Addresses | BaseException] = queue.Queue()
    loop = uvloop.new_event_loop()
    stop = asyncio.Event()

    async def serve() -> None:
        try:
            async with sandbox(phone, model) as addresses:
                ready.put(addresses)
                await stop.wait()
        except BaseException as problem:
            ready.put(problem)
            raise

    thread = threading.Thread(target=lambda: loop.run_until_complete(serve()), name="sandbox", daemon=True)
    thread.start()
    addresses = ready.get()
    if isinstance(addresses, BaseException):
        raise addresses
    try:
        yield addresses
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(10)
        if not thread.is_alive():
            loop.close()


def run(
    phone_port: int,
    model_port: int,
    speed: float = 1.0,
    *,
    cps: float = 1.0,
    lines: int | None = None,
    ledger: Path | None = None,
    tapes: Path | None = None,
    seed: int = 1,
    host: str = LOCAL,
    announce: Callable[[Addresses], None] | None = None,
) -> None:
    """Run both stand-ins in this process until SIGINT or SIGTERM; `announce` is told once both answer."""
    phone = PhoneConfig(speed=speed, cps=cps, lines=lines, ledger=ledger, tapes=tapes, seed=seed)

    async def serve() -> None:
        stop = asyncio.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        model = ModelConfig(speed=speed, seed=seed)
        async with sandbox(phone, model, phone_port=phone_port, model_port=model_port, host=host) as addresses:
            if announce is not None:
                announce(addresses)
            await stop.wait()

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(serve())
