"""Turns: what was said in a call, by whom and when; live turns as they are spoken, then those of the recording."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import ClassVar
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, Session, SQLModel, col, select

from oncall.models.seal import Seal
from oncall.models.stored import moment, own_id, points_to, stored


class Speaker(StrEnum):
    """Which end of the line. `resident` is the far end: it may be another person, a machine or a television."""

    AGENT = "agent"
    RESIDENT = "resident"


class TurnSource(StrEnum):
    """Where the words come from; decisions rest on the recording when there is one (protocol note 19)."""

    LIVE = "live"
    RECORDING = "recording"


@dataclass(frozen=True)
class Latency:
    """How long people waited for our answers, in milliseconds; None when there were none."""

    turns: int
    p50_ms: float | None
    p95_ms: float | None
    p99_ms: float | None


class Turn(SQLModel, table=True):
    """One person's words without interruption; times are milliseconds since the stream began."""

    __table_args__ = (
        sa.UniqueConstraint("attempt_id", "source", "position"),
        sa.Index("turn_latency", "said_at", postgresql_where=sa.text("latency_ms IS NOT NULL")),
    )
    WORDS: ClassVar[str] = "turn.words"  # the place the words are sealed for

    id: UUID = own_id()
    attempt_id: UUID = points_to("attempt.id")
    resident_id: UUID = points_to("resident.id")
    source: TurnSource = stored(TurnSource)
    position: int
    speaker: Speaker = stored(Speaker)
    words_sealed: bytes
    starts_ms: int
    ends_ms: int
    cut_off: bool = False  # barge-in: what stands here is what was heard, not all that was meant
    said_at: datetime = moment()
    latency_ms: int | None = None  # of our turns: from the end of their speech to the first sound sent
    # Of our turns in a talk: ms, by step. Of a keypad check: which "step" it was, and of a resident's the "key" pressed.
    timing: dict[str, int] | None = Field(default=None, sa_column=sa.Column(JSONB, nullable=True))

    @property
    def key(self) -> int | None:
        """The key they pressed, or said instead of pressing it; None of all other speech."""
        return (self.timing or {}).get("key")

    @property
    def arrived(self) -> bool | None:
        """By a key of theirs, that what was arranged for them has come (True) or has not; None of all other turns."""
        told = (self.timing or {}).get("arrived")
        return None if told is None else bool(told)

    def write(self, seal: Seal, words: str) -> None:
        """Put the words in, sealed for this row."""
        self.words_sealed = seal.close(words, self.WORDS, self.id)

    def words(self, seal: Seal) -> str:
        """The words, opened."""
        return seal.open(self.words_sealed, self.WORDS, self.id)


def latency(session: Session, since: datetime) -> Latency:
    """Over all calls since then, from the end of their speech to the first sound of ours."""
    at = sa.func.percentile_cont(sa.cast([0.5, 0.95, 0.99], sa.ARRAY(sa.Float))).within_group(col(Turn.latency_ms))
    turns, shares = session.exec(
        select(sa.func.count(), at).where(Turn.said_at >= since, col(Turn.latency_ms).is_not(None))
    ).one()
    return Latency(turns, *(shares or (None, None, None)))
