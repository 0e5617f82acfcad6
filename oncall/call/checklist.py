"""The questions of one call and what became of each: code keeps the list, the model only phrases (C-36)."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from oncall.models import Language
from oncall.models.fact import facts_in
from oncall.settings import settings


class FactState(StrEnum):
    """What became of one question."""

    OPEN = "open"
    ANSWERED = "answered"
    UNCLEAR = "unclear"
    REFUSED = "refused"


@dataclass
class Checklist:
    """A call's facts in the order to ask them."""

    facts: dict[str, FactState] = field(default_factory=dict)

    @classmethod
    def of(cls, facts: Sequence[str]) -> "Checklist":
        """All open."""
        return cls({code: FactState.OPEN for code in facts})

    @property
    def next_open(self) -> str | None:
        """The fact to ask next; None when none is left."""
        return next((code for code, state in self.facts.items() if state is FactState.OPEN), None)

    def note(self, code: str, status: str) -> bool:
        """Take down what became of a fact; False when this call has no such fact or no such status."""
        if code not in self.facts or status not in {state.value for state in FactState}:
            return False
        self.facts[code] = FactState(status)
        return True


def described(facts: Sequence[str], language: Language) -> str:
    """The facts as numbered lines for the model: number, code, wording, what counts as an answer.

    One that is no longer written down is left out; it stays open, and so is not known after the call.
    """
    written = facts_in(settings().prompts)
    known = [written[code] for code in facts if code in written]
    rows = [f"{n}. [{fact.code}] {fact.ask[language]}" for n, fact in enumerate(known, 1)]
    hints = [f"- {fact.code}: answered when they tell {fact.answered_by}" for fact in known]
    return "\n".join([*rows, "", "What counts as an answer:", *hints])
