"""Writes down what is said while it is said: two threads a process, so that no call's sound ever waits for a disk or
the database, and nothing that was heard waits for either of them alone.

The first takes each record as it comes: an alarm goes on this machine's disk (`spool`) before anything else and is
watched (`last_resort`). The second, the pen, gathers the turns of all calls and writes them to the database together.
While the database is away or does not answer, records go to the spool in its place, and are brought from there, in
their order, when it is back.
"""

import queue
import threading
import time
from collections import deque
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

import structlog

from oncall.call import replay
from oncall.call.alarm_entry import Raised
from oncall.call.entry import Ended, Record, Said, write_turns
from oncall.call.last_resort import last_resort
from oncall.call.spool import Kept, SpoolFile, kept_key, kept_of, orphans, spool_folder
from oncall.db import tell, transaction
from oncall.models import Level

log = structlog.get_logger()

GATHER_SECONDS = 0.1
STUCK_SECONDS = 3.0  # the database has not answered for so long: what waits goes to the spool
AGAIN_SECONDS = 1.0  # between two tries to bring the spool to the database
ADOPT_SECONDS = 15.0  # between two looks for files of processes that died
_MOST_AT_ONCE = 500


@dataclass(eq=False)
class _Slip:
    """One record on its way; `safe` is set once it is in the database or on disk."""

    record: Record
    safe: threading.Event | None = None
    aside: bool = False  # on disk, in place of the database

    def is_safe(self) -> None:
        """Whoever waits for it may go on."""
        if self.safe is not None:
            self.safe.set()


@dataclass
class Scribe:
    """The writing threads of this process; `start` them once."""

    _records: "queue.SimpleQueue[_Slip]" = field(default_factory=queue.SimpleQueue)
    _waiting: deque[_Slip] = field(default_factory=deque)
    _in_hand: list[_Slip] = field(default_factory=list)  # what the pen writes right now
    _asked_at: float | None = None  # when it asked the database something that is not answered yet
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _wake: threading.Event = field(default_factory=threading.Event)
    _alarms: SpoolFile | None = None
    _minutes: SpoolFile | None = None
    _adopted: list[SpoolFile] = field(default_factory=list)
    _threads: list[threading.Thread] = field(default_factory=list)
    _stopping: threading.Event = field(default_factory=threading.Event)

    def start(self) -> None:
        """Begin writing, what an earlier process left on disk first; a second time changes nothing."""
        if any(thread.is_alive() for thread in self._threads):
            return
        self._stopping.clear()
        self._threads = [threading.Thread(target=self._take, name="scribe", daemon=True),
                         threading.Thread(target=self._pen, name="scribe's pen", daemon=True)]  # fmt: skip
        for thread in self._threads:
            thread.start()

    def stop(self, timeout: float = 5.0) -> None:
        """Write what is there, in the database or on disk, and end the threads."""
        self._stopping.set()
        for thread in self._threads:
            thread.join(timeout)
        self._threads = [thread for thread in self._threads if thread.is_alive()]
        if not self._threads:
            with self._lock:
                self._spool([*self._waiting])
                self._waiting.clear()
            for file in self._files():
                if not file.remove_if_done():
                    file.let_go()
            self._alarms, self._minutes, self._adopted = None, None, []

    def put(self, record: Record) -> None:
        """Have one record written soon; never waits."""
        self._records.put(_Slip(record))

    def written(self, record: Record, timeout: float = 10.0) -> bool:
        """Have one record written, with all before it, and wait for it (in a thread). False when it took too long."""
        safe = threading.Event()
        self._records.put(_Slip(record, safe))
        return safe.wait(timeout)

    def key_pressed(self, token: str, step: str, key: str, at: datetime) -> None:
        """Have a key on disk that the database could not be told of; it is brought there when it is back, and a call for
        help is watched as an alarm is. For a thread: it waits for the disk."""
        kept = kept_key(token, step, key, at)
        try:
            with self._lock:
                self._of_alarms().keep(kept)
        except OSError:
            log.exception("key_not_spooled")
        if kept.cries_for_help:
            self._watch(self._alarms, kept.id, at)

    # -- the first thread: on disk what must be, and out of the way

    def _take(self) -> None:
        while not (self._stopping.is_set() and self._records.empty()):
            try:
                slip = self._records.get(timeout=0.5)
                if isinstance(slip.record, Raised):
                    self._spool_alarm(slip.record)
                with self._lock:
                    self._waiting.append(slip)
                self._wake.set()
            except queue.Empty:
                pass
            try:
                self._put_aside()
            except Exception:
                log.exception("spool_failed")

    def _spool_alarm(self, raised: Raised) -> None:
        try:
            with self._lock:
                self._of_alarms().keep(kept_of(raised))
        except OSError:
            # The disk does not take it: the database and the last resort still may.
            log.exception("alarm_not_spooled", alarm=str(raised.alarm_id))
        if raised.level is Level.EMERGENCY:
            self._watch(self._alarms, raised.alarm_id, raised.at)

    def _of_alarms(self) -> SpoolFile:
        if self._alarms is None:
            self._alarms = SpoolFile.new(spool_folder(), "alarms")
        return self._alarms

    def _watch(self, file: SpoolFile | None, alarm: UUID, at: datetime) -> None:
        last_resort.watch(alarm, at, lambda: file is None or file.about_to_ring(alarm))

    def _put_aside(self) -> None:
        """Put on disk what waits for a database that does not answer, and what the pen has in hand with it."""
        with self._lock:
            asked = self._asked_at
            if asked is None or time.monotonic() - asked < STUCK_SECONDS or not (self._waiting or self._in_hand):
                return
            slips = [*self._in_hand, *self._waiting]
            self._waiting.clear()
            self._spool(slips)

    def _spool(self, slips: list[_Slip]) -> None:
        """Have these on disk, each once; alarms are there already. The lock is held."""
        fresh = [slip for slip in slips if not slip.aside]
        entries = [kept_of(slip.record) for slip in fresh if not isinstance(slip.record, Raised)]
        if entries:
            if self._minutes is None:
                self._minutes = SpoolFile.new(spool_folder(), "minutes")
            self._minutes.keep(*entries)
            log.warning("records_spooled", records=len(entries))
        for slip in fresh:
            slip.aside = True
            slip.is_safe()

    # -- the second thread: into the database

    def _pen(self) -> None:
        looked = replayed = -ADOPT_SECONDS
        while not (self._stopping.is_set() and self._records.empty() and not self._waiting):
            self._wake.wait(AGAIN_SECONDS)
            self._wake.clear()
            try:
                if time.monotonic() - looked >= ADOPT_SECONDS:
                    looked = time.monotonic()
                    self._adopt()
                if self._files() and time.monotonic() - replayed >= AGAIN_SECONDS:
                    replayed = time.monotonic()
                    self._bring()
                self._write_waiting()
            except Exception:
                log.exception("scribe_failed")

    def _write_waiting(self) -> None:
        while True:
            with self._lock:
                first = self._waiting[0].record if self._waiting else None
            if first is None:
                return
            if not isinstance(first, Raised | Ended):
                time.sleep(GATHER_SECONDS)
            with self._lock:
                count = min(len(self._waiting), _MOST_AT_ONCE)
                self._in_hand, self._asked_at = [self._waiting.popleft() for _ in range(count)], time.monotonic()
            try:
                self._write(self._in_hand)
            finally:
                self._in_hand, self._asked_at = [], None

    def _write(self, batch: list[_Slip]) -> None:
        if self._minutes is not None:
            # Older records wait on disk: in their order, please. Alarms wait for nobody.
            ahead = [slip for slip in batch if isinstance(slip.record, Raised)]
            self._write_one_by_one(ahead)
            self._keep([slip for slip in batch if slip not in ahead])
            return
        try:
            _write_together([slip.record for slip in batch])
        except Exception as error:
            if replay.is_away(error):
                log.warning("database_away", records=len(batch))
                self._keep(batch)
                return
            self._write_one_by_one(batch)
            return
        self._are_written(batch)

    def _write_one_by_one(self, batch: list[_Slip]) -> None:
        for slip in batch:
            try:
                _write_together([slip.record])
            except Exception as error:
                if replay.is_away(error):
                    self._keep([slip])
                elif isinstance(slip.record, Raised):
                    log.exception("alarm_refused", alarm=str(slip.record.alarm_id))  # stays in the spool, and is told
                else:
                    log.exception("record_lost", kind=type(slip.record).__name__,
                                  attempt=str(slip.record.line.attempt_id))  # fmt: skip
                    slip.is_safe()
            else:
                self._are_written([slip])

    def _keep(self, slips: list[_Slip]) -> None:
        with self._lock:
            self._spool(slips)

    def _are_written(self, slips: list[_Slip]) -> None:
        for slip in slips:
            if isinstance(slip.record, Raised):
                last_resort.settled(slip.record.alarm_id)
                if self._alarms is not None:
                    self._alarms.done(slip.record.alarm_id)
            slip.is_safe()

    # -- from the disk into the database

    def _files(self) -> list[SpoolFile]:
        return [file for file in (self._alarms, *self._adopted, self._minutes) if file is not None]

    def _adopt(self) -> None:
        """Look after what processes that died left on this machine, and after their alarms as after ours."""
        for file in orphans(spool_folder()):
            log.warning("spool_adopted", entries=len(file.waiting()))
            self._adopted.append(file)
            for kept in file.waiting():
                if kept.cries_for_help and not kept.rung:
                    self._watch(file, kept.id, datetime.fromisoformat(kept.line["at"]))

    def _bring(self) -> None:
        files = self._files()
        self._asked_at = time.monotonic()
        try:
            if not replay.bring(files, self._is_done):
                return  # away still
        finally:
            self._asked_at = None
        for file in files:
            self._drop_if_done(file)

    def _is_done(self, file: SpoolFile, kept: Kept) -> None:
        file.done(kept.id)
        last_resort.settled(kept.id)

    def _drop_if_done(self, file: SpoolFile) -> None:
        with self._lock:
            if not file.remove_if_done():
                return
            self._alarms = None if file is self._alarms else self._alarms
            self._minutes = None if file is self._minutes else self._minutes
            self._adopted = [other for other in self._adopted if other is not file]


def _write_together(records: list[Record]) -> None:
    with transaction() as session:
        if said := [record for record in records if isinstance(record, Said)]:
            write_turns(session, said)
        for record in records:
            if not isinstance(record, Said):
                record.write(session)
        for line in {record.line.attempt_id: record.line for record in records}.values():
            tell(session, "calls", attempt=line.attempt_id, check_in=line.check_in_id)


scribe = Scribe()
