"""Bringing a copy back: into an empty database, and held, so that nobody is dialled until a person says so (R-18)."""

import hashlib
import json
import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

import psycopg
import sqlalchemy as sa
import structlog
from alembic import command
from alembic.config import Config
from psycopg import sql

import oncall
from oncall import db
from oncall.gateways import store
from oncall.models import HoldReason
from oncall.models import hold as holds
from oncall.models.seal import ring
from oncall.upkeep.backup import Manifest, NoCopy, recordings_in
from oncall.upkeep.erasure import erased_ids, forget

log = structlog.get_logger()


@dataclass(frozen=True)
class Restored:
    """What came back. `lost` is how much of the past the copy does not know (RPO), `seconds` how long it took (RTO)."""

    made_at: datetime
    rows: int
    recordings: int
    erased: int
    lost: timedelta
    seconds: float


def restore(folder: Path, now: datetime, *, replace: bool = False) -> Restored:
    """Bring the copy in `folder` back. Everything in the database is dropped first, but only with `replace`.

    The rows come back in one transaction together with the hold `restored`. Raises NoCopy when the copy is damaged,
    belongs to another key, or the database is not empty.
    """
    started = time.monotonic()
    manifest = Manifest.read(folder)
    _is_whole(folder, manifest)
    db.engine()
    if manifest.fingerprint != ring().fingerprint:
        raise NoCopy("this copy was sealed with another city's key; put that key where ONCALL_SECRET_FILE says")
    with psycopg.connect(db.driver_url(), autocommit=True) as connection:
        _make_room(connection, replace)
    db.engine().dispose()
    _shape(manifest.revision)
    with psycopg.connect(db.driver_url()) as connection:
        for name in manifest.tables:
            _bring(connection, folder, name, manifest.tables[name]["columns"])
        _give_keys(connection, folder)
        _count_on(connection, list(manifest.tables))
        connection.execute("UPDATE staff_session SET ended_at = %s WHERE ended_at IS NULL", [now])
        if "hold" in manifest.tables:
            _hold(connection, manifest, now)
    db.upgrade()
    with db.transaction() as session:
        holds.hold(session, HoldReason.RESTORED, now, code=manifest.made_at)
    erased = _erase_again(now)
    recordings = _put_back(folder)
    return Restored(
        manifest.moment, manifest.rows, recordings, erased, now - manifest.moment, time.monotonic() - started
    )


def _is_whole(folder: Path, manifest: Manifest) -> None:
    for name, about in manifest.tables.items():
        file = folder / "tables" / f"{name}.copy"
        if not file.exists() or hashlib.sha256(file.read_bytes()).hexdigest() != about["sha256"]:
            raise NoCopy(f"the copy of table {name} is damaged")


def _make_room(connection: "psycopg.Connection[tuple[object, ...]]", replace: bool) -> None:
    """Leave the database without tables. Raises NoCopy when there is something in it and `replace` was not said."""
    tables = [
        str(name)
        for (name,) in connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = current_schema()")
    ]
    full = [name for name in tables if name != "alembic_version" and not name.startswith("procrastinate_")
            and connection.execute(sql.SQL("SELECT EXISTS (SELECT FROM {})").format(sql.Identifier(name))).fetchone() == (True,)]  # fmt: skip
    if full and not replace:
        raise NoCopy(f"the database is not empty ({len(full)} tables hold rows); --replace drops all of it first")
    schema = connection.execute("SELECT current_schema()").fetchone()
    name = sql.Identifier(str(schema[0]) if schema else "public")
    connection.execute(sql.SQL("DROP SCHEMA {} CASCADE").format(name))
    connection.execute(sql.SQL("CREATE SCHEMA {}").format(name))


def _shape(revision: str) -> None:
    """The tables as they were when the copy was made; later migrations then run over the rows as they always do."""
    config = Config()
    config.set_main_option("script_location", str(Path(oncall.__file__).parent / "migrations"))
    command.upgrade(config, revision)


def _bring(connection: "psycopg.Connection[tuple[object, ...]]", folder: Path, name: str, columns: list[str]) -> None:
    into = sql.SQL("COPY {} ({}) FROM STDIN").format(
        sql.Identifier(name), sql.SQL(", ").join(sql.Identifier(column) for column in columns)
    )
    file = folder / "tables" / f"{name}.copy"
    with file.open("rb") as rows, connection.cursor() as cursor, cursor.copy(into) as copying:
        while piece := rows.read(1 << 20):
            copying.write(piece)


def _give_keys(connection: "psycopg.Connection[tuple[object, ...]]", folder: Path) -> None:
    with connection.cursor() as cursor, (folder / "keys.jsonl").open(encoding="utf-8") as lines:
        cursor.executemany(
            "UPDATE resident SET key_wrapped = decode(%s, 'base64') WHERE id = %s",
            [(one["wrapped"], one["resident"]) for one in map(json.loads, lines)],
        )


def _count_on(connection: "psycopg.Connection[tuple[object, ...]]", names: list[str]) -> None:
    """Numbers the database gives out go on after the highest that came back."""
    counted = connection.execute(
        "SELECT table_name, column_name, pg_get_serial_sequence(quote_ident(table_name), column_name) "
        "FROM information_schema.columns WHERE table_schema = current_schema() AND table_name = ANY(%s)", [names]
    ).fetchall()  # fmt: skip
    for table, column, sequence in counted:
        if sequence:
            connection.execute(
                sql.SQL("SELECT setval(%s, coalesce((SELECT max({}) FROM {}), 0) + 1, false)").format(
                    sql.Identifier(str(column)), sql.Identifier(str(table))
                ),
                [sequence],
            )


def _hold(connection: "psycopg.Connection[tuple[object, ...]]", manifest: Manifest, now: datetime) -> None:
    """In the rows' own transaction: there is no moment in which they lie there and nothing holds them."""
    connection.execute(
        "INSERT INTO hold (id, reason, code, node, why, since, release_why) "
        "VALUES (gen_random_uuid(), 'restored', %s, '', '', %s, '') ON CONFLICT DO NOTHING",
        [manifest.made_at, now],
    )


def _erase_again(now: datetime) -> int:
    """Whoever was erased since the copy was made, or whose key the copy does not hold any more, is forgotten again."""
    with db.transaction() as session:
        gone = {UUID(str(one)) for (one,) in session.execute(
            sa.text("SELECT id FROM resident WHERE length(key_wrapped) = 0 AND length(name_sealed) > 0"))}  # fmt: skip
        known = {UUID(str(one)) for (one,) in session.execute(sa.text("SELECT id FROM resident"))}
        gone |= {one for one in erased_ids() if one in known}
        for resident in gone:
            forget(session, resident, now)
    if gone:
        log.warning("erased_again", residents=len(gone))
    return len(gone)


def _put_back(folder: Path) -> int:
    """Lay the recordings of the copy on the shelf where they are missing; how many."""
    there: dict[str, set[str]] = {}
    put = 0
    for key, file in recordings_in(folder):
        top = key.split("/", 1)[0]
        if top not in there:
            there[top] = set(store.keys(top))
        if key not in there[top]:
            store.keep(key, file.read_bytes())
            put += 1
    return put
