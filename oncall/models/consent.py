"""Consent: what a resident agreed to, to which words, when and how; rows are added, never changed (P-02)."""

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlmodel import Session, SQLModel, col, select

from oncall.models.stored import moment, own_id, points_to, stored


class ConsentScope(StrEnum):
    """What may be agreed to, each apart from the others."""

    SERVICE = "service"  # being called at all
    RECORDING = "recording"
    OVERSEAS = "overseas"  # a model outside the country hears the words; without it the check is made by keys (P-03)
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


def standing_consent(session: Session, resident_id: UUID, scope: ConsentScope) -> bool:
    """Whether the newest word on this scope is yes; nothing on file is no."""
    return scope in scopes_given(session, [resident_id])[resident_id]


def scopes_given(session: Session, resident_ids: Iterable[UUID]) -> dict[UUID, frozenset[ConsentScope]]:
    """For each resident the scopes agreed to at this moment; no row is a no, and of two at one moment the no counts."""
    ids = list(resident_ids)
    rows = session.exec(
        select(Consent)
        .where(col(Consent.resident_id).in_(ids))
        .order_by(col(Consent.given_at), col(Consent.recorded_at), col(Consent.given).desc())
    )
    newest = {(row.resident_id, row.scope): row.given for row in rows}
    return {one: frozenset(scope for scope in ConsentScope if newest.get((one, scope))) for one in ids}
