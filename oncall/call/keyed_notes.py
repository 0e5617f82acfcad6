"""What becomes of each fact of a keypad check: noted before the next question, late news changing nothing."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlmodel import Session, select

from oncall.models import Attempt, FactNote, FactState, Keyed
from oncall.models.seal import Seal

_KEYED = frozenset(Keyed)


@dataclass
class KeyedNotes:
    """The notes of one attempt's check-in at one moment. The attempt row must be locked by whoever writes."""

    session: Session
    attempt: Attempt
    seal: Seal
    now: datetime
    rows: dict[str, FactNote] = field(init=False)

    def __post_init__(self) -> None:
        of_check_in = select(FactNote).where(FactNote.check_in_id == self.attempt.check_in_id)
        self.rows = {note.fact: note for note in self.session.exec(of_check_in)}

    @property
    def done(self) -> set[str]:
        """What a talk has answered already."""
        return {
            code for code, note in self.rows.items()
            if note.state is FactState.ANSWERED and note.reason not in _KEYED
        }  # fmt: skip

    def spare(self, reasons: Mapping[str, str]) -> None:
        """Take down, once, which facts are not asked in this call at all, and why."""
        for code, reason in reasons.items():
            if code not in self.rows:
                self.write(code, FactState.NOT_ASKED, reason, "")

    def write(self, code: str, state: FactState, reason: str, words: str) -> None:
        """Take down what became of a fact."""
        note = self.rows.get(code)
        if note is None:
            note = FactNote(
                check_in_id=self.attempt.check_in_id, attempt_id=self.attempt.id, resident_id=self.attempt.resident_id,
                campaign_id=self.attempt.campaign_id, fact=code, state=state, noted_at=self.now,
            )  # fmt: skip
        elif note.reason in {Keyed.WELL, Keyed.WORSE} and note.attempt_id == self.attempt.id:
            return  # late news of a step already answered
        note.state, note.reason, note.noted_at = state, reason, self.now
        note.attempt_id = self.attempt.id
        if words:
            note.write(self.seal, words)
        self.session.add(note)
