"""Consent: what a resident agreed to, to which words, when and how; rows are added, never changed (P-02)."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlmodel import SQLModel

from oncall.models.stored import moment, own_id, points_to, stored


class ConsentScope(StrEnum):
    """What may be agreed to, each apart from the others."""

    SERVICE = "service"  # being called at all
    RECORDING = "recording"
    OVERSEAS = "overseas"  # a carrier or model outside the country hears the call
    MEMORY = "memory"  # short notes carried from call to call


class Consent(SQLModel, table=True):
    """One yes or no to one scope; the newest row of a scope counts. `text_sha256` is of the words they were read."""

    id: UUID = own_id()
    resident_id: UUID = points_to("resident.id")
    scope: ConsentScope = stored(ConsentScope)
    given: bool
    text_version: str
    text_sha256: str
    channel: str  # paper, phone, web, proxy, call
    given_at: datetime = moment()
    recorded_at: datetime = moment()
    recorded_by: UUID | None = points_to("staff.id", nullable=True)
