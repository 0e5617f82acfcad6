"""Pages: each try to reach a person about an alarm or in a drill, by which channel, and what came of it (R-20, R-27)."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from oncall.models.stored import moment, own_id, points_to, stored


class Channel(StrEnum):
    """How a person is reached."""

    SCREEN = "screen"  # the duty screen, with sound
    CALL = "call"  # a telephone call that can be joined with the resident's
    SMS = "sms"


class PageState(StrEnum):
    """What came of one try."""

    WANTED = "wanted"  # written before anybody is asked
    SENT = "sent"
    FAILED = "failed"
    ANSWERED = "answered"  # the telephone was picked up, the screen has shown it
    ACKNOWLEDGED = "acknowledged"  # this person has it
    JOINED = "joined"  # and speaks with the resident


class Page(SQLModel, table=True):
    """One try. `step` 0 is at once, 1 after 60 s, 2 after 120 s, 3 the last resort after 180 s; `token` is in the
    addresses the carrier calls back. `staff_id` is empty for the last-resort number. It is of an alarm or of a drill."""

    __table_args__ = (
        sa.UniqueConstraint("alarm_id", "drill_id", "step", "channel", "staff_id", name="page_once",
                            postgresql_nulls_not_distinct=True),
        sa.CheckConstraint("num_nonnulls(alarm_id, drill_id) = 1", name="page_of_one"),
    )  # fmt: skip

    id: UUID = own_id()
    alarm_id: UUID | None = points_to("alarm.id", nullable=True)
    drill_id: UUID | None = points_to("drill.id", nullable=True)
    staff_id: UUID | None = points_to("staff.id", nullable=True)
    channel: Channel = stored(Channel)
    step: int = 0
    state: PageState = stored(PageState, default=PageState.WANTED)
    token: str = Field(unique=True)
    sid: str | None = None  # the carrier's id of the call or message
    error: str = ""
    wanted_at: datetime = moment()
    changed_at: datetime = moment()
