"""Heartbeats: the last moment each process was seen to do its work, and how it felt."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum

import sqlalchemy as sa
from sqlmodel import Field, Session, SQLModel, col, select

from oncall.models.stored import moment, stored

EVERY_SECONDS = 10
SILENT_AFTER = timedelta(seconds=60)  # nothing heard of it for so long: it stands still
OF_THE_PAST = timedelta(days=1)


class NodeKind(StrEnum):
    """What the process is for."""

    WORKER = "worker"
    WEB = "web"


class Heartbeat(SQLModel, table=True):
    """One process. A row older than a day is of the past."""

    node: str = Field(primary_key=True)  # host, process and kind
    kind: NodeKind = stored(NodeKind)
    at: datetime = moment()
    spooled_alarms: int = 0
    spooled_records: int = 0
    live_calls: int = 0
    lag_ms: float = 0.0  # the event loop's, 99th percentile of the last seconds


def known(session: Session, now: datetime) -> Sequence[Heartbeat]:
    """Every process heard of within a day, by name; one that ended in order has taken its row away."""
    return session.exec(select(Heartbeat).where(Heartbeat.at > now - OF_THE_PAST).order_by(Heartbeat.node)).all()


def newest(session: Session, kind: NodeKind) -> datetime | None:
    """When a process of this kind was last known to do its work; None when none was ever heard of, or all ended."""
    return session.exec(select(sa.func.max(Heartbeat.at)).where(Heartbeat.kind == kind)).one()


def forget(session: Session, now: datetime) -> None:
    """Take away the rows of processes of the past."""
    session.execute(sa.delete(Heartbeat).where(col(Heartbeat.at) < now - OF_THE_PAST))
