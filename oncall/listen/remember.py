"""Remembering: which of what the model would note of a call is kept for the next one, and how much of it (C-15).

Only the resident's own words, found by code where the model says they stand; nothing the phrase net hears as a signal;
no interest that touches health, money, abuse, death or belief; little of it, and never twice.
"""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlmodel import Session, col, select

from oncall.listen import evidence, safety
from oncall.listen.answer import SaidMemory
from oncall.listen.transcript import Line
from oncall.models import ConsentScope, Event, Level, Memory, MemoryKind, Resident, SignalCode, Verb
from oncall.models.consent import standing_consent
from oncall.models.sensitive import sensitive_in
from oncall.models.wish import Wish
from oncall.settings import settings

MOST_NEW = 3  # of one call
MOST_KEPT = 12  # of one resident
LONGEST = 120  # letters: a note, not a story
LONGEST_NAME = 20
# What a long-standing complaint may be, so that it is not asked about as new.
_CHRONIC = {SignalCode.PAIN_CHRONIC, SignalCode.SLEEP}


@dataclass(frozen=True)
class Note:
    """One thing worth remembering, in the resident's words."""

    kind: MemoryKind
    words: str


def worth(said: Sequence[SaidMemory], lines: list[Line], language: str) -> tuple[Note, ...]:
    """What of the model's proposals may be remembered at all; nothing of a call in which they said "forget that"."""
    if any(hit.wish is Wish.FORGET for line in lines if line.is_far_end for hit in safety.hear(line.text, language)):
        return ()
    notes: dict[str, Note] = {}
    for one in said:
        span = evidence.ground(one.turn, one.text, lines)
        if span is None:
            continue
        note = Note(one.kind, " ".join(span.text.split()).strip(" .,!?…"))
        if is_fit(note, language):
            notes.setdefault(_plain(note.words), note)
    return tuple(notes.values())[:MOST_NEW]


def is_fit(note: Note, language: str) -> bool:
    """Whether a note may be carried from call to call."""
    longest = LONGEST_NAME if note.kind is MemoryKind.NAME else LONGEST
    if not _plain(note.words) or len(note.words) > longest:
        return False
    hits = safety.hear(note.words, language)
    if note.kind is MemoryKind.COMPLAINT:
        hits = [hit for hit in hits if hit.wish or hit.code not in _CHRONIC or hit.level is not Level.WATCH]
    touched = sensitive_in(settings().prompts).touched_by(note.words)
    return not hits and (touched is None or (touched == "health" and note.kind is MemoryKind.COMPLAINT))


def keep(session: Session, resident: Resident, notes: Sequence[Note], attempt_id: UUID, now: datetime) -> int:
    """Write what is new, in this transaction; returns how many. The oldest interest makes room, and nothing else does.

    Without consent to notes at this moment, or after a "forget that" in this very call, nothing is written.
    """
    if not notes or not standing_consent(session, resident.id, ConsentScope.MEMORY):
        return 0
    forgotten = select(Event.id).where(
        Event.resident_id == resident.id, Event.verb == Verb.FORGOTTEN, Event.about == f"attempt:{attempt_id}"
    )
    if session.exec(forgotten).first() is not None:
        return 0
    kept = list(session.exec(select(Memory).where(Memory.resident_id == resident.id).order_by(col(Memory.made_at))))
    known = {_plain(memory.words(resident.seal)) for memory in kept} | {_plain(resident.preferred_name or "")}
    written: list[Memory] = []
    for note in notes[:MOST_NEW]:
        if _plain(note.words) in known or not _room_in(session, kept):
            continue
        memory = Memory(resident_id=resident.id, kind=note.kind, words_sealed=b"", attempt_id=attempt_id, made_at=now)
        memory.write(resident.seal, note.words)
        session.add(memory)
        known.add(_plain(note.words))
        written.append(memory)
    if written:
        session.add(Event(at=now, verb=Verb.REMEMBERED, resident_id=resident.id, about=f"attempt:{attempt_id}",
                          detail={"memories": [str(memory.id) for memory in written],
                                  "kinds": [memory.kind.value for memory in written]}))  # fmt: skip
    session.flush()
    return len(written)


def _room_in(session: Session, kept: list[Memory]) -> bool:
    """Make room for one more; `kept` are the rows of before, the oldest first, and lose what had to go."""
    count = len(kept) + sum(isinstance(row, Memory) for row in session.new)
    if count < MOST_KEPT:
        return True
    oldest = next((memory for memory in kept if memory.kind is MemoryKind.INTEREST), None)
    if oldest is None:
        return False
    kept.remove(oldest)
    session.delete(oldest)
    return True


def _plain(words: str) -> str:
    """Letters and digits only: the same note in another spelling is the same note."""
    return "".join(c for c in unicodedata.normalize("NFC", words).casefold() if c.isalnum())
