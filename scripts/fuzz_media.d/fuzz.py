"""Pours malformed frames into the media socket of a real `oncall web` process and says what it did to it (R-13, TH-03).

    scripts/fuzz_media [--frames 1000000] [--seed 1] [--json]

The process has a database, a stand-in model and calls of its own. Each socket is opened as the carrier opens it, signed and
with the token of an answered call. Four kinds of visit: frames before the stream has begun; frames after a proper start;
bytes that break the WebSocket protocol or its limits; upgrades without a right to one. Beside them, all the while, ordinary
calls begin one after another: each must hear our first words.

Printed: frames sent, sockets, the process's memory before and at its highest, ordinary calls and the slowest first word,
what the event loop was late by (a ping on an ordinary call), and whether the process still lives. Needs no network.
"""

import argparse
import asyncio
import json
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from base64 import b64encode
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

from frames import TEXT, frame, malformed, unframed

FRAMES_A_VISIT = 2_000
VISITORS = 4
WARM_UP_VISITS = 40
SOUND = frame(b'{"event":"media","media":{"payload":"' + b"/" * 212 + b'//8="}}')
TOKEN = "fuzz"


class Target:
    """The process under test, with everything it needs, in a folder that is gone afterwards."""

    def __init__(self, calls: int) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="oncall-fuzz-"))
        self.folder.chmod(0o755)
        self._sandbox, told = self._stand_ins()
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        os.environ.update(told | {
            "ONCALL_DATA": str(self.folder), "ONCALL_PUBLIC_URL": f"http://127.0.0.1:{self.port}",
            "ONCALL_LIVE_CALLS": "0", "TWILIO_AUTH_TOKEN": told.get("TWILIO_AUTH_TOKEN", TOKEN),
        })  # fmt: skip
        os.environ.pop("ONCALL_DATABASE_URL", None)
        self.doors = _answered_calls(calls)
        self.log = self.folder / "oncall.log"
        command = [sys.executable, "-m", "oncall", "web", "--port", str(self.port)]
        self._web = subprocess.Popen(command, stderr=self.log.open("w"))
        self._until_it_answers()

    @property
    def lives(self) -> bool:
        """The same process as in the beginning is there."""
        return self._web.poll() is None

    def rss_mb(self) -> float:
        """What the process holds in memory now."""
        pages = int(Path(f"/proc/{self._web.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 1_000_000

    def close(self) -> None:
        """Stop all that was started."""
        for process in (self._web, self._sandbox):
            process.send_signal(signal.SIGTERM)
            with suppress(subprocess.TimeoutExpired):
                process.wait(20)
        from oncall import db

        db.engine().dispose()
        db.embedded(self.folder / "postgres").cleanup()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _stand_ins(self) -> "tuple[subprocess.Popen[str], dict[str, str]]":
        process = subprocess.Popen(
            [sys.executable, "-m", "oncall", "sandbox"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        assert process.stdout
        told: dict[str, str] = {}
        while "ONCALL_CALLER_ID" not in told and (line := process.stdout.readline()):
            name, _, value = line.strip().partition("=")
            told[name] = value
        return process, told

    def _until_it_answers(self) -> None:
        for _ in range(600):
            with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1):
                return
            if not self.lives:
                raise SystemExit(f"the web process did not come up:\n{self.log.read_text()[-2000:]}")
            time.sleep(0.1)


def _answered_calls(count: int) -> list[tuple[bytes, str]]:
    """Calls just answered: the request that opens each one's socket, signed, and its call id."""
    from twilio.request_validator import RequestValidator

    from oncall import clock, db
    from oncall.call import media_token
    from oncall.models import AttemptState, CheckInState
    from oncall.settings import settings
    from tests.makers import make_attempt, make_campaign, make_check_in, make_resident

    db.upgrade()
    signer = RequestValidator(settings().twilio_auth_token.get_secret_value())
    doors = []
    with db.transaction() as session:
        campaign = make_campaign(session)
        resident = make_resident(session)
        for number in range(count):
            slot = clock.now() - timedelta(minutes=number)
            check_in = make_check_in(session, resident, campaign, state=CheckInState.SPEAKING, slot=slot)
            in_time = clock.now() + timedelta(hours=12)  # however long the run takes
            attempt = make_attempt(session, check_in, state=AttemptState.ANSWERED, call_sid=f"CA{number:032x}",
                                   answered_at=clock.now(), media_token_since=in_time)  # fmt: skip
            path = f"/media/{media_token.for_attempt(attempt)}"
            doors.append(
                (_upgrade(path, signer.compute_signature(settings().media_url + path, {})), f"CA{number:032x}")
            )
    db.engine().dispose()
    return doors


def _upgrade(path: str, signature: str) -> bytes:
    key = b64encode(os.urandom(16)).decode()
    return (f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\nX-Twilio-Signature: {signature}\r\n\r\n").encode()  # fmt: skip


class Run:
    """One pouring, and what was seen meanwhile."""

    def __init__(self, target: Target, frames: int, seed: int) -> None:
        self.target, self.wanted, self.chance = target, frames, random.Random(seed)
        self.sent = self.sockets = self.refused = 0
        self.first_words: list[float] = []
        self.pings_ms: list[float] = []
        self.unheard = 0
        self.highest = 0.0
        self._over = asyncio.Event()
        ordinary = frames // 1000 + 100
        self._ordinary, self._visited = target.doors[:ordinary], target.doors[ordinary:]
        self._doors: Iterator[tuple[bytes, str]] = iter(self._visited)

    async def pour(self) -> dict[str, Any]:
        """All of it; the figures."""
        await asyncio.gather(*(self._visit() for _ in range(WARM_UP_VISITS)))
        await self._ordinary_call()
        before, self.highest, began = self.target.rss_mb(), 0.0, time.monotonic()
        quiet = list(self.pings_ms)
        self.sent = self.sockets = self.refused = 0
        self.first_words.clear(), self.pings_ms.clear()
        beside = [asyncio.create_task(self._ordinary_calls()), asyncio.create_task(self._watch_memory())]
        await asyncio.gather(*(self._visits() for _ in range(VISITORS)))
        took = time.monotonic() - began
        self._over.set()
        await asyncio.gather(*beside)
        await asyncio.sleep(1)
        log = self.target.log.read_text(errors="replace") if self.target.log.exists() else ""
        return {
            "frames": self.sent, "sockets": self.sockets, "refused": self.refused, "seconds": round(took, 1),
            "rss_before_mb": round(before, 1), "rss_highest_mb": round(self.highest, 1),
            "rss_after_mb": round(self.target.rss_mb(), 1), "rss_growth_mb": round(self.highest - before, 1),
            "ordinary_calls": len(self.first_words) + self.unheard, "not_heard": self.unheard,
            "slowest_first_word_s": round(max(self.first_words, default=0), 2),
            "ping_p95_ms": _p95(self.pings_ms), "ping_p95_quiet_ms": _p95(quiet),
            "crashes": int(not self.target.lives), "errors_logged": log.count("Traceback"),
        }  # fmt: skip

    async def _visits(self) -> None:
        while self.sent < self.wanted:
            await self._visit()

    async def _visit(self) -> None:
        """Open one socket, send what should not be sent until it is closed or enough was, and go."""
        self.sockets += 1
        kind = self.chance.choice(["before", "before", "after", "after", "protocol", "no_right"])
        request, call = self._door()
        if kind == "no_right":
            request = request.replace(b"X-Twilio-Signature: ", b"X-Twilio-Signature: x", 1)
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", self.target.port, limit=1 << 22)
        except OSError:
            self.refused += 1
            return
        try:
            writer.write(request)
            head = await reader.readuntil(b"\r\n\r\n")
            if b" 101 " not in head.split(b"\r\n")[0]:
                self.refused += 1
                return
            if kind == "after":
                writer.write(frame(b'{"event":"connected"}') + _start(call))
                await asyncio.sleep(self.chance.choice([0.0, 0.3]))  # while the model is fetched, or once it is there
            closed = asyncio.create_task(_drained(reader))
            await self._send(writer, closed, protocol=kind == "protocol")
            closed.cancel()
        except (OSError, EOFError, TimeoutError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()

    async def _send(self, writer: asyncio.StreamWriter, closed: "asyncio.Task[None]", *, protocol: bool) -> None:
        left = FRAMES_A_VISIT
        while left > 0 and not closed.done():
            batch = [malformed(self.chance) for _ in range(50)]
            if protocol:
                batch.append(unframed(self.chance))
            writer.write(b"".join(batch))
            await writer.drain()
            self.sent += len(batch)
            left -= len(batch)
            await asyncio.sleep(0)

    def _door(self) -> tuple[bytes, str]:
        try:
            return next(self._doors)
        except StopIteration:  # tokens that are spent open the socket all the same, and are refused at the start
            self._doors = iter(self._visited)
            return next(self._doors)

    # -- beside it

    async def _ordinary_calls(self) -> None:
        while not self._over.is_set() and self._ordinary:
            await self._ordinary_call()

    async def _ordinary_call(self) -> None:
        """A call as it should be, eight seconds long; how long until our first sound, and how late answers to pings are."""
        request, call = self._ordinary.pop()
        began = time.monotonic()
        reader, writer = await asyncio.open_connection("127.0.0.1", self.target.port, limit=1 << 22)
        try:
            writer.write(request)
            await reader.readuntil(b"\r\n\r\n")
            writer.write(frame(b'{"event":"connected"}') + _start(call))
            async with asyncio.timeout(30):
                opcode, payload = await _message(reader)
            if opcode != TEXT or b'"media"' not in payload:
                raise EOFError
            self.first_words.append(time.monotonic() - began)
            pinged: dict[bytes, float] = {}
            reading = asyncio.create_task(self._pongs(reader, pinged))
            for number in range(400):
                if reading.done():
                    break
                writer.write(SOUND)
                if number % 25 == 0:
                    name = str(number).encode()
                    pinged[name] = time.monotonic()
                    writer.write(frame(name, 9))
                await asyncio.sleep(0.02)
            reading.cancel()
        except (OSError, EOFError, TimeoutError, asyncio.IncompleteReadError):
            self.unheard += 1
        finally:
            writer.close()

    async def _pongs(self, reader: asyncio.StreamReader, pinged: dict[bytes, float]) -> None:
        with suppress(OSError, EOFError, asyncio.IncompleteReadError):
            while True:
                opcode, payload = await _message(reader)
                if opcode == 10 and payload in pinged:
                    self.pings_ms.append((time.monotonic() - pinged.pop(payload)) * 1000)

    async def _watch_memory(self) -> None:
        while not self._over.is_set():
            with suppress(OSError):
                self.highest = max(self.highest, self.target.rss_mb())
            await asyncio.sleep(0.25)


def _start(call: str) -> bytes:
    start = {"event": "start", "streamSid": "MZ1", "start": {"streamSid": "MZ1", "callSid": call}}
    return frame(json.dumps(start).encode(), TEXT)


async def _message(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    first, second = await reader.readexactly(2)
    size = second & 0x7F
    if size > 125:
        size = int.from_bytes(await reader.readexactly(2 if size == 126 else 8), "big")
    return first & 0x0F, await reader.readexactly(size)


async def _drained(reader: asyncio.StreamReader) -> None:
    with suppress(OSError):
        while await reader.read(1 << 16):
            pass


def _p95(values: list[float]) -> float:
    return round(sorted(values)[int(len(values) * 0.95)], 1) if values else 0.0


def main() -> None:
    """Pour, print, and fail when something broke."""
    asked = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    asked.add_argument("--frames", type=int, default=1_000_000)
    asked.add_argument("--seed", type=int, default=1)
    asked.add_argument("--json", action="store_true")
    options = asked.parse_args()
    target = Target(calls=400 + options.frames // 250)
    try:
        seen = asyncio.run(Run(target, options.frames, options.seed).pour())
        if seen["crashes"] or seen["errors_logged"]:
            print(target.log.read_text(errors="replace")[-4000:], file=sys.stderr)
    finally:
        target.close()
    if options.json:
        print(json.dumps(seen))
    else:
        for name, value in seen.items():
            print(f"{name:22} {value}")
    sys.exit(bool(seen["crashes"] or seen["not_heard"] or seen["errors_logged"]))


if __name__ == "__main__":
    main()
