"""The live board: every call that is on the line now, since when, and the last words spoken in it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlmodel import Session, col, func, select

from oncall.models import (
    Alarm,
    Area,
    Attempt,
    AttemptState,
    CheckIn,
    Resident,
    Speaker,
    Turn,
    TurnSource,
)  # fmt: skip
from oncall.models.turn import Latency
from oncall.models.turn import latency as turns_latency
from oncall.web.access import Right, Signed, within

TURNS_SHOWN = 3
LINES_SHOWN = 200
LATENCY_OF = timedelta(hours=1)
LONG_MS = 2500


@dataclass(frozen=True)
class Said:
    """One live turn, opened."""

    speaker: Speaker
    words: str


@dataclass(frozen=True)
class Wait:
    """How long somebody waited for our answers in one call, in milliseconds: the last time, and at worst."""

    last_ms: int
    worst_ms: int

    @property
    def is_long(self) -> bool:
        """So long that people begin to ask whether anybody is there."""
        return self.worst_ms > LONG_MS


@dataclass(frozen=True)
class Line:
    """One call on the line; `since` is the newest of claimed, placed and answered. `said` is empty for who may not read."""

    attempt: Attempt
    resident: Resident
    area: Area
    since: datetime
    said: list[Said]
    alarm: Alarm | None
    wait: Wait | None = None

    @property
    def is_speaking(self) -> bool:
        """Somebody picked up."""
        return self.attempt.state is AttemptState.ANSWERED


def on_the_line(session: Session, signed: Signed) -> list[Line]:
    """Calls with an alarm first, then those speaking, then ringing; oldest first within each."""
    statement = (
        select(Attempt, Resident, Area)
        .join(CheckIn, col(CheckIn.id) == Attempt.check_in_id)
        .join(Resident, col(Resident.id) == Attempt.resident_id)
        .join(Area, col(Area.id) == CheckIn.area_id)
        .where(Attempt.state != AttemptState.ENDED)
        .order_by(col(Attempt.claimed_at))
        .limit(LINES_SHOWN)
    )
    found = session.exec(within(statement, CheckIn.area_id, signed)).all()
    ids = [attempt.id for attempt, _, _ in found]
    reads = signed.may(Right.READ_WORDS)
    turns = _last_turns(session, ids) if reads else {}
    alarms = {alarm.attempt_id: alarm for alarm in session.exec(select(Alarm).where(col(Alarm.attempt_id).in_(ids)))}
    waits = _waits(session, ids)
    lines = [
        Line(
            attempt=attempt, resident=resident, area=area,
            since=attempt.answered_at or attempt.placed_at or attempt.claimed_at,
            said=[Said(turn.speaker, turn.words(resident.seal)) for turn in turns.get(attempt.id, [])],
            alarm=alarms.get(attempt.id), wait=waits.get(attempt.id),
        )
        for attempt, resident, area in found
    ]  # fmt: skip
    return sorted(lines, key=lambda line: (line.alarm is None, not line.is_speaking, line.since))


def latency(session: Session, now: datetime) -> Latency:
    """How long people waited for our answers in the last hour, over all calls."""
    return turns_latency(session, now - LATENCY_OF)


def _waits(session: Session, ids: list[UUID]) -> dict[UUID, Wait]:
    rows = session.exec(
        select(Turn.attempt_id, Turn.latency_ms)
        .where(col(Turn.attempt_id).in_(ids), col(Turn.latency_ms).is_not(None), Turn.source == TurnSource.LIVE)
        .order_by(col(Turn.position))
    )
    found: dict[UUID, Wait] = {}
    for attempt_id, ms in rows:
        if ms is not None:
            found[attempt_id] = Wait(ms, max(ms, found[attempt_id].worst_ms if attempt_id in found else 0))
    return found


def _last_turns(session: Session, ids: list[UUID]) -> dict[UUID, list[Turn]]:
    from_the_end = (
        func.row_number()
        .over(partition_by=col(Turn.attempt_id), order_by=col(Turn.position).desc())
        .label("from_the_end")
    )
    newest = (
        select(Turn.id, from_the_end).where(col(Turn.attempt_id).in_(ids), Turn.source == TurnSource.LIVE).subquery()
    )
    rows = session.exec(
        select(Turn)
        .join(newest, newest.c.id == Turn.id)
        .where(newest.c.from_the_end <= TURNS_SHOWN)
        .order_by(col(Turn.position))
    )
    turns: dict[UUID, list[Turn]] = {}
    for turn in rows:
        turns.setdefault(turn.attempt_id, []).append(turn)
    return turns
