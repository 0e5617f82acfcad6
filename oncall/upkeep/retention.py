"""Forgetting in time: every day what has had its time is deleted, what must be kept longer is held by name (P-22, P-23).

Idempotent, and counted: what was due is what was removed, held and failed. Words go, rows stay as counts. Events are
never deleted: who read whom is evidence, and holds no words.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
import structlog
from sqlmodel import Session, SQLModel, col, select

from oncall.clock import civil
from oncall.db import transaction
from oncall.gateways import store
from oncall.models import (
    Accounting,
    Alarm,
    Assessment,
    Attempt,
    Case,
    Enrolment,
    Event,
    LegalHold,
    Level,
    Recording,
    RecordingState,
    RequestState,
    Resident,
    RetentionRun,
    StaffSession,
    Unaccounted,
    Verb,
)
from oncall.settings import settings
from oncall.upkeep.erasure import ERASED, forget
from oncall.upkeep.keeping import Times, times

log = structlog.get_logger()

STANDS_STILL_AFTER = timedelta(days=7)
_GRAVE = [level for level in Level if level.rank >= Level.URGENT.rank]


@dataclass
class Due:
    """One kind on one run."""

    kind: str
    due: int = 0
    removed: int = 0
    held: int = 0
    failed: int = 0


def run(now: datetime, *, dry: bool = False) -> list[Due]:
    """Delete what has had its time; with `dry` only count it. One row a kind says what it came to."""
    kept, done = times(), []
    for kind, forget_kind in _KINDS.items():
        found = Due(kind)
        forget_kind(kept, now, found, dry)
        done.append(found)
    if not dry:
        with transaction() as session:
            session.add_all([RetentionRun(at=now, kind=one.kind, due=one.due, removed=one.removed, held=one.held,
                                          failed=one.failed) for one in done])  # fmt: skip
        log.info("retention", **{one.kind: [one.due, one.removed, one.held, one.failed] for one in done})
    return done


def stands_still(session: Session, now: datetime) -> bool:
    """For a week something was due each day and nothing was removed: the deletion itself must be looked at."""
    rows = session.exec(
        select(RetentionRun).where(col(RetentionRun.at) > now - STANDS_STILL_AFTER - timedelta(days=1))
    ).all()
    if not rows or min(row.at for row in rows) > now - STANDS_STILL_AFTER + timedelta(days=1):
        return False
    return not any(row.removed for row in rows) and any(row.due > row.held for row in rows)


def _held(session: Session, now: datetime) -> set[UUID]:
    today = civil(now, settings().timezone).date()
    return set(session.exec(select(LegalHold.resident_id).where(col(LegalHold.until) >= today)))


@dataclass(frozen=True)
class _Sound:
    id: UUID
    resident_id: UUID
    attempt_id: UUID
    key: str
    called_at: datetime


def _recordings(kept: Times, now: datetime, found: Due, dry: bool) -> None:
    with transaction() as session:
        held = _held(session, now)
        sounds = [_Sound(*row) for row in session.execute(
            sa.select(col(Recording.id), col(Recording.resident_id), col(Recording.attempt_id), col(Recording.key),
                      col(Attempt.claimed_at))
            .join(Attempt, col(Attempt.id) == Recording.attempt_id)
            .where(col(Recording.state) == RecordingState.KEPT,
                   col(Attempt.claimed_at) < now - timedelta(days=kept.recording_days))
        )]  # fmt: skip
        grave = _grave_calls(session, [one.attempt_id for one in sounds])
        closed = _cases(session, {one.resident_id for one in sounds})
    for one in sounds:
        if one.attempt_id in grave and not _grave_is_over(one, kept, closed.get(one.resident_id, []), now):
            continue
        found.due += 1
        if one.resident_id in held:
            found.held += 1
        elif not dry:
            _drop(one.id, one.key, now, found)


def _grave_is_over(one: _Sound, kept: Times, closed: "list[datetime | None]", now: datetime) -> bool:
    """Its own longer time is over, and so is a while since each of the resident's cases was closed."""
    if None in closed or one.called_at > now - timedelta(days=kept.recording_flagged_days):
        return False
    return all(at is not None and at < now - timedelta(days=kept.recording_after_case_days) for at in closed)


def _drop(recording: UUID, key: str, now: datetime, found: Due) -> None:
    try:
        store.remove(key)
        with transaction() as session:
            session.execute(sa.update(Recording).where(col(Recording.id) == recording)
                            .values(state=RecordingState.ABSENT, key="", changed_at=now))  # fmt: skip
        found.removed += 1
    except Exception:
        log.exception("recording_not_removed", recording=str(recording))
        found.failed += 1


def _grave_calls(session: Session, attempts: list[UUID]) -> set[UUID]:
    judged = select(Assessment.attempt_id).where(
        col(Assessment.attempt_id).in_(attempts), col(Assessment.level).in_(_GRAVE)
    )
    alarmed = select(Alarm.attempt_id).where(col(Alarm.attempt_id).in_(attempts))
    return set(session.exec(judged)) | set(session.exec(alarmed))


def _cases(session: Session, residents: set[UUID]) -> "dict[UUID, list[datetime | None]]":
    """When each of these residents' cases was closed; None for an open one."""
    found: dict[UUID, list[datetime | None]] = {}
    for resident, closed_at in session.exec(
        select(Case.resident_id, Case.closed_at).where(col(Case.resident_id).in_(residents))
    ):
        found.setdefault(resident, []).append(closed_at)
    return found


# What of a call's words lies where, and by which column its age is told.
_WORDS = {
    "turn": "said_at",
    "assessment": "made_at",
    "fact_note": "noted_at",
    "help_request": "changed_at",
    "alarm": "raised_at",
}


def _words(kept: Times, now: datetime, found: Due, dry: bool) -> None:
    before = now - timedelta(days=kept.words_days)
    for name, age in _WORDS.items():
        table = SQLModel.metadata.tables[name]
        open_ = [table.c.state.in_([RequestState.ARRIVED, RequestState.DECLINED])] if name == "help_request" else []
        closed = [table.c.state == "closed"] if name == "alarm" else []
        _blank(table, [table.c[age] < before, *open_, *closed], table.c.resident_id, now, found, dry)
    evidence, signal = SQLModel.metadata.tables["evidence"], SQLModel.metadata.tables["signal"]
    turn = SQLModel.metadata.tables["turn"]
    old = evidence.c.turn_id.in_(sa.select(turn.c.id).where(turn.c.said_at < before))
    owner = sa.select(signal.c.resident_id).where(signal.c.id == evidence.c.signal_id).scalar_subquery()
    _blank(evidence, [old], owner, now, found, dry)


def _case_notes(kept: Times, now: datetime, found: Due, dry: bool) -> None:
    before = now - timedelta(days=kept.case_notes_days)
    table = SQLModel.metadata.tables["case_entry"]
    closed = select(Case.id).where(col(Case.closed_at) < before)
    _blank(table, [table.c.case_id.in_(closed)], table.c.resident_id, now, found, dry)


def _blank(table: sa.Table, which: list[Any], owner: Any, now: datetime, found: Due, dry: bool) -> None:
    """Take the words out of these rows of `table`, those of residents under a legal hold left alone."""
    words = {
        column.name: (None if column.nullable else b"") for column in table.columns if column.name.endswith("_sealed")
    }
    full = sa.or_(*[(table.c[name].is_not(None)) & (sa.func.length(table.c[name]) > 0) for name in words])
    with transaction() as session:
        held = _held(session, now)
        counts: Counter[bool] = Counter()
        rows = session.execute(
            sa.select(owner.label("owner"), sa.func.count()).select_from(table).where(*which, full).group_by("owner")
        )
        for resident, count in rows:
            counts[resident in held] += count
        found.due += counts.total()
        found.held += counts[True]
        if not dry and counts[False]:
            done = session.execute(sa.update(table).where(*which, full, owner.not_in(held)).values(words))
            found.removed += done.rowcount  # type: ignore[attr-defined]  # an UPDATE's result counts its rows


def _left_residents(kept: Times, now: datetime, found: Due, dry: bool) -> None:
    """Who left every campaign so long ago is forgotten altogether, consents included in what nobody can open."""
    before = now - timedelta(days=kept.consent_days)
    with transaction() as session:
        held = _held(session, now)
        stays = sa.exists().where(
            col(Enrolment.resident_id) == Resident.id,
            sa.or_(col(Enrolment.left_at).is_(None), col(Enrolment.left_at) >= before),
        )
        open_case = sa.exists().where(col(Case.resident_id) == Resident.id, col(Case.closed_at).is_(None))
        gone = session.exec(
            select(Resident.id).where(
                col(Resident.changed_at) < before, Resident.standing_reason != ERASED, ~stays, ~open_case,
                sa.exists().where(col(Enrolment.resident_id) == Resident.id),
            )
        ).all()  # fmt: skip
        for resident in gone:
            found.due += 1
            if resident in held:
                found.held += 1
            elif not dry:
                forget(session, resident, now)
                session.add(Event(at=now, verb=Verb.ERASED, resident_id=resident, about=f"resident:{resident}",
                                  detail={"reason": "retention"}))  # fmt: skip
                found.removed += 1


def _rows(model: Any, column: Any, days: Callable[[Times], int]) -> Callable[[Times, datetime, Due, bool], None]:
    """Rows without words that are deleted as they are."""

    def gone(kept: Times, now: datetime, found: Due, dry: bool) -> None:
        old = column < now - timedelta(days=days(kept))
        with transaction() as session:
            found.due += session.execute(sa.select(sa.func.count()).select_from(model).where(old)).scalar_one()
            if not dry:
                found.removed += session.execute(sa.delete(model).where(old)).rowcount  # type: ignore[attr-defined]  # as above

    return gone


def _named(kept: Times, now: datetime, found: Due, dry: bool) -> None:
    """Who was named in a report: the name goes, the report's counts stay."""
    old = col(Unaccounted.accounting_id).in_(
        select(Accounting.id).where(col(Accounting.made_at) < now - timedelta(days=kept.report_days))
    )
    with transaction() as session:
        found.due += session.execute(sa.select(sa.func.count()).select_from(Unaccounted).where(old)).scalar_one()
        if not dry:
            found.removed += session.execute(sa.delete(Unaccounted).where(old)).rowcount  # type: ignore[attr-defined]  # as above


_KINDS: dict[str, Callable[[Times, datetime, Due, bool], None]] = {
    "recordings": _recordings,
    "words": _words,
    "case_notes": _case_notes,
    "left_residents": _left_residents,
    "sign_ins": _rows(StaffSession, col(StaffSession.seen_at), lambda kept: kept.sign_in_days),
    "named_in_reports": _named,
}


def says(done: Iterable[Due], *, dry: bool) -> list[str]:
    """One line a kind."""
    word = "would go" if dry else "removed"
    return [f"{one.kind:<18} due {one.due:>7}  {word} {one.due - one.held if dry else one.removed:>7}  held {one.held:>5}"
            + (f"  failed {one.failed}" if one.failed else "") for one in done]  # fmt: skip
