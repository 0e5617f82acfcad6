"""Memory: short notes carried from call to call, only with consent, never first about health, money or abuse (C-15)."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, SQLModel, col

from oncall.models.event import Event, Verb
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


def forget_all(session: Session, resident_id: UUID, now: datetime, *, about: str, staff_id: UUID | None = None) -> int:
    """Delete every note on one resident; returns how many there were. The Event holds the count, never the words."""
    session.flush()
    gone = session.execute(
        sa.delete(Memory).where(col(Memory.resident_id) == resident_id).execution_options(synchronize_session="fetch")
    )
    count = int(getattr(gone, "rowcount", 0))
    session.add(Event(at=now, verb=Verb.FORGOTTEN, staff_id=staff_id, resident_id=resident_id, about=about,
                      detail={"count": count}))  # fmt: skip
    return count
