"""What /healthz says when something that OnCall needs is away: its name, and 503."""

import socket
import time
from collections.abc import Iterator
from datetime import timedelta

import pytest
import sqlalchemy as sa
from fastapi import FastAPI
from fastapi.testclient import TestClient

from oncall import clock, db
from oncall.models import Heartbeat, NodeKind
from oncall.report import health

pytestmark = pytest.mark.usefixtures("committed")


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:
    """A process that has been up for long, and a worker that was heard of just now."""
    monkeypatch.setattr(health, "_up_since", time.monotonic() - 3600)
    heard(NodeKind.WORKER, 1)
    app = FastAPI()
    app.include_router(health.router)
    with TestClient(app) as made:
        yield made


def heard(kind: NodeKind, seconds: float) -> None:
    with db.transaction() as session:
        session.merge(Heartbeat(node=f"one:{kind}", kind=kind, at=clock.now() - timedelta(seconds=seconds)))


def reasons(client: TestClient) -> dict[str, str]:
    answer = client.get("/healthz")
    said: dict[str, str] = answer.json()["reasons"]
    assert answer.status_code == (503 if said else 200)
    assert answer.json()["ok"] is not bool(said)
    return said


def test_all_is_there(client: TestClient) -> None:
    assert reasons(client) == {}


def test_a_clock_that_nobody_has_heard_of_for_a_minute(client: TestClient) -> None:
    heard(NodeKind.WORKER, 50)
    assert reasons(client) == {}
    heard(NodeKind.WORKER, 61)
    heard(NodeKind.WEB, 0)  # does not turn the clock
    assert reasons(client) == {"clock": "no worker's clock has ticked for 61 s"}


def test_a_proxy_keeps_the_webs_while_no_worker_works(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    heard(NodeKind.WORKER, 61)
    answer = client.get("/healthz?proxy=true")
    assert answer.status_code == 200
    assert "clock" in answer.json()["reasons"]
    monkeypatch.setattr(health, "LEAST_FREE_BYTES", 1 << 62)
    assert client.get("/healthz?proxy=true").status_code == 503


def test_no_worker_at_all_is_told_once_one_could_have_been_heard(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    with db.transaction() as session:
        session.execute(sa.delete(Heartbeat))
    assert reasons(client) == {"clock": "no worker is known"}
    monkeypatch.setattr(health, "_up_since", time.monotonic())
    assert reasons(client) == {}


def test_jobs_that_nobody_takes(client: TestClient) -> None:
    with db.transaction() as session:
        db.defer(session, "tick", at=None)
        db.defer(session, "tick", at=clock.now() + timedelta(minutes=1))
    assert reasons(client) == {}
    with db.transaction() as session:
        session.execute(sa.text("UPDATE procrastinate_events SET at = at - interval '3 minutes'"))
    assert reasons(client) == {"queue": "1 jobs wait longer than 120 s"}


def test_what_the_process_knows_of_itself(client: TestClient) -> None:
    said = {"spool": "3 alarms and 0 records wait for the database", "fine": None}
    client.app.state.own_troubles = {name: lambda words=words: words for name, words in said.items()}  # type: ignore[attr-defined]  # Starlette's
    assert reasons(client) == {"spool": "3 alarms and 0 records wait for the database"}


def test_a_disk_without_room(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "LEAST_FREE_BYTES", 1 << 62)
    assert list(reasons(client)) == ["disk"]


def test_a_database_that_is_gone(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # and never listens
        nobody = sa.create_engine(f"postgresql+psycopg://u@127.0.0.1:{taken.getsockname()[1]}/x")
        monkeypatch.setattr(health, "engine", lambda: nobody)
        assert reasons(client) == {"database": "no answer"}


def test_a_database_that_is_frozen_is_asked_once_and_told_by_name(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(health, "ANSWERS_WITHIN_SECONDS", 0.3)
    with socket.socket() as frozen:
        frozen.bind(("127.0.0.1", 0))
        frozen.listen()  # takes the connection and says nothing
        silent = sa.create_engine(f"postgresql+psycopg://u@127.0.0.1:{frozen.getsockname()[1]}/x")
        monkeypatch.setattr(health, "engine", lambda: silent)
        for _ in range(3):
            began = time.monotonic()
            assert reasons(client) == {"database": "no answer within 0 s"}
            assert time.monotonic() - began < 2
        frozen.settimeout(1)
        frozen.accept()[0].close()
        with pytest.raises(TimeoutError):
            frozen.accept()  # the second and third question did not open a connection of their own
