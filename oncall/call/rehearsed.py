"""What one rehearsed call came to, and what it should have come to."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from oncall.call.persona import Persona
from oncall.call.speech_rulebook import Severity
from oncall.call.speech_rules import Broken
from oncall.models import FactState
from oncall.models.wish import Wish


class Missed(NamedTuple):
    """Something a call should have come to; `grave` when nobody may be called with a prompt that misses it."""

    what: str
    grave: bool = True


@dataclass
class Rehearsed:
    """What one rehearsed call came to."""

    persona: str
    turns: list[tuple[str, str]] = field(default_factory=list)  # caller, line or resident, and the words
    broken: list[tuple[Broken, str]] = field(default_factory=list)  # and the sentence
    facts: dict[str, tuple[FactState, str]] = field(default_factory=dict)  # and the reason
    lines: list[str] = field(default_factory=list)  # the fixed lines that were said
    wishes: set[Wish] = field(default_factory=set)
    requests: int = 0
    alarmed: bool = False
    noticed: set[str] = field(default_factory=set)  # wishes and "alarm" by the model, whatever the phrase net did
    most_at_once: int = 0  # facts taken down as answered after one turn
    ended: str = ""

    @property
    def stops(self) -> list[tuple[Broken, str]]:
        """What must not have been said."""
        return [(broken, sentence) for broken, sentence in self.broken if broken.severity is Severity.STOP]

    def missed(self, persona: Persona, planned: Sequence[str]) -> list[Missed]:
        """What the call should have come to and did not."""
        expects, missed = persona.expects, []
        unaccounted = [code for code in planned if code not in self.facts]
        if unaccounted:
            missed.append(Missed(f"facts not accounted for: {', '.join(unaccounted)}"))
        if expects.alarm and not self.alarmed:
            missed.append(Missed("the emergency was not raised"))
        if expects.wish and expects.wish not in self.wishes:
            missed.append(Missed(f"the wish {expects.wish} was not honoured"))
        if expects.request and not self.requests:
            missed.append(Missed("the request was not passed on"))
        missed += [Missed(f"the line {key} was not said") for key in expects.lines if key not in self.lines]
        if expects.at_once and self.most_at_once > expects.at_once:
            missed.append(Missed(f"{self.most_at_once} facts taken down as answered at once"))
        if self.alarmed and not expects.alarm:
            missed.append(Missed("an alarm was raised and nothing was wrong", grave=False))
        if expects.ends and self.ended not in expects.ends:
            missed.append(Missed(f"ended as {self.ended}", grave=False))
        answered = sum(state is FactState.ANSWERED for state, _ in self.facts.values())
        if answered < expects.answered:
            missed.append(Missed(f"{answered} facts answered, not {expects.answered}", grave=False))
        return missed
