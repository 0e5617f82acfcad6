"""Writes down what is said while it is said: one thread a process gathers the turns of all calls and writes them
together, so that no call's sound ever waits for the database."""

import queue
import threading
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import structlog
from sqlalchemy import insert
from sqlmodel import Session

from oncall.call import wishes
from oncall.call.line import Line
from oncall.db import defer, tell, transaction
from oncall.models import Alarm, Attempt, Level, SignalCode, Speaker, Turn, TurnSource
from oncall.models.risk import Detector
from oncall.models.wish import Wish

log = structlog.get_logger()

GATHER_SECONDS = 0.1


@dataclass(frozen=True)
class Said:
    """One finished turn; times in milliseconds of the stream."""

    line: Line
    position: int
    speaker: Speaker
    words: str
    starts_ms: int
    ends_ms: int
    at: datetime
    cut_off: bool = False

    def write(self, session: Session) -> None:
        """Add the turn, sealed."""
        session.execute(insert(Turn), [self.row()])

    def row(self) -> dict[str, Any]:
        """The columns of the turn, sealed. As plain values: many calls' turns go in with one statement, and the
        session's bookkeeping for each would take the interpreter from the sound."""
        turn_id = uuid4()
        return {
            "id": turn_id, "attempt_id": self.line.attempt_id, "resident_id": self.line.resident_id,
            "source": TurnSource.LIVE, "position": self.position, "speaker": self.speaker,
            "words_sealed": self.line.seal.close(self.words, Turn.WORDS, turn_id), "starts_ms": self.starts_ms,
            "ends_ms": self.ends_ms, "cut_off": self.cut_off, "said_at": self.at,
        }  # fmt: skip


@dataclass(frozen=True)
class Raised:
    """Something that cannot wait for the end of the call; `quote` may still be empty when the model was quicker than
    the transcript, and `Quoted` brings it."""

    line: Line
    code: SignalCode
    level: Level
    detector: Detector
    quote: str
    second: float
    at: datetime
    alarm_id: UUID = field(default_factory=uuid4)

    def write(self, session: Session) -> None:
        """Add the alarm and have follow-up pick it up at once."""
        alarm = Alarm(
            id=self.alarm_id,
            attempt_id=self.line.attempt_id, resident_id=self.line.resident_id, code=self.code, level=self.level,
            detector=self.detector, quote_sealed=b"", second=self.second, raised_at=self.at,
        )  # fmt: skip
        alarm.write(self.line.seal, self.quote)
        session.add(alarm)
        session.flush()
        defer(session, "alarmed", alarm=str(alarm.id))


@dataclass(frozen=True)
class Quoted:
    """The resident's own words for an alarm that was raised before they were written down (D8)."""

    line: Line
    alarm_id: UUID
    quote: str

    def write(self, session: Session) -> None:
        """Put the words on the alarm."""
        alarm = session.get_one(Alarm, self.alarm_id)
        alarm.write(self.line.seal, self.quote)
        session.add(alarm)
        tell(session, "queue", case_id=alarm.case_id or "")


@dataclass(frozen=True)
class Wished:
    """A wish about the call, stored before the call ends (C-10)."""

    line: Line
    wish: Wish
    at: datetime

    def write(self, session: Session) -> None:
        """Honour it in the rows that decide about further calls."""
        wishes.honour(session, self.line, self.wish, self.at)


@dataclass(frozen=True)
class Ended:
    """The conversation is over, from our side of it."""

    line: Line
    reason: str
    at: datetime

    def write(self, session: Session) -> None:
        """Say on the attempt why the talk ended; the carrier's news settles the rest."""
        attempt = session.get_one(Attempt, self.line.attempt_id, with_for_update=True)
        attempt.end_reason = attempt.end_reason or self.reason


Record = Said | Raised | Quoted | Wished | Ended


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
