"""Residents and their households: the people we call, every personal word of theirs under their own seal."""

from datetime import datetime, time
from enum import StrEnum
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from oncall.models.seal import Seal, ring, sealed
from oncall.models.stored import moment, own_id, points_to, stored


class Language(StrEnum):
    """What the resident speaks with us."""

    KO = "ko"
    EN = "en"


class Standing(StrEnum):
    """Whether the machine may call this person at all."""

    ACTIVE = "active"
    PAUSED = "paused"  # by a caseworker, for a while
    WITHDRAWN = "withdrawn"  # said "stop calling", or withdrew consent (H-26)
    WRONG_NUMBER = "wrong_number"  # the number reaches somebody else; stays until a person corrects it (H-22)
    DECEASED = "deceased"  # said or recorded to have died: no automatic call ever again (E11)
    MOVED = "moved"

    @property
    def may_be_called(self) -> bool:
        """Only an active resident is ever dialled."""
        return self is Standing.ACTIVE


class Household(SQLModel, table=True):
    """People under one roof: follow-up is for the household, so it has at most one open case."""

    id: UUID = own_id()
    area_id: int = points_to("area.id")
    address_index: bytes | None = Field(default=None, sa_column=sa.Column(sa.LargeBinary, unique=True, nullable=True))


class Resident(SQLModel, table=True):
    """One person on the roster. `external_id` is the welfare office's own number for them."""

    id: UUID = own_id()
    external_id: str = Field(unique=True)
    household_id: UUID = points_to("household.id")
    area_id: int = points_to("area.id")
    key_wrapped: bytes
    name_sealed: bytes
    preferred_name_sealed: bytes | None = None
    phone_sealed: bytes
    phone_index: bytes = Field(index=True)
    phone2_sealed: bytes | None = None
    phone2_index: bytes | None = Field(default=None, index=True)
    address_sealed: bytes | None = None
    birth_year_sealed: bytes | None = None
    notes_sealed: bytes | None = None
    emergency_name_sealed: bytes | None = None
    emergency_phone_sealed: bytes | None = None
    language: Language = stored(Language, default=Language.KO)
    standing: Standing = stored(Standing, default=Standing.ACTIVE)
    standing_reason: str = ""
    timezone: str | None = None
    preferred_time: time | None = None
    source: str = ""
    enrolled_at: datetime = moment()
    changed_at: datetime = moment()

    name = sealed("name", "resident")
    preferred_name = sealed("preferred_name", "resident")
    phone = sealed("phone", "resident")  # E.164
    phone2 = sealed("phone2", "resident")
    address = sealed("address", "resident")
    birth_year = sealed("birth_year", "resident")
    notes = sealed("notes", "resident")
    emergency_name = sealed("emergency_name", "resident")
    emergency_phone = sealed("emergency_phone", "resident")

    @classmethod
    def under_new_seal(cls, **columns: Any) -> "Resident":
        """A resident with a fresh data key; set the sealed properties on it before it is written."""
        made = cls(**columns)
        made.key_wrapped = ring().new_seal(made.id)
        return made

    @property
    def seal(self) -> Seal:
        """This person's opened data key, for the rows that are theirs (turns, quotes, notes, recordings)."""
        return ring().seal_of(self.id, self.key_wrapped)

    def reachable_at(self, phone: str, phone2: str | None) -> None:
        """Set both numbers (E.164) together with the keyed indexes by which they are found."""
        self.phone, self.phone_index = phone, ring().index_of("phone", phone)
        self.phone2, self.phone2_index = (
            phone2,
            ring().index_of("phone", phone2) if phone2 else None,
        )
