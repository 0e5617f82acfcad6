"""Recordings: the sound of a call as the carrier kept it, fetched by its id and sealed where we keep it."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlmodel import Field, SQLModel

from oncall.models.stored import moment, own_id, points_to, stored


class RecordingState(StrEnum):
    """Whether there is sound to listen to."""

    EXPECTED = "expected"
    READY = "ready"  # the carrier has it
    KEPT = "kept"  # we have it, sealed
    ABSENT = "absent"  # the carrier says there is none


class Recording(SQLModel, table=True):
    """One recording of one attempt; `key` names the sealed object in the store (a WAV, far end left, ours right)."""

    id: UUID = own_id()
    attempt_id: UUID = points_to("attempt.id")
    resident_id: UUID = points_to("resident.id")
    sid: str = Field(unique=True)
    state: RecordingState = stored(RecordingState, default=RecordingState.EXPECTED)
    key: str = ""
    seconds: float | None = None
    offset_ms: int = 0  # recording clock minus stream clock, when known
    changed_at: datetime = moment()
