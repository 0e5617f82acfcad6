"""The watcher outside hears a worker's clock, and nothing any more once that clock stops, whatever stopped it (R-22)."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import psycopg
import pytest

from tests.journeys.city import _new_database

# A worker as ever, but its minute is a second long.
WORKER = """
from oncall import worker
from oncall.call import pulse
from oncall.cli import serve
pulse.STANDS_STILL_AFTER_SECONDS = 3.0
worker.HEARTBEATS[worker.tell_watcher] = worker.HEARTBEATS[worker.beat] = 1
serve.work()
"""


class Watcher:
    """A watcher outside, and when it heard."""

    def __init__(self) -> None:
        heard = self.heard = []

        class Hears(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                heard.append((time.monotonic(), self.path))
                self.send_response(200)
                self.end_headers()

            def log_message(self, *words: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Hears)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    heard: list[tuple[float, str]]

    def until_heard(self, *, within: float) -> None:
        before, deadline = len(self.heard), time.monotonic() + within
        while len(self.heard) == before:
            assert time.monotonic() < deadline, "the watcher heard nothing"
            time.sleep(0.05)

    def hears_nothing_for(self, seconds: float) -> bool:
        before = len(self.heard)
        time.sleep(seconds)
        return len(self.heard) == before


@pytest.fixture
def watcher() -> Iterator[Watcher]:
    made = Watcher()
    yield made
    made.server.shutdown()
    made.server.server_close()


@pytest.fixture
def worker(watcher: Watcher, tmp_path: Path) -> Iterator[tuple["subprocess.Popen[bytes]", str]]:
    """A worker process of its own with a database of its own, once the watcher has heard of it twice."""
    url = _new_database(tmp_path)
    environment = {
        **os.environ, "ONCALL_DATABASE_URL": url, "ONCALL_DATA": str(tmp_path),
        "ONCALL_WATCHER_URL": f"http://127.0.0.1:{watcher.server.server_port}/oncall",
    }  # fmt: skip
    with (tmp_path / "log").open("w") as noise:
        process = subprocess.Popen([sys.executable, "-c", WORKER], env=environment, stderr=noise)
    try:
        watcher.until_heard(within=60)
        watcher.until_heard(within=5)
        yield process, url
    finally:
        process.send_signal(signal.SIGCONT)
        process.terminate()
        process.wait(30)


@pytest.mark.usefixtures("city_database")
def test_a_worker_that_stands_still_is_not_heard(
    worker: tuple["subprocess.Popen[bytes]", str], watcher: Watcher
) -> None:
    process, _ = worker
    assert {path for _, path in watcher.heard} == {"/oncall"}
    process.send_signal(signal.SIGSTOP)
    time.sleep(0.5)  # what was on its way
    assert watcher.hears_nothing_for(4)
    process.send_signal(signal.SIGCONT)
    watcher.until_heard(within=10)


@pytest.mark.usefixtures("city_database")
def test_a_clock_that_hangs_in_a_live_process_is_not_heard(
    worker: tuple["subprocess.Popen[bytes]", str], watcher: Watcher
) -> None:
    process, url = worker
    with psycopg.connect(url) as other:
        other.execute("LOCK TABLE enrolment IN ACCESS EXCLUSIVE MODE")  # every tick waits for it
        time.sleep(4.5)
        assert watcher.hears_nothing_for(4)
        assert process.poll() is None
        with psycopg.connect(url) as database:  # though the database answers everybody else
            silent = database.execute("SELECT extract(epoch FROM now() - at) FROM heartbeat").fetchall()
        assert silent
        assert silent[0][0] > 3
        other.rollback()
    watcher.until_heard(within=10)
