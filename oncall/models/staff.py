"""Staff: the people of the welfare office who sign in, each with a role and the area they answer for."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from oncall.models.seal import ring
from oncall.models.stored import moment, own_id, points_to, stored


class Role(StrEnum):
    """What a person may do; `web/access.py` holds the one table that says it."""

    CASEWORKER = "caseworker"
    SUPERVISOR = "supervisor"
    SCHEDULER = "scheduler"
    ADMIN = "admin"  # accounts and settings, no case content (P-29)


class Staff(SQLModel, table=True):
    """One person who signs in. They see residents of `area_id` and everything below it."""

    id: UUID = own_id()
    login: str = Field(unique=True)
    name: str
    role: Role = stored(Role)
    area_id: int = points_to("area.id")
    password_hash: str
    language: str = "ko"
    phone_sealed: bytes | None = None
    disabled_at: datetime | None = moment(nullable=True)

    @property
    def phone(self) -> str | None:
        """Where this person is reached on duty (E.164), opened from the office's own seal."""
        return None if self.phone_sealed is None else ring().office.open(self.phone_sealed, "staff.phone", self.id)

    def reachable_at(self, phone: str | None) -> None:
        """Set or clear that number."""
        self.phone_sealed = None if phone is None else ring().office.close(phone, "staff.phone", self.id)


class StaffSession(SQLModel, table=True):
    """One sign-in on one browser; the cookie holds a token whose hash is here, so it can be ended from our side (TH-11)."""

    __tablename__ = "staff_session"

    id: UUID = own_id()
    staff_id: UUID = points_to("staff.id")
    token_hash: bytes = Field(sa_column=sa.Column(sa.LargeBinary, unique=True, nullable=False))
    started_at: datetime = moment()
    seen_at: datetime = moment()
    ended_at: datetime | None = moment(nullable=True)
    address: str = ""
