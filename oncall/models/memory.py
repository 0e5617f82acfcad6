"""Memory: short notes carried from call to call, only with consent, never first about health, money or abuse (C-15)."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlmodel import SQLModel

from oncall.models.seal import Seal
from oncall.models.stored import moment, own_id, points_to, stored


class MemoryKind(StrEnum):
    """What is remembered; only INTEREST may be spoken of first."""

    NAME = "name"  # how they like to be called
    INTEREST = "interest"  # what they care about: the garden, baduk, a grandchild's visit
    COMPLAINT = "complaint"  # a long-standing one, so that it is not asked about as new; never volunteered


class Memory(SQLModel, table=True):
    """One note about one resident. Forgetting removes the row; the event says that it was done, not what it was."""

    id: UUID = own_id()
    resident_id: UUID = points_to("resident.id")
    kind: MemoryKind = stored(MemoryKind)
    words_sealed: bytes
    attempt_id: UUID | None = points_to("attempt.id", nullable=True)  # the call it was said in
    made_at: datetime = moment()
    changed_by: UUID | None = points_to("staff.id", nullable=True)

    def write(self, seal: Seal, words: str) -> None:
        """Put the note in, sealed."""
        self.words_sealed = seal.close(words, "memory.words", self.id)

    def words(self, seal: Seal) -> str:
        """The note, opened."""
        return seal.open(self.words_sealed, "memory.words", self.id)
