"""The questions of one call and what became of each: code keeps the list, the model only phrases (C-36)."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from oncall.models import FactState, Language
from oncall.models.fact import Fact

_WORDS = re.compile(r"\w+")
ARRIVED = "arrived"  # has come what a person arranged for them? Asked where there is such a thing
_FEW_SYLLABLES = 4  # "네", "좋아요", "그럼요": an answer that tells nothing


@dataclass
class Question:
    """One planned fact; `state` is None while it is open."""

    code: str
    state: FactState | None = None
    reason: str = ""
    is_asked: bool = False
    is_followed_up: bool = False
    is_planned: bool = True  # a fact of the campaign; else a question of this one call, of which no note is kept


@dataclass
class Checklist:
    """A call's facts in the order to ask them."""

    facts: dict[str, Question] = field(default_factory=dict)

    @classmethod
    def of(
        cls, codes: Sequence[str], written: dict[str, Fact], circumstances: Sequence[str], month: int
    ) -> "Checklist":
        """All open, but those this person is spared or that are no matter of the season."""
        return cls({code: _planned(code, written.get(code), circumstances, month) for code in codes})

    def also_asks(self, code: str) -> None:
        """Have one more question in this call, the second to be asked: not the first thing they hear."""
        rows = list(self.facts.items())
        first = next((place for place, (_, question) in enumerate(rows, 1) if question.state is None), len(rows))
        self.facts = dict([*rows[:first], (code, Question(code, is_planned=False)), *rows[first:]])

    @property
    def next_open(self) -> str | None:
        """The fact to ask next; None when none is left."""
        return next((code for code, question in self.facts.items() if question.state is None), None)

    @property
    def spared(self) -> dict[str, str]:
        """The planned facts that are not asked in this call at all, and why."""
        return {code: question.reason for code, question in self.facts.items() if question.state is FactState.NOT_ASKED}

    @property
    def to_ask(self) -> list[str]:
        """The facts that are asked in this call, in order."""
        return [code for code, question in self.facts.items() if question.state is not FactState.NOT_ASKED]

    def asks(self, code: str | None) -> None:
        """This question is being put to them."""
        if code in self.facts:
            self.facts[code].is_asked = True

    def note(self, code: str, state: FactState, reason: str = "") -> bool:
        """Take down what became of a fact; False when this call has no such fact."""
        question = self.facts.get(code)
        if question is None:
            return False
        question.state, question.reason, question.is_asked = state, reason, True
        return True

    def wants_follow_up(self, code: str, words: str, language: Language) -> bool:
        """Whether an answer of a single word is worth one more question; true at most once a fact."""
        question = self.facts.get(code)
        if question is None or question.state is not None or question.is_followed_up:
            return False
        if not is_one_word(words, language):
            return False
        question.is_followed_up = True
        return True

    def close(self, reason: str) -> list[Question]:
        """The call is over: whatever is still open ends as asked without an answer, or as not asked and why.

        Returns the planned ones closed now.
        """
        closed = [question for question in self.facts.values() if question.state is None]
        for question in closed:
            question.state = FactState.UNCLEAR if question.is_asked else FactState.NOT_ASKED
            question.reason = f"no_answer:{reason}" if question.is_asked else reason
        return [question for question in closed if question.is_planned]


def is_one_word(words: str, language: Language) -> bool:
    """Whether an answer is a single word, which tells nothing by itself; nothing at all is none."""
    said = _WORDS.findall(words)
    if language is Language.KO:
        return 0 < sum(map(len, said)) <= _FEW_SYLLABLES
    return 0 < len(said) <= 2 and sum(map(len, said)) <= 12


def _planned(code: str, fact: Fact | None, circumstances: Sequence[str], month: int) -> Question:
    if fact is None:
        return Question(code, FactState.NOT_ASKED, "no_longer_written")
    if fact.months and month not in fact.months:
        return Question(code, FactState.NOT_ASKED, "season")
    known = next((one for one in fact.skip_when if one in circumstances), None)
    if known:
        return Question(code, FactState.NOT_ASKED, f"known:{known}")
    return Question(code)


def described(facts: Sequence[Fact], language: Language) -> str:
    """The facts as numbered lines for the model: number, code, wording, what counts as an answer."""
    rows = [f"{n}. [{fact.code}] {fact.ask[language]}" for n, fact in enumerate(facts, 1)]
    hints = [f"- {fact.code}: answered when they tell {fact.answered_by}" for fact in facts]
    return "\n".join([*rows, "", "What counts as an answer:", *hints])
