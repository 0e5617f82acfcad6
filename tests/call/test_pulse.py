"""A worker whose clock does not tick leaves no sign of life, and what lies in the spool is told (R-22)."""

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from sqlmodel import Session, select

from oncall import clock, db
from oncall.call import pulse as module
from oncall.call.load import load
from oncall.call.pulse import Pulse
from oncall.call.spool import Kept, SpoolFile, spool_folder
from oncall.models import Heartbeat, NodeKind

pytestmark = pytest.mark.usefixtures("committed")


@pytest.fixture
def turning(monkeypatch: pytest.MonkeyPatch) -> None:
    """A loop that has just turned."""
    monkeypatch.setattr(load, "turned_at", time.monotonic())


def rows() -> list[Heartbeat]:
    with Session(db.engine()) as session:
        return list(session.exec(select(Heartbeat).order_by(Heartbeat.node)))


def test_a_worker_is_heard_of_only_while_its_clock_ticks(turning: None, monkeypatch: pytest.MonkeyPatch) -> None:
    pulse = Pulse()
    assert not pulse.beat(NodeKind.WORKER, clock.now())
    assert rows() == []
    pulse.ticked()
    assert pulse.beat(NodeKind.WORKER, clock.now())
    assert [one.kind for one in rows()] == [NodeKind.WORKER]
    assert pulse.is_well()
    monkeypatch.setattr(module, "STANDS_STILL_AFTER_SECONDS", 0.0)
    before = rows()[0].at
    assert not pulse.beat(NodeKind.WORKER, clock.now())
    assert not pulse.is_well()
    assert rows()[0].at == before


def test_a_loop_that_does_not_turn_is_a_worker_that_stands_still(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(load, "turned_at", time.monotonic() - 2 * module.STANDS_STILL_AFTER_SECONDS)
    pulse = Pulse()
    pulse.ticked()
    assert not pulse.beat(NodeKind.WORKER, clock.now())


def test_web_and_worker_of_one_process_are_two_rows_and_go_when_they_end(turning: None) -> None:
    pulse = Pulse()
    pulse.ticked()
    for kind in NodeKind:
        assert pulse.beat(kind, clock.now())
        assert pulse.beat(kind, clock.now())
    assert {one.kind for one in rows()} == set(NodeKind)
    pulse.leave(NodeKind.WEB)
    assert [one.kind for one in rows()] == [NodeKind.WORKER]


@pytest.fixture
def spooled() -> Iterator[SpoolFile]:
    """An alarm that lies on the disk."""
    file = SpoolFile.new(spool_folder(), "alarms")
    alarm = uuid4()
    file.keep(Kept(alarm, {"alarm": str(alarm), "attempt": str(uuid4())}))
    yield file
    file.done(alarm)
    file.remove_if_done()


def test_an_alarm_that_stays_in_the_spool_is_trouble(spooled: SpoolFile, monkeypatch: pytest.MonkeyPatch) -> None:
    pulse = Pulse()
    assert pulse.spool_trouble() is None  # every alarm passes through
    monkeypatch.setattr(module, "SPOOLED_FOR_SECONDS", 0.0)
    assert pulse.spool_trouble() == "1 alarms and 0 records wait for the database"
    assert pulse.beat(NodeKind.WEB, clock.now())
    assert [one.spooled_alarms for one in rows()] == [1]


def test_a_spool_that_cannot_be_written_is_trouble(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    in_the_way = tmp_path / "spool"
    in_the_way.write_text("a file where the folder should be")
    monkeypatch.setattr(module, "spool_folder", lambda: in_the_way)
    assert "cannot be written" in (Pulse().spool_trouble() or "")


async def test_the_loop_is_watched_once_whoever_asks() -> None:
    first = asyncio.create_task(load.watch())
    await asyncio.sleep(0.2)
    await asyncio.wait_for(load.watch(), 1)  # a second watcher goes home
    assert load.turned_at is not None
    assert time.monotonic() - load.turned_at < 1
    first.cancel()
