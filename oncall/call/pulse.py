"""The pulse of this process: its heartbeat row, and whether its clock ticks and its spool is empty (R-22).

A worker's row is written only while its clock really ticks: ticks that fail or hang, and a loop that does not turn, are
a process that stands still, however alive it looks. Whoever asks about a city's health asks how old these rows are.
"""

import os
import time
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from uuid import uuid4

import sqlalchemy as sa
import structlog
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col

from oncall.call import room
from oncall.call.load import load
from oncall.call.spool import backlog, spool_folder
from oncall.db import transaction
from oncall.models import Heartbeat, NodeKind

log = structlog.get_logger()

STANDS_STILL_AFTER_SECONDS = 30.0  # thirty ticks missed
SPOOLED_FOR_SECONDS = 15.0  # an alarm passes through the spool in well under a second


@dataclass
class Pulse:
    """What this process knows of its own clock and spool; every method may be called from any thread."""

    _began: float = field(default_factory=time.monotonic)
    _ticked: float | None = None  # on the monotonic clock
    _written: float | None = None
    _spooled_since: float | None = None
    _name: str = field(default_factory=lambda: f"{room.node()}:{os.getpid()}")

    def ticked(self) -> None:
        """One tick of the clock went through, the database included."""
        self._ticked = time.monotonic()

    def ticks(self) -> bool:
        """Whether the clock of this process ticked lately, and its loop turns."""
        return _lately(self._ticked) and _lately(load.turned_at)

    def beat(self, kind: NodeKind, now: datetime) -> bool:
        """Write this process's row; False when it is a worker that stands still, and then nothing is written."""
        if kind is NodeKind.WORKER and not self.ticks():
            if not _lately(self._began):
                log.error("clock_stands_still", node=self._name)
            return False
        alarms, records = self._spooled()
        row = {
            "node": self._row(kind), "kind": kind, "at": now, "spooled_alarms": alarms, "spooled_records": records,
            "live_calls": load.live, "lag_ms": load.lag_ms(),
        }  # fmt: skip
        with transaction() as session:
            session.execute(insert(Heartbeat).values(row).on_conflict_do_update(index_elements=["node"], set_=row))
        self._written = time.monotonic()
        return True

    def leave(self, kind: NodeKind) -> None:
        """This process ends in order: nobody needs to wonder why it is silent."""
        with transaction() as session:
            session.execute(sa.delete(Heartbeat).where(col(Heartbeat.node) == self._row(kind)))

    def is_well(self) -> bool:
        """Whether the clock ticks and the database took the last heartbeat: what the watcher outside is told."""
        return self.ticks() and _lately(self._written)

    def spool_trouble(self) -> str | None:
        """What is wrong with this machine's spool, for people; None when nothing is."""
        alarms, records = self._spooled()
        since = self._spooled_since
        if since is not None and time.monotonic() - since >= SPOOLED_FOR_SECONDS:
            return f"{alarms} alarms and {records} records wait for the database"
        folder = spool_folder()
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            probe = folder / f".probe-{uuid4().hex}"
            try:
                probe.write_bytes(b"x")
            finally:
                with suppress(OSError):
                    probe.unlink()
        except OSError as error:
            return f"cannot be written to ({type(error).__name__})"
        return None

    def _row(self, kind: NodeKind) -> str:
        return f"{self._name}:{kind}"

    def _spooled(self) -> tuple[int, int]:
        found = backlog(spool_folder())
        if not any(found):
            self._spooled_since = None
        elif self._spooled_since is None:
            self._spooled_since = time.monotonic()
        return found


def _lately(moment: float | None) -> bool:
    return moment is not None and time.monotonic() - moment < STANDS_STILL_AFTER_SECONDS


pulse = Pulse()
