"""The worker goes on working whatever happens to the database, and stands in nobody's way when it stands still."""

import asyncio
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from sqlmodel import Session

from oncall import clock, db, worker, working
from oncall.db import defer
from oncall.models import HoldReason
from oncall.settings import settings
from tests.makers import make_campaign, make_check_in
from tests.own_database import Database, own_database

pytestmark = pytest.mark.xdist_group("a worker of its own")


class AtWork:
    """`working.run` in a thread of its own."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self.stop = asyncio.Event()
        self.thread = threading.Thread(target=lambda: self.loop.run_until_complete(working.run(self.stop)), daemon=True)
        self.thread.start()

    def end(self) -> None:
        self.loop.call_soon_threadsafe(self.stop.set)
        self.thread.join(30)


@pytest.fixture
def database(monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    """A private database, and no heartbeats beside the queue."""
    monkeypatch.setattr(worker, "HEARTBEATS", {})
    with own_database("http://127.0.0.1:9") as made:
        yield made


def within(seconds: float, holds: Callable[[], Any]) -> Any:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if holds():
            return True
        time.sleep(0.1)
    return False


def ask(statement: str, **values: object) -> list[Any]:
    with db.transaction() as session:
        return list(session.execute(sa.text(statement), values))


def a_job_is_done(seconds: float = 20) -> bool:
    """A job deferred now is finished soon; it looks for a check-in that there is not, and fails: that is done, too."""
    with db.transaction() as session:
        defer(session, "place_call", attempt="00000000-0000-0000-0000-000000000000")
    (newest,) = ask("SELECT max(id) FROM procrastinate_jobs")[0]
    done = "SELECT id FROM procrastinate_jobs WHERE id = :id AND status NOT IN ('todo', 'doing')"
    return bool(within(seconds, lambda: ask(done, id=newest)))


def test_every_tick_asks_whether_anybody_may_be_called_before_it_gives_out_lines(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """D3, R-05, R-16: nobody on duty, no web to speak in the call, no room on the disk; each by itself is a hold."""
    monkeypatch.setenv("ONCALL_LEAST_FREE_MB", "1000000000")
    settings.cache_clear()
    with db.transaction() as session:
        make_campaign(session, windows=["mon-sun 00:00-24:00"], holidays=True)
        make_check_in(session, slot=clock.now())
    worker.tick()
    reasons = {reason for (reason,) in ask("SELECT reason FROM hold WHERE released_at IS NULL")}
    assert reasons == {HoldReason.NO_DUTY, HoldReason.NO_WEB, HoldReason.DISK}
    assert ask("SELECT id FROM attempt") == []


def test_a_worker_that_stood_still_and_was_taken_for_dead_takes_jobs_again(database: Database) -> None:
    """The others strike it off the queue's list, and the queue then refuses it every job."""
    at_work = AtWork()
    try:
        assert a_job_is_done()
        assert ask("DELETE FROM procrastinate_workers RETURNING id")
        assert a_job_is_done(30)
        assert at_work.thread.is_alive()
    finally:
        at_work.end()


def test_a_process_that_stands_still_in_a_transaction_loses_its_locks(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A frozen node that holds the lock of claiming would keep every other node from claiming."""
    monkeypatch.setattr(db, "IDLE_AT_MOST", db.IDLE_AT_MOST / 30)
    monkeypatch.setattr(db, "IDLE_AT_LEAST", db.IDLE_AT_LEAST / 30)
    db.engine().dispose()
    with Session(db.engine()) as frozen:
        frozen.execute(sa.text("SELECT pg_advisory_xact_lock(1)"))
        with Session(db.engine()) as other:
            other.execute(sa.text("SET LOCAL lock_timeout = '10s'"))
            other.execute(sa.text("SELECT pg_advisory_xact_lock(1)"))
        with pytest.raises(sa.exc.DBAPIError):
            frozen.execute(sa.text("SELECT 1"))


def test_a_process_that_starts_while_the_database_restarts_waits_for_it(database: Database) -> None:
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    database.stop()
    command = [sys.executable, "-m", "oncall", "worker"]
    starting = subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True)
    try:
        assert starting.stderr is not None
        assert "database_waited_for" in starting.stderr.readline()
        database.start()
        assert within(30, lambda: ask("SELECT id FROM procrastinate_workers"))
        assert starting.poll() is None
    finally:
        starting.terminate()
        starting.communicate(timeout=30)
