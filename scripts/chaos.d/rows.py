"""What OnCall says happened: its rows, read when everything has come to rest."""

from dataclasses import dataclass
from datetime import datetime

import psycopg
from psycopg.rows import class_row


@dataclass(frozen=True)
class Try:
    """One attempt, and whose it was."""

    token: str
    check_in: str
    resident: str
    kind: str
    state: str
    outcome: str | None
    error: str
    asked: datetime | None  # when the intention to ask the carrier was committed


@dataclass(frozen=True)
class Row:
    """One check-in: where it ended, and whether an assessment and a case know of it."""

    id: str
    resident: str
    state: str
    reason: str
    assessed: bool
    wants_a_case: bool
    on_a_case: bool


@dataclass(frozen=True)
class Standing:
    """What stands before people for one resident: an open case (kind and level), and an alarm."""

    resident: str
    kind: str | None
    level: str | None
    alarmed: bool


_TRIES = """
SELECT a.token, a.check_in_id::text AS check_in, r.external_id AS resident, a.kind, a.state, a.outcome, a.error,
       a.placed_at AS asked
FROM attempt a JOIN resident r ON r.id = a.resident_id
"""
_ROWS = """
SELECT c.id::text AS id, r.external_id AS resident, c.state, c.reason,
       EXISTS (SELECT FROM assessment s WHERE s.check_in_id = c.id) AS assessed,
       EXISTS (SELECT FROM assessment s WHERE s.check_in_id = c.id
               AND (s.level NOT IN ('none', 'watch') OR s.failed <> '')) AS wants_a_case,
       EXISTS (SELECT FROM case_entry e WHERE e.check_in_id = c.id) AS on_a_case
FROM check_in c JOIN resident r ON r.id = c.resident_id
"""
_STANDING = """
SELECT r.external_id AS resident, o.kind, o.level, EXISTS (SELECT FROM alarm a WHERE a.resident_id = r.id) AS alarmed
FROM resident r LEFT JOIN "case" o ON o.household_id = r.household_id AND o.closed_at IS NULL
"""
_OPEN = """
SELECT (SELECT count(*) FROM enrolment WHERE next_at <= now())
     + (SELECT count(*) FROM check_in c WHERE c.state IN ('due', 'dialling', 'speaking', 'heard'))
     + (SELECT count(*) FROM attempt WHERE state <> 'ended' OR outcome IS NULL)
     + (SELECT count(*) FROM check_in c WHERE c.state IN ('unreached', 'held', 'not_accounted')
        AND NOT EXISTS (SELECT FROM case_entry e WHERE e.check_in_id = c.id))
"""
_COUNTS = "SELECT state, count(*) FROM check_in GROUP BY state ORDER BY state"


def read(database: str) -> tuple[list[Try], list[Row], list[Standing]]:
    """Every attempt, every check-in, and what stands for every resident."""
    with psycopg.connect(database) as connection:
        return (
            connection.cursor(row_factory=class_row(Try)).execute(_TRIES).fetchall(),
            connection.cursor(row_factory=class_row(Row)).execute(_ROWS).fetchall(),
            connection.cursor(row_factory=class_row(Standing)).execute(_STANDING).fetchall(),
        )


def left_open(database: str) -> int:
    """How much is not at its end: slots, check-ins, attempts, and silent ends without a case."""
    with psycopg.connect(database, connect_timeout=5) as connection:
        found = connection.execute(_OPEN).fetchone()
    return int(found[0]) if found else 0


def workers(database: str) -> int:
    """How many workers have given their names to the queue."""
    with psycopg.connect(database, connect_timeout=5) as connection:
        found = connection.execute("SELECT count(*) FROM procrastinate_workers").fetchone()
    return int(found[0]) if found else 0


def counts(database: str) -> dict[str, int]:
    """How many check-ins stand where."""
    with psycopg.connect(database, connect_timeout=5) as connection:
        return {str(state): int(count) for state, count in connection.execute(_COUNTS)}
