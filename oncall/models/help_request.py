"""Requests for help a resident made in a call: each has an owner who can act, and an answer the resident is told (C-40)."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import SQLModel, col

from oncall.models.seal import Seal
from oncall.models.stored import moment, own_id, points_to, stored
from oncall.models.working_day import a_working_day_before


class RequestState(StrEnum):
    """Where a request stands."""

    OPEN = "open"
    ARRANGED = "arranged"  # promised by a person: the next call asks whether it arrived
    ARRIVED = "arrived"
    MISSING = "missing"  # promised and, the resident says, not come
    DECLINED = "declined"  # cannot be done: the resident is told the truth

    @property
    def waits_for_us(self) -> bool:
        """Somebody of the office has to act."""
        return self in {RequestState.OPEN, RequestState.MISSING}


class HelpRequest(SQLModel, table=True):
    """One request, in the resident's words."""

    __tablename__ = "help_request"

    id: UUID = own_id()
    resident_id: UUID = points_to("resident.id")
    area_id: int = points_to("area.id")
    attempt_id: UUID | None = points_to("attempt.id", nullable=True)
    state: RequestState = stored(RequestState, default=RequestState.OPEN)
    words_sealed: bytes
    answer_sealed: bytes | None = None  # what was arranged, or why not, in words that may be said to the resident
    answer_before_sealed: bytes | None = None  # the answer before the last change, for undoing it
    owner_id: UUID | None = points_to("staff.id", nullable=True)
    asked_at: datetime = moment()
    changed_at: datetime = moment()
    told_at: datetime | None = moment(nullable=True)  # when a call last spoke of it

    def write(self, seal: Seal, words: str) -> None:
        """Put the request in, sealed."""
        self.words_sealed = seal.close(words, "help_request.words", self.id)

    def words(self, seal: Seal) -> str:
        """The request, opened."""
        return seal.open(self.words_sealed, "help_request.words", self.id)

    def may_be_told(self, seal: Seal) -> str:
        """What a call says of it: what was arranged, or the request itself where nothing was written of that."""
        return self.answered(seal) or self.words(seal)

    def answer(self, seal: Seal, text: str) -> None:
        """Put what was arranged in, sealed; what stood there is kept until the next change."""
        self.answer_before_sealed = self.answer_sealed
        self.answer_sealed = seal.close(text, "help_request.answer", self.id)

    def answered(self, seal: Seal) -> str:
        """What was arranged, opened; empty when nothing is."""
        return seal.open(self.answer_sealed, "help_request.answer", self.id) if self.answer_sealed else ""


def is_nobodys(now: datetime, zone: str) -> sa.ColumnElement[bool]:
    """The condition that a request waits for us and has had no owner for more than one working day (C-40)."""
    waits = [state for state in RequestState if state.waits_for_us]
    return sa.and_(
        col(HelpRequest.state).in_(waits), col(HelpRequest.owner_id).is_(None),
        col(HelpRequest.asked_at) < a_working_day_before(now, zone),
    )  # fmt: skip
