"""Bringing the spool to the database once it is back: alarms and keys first, then the minutes of calls in their order.

Everything may be brought twice: an alarm's id, a turn's position, a request's id exist once.
"""

from collections.abc import Callable, Iterable
from uuid import UUID

import psycopg
import sqlalchemy as sa
import structlog
from sqlmodel import Session

from oncall import clock
from oncall.call import taking
from oncall.call.alarm_entry import write_alarm
from oncall.call.line import Line
from oncall.call.spool import Kept, SpoolFile
from oncall.db import tell, transaction
from oncall.models import Attempt

log = structlog.get_logger()

_AT_ONCE = 50
_refused: set[UUID] = set()  # alarms the database was there for and did not take, told once each


def is_away(error: BaseException) -> bool:
    """Whether the database is not there, or not writable, rather than the record wrong."""
    if isinstance(error, sa.exc.DBAPIError):
        away = isinstance(error, sa.exc.OperationalError | sa.exc.InterfaceError)
        return away or error.connection_invalidated or isinstance(error.orig, psycopg.errors.ReadOnlySqlTransaction)
    return isinstance(error, sa.exc.TimeoutError)


def bring(files: Iterable[SpoolFile], done: Callable[[SpoolFile, Kept], None]) -> bool:
    """Write what waits in these files, and tell `done` of each entry; False when the database is away.

    An alarm that the database refuses stays; any other record it refuses is given up, and the log says so.
    """
    waiting = [(file, kept) for file in files for kept in file.waiting()]
    try:
        for file, kept in waiting:
            if (kept.is_alarm and _bring_alarm(kept)) or (kept.is_key and _bring_key(kept)):
                done(file, kept)
        minutes = [one for one in waiting if not (one[1].is_alarm or one[1].is_key)]
        for first in range(0, len(minutes), _AT_ONCE):
            _bring_some(minutes[first : first + _AT_ONCE], done)
    except sa.exc.SQLAlchemyError as error:
        if not is_away(error):
            raise
        return False
    return True


def _bring_alarm(kept: Kept) -> bool:
    try:
        with transaction() as session:
            new = write_alarm(session, kept.columns())
    except Exception as error:
        if is_away(error):
            raise
        if kept.id not in _refused:
            _refused.add(kept.id)
            log.exception("alarm_refused", alarm=str(kept.id))
        return False
    if new:
        log.warning("alarm_replayed", alarm=str(kept.id))
    return True


def _bring_key(kept: Kept) -> bool:
    """Always True: a key that cannot be taken with the database there is given up, and the log says so."""
    line = kept.line
    try:
        with transaction() as session:
            taking.take_kept(session, line["token"], line["step"], line["key"], clock.now())
    except Exception as error:
        if is_away(error):
            raise
        log.exception("key_lost")
    return True


def _bring_some(some: list[tuple[SpoolFile, Kept]], done: Callable[[SpoolFile, Kept], None]) -> None:
    try:
        with transaction() as session:
            _write(session, [kept for _, kept in some])
    except Exception as error:
        if is_away(error):
            raise
        if len(some) > 1:
            for one in some:
                _bring_some([one], done)
            return
        log.exception("record_lost", kind=some[0][1].line.get("kind"), attempt=str(some[0][1].attempt_id))
    for file, kept in some:
        done(file, kept)


def _write(session: Session, some: list[Kept]) -> None:
    lines: dict[UUID, Line] = {}
    for kept in some:
        if kept.attempt_id not in lines:
            lines[kept.attempt_id] = Line.of(session, session.get_one(Attempt, kept.attempt_id))
        line = lines[kept.attempt_id]
        kept.record(line).write(session)
        session.flush()
    for line in lines.values():
        tell(session, "calls", attempt=line.attempt_id, check_in=line.check_in_id)
