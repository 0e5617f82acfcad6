"""Events: who did what, and who read whom; rows are only ever added, the database refuses change (P-13, TH-16)."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from oncall.models.stored import moment, points_to, stored


class Verb(StrEnum):
    """What happened, in the office's words."""

    SIGNED_IN = "signed_in"
    SIGN_IN_REFUSED = "sign_in_refused"
    SIGNED_OUT = "signed_out"
    READ = "read"  # looked at a resident's personal words
    REVEALED = "revealed"  # asked to see a whole phone number or address, with a reason
    PLAYED = "played"  # played a recording
    EXPORTED = "exported"
    ENROLLED = "enrolled"
    CORRECTED = "corrected"
    STANDING_CHANGED = "standing_changed"
    STAFF_CHANGED = "staff_changed"  # an account made, changed or closed
    CONSENT_RECORDED = "consent_recorded"
    CAMPAIGN_CHANGED = "campaign_changed"
    CHECK_IN_MOVED = "check_in_moved"
    CASE_OPENED = "case_opened"
    CASE_RAISED = "case_raised"
    CASE_TAKEN = "case_taken"
    CASE_RELEASED = "case_released"
    CASE_NOTED = "case_noted"
    CASE_CLOSED = "case_closed"
    CASE_REOPENED = "case_reopened"
    MANNER_CHANGED = "manner_changed"
    REMEMBERED = "remembered"
    FORGOTTEN = "forgotten"
    REQUEST_CHANGED = "request_changed"
    DUTY_CHANGED = "duty_changed"
    ALARM_ACKNOWLEDGED = "alarm_acknowledged"
    ALARM_JOINED = "alarm_joined"
    ALARM_CLOSED = "alarm_closed"
    PAGED = "paged"
    REVIEWED = "reviewed"
    DIALLING_HELD = "dialling_held"
    DIALLING_RELEASED = "dialling_released"
    KEYS_ROTATED = "keys_rotated"
    ERASED = "erased"


class Event(SQLModel, table=True):
    """One thing that happened. `detail` holds ids, codes and states only, never personal words."""

    id: int | None = Field(
        default=None,
        sa_column=sa.Column(sa.BigInteger, sa.Identity(), primary_key=True),
    )
    at: datetime = moment(index=True)
    verb: Verb = stored(Verb)
    staff_id: UUID | None = points_to("staff.id", nullable=True)
    resident_id: UUID | None = points_to("resident.id", nullable=True)
    about: str = ""  # "case:<id>", "check_in:<id>" ...
    address: str = ""  # the network address it came from
    detail: dict[str, Any] = Field(default_factory=dict, sa_column=sa.Column(JSONB, nullable=False))
