"""The spool: what is heard lies on this machine's own disk, sealed and fsynced, until the database has it (R-08, R-11).

One file a process and kind, `alarms-*.jsonl` and `minutes-*.jsonl`, one JSON object a line, lines only ever appended:

* an alarm: its ids, code, level and moment, and the quote under the resident's seal as the row will hold it;
* any other record of a call: ids, and the whole of it under the resident's seal;
* a key pressed in a keypad check, among the alarms: the call's token, the step it answers and the moment; no words;
* a drill, in a file `drills-*.jsonl`: what becomes of it stands in its row, so it is passed over when read;
* a mark: `{"done": id}` once the database has it, `{"last_resort": id}` before the last-resort number is rung.

Whoever holds a file's lock looks after it. A process that died left its files unlocked, and the next one that looks
adopts them; a file whose every entry is done is removed.
"""

import fcntl
import json
import os
import threading
from base64 import b64decode, b64encode
from dataclasses import dataclass, fields
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, get_type_hints
from uuid import UUID, uuid4

import structlog
from pydantic import TypeAdapter

from oncall.call import entry
from oncall.call.alarm_entry import Raised
from oncall.call.entry import Record
from oncall.call.keypad import HELP_KEY
from oncall.call.line import Line
from oncall.models import Level, SignalCode, Speaks, Subject
from oncall.models.risk import Detector
from oncall.settings import settings

log = structlog.get_logger()

_PLACE = "spool.record"  # what a record's words are sealed for


def spool_folder() -> Path:
    """Where this machine's spool lies."""
    return settings().data / "spool"


@dataclass(frozen=True)
class Kept:
    """One entry that the database may not have yet. `line` is the JSON object it was read from or written as."""

    id: UUID
    line: dict[str, Any]
    rung: bool = False  # the last resort was rung for it, or was about to be

    @property
    def is_alarm(self) -> bool:
        """An alarm, whose columns stand in the line; everything else is under seal."""
        return "alarm" in self.line

    @property
    def is_key(self) -> bool:
        """A key pressed, of a call that is known by its token alone."""
        return "key" in self.line

    @property
    def cries_for_help(self) -> bool:
        """Somebody must be told at once, with the database or without."""
        return self.line.get("level") == Level.EMERGENCY or self.line.get("key") == HELP_KEY

    @property
    def attempt_id(self) -> UUID:
        """The call it is from."""
        return UUID(self.line["attempt"])

    def columns(self) -> dict[str, Any]:
        """The columns of the alarm's row."""
        line = self.line
        return {
            "id": self.id, "attempt_id": self.attempt_id, "resident_id": UUID(line["resident"]), "code": SignalCode(line["code"]),
            "level": Level(line["level"]), "detector": Detector(line["detector"]), "subject": Subject(line["subject"]),
            "confidence": line["confidence"], "speaks": Speaks(line.get("speaks", Speaks.RESIDENT)), "second": line["second"], "raised_at": datetime.fromisoformat(line["at"]),
            "quote_sealed": b64decode(line["quote"]),
        }  # fmt: skip

    def record(self, line: Line) -> Record:
        """The record as it was, for the call's `line`. Raises SealBroken when the resident's key is gone."""
        kind: Any = getattr(entry, self.line["kind"])
        said = json.loads(line.seal.open(b64decode(self.line["sealed"]), _PLACE, self.id))
        adapters = _adapters(self.line["kind"])
        made: Record = kind(line=line, **{name: adapters[name].validate_python(value) for name, value in said.items()})
        return made


def kept_of(record: Record) -> Kept:
    """The entry of a record, its words sealed."""
    line = record.line
    if isinstance(record, Raised):
        columns = record.columns()
        return Kept(record.alarm_id, {
            "alarm": str(record.alarm_id), "attempt": str(line.attempt_id), "resident": str(line.resident_id),
            "code": record.code.value, "level": record.level.value, "detector": record.detector.value,
            "subject": record.subject.value, "speaks": record.speaks.value, "confidence": record.confidence, "second": record.second,
            "at": record.at.isoformat(), "quote": b64encode(columns["quote_sealed"]).decode(),
        })  # fmt: skip
    entry_id = uuid4()
    adapters = _adapters(type(record).__name__)
    said = {name: adapter.dump_python(getattr(record, name), mode="json") for name, adapter in adapters.items()}
    sealed = line.seal.close(json.dumps(said, ensure_ascii=False), _PLACE, entry_id)
    return Kept(entry_id, {
        "record": str(entry_id), "kind": type(record).__name__, "attempt": str(line.attempt_id),
        "resident": str(line.resident_id), "sealed": b64encode(sealed).decode(),
    })  # fmt: skip


def kept_key(token: str, step: str, key: str, at: datetime) -> Kept:
    """The entry of a key."""
    entry_id = uuid4()
    return Kept(entry_id, {"record": str(entry_id), "token": token, "step": step, "key": key, "at": at.isoformat()})


class SpoolFile:
    """One file and what of it is not done. Every method may be called from any thread."""

    def __init__(self, path: Path, handle: int) -> None:
        self.path = path
        self._handle = handle
        self._lock = threading.Lock()
        self._open: dict[UUID, Kept] = {}
        with path.open("rb") as written:
            for raw in written:
                self._read(raw)

    @classmethod
    def new(cls, folder: Path, kind: str) -> "SpoolFile":
        """A file of this process's own.

        It gets its name when it is locked: whoever looks for dead processes' files in between would take it for one, and
        wait for us as we for it.
        """
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        path = folder / f"{kind}-{os.getpid()}-{uuid4().hex[:12]}.jsonl"
        unnamed = path.with_suffix(".new")
        handle = os.open(unnamed, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_EXCL, 0o600)
        fcntl.flock(handle, fcntl.LOCK_EX)
        unnamed.rename(path)
        directory = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(directory)
        finally:
            os.close(directory)
        return cls(path, handle)

    @classmethod
    def adopted(cls, path: Path) -> "SpoolFile | None":
        """A dead process's file, now ours; None when its process lives, or another was quicker."""
        try:
            handle = os.open(path, os.O_WRONLY | os.O_APPEND)
        except FileNotFoundError:
            return None
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if path.exists():
                return cls(path, handle)
        except OSError:
            pass
        os.close(handle)
        return None

    def keep(self, *entries: Kept) -> None:
        """Have these on disk when this returns. Raises OSError when the disk does not take them."""
        with self._lock:
            self._append([one.line for one in entries])
            os.fsync(self._handle)
            self._open.update({one.id: one for one in entries})

    def waiting(self) -> list[Kept]:
        """What is not done, in the order it came."""
        with self._lock:
            return list(self._open.values())

    def done(self, *ids: UUID) -> None:
        """The database has these. A mark lost with the machine only has them looked at again."""
        with self._lock:
            mine = [one for one in ids if one in self._open]
            if mine:
                self._append([{"done": str(one)} for one in mine])
                for one in mine:
                    del self._open[one]

    def about_to_ring(self, alarm: UUID) -> bool:
        """Write down that the last resort is rung for this alarm, before it is; False when that was so already."""
        with self._lock:
            kept = self._open.get(alarm)
            if kept is None or kept.rung:
                return False
            self._append([{"last_resort": str(alarm)}])
            os.fsync(self._handle)
            self._open[alarm] = Kept(kept.id, kept.line, rung=True)
            return True

    def remove_if_done(self) -> bool:
        """Take the file away when everything in it is done; then it must not be used any more."""
        with self._lock:
            if self._open:
                return False
            self.path.unlink(missing_ok=True)
            os.close(self._handle)
            self._handle = -1
            return True

    def let_go(self) -> None:
        """Leave the file to whoever adopts it next."""
        with self._lock:
            self._open.clear()
            os.close(self._handle)
            self._handle = -1

    def _append(self, lines: list[dict[str, Any]]) -> None:
        raw = "".join(json.dumps(line, separators=(",", ":")) + "\n" for line in lines).encode()
        written = os.write(self._handle, raw)
        if written != len(raw):
            os.write(self._handle, b"\n")  # a torn line is passed over when read
            raise OSError("the disk took only part of a line")

    def _read(self, raw: bytes) -> None:
        try:
            line = json.loads(raw)
            if (mark := line.get("done")) is not None:
                self._open.pop(UUID(mark), None)
            elif (mark := line.get("last_resort")) is not None:
                if (kept := self._open.get(UUID(mark))) is not None:
                    self._open[kept.id] = Kept(kept.id, kept.line, rung=True)
            elif "drill" not in line:
                kept = Kept(UUID(line.get("alarm") or line["record"]), line)
                self._open[kept.id] = kept
        except (ValueError, KeyError, TypeError, AttributeError):
            log.error("spool_line_unreadable", file=self.path.name)  # torn by a power cut, or by hand


def orphans(folder: Path) -> list[SpoolFile]:
    """The files in this folder whose processes are gone, now ours, the oldest first."""
    if not folder.is_dir():
        return []
    paths = sorted(folder.glob("*.jsonl"), key=lambda path: (path.stat().st_mtime if path.exists() else 0, path.name))
    return [file for path in paths if (file := SpoolFile.adopted(path)) is not None]


def backlog(folder: Path) -> tuple[int, int]:
    """How many (alarms, other records) on this machine's disk the database may not have, whoever looks after them."""
    alarms = others = 0
    for path in folder.glob("*.jsonl") if folder.is_dir() else []:
        try:
            lines = path.read_bytes().splitlines()
        except OSError:
            continue  # removed since: it was done
        done = sum(line.startswith(b'{"done"') for line in lines)
        waiting = max(0, sum(line.startswith((b'{"alarm"', b'{"record"')) for line in lines) - done)
        if path.name.startswith("alarms"):
            alarms += waiting
        else:
            others += waiting
    return alarms, others


@lru_cache
def _adapters(name: str) -> dict[str, TypeAdapter[Any]]:
    kind: Any = getattr(entry, name)
    hints = get_type_hints(kind, vars(entry))
    return {one.name: TypeAdapter(hints[one.name]) for one in fields(kind) if one.name != "line"}
