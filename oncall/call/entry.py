"""The entries of a call's minutes: what is written down while it goes on, each able to write itself."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlmodel import Session, col, select

from oncall import clock
from oncall.call import erasing, wishes
from oncall.call.alarm_entry import Quoted, Raised, Told
from oncall.call.line import Line
from oncall.models import (
    AnsweredBy,
    Attempt,
    CheckIn,
    Event,
    FactNote,
    FactState,
    HelpRequest,
    Manner,
    Recording,
    Speaker,
    Turn,
    TurnSource,
    Verb,
)  # fmt: skip
from oncall.models.wish import Wish


@dataclass(frozen=True)
class Said:
    """One finished turn; times in milliseconds of the stream."""

    line: Line
    position: int
    speaker: Speaker
    words: str
    starts_ms: int
    ends_ms: int
    at: datetime
    cut_off: bool = False
    # Of our turns, by step (protocol notes 10): `stopped_ms` is when they fell silent on the clock of the call; from the
    # moment their turn was taken to be over, `created_ms` the model began, `delta_ms` its first sound came, `sent_ms` it
    # was sent on, `mark_ms` it was heard; `total_ms` is `sent_ms` with their pause. Where they cut in: `buffered_ms` was
    # still to be played, and `cut_ms` of the turn had been heard.
    timing: dict[str, int] | None = None

    def write(self, session: Session) -> None:
        """Add the turn, sealed."""
        write_turns(session, [self])

    def row(self) -> dict[str, Any]:
        """The columns of the turn, sealed. As plain values: many calls' turns go in with one statement, and the
        session's bookkeeping for each would take the interpreter from the sound."""
        turn_id = uuid4()
        return {
            "id": turn_id, "attempt_id": self.line.attempt_id, "resident_id": self.line.resident_id,
            "source": TurnSource.LIVE, "position": self.position, "speaker": self.speaker,
            "words_sealed": self.line.seal.close(self.words, Turn.WORDS, turn_id), "starts_ms": self.starts_ms,
            "ends_ms": self.ends_ms, "cut_off": self.cut_off, "said_at": self.at, "timing": self.timing,
            "latency_ms": self.timing.get("total_ms") if self.timing else None,
        }  # fmt: skip


def write_turns(session: Session, said: Sequence[Said]) -> None:
    """Add many calls' turns with one statement; a turn that is there already stays as it is."""
    session.execute(upsert(Turn).on_conflict_do_nothing(), [one.row() for one in said])


@dataclass(frozen=True)
class Wished:
    """A wish about the call, stored before the call ends (C-10)."""

    line: Line
    wish: Wish
    at: datetime

    def write(self, session: Session) -> None:
        """Honour it in the rows that decide about further calls."""
        wishes.honour(session, self.line, self.wish, self.at)


@dataclass(frozen=True)
class Noted:
    """What became of one planned question (C-36); a later word about it replaces an earlier one."""

    line: Line
    fact: str
    state: FactState
    reason: str
    words: str
    at: datetime

    def write(self, session: Session) -> None:
        """Add or replace the fact's note."""
        note = FactNote(
            check_in_id=self.line.check_in_id, attempt_id=self.line.attempt_id, resident_id=self.line.resident_id,
            campaign_id=self.line.campaign_id, fact=self.fact, state=self.state, reason=self.reason, noted_at=self.at,
        )  # fmt: skip
        if self.words:
            note.write(self.line.seal, self.words)
        row = note.model_dump()
        statement = upsert(FactNote).values(row)
        session.execute(statement.on_conflict_do_update(
            index_elements=["check_in_id", "fact"],
            set_={key: statement.excluded[key] for key in row if key not in {"check_in_id", "fact"}},
        ))  # fmt: skip


@dataclass(frozen=True)
class Requested:
    """The resident asks for help with something; it waits for somebody who can act (C-40)."""

    line: Line
    words: str
    at: datetime
    request_id: UUID = field(default_factory=uuid4)

    def write(self, session: Session) -> None:
        """Add the request, sealed; once."""
        if session.get(HelpRequest, self.request_id) is not None:
            return
        area = session.exec(select(CheckIn.area_id).where(CheckIn.id == self.line.check_in_id)).one()
        request = HelpRequest(id=self.request_id, resident_id=self.line.resident_id, area_id=area,
                              attempt_id=self.line.attempt_id, asked_at=self.at, changed_at=self.at,
                              words_sealed=b"")  # fmt: skip
        request.write(self.line.seal, self.words)
        session.add(request)


@dataclass(frozen=True)
class Recorded:
    """The tape runs: since when on the clock of the call."""

    line: Line
    sid: str
    since_ms: int
    at: datetime

    def write(self, session: Session) -> None:
        """Add the recording, or tell the one the carrier has already announced when it began."""
        recording = session.exec(select(Recording).where(Recording.sid == self.sid).with_for_update()).first()
        if recording is None:
            recording = Recording(attempt_id=self.line.attempt_id, resident_id=self.line.resident_id, sid=self.sid,
                                  changed_at=self.at)  # fmt: skip
        recording.offset_ms = -self.since_ms
        session.add(recording)
        if erasing.is_refused(session, session.get_one(Attempt, self.line.attempt_id)):
            # They refused while the carrier was still being asked to begin.
            erasing.refuse(session, self.line.attempt_id, self.at)


@dataclass(frozen=True)
class Learned:
    """How this resident wants to be spoken to, as the call has shown; a caseworker's own setting is left alone
    unless the resident asked (`asked`)."""

    line: Line
    change: dict[str, Any]
    asked: bool
    at: datetime

    @classmethod
    def now(cls, line: Line, change: dict[str, Any], *, asked: bool) -> "Learned":
        """The same, at this moment."""
        return cls(line, change, asked, clock.now())

    def write(self, session: Session) -> None:
        """Change the manner's fields."""
        manner = session.get(Manner, self.line.resident_id, with_for_update=True)
        if manner is None:
            manner = Manner(resident_id=self.line.resident_id, changed_at=self.at)
        elif manner.set_by is not None and not self.asked:
            return
        changed = [name for name, value in self.change.items() if getattr(manner, name) != value]
        for name in changed:
            setattr(manner, name, self.change[name])
        manner.changed_at = self.at
        session.add(manner)
        if changed:
            session.add(Event(at=self.at, verb=Verb.MANNER_CHANGED, resident_id=self.line.resident_id,
                              about=f"attempt:{self.line.attempt_id}",
                              detail={"changed": changed, "asked": self.asked,
                                      "to": {name: self.change[name] for name in changed}}))  # fmt: skip


@dataclass(frozen=True)
class Answered:
    """Who picked up, as their own words tell."""

    line: Line
    by: AnsweredBy
    at: datetime

    def write(self, session: Session) -> None:
        """Say it on the attempt; words outweigh the carrier's guess."""
        session.execute(sa.update(Attempt).where(col(Attempt.id) == self.line.attempt_id).values(answered_by=self.by))


@dataclass(frozen=True)
class Ended:
    """The conversation is over, from our side of it."""

    line: Line
    reason: str
    at: datetime

    def write(self, session: Session) -> None:
        """Say on the attempt why the talk ended; the carrier's news settles the rest."""
        attempt = session.get_one(Attempt, self.line.attempt_id, with_for_update=True)
        attempt.end_reason = attempt.end_reason or self.reason


Record = Said | Raised | Quoted | Wished | Noted | Told | Requested | Recorded | Learned | Answered | Ended
