"""Running OnCall: web and worker in one process, or each alone, or the stand-in city beside them."""

import asyncio
import gc
import signal
import sys
import time
from collections.abc import Awaitable, Callable

import structlog
import typer
import uvicorn
from sqlalchemy.exc import OperationalError

from oncall import db, logs, working
from oncall.cli import app

log = structlog.get_logger()

DATABASE_WAITED_FOR_SECONDS = 30
Host = typer.Option("127.0.0.1", help="address to listen on")
Port = typer.Option(8000, help="port to listen on")


@app.command()
def serve(host: str = Host, port: int = Port) -> None:
    """Web and worker in one process: the default deployment."""
    _run(lambda stop: _together(_web(host, port, stop), working.run(stop), stop))


@app.command()
def web(host: str = Host, port: int = Port) -> None:
    """Pages, carrier webhooks and media sockets alone; any number, on any host, with one database."""
    _run(lambda stop: _web(host, port, stop))


@app.command(name="worker")
def work() -> None:
    """Clock and jobs alone; any number, on any host, with one database."""
    _run(working.run)


async def _web(host: str, port: int, stop: asyncio.Event) -> None:
    from oncall.app import make_app
    from oncall.call.handover import HandoverProtocol

    server = uvicorn.Server(uvicorn.Config(
        make_app(), host=host, port=port, ws=HandoverProtocol, http="httptools", ws_per_message_deflate=False, log_config=None,
        ws_ping_interval=None, access_log=False, log_level="warning", server_header=False,
        timeout_graceful_shutdown=3, proxy_headers=False,
    ))  # fmt: skip
    task = asyncio.create_task(server.serve())
    _keep_interpreter_even()
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait({task, stopping}, return_when=asyncio.FIRST_COMPLETED)
    server.should_exit = True
    stop.set()
    await task


async def _together(first: Awaitable[None], second: Awaitable[None], stop: asyncio.Event) -> None:
    tasks = {asyncio.ensure_future(first), asyncio.ensure_future(second)}
    await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    stop.set()
    for done in await asyncio.gather(*tasks, return_exceptions=True):
        if isinstance(done, Exception):
            raise done


def _run(work: Callable[[asyncio.Event], Awaitable[None]]) -> None:
    """Set up, run until told to stop, and leave nothing running."""
    logs.set_up()
    _upgrade_when_there()

    async def main() -> None:
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, stop.set)
        await work(stop)

    with asyncio.Runner(loop_factory=_fast_loop()) as runner:
        runner.run(main())
    db.engine().dispose()


def _upgrade_when_there() -> None:
    """A database that is being restarted is waited for: starting all over takes longer, and keeps callers waiting."""
    until = time.monotonic() + DATABASE_WAITED_FOR_SECONDS
    while True:
        try:
            return db.upgrade()
        except OperationalError:
            if time.monotonic() > until:
                raise
            log.warning("database_waited_for")
            time.sleep(0.5)


def _fast_loop() -> Callable[[], asyncio.AbstractEventLoop] | None:
    try:
        import uvloop
    except ImportError:
        return None
    return uvloop.new_event_loop


def _keep_interpreter_even() -> None:
    """Nothing may keep the interpreter from the sound for long: a full collection over all we import takes 10 to
    30 ms, and another thread may by default hold it for 5 ms at a time; every call in the process would hear it."""
    sys.setswitchinterval(0.0005)
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)
