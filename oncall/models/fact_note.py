"""Fact notes: what became of each planned question of each check-in, so that none is ever simply missing (C-36)."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import SQLModel

from oncall.models.seal import Seal
from oncall.models.stored import moment, own_id, points_to, stored


class FactState(StrEnum):
    """How a planned fact ended; every one ends in one of these three."""

    ANSWERED = "answered"
    UNCLEAR = "unclear"  # asked, and no usable answer; `reason` says how: refused, one_word, not_heard, yes_to_all ...
    NOT_ASKED = "not_asked"  # `reason` says why: known, season, unwilling, hung_up, emergency, broken, unreached ...


class Keyed(StrEnum):
    """The reasons a keypad check notes, beside the state."""

    WELL = "key_1"
    WORSE = "key_2"
    NO_KEY = "no_key"
    OTHER_KEY = "other_key"
    SPOKEN = "spoken"  # answered in words instead, which the check itself does not understand


class FactNote(SQLModel, table=True):
    """One planned fact of one check-in. `words_sealed` are the resident's own, when there are any."""

    __tablename__ = "fact_note"
    __table_args__ = (sa.UniqueConstraint("check_in_id", "fact"),)

    id: UUID = own_id()
    check_in_id: UUID = points_to("check_in.id")
    attempt_id: UUID | None = points_to("attempt.id", nullable=True)
    resident_id: UUID = points_to("resident.id")
    campaign_id: UUID = points_to("campaign.id")
    fact: str
    state: FactState = stored(FactState)
    reason: str = ""
    words_sealed: bytes | None = None
    noted_at: datetime = moment(index=True)

    def write(self, seal: Seal, words: str) -> None:
        """Put the resident's words in, sealed."""
        self.words_sealed = seal.close(words, "fact_note.words", self.id)

    def words(self, seal: Seal) -> str:
        """The words, opened; empty when there are none."""
        return seal.open(self.words_sealed, "fact_note.words", self.id) if self.words_sealed else ""
