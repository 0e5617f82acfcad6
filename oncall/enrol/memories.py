"""What is remembered of one resident, as caseworkers see it: listed with its call, corrected, deleted, taken over."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlmodel import Session, col, select

from oncall.errors import BadInput
from oncall.models import Attempt, Case, Event, Memory, MemoryKind, Resident, Verb
from oncall.models.sensitive import sensitive_in
from oncall.settings import settings
from oncall.web.i18n import N_

LONGEST = 120


@dataclass(frozen=True)
class Remembered:
    """One note, opened; `called_at` is when it was said, None when a person wrote it."""

    memory: Memory
    words: str
    called_at: datetime | None
    case_id: UUID | None  # on whose page that call can be read
    is_new_name: bool = False


def of_resident(session: Session, resident: Resident) -> list[Remembered]:
    """Every note, the newest first."""
    rows = session.exec(
        select(Memory, Attempt)
        .outerjoin(Attempt, col(Attempt.id) == Memory.attempt_id)
        .where(Memory.resident_id == resident.id)
        .order_by(col(Memory.made_at).desc(), col(Memory.id))
    ).all()
    case_id = session.exec(
        select(Case.id).where(Case.resident_id == resident.id).order_by(col(Case.opened_at).desc())
    ).first()
    return [
        Remembered(memory, words := memory.words(resident.seal),
                   (attempt.answered_at or attempt.claimed_at) if attempt else None, case_id if attempt else None,
                   memory.kind is MemoryKind.NAME and words != resident.preferred_name)
        for memory, attempt in rows
    ]  # fmt: skip


def correct(session: Session, resident: Resident, memory: Memory, words: str, now: datetime, staff_id: UUID) -> None:
    """Other words for a note. Raises BadInput for none, too many, or an interest that no call may speak of first."""
    words = " ".join(words.split())
    if not words or len(words) > LONGEST:
        raise BadInput(N_("A note has between 1 and 120 letters."))
    if memory.kind is MemoryKind.INTEREST and sensitive_in(settings().prompts).touched_by(words):
        raise BadInput(
            N_("Health, money, abuse, death and belief are never spoken of first: this cannot be an interest.")
        )
    memory.write(resident.seal, words)
    memory.changed_by = staff_id
    session.add(memory)
    _write_down(session, resident, Verb.REMEMBERED, now, staff_id, memory=str(memory.id))


def delete(session: Session, resident: Resident, memory: Memory, now: datetime, staff_id: UUID) -> None:
    """Forget one note."""
    session.delete(memory)
    _write_down(session, resident, Verb.FORGOTTEN, now, staff_id, count=1)


def take_name(session: Session, resident: Resident, memory: Memory, now: datetime, staff_id: UUID) -> None:
    """A person takes over how they like to be called: from now on the opening asks for them so (C-02)."""
    if memory.kind is not MemoryKind.NAME:
        raise BadInput(N_("Only a name can be taken over."))
    resident.preferred_name, resident.changed_at = memory.words(resident.seal), now
    session.add(resident)
    session.add(Event(at=now, verb=Verb.CORRECTED, staff_id=staff_id, resident_id=resident.id,
                      about=f"resident:{resident.id}", detail={"fields": ["preferred_name"]}))  # fmt: skip
    session.flush()


def _write_down(
    session: Session, resident: Resident, verb: Verb, now: datetime, staff_id: UUID, **detail: object
) -> None:
    session.add(Event(at=now, verb=verb, staff_id=staff_id, resident_id=resident.id, about=f"resident:{resident.id}",
                      detail=detail))  # fmt: skip
    session.flush()
