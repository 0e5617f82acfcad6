"""Manner: how to speak with one resident, learned from their calls or set by a caseworker: pace, hearing, what not to ask."""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from oncall.models.stored import moment, points_to

SPEED, SLOWEST, FASTEST = 0.9, 0.7, 1.1
PATIENCE_MS, LEAST_PATIENCE_MS, MOST_PATIENCE_MS = 800, 500, 2500


class Manner(SQLModel, table=True):
    """One resident's manner; no row means the defaults. `set_by` names who set it: learning then leaves it alone.

    `speed` is the rate of our speech (1.0 a grown-up's ordinary pace), `patience_ms` the silence that ends a turn of
    theirs, `circumstances` codes of `prompts/facts.toml` because of which some questions are not asked (C-39).
    """

    resident_id: UUID = Field(sa_column=sa.Column(sa.Uuid, sa.ForeignKey("resident.id"), primary_key=True))
    speed: float = SPEED
    patience_ms: int = PATIENCE_MS
    louder: bool = False
    hard_of_hearing: bool = False
    circumstances: list[str] = Field(default_factory=list, sa_column=sa.Column(JSONB, nullable=False))
    set_by: UUID | None = points_to("staff.id", nullable=True)
    changed_at: datetime = moment()

    @property
    def needs_louder(self) -> bool:
        """Whether we speak up for them: they asked for it, or are known to hear badly."""
        return self.louder or self.hard_of_hearing
