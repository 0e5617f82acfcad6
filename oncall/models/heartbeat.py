"""Heartbeats: the last moment each process was seen to do its work, and how it felt."""

from datetime import datetime
from enum import StrEnum

from sqlmodel import Field, SQLModel

from oncall.models.stored import moment, stored


class NodeKind(StrEnum):
    """What the process is for."""

    WORKER = "worker"
    WEB = "web"


class Heartbeat(SQLModel, table=True):
    """One process. A row older than a day is of the past."""

    node: str = Field(primary_key=True)  # host and process
    kind: NodeKind = stored(NodeKind)
    at: datetime = moment()
    spooled_alarms: int = 0
    spooled_records: int = 0
    live_calls: int = 0
    lag_ms: float = 0.0  # the event loop's, 99th percentile of the last seconds
