"""Copies: everything but the key, in a folder, from one moment of the database (R-18).

Tables are copied as text by the database itself, from one snapshot; words in them are under seal. The wrapped data keys
lie apart in `keys.jsonl`, so that erasing a person reaches the copies too. Recordings are copied as they lie on the shelf,
sealed. The city's key is not among it, and must not lie beside it: whoever has both can read.

Plain in a copy are: the office's numbers of residents, areas, dates, states, levels, codes, consents, campaigns, and the
names, sign-ins and password hashes of staff.
"""

import hashlib
import json
import os
import shutil
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import psycopg
import structlog
from psycopg import sql
from sqlmodel import SQLModel

from oncall import db
from oncall.errors import OnCallError
from oncall.gateways import store
from oncall.models.seal import ring
from oncall.settings import settings

log = structlog.get_logger()

PLAIN = ("office numbers of residents, areas, dates, states, levels, codes, consents, campaigns; "
         "names, sign-ins and password hashes of staff")  # fmt: skip
_OTHERS = ("alembic_version", "procrastinate_")  # made anew: the shape, and jobs, which the sweeps leave again


class NoCopy(OnCallError):
    """A copy cannot be made or used; the sentence says why."""

    status = 422


@dataclass(frozen=True)
class Manifest:
    """What a copy holds, and how to know that it is whole."""

    made_at: str
    revision: str
    fingerprint: str  # of the key ring that opens it
    tables: dict[str, dict[str, Any]] = field(default_factory=dict)  # in the order in which they are brought back
    recordings: int = 0
    recordings_missing: int = 0
    prompts_sha256: str = ""
    seconds: float = 0.0

    @property
    def moment(self) -> datetime:
        """The moment of the database it shows."""
        return datetime.fromisoformat(self.made_at)

    @property
    def rows(self) -> int:
        """How many rows there are."""
        return sum(int(table["rows"]) for table in self.tables.values())

    @classmethod
    def read(cls, folder: Path) -> "Manifest":
        """The manifest in this folder. Raises NoCopy."""
        try:
            return cls(**json.loads((folder / "manifest.json").read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError) as error:
            raise NoCopy(f"{folder} holds no whole copy (manifest.json cannot be read)") from error


def make(folder: Path, now: datetime, *, with_key: Path | None = None, recordings: bool = True) -> Manifest:
    """Copy everything into `folder`, which must be new or empty; it appears there whole or not at all. Raises NoCopy."""
    started = time.monotonic()
    if folder.exists() and any(folder.iterdir()):
        raise NoCopy(f"{folder} is not empty")
    if with_key is not None and (
        with_key.resolve() == folder.resolve() or folder.resolve() in with_key.resolve().parents
    ):
        raise NoCopy("the key must not lie in the copy: whoever has both can read everything")
    db.engine()
    fresh = folder.with_name(folder.name + ".partial")
    shutil.rmtree(fresh, ignore_errors=True)
    (fresh / "tables").mkdir(parents=True, mode=0o700)
    with psycopg.connect(db.driver_url()) as connection:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        connection.read_only = True
        revision = _one(connection, "SELECT version_num FROM alembic_version")
        tables = {name: _copy(connection, fresh / "tables", name) for name in _names(connection)}
        _copy_keys(connection, fresh / "keys.jsonl")
        keys = [key for (key,) in connection.execute("SELECT key FROM recording WHERE state = 'kept' AND key <> ''")]
    copied, missing = _copy_recordings(keys, fresh / "recordings") if recordings else (0, len(keys))
    shutil.copytree(settings().prompts, fresh / "prompts")
    manifest = Manifest(now.isoformat(), revision, ring().fingerprint, tables, copied, missing,
                        digest(sorted((fresh / "prompts").rglob("*"))), round(time.monotonic() - started, 2))  # fmt: skip
    _write(fresh / "manifest.json", json.dumps(asdict(manifest), ensure_ascii=False, indent=1))
    if folder.exists():
        folder.rmdir()
    fresh.rename(folder)
    if with_key is not None:
        with_key.mkdir(parents=True, exist_ok=True, mode=0o700)
        shutil.copy2(settings().key_file, with_key / "secret.key")
        (with_key / "secret.key").chmod(0o600)
    with (settings().data / "backups.jsonl").open("a") as made:
        made.write(json.dumps({"folder": str(folder.resolve()), "made_at": manifest.made_at}) + "\n")
    return manifest


def digest(files: "list[Path]") -> str:
    """One fingerprint over these files, folders passed over."""
    whole = hashlib.sha256()
    for file in files:
        if file.is_file():
            whole.update(file.name.encode() + b"\0" + file.read_bytes())
    return whole.hexdigest()


def _names(connection: "psycopg.Connection[Any]") -> list[str]:
    """Our tables, each after those it points to. Raises NoCopy when the database holds one that we do not know."""
    ours = [table.name for table in SQLModel.metadata.sorted_tables]
    there = {name for (name,) in connection.execute(
        "SELECT tablename FROM pg_tables WHERE schemaname = current_schema()")}  # fmt: skip
    strange = {name for name in there - set(ours) if not name.startswith(_OTHERS)}
    if strange:
        raise NoCopy(f"the database holds tables that are not known here: {', '.join(sorted(strange))}")
    if set(ours) - there:
        raise NoCopy("the database is not of this version's shape: run oncall upgrade first")
    return ours


def columns_of(name: str) -> list[str]:
    """The columns of a table as they are copied."""
    return [column.name for column in SQLModel.metadata.tables[name].columns]


def _copy(connection: "psycopg.Connection[Any]", folder: Path, name: str) -> dict[str, Any]:
    columns = columns_of(name)
    chosen = sql.SQL(", ").join(
        sql.SQL("''::bytea") if (name, column) == ("resident", "key_wrapped") else sql.Identifier(column)
        for column in columns
    )
    whole, rows = hashlib.sha256(), 0
    file = folder / f"{name}.copy"
    with file.open("wb") as out, connection.cursor() as cursor:
        with cursor.copy(sql.SQL("COPY (SELECT {} FROM {}) TO STDOUT").format(chosen, sql.Identifier(name))) as copying:
            for piece in copying:
                raw = bytes(piece)
                whole.update(raw)
                rows += raw.count(b"\n")  # a newline within a value is written as \n by the text format
                out.write(raw)
        out.flush()
        os.fsync(out.fileno())
    return {"rows": rows, "sha256": whole.hexdigest(), "columns": columns}


def _copy_keys(connection: "psycopg.Connection[Any]", file: Path) -> None:
    rows = connection.execute("SELECT id, encode(key_wrapped, 'base64') FROM resident WHERE length(key_wrapped) > 0")
    _write(file, "".join(json.dumps({"resident": str(owner), "wrapped": wrapped.replace("\n", "")}) + "\n"
                         for owner, wrapped in rows))  # fmt: skip


def _copy_recordings(keys: list[str], folder: Path) -> tuple[int, int]:
    copied = missing = 0
    for key in keys:
        try:
            sound = store.fetch(key)
        except store.NotKept:
            missing += 1
            log.warning("recording_missing", key=key)
            continue
        file = folder / key
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(sound)
        copied += 1
    return copied, missing


def recordings_in(folder: Path) -> Iterator[tuple[str, Path]]:
    """The sealed recordings of a copy, by their keys on the shelf."""
    root = folder / "recordings"
    for file in sorted(root.rglob("*")) if root.is_dir() else []:
        if file.is_file():
            yield file.relative_to(root).as_posix(), file


def _write(file: Path, text: str) -> None:
    with file.open("w", encoding="utf-8") as out:
        out.write(text)
        out.flush()
        os.fsync(out.fileno())
    file.chmod(0o600)


def _one(connection: "psycopg.Connection[Any]", query: Any) -> str:
    row = connection.execute(query).fetchone()
    if row is None:
        raise NoCopy("the database is empty: there is nothing to copy")
    return str(row[0])
