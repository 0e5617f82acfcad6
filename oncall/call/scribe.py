"""Writes down what is said while it is said: one thread a process gathers the turns of all calls and writes them
together, so that no call's sound ever waits for the database."""

import queue
import threading
from dataclasses import dataclass, field

import structlog
from sqlalchemy import insert

from oncall.call.entry import Ended, Raised, Record, Said
from oncall.db import tell, transaction
from oncall.models import Turn

log = structlog.get_logger()

GATHER_SECONDS = 0.1


@dataclass
class Scribe:
    """The writing thread of this process; `start` it once."""

    _records: "queue.SimpleQueue[tuple[Record, threading.Event | None]]" = field(default_factory=queue.SimpleQueue)
    _thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin writing; a second time changes nothing."""
        if self._thread is None or not self._thread.is_alive():
            self._thread = threading.Thread(target=self._run, name="scribe", daemon=True)
            self._thread.start()

    def put(self, record: Record) -> None:
        """Have one record written soon; never waits."""
        self._records.put((record, None))

    def written(self, record: Record, timeout: float = 10.0) -> bool:
        """Have one record written, with all before it, and wait for it (in a thread). False when it took too long."""
        done = threading.Event()
        self._records.put((record, done))
        return done.wait(timeout)

    def _run(self) -> None:
        while True:
            batch = [self._records.get()]
            if not isinstance(batch[0][0], Raised | Ended):
                threading.Event().wait(GATHER_SECONDS)
            while not self._records.empty() and len(batch) < 500:
                batch.append(self._records.get())
            self._write(batch)

    def _write(self, batch: list[tuple[Record, threading.Event | None]]) -> None:
        try:
            _write_together([record for record, _ in batch])
        except Exception:
            for record, _ in batch:
                try:
                    _write_together([record])
                except Exception:
                    log.exception("record_lost", kind=type(record).__name__, attempt=str(record.line.attempt_id))
        for _, done in batch:
            if done is not None:
                done.set()


def _write_together(records: list[Record]) -> None:
    with transaction() as session:
        if said := [record.row() for record in records if isinstance(record, Said)]:
            session.execute(insert(Turn), said)
        for record in records:
            if not isinstance(record, Said):
                record.write(session)
        for line in {record.line.attempt_id: record.line for record in records}.values():
            tell(session, "calls", attempt=line.attempt_id, check_in=line.check_in_id)


scribe = Scribe()
