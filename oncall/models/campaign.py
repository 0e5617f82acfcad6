"""Campaigns: who is called how often, in which hours, with which questions; and each resident's place in one."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from oncall.models.resident import Language
from oncall.models.stored import moment, own_id, points_to, stored


class Purpose(StrEnum):
    """Why the campaign calls."""

    CHECK_IN = "check_in"
    FIRST_CONTACT = "first_contact"
    HEAT = "heat"
    COLD = "cold"
    RECHECK = "recheck"
    DELIVERY = "delivery"


class CampaignState(StrEnum):
    """Whether new check-ins are laid out and dialled."""

    RUNNING = "running"
    PAUSED = "paused"
    ENDED = "ended"


class Campaign(SQLModel, table=True):
    """One campaign, the same fields as its file (`oncall campaign apply`); delays are whole seconds.

    `every_seconds` or `cron` gives the cadence; `windows` are strings such as "mon-fri 10:00-12:00" in the resident's
    civil time.
    """

    __table_args__ = (sa.CheckConstraint("(every_seconds IS NULL) <> (cron IS NULL)", name="one_cadence"),)

    id: UUID = own_id()
    name: str = Field(unique=True)
    purpose: Purpose = stored(Purpose, default=Purpose.CHECK_IN)
    state: CampaignState = stored(CampaignState, default=CampaignState.RUNNING)
    every_seconds: int | None = None
    cron: str | None = None
    windows: list[str] = Field(sa_column=sa.Column(JSONB, nullable=False))
    holidays: bool = False
    starts: date
    attempts: int = 3
    retry_after_seconds: list[int] = Field(sa_column=sa.Column(JSONB, nullable=False))
    busy_retry_after_seconds: int = 600
    lines: int = 20
    facts: list[str] = Field(sa_column=sa.Column(JSONB, nullable=False))
    language: Language = stored(Language, default=Language.KO)
    area_id: int = points_to("area.id")
    changed_at: datetime = moment()

    def retry_delay(self, attempts_made: int) -> int:
        """Seconds to wait after the `attempts_made`-th unanswered try; the last entry of the ladder repeats."""
        ladder: list[Any] = self.retry_after_seconds or [1800]
        return int(ladder[min(attempts_made, len(ladder)) - 1])


class Enrolment(SQLModel, table=True):
    """One resident in one campaign. `next_at` is when their next check-in falls due; planning follows this index only.

    `no_plan_at` is when a moment was last looked for in vain: they never fall due, or their row or the campaign's
    cannot be read. It is tried again an hour later, so that such rows neither stop nor crowd out the others (R-25).
    """

    __table_args__ = (
        sa.UniqueConstraint("campaign_id", "resident_id"),
        sa.Index(
            "enrolment_falling_due",
            "next_at",
            postgresql_where=sa.text("left_at IS NULL"),
        ),
    )

    id: UUID = own_id()
    campaign_id: UUID = points_to("campaign.id")
    resident_id: UUID = points_to("resident.id")
    joined_at: datetime = moment()
    left_at: datetime | None = moment(nullable=True)
    next_at: datetime | None = moment(nullable=True)
    no_plan_at: datetime | None = moment(nullable=True)
