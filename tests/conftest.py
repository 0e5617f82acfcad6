"""A real PostgreSQL for every test: one embedded server a run, one migrated database a worker, rolled back a test."""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog
from hypothesis import settings as hypothesis_settings
from sqlmodel import Session

pytest_plugins = ["tests.makers", "tests.desk", "tests.telephone"]

LONG = "long"
CONNECTIONS = 400
hypothesis_settings.register_profile(LONG)
# The pretty way to print an error costs seconds of whichever thread meets one, the scribe's among them.
structlog.configure(processors=[
    *structlog.get_config()["processors"][:-1],
    structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback),
])  # fmt: skip


def examples(ordinary: int, many: int) -> int:
    """How many histories a property tries: few in an ordinary run, `many` with `pytest --hypothesis-profile=long`."""
    return many if hypothesis_settings.get_current_profile_name() == LONG else ordinary


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The cities come first: they take longest, and mostly wait for telephones. The city of the wishes, with all its rounds,
    has one worker for itself; the others have another."""
    first = {("wishes",), ("cities",)}
    items.sort(key=lambda item: not any(mark.args[:1] in first for mark in item.iter_markers("xdist_group")))


def _server_folder() -> Path:
    run = os.environ.get("PYTEST_XDIST_TESTRUNUID", str(os.getpid()))
    return Path(tempfile.gettempdir()) / f"oncall-tests-{run}"


def _server(folder: Path) -> Any:
    """The run's server, with room for every worker, and for the cities that stand side by side until the end."""
    import psycopg
    from fasteners import InterProcessLock

    from oncall import db

    folder.mkdir(parents=True, exist_ok=True)
    with InterProcessLock(folder / ".making-room"):
        server = db.embedded(folder / "postgres", cleanup_mode="delete")
        with psycopg.connect(server.get_uri(), autocommit=True) as connection:
            (most,) = connection.execute("SHOW max_connections").fetchone() or ("0",)
            if int(most) < CONNECTIONS:
                connection.execute(f"ALTER SYSTEM SET max_connections = {CONNECTIONS}")
        if int(most) < CONNECTIONS:
            server.stop()
            server.ensure_postgres_running()
    return server


@pytest.fixture(scope="session", autouse=True)
def city_database(worker_id: str) -> Iterator[None]:
    """The settings and the migrated database this worker's tests share; leaves nothing running behind."""
    import psycopg

    from oncall import db
    from oncall.settings import settings

    folder = _server_folder()
    server = _server(folder)
    name = f"oncall_{worker_id}"
    with psycopg.connect(server.get_uri(), autocommit=True) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {name}")
        connection.execute(f"CREATE DATABASE {name}")
    os.environ["ONCALL_DATA"] = str(folder / worker_id)
    os.environ["ONCALL_DATABASE_URL"] = server.get_uri(database=name)
    settings.cache_clear()
    db.engine.cache_clear()
    db.upgrade()
    yield
    db.engine().dispose()
    server.cleanup()


@pytest.fixture
def session() -> Iterator[Session]:
    """A session whose every write is undone after the test; commits inside become savepoints."""
    from oncall import db

    with db.engine().connect() as connection:
        outer = connection.begin()
        with Session(connection, join_transaction_mode="create_savepoint", expire_on_commit=False) as opened:
            yield opened
        outer.rollback()


@pytest.fixture
def one_session(session: Session) -> Iterator[pytest.MonkeyPatch]:
    """Whatever opens transactions of its own in the calling runs inside this test's session; nothing is committed."""
    from contextlib import contextmanager

    from oncall.call import breaker, dialling, sweep

    @contextmanager
    def transaction() -> Iterator[Session]:
        with session.begin_nested():
            yield session

    with pytest.MonkeyPatch.context() as patch:
        for module in (breaker, dialling, sweep):
            patch.setattr(module, "transaction", transaction)
        yield patch
