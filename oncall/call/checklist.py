"""The questions of one call and what became of each: code keeps the list, the model only phrases (C-36)."""

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache
from typing import Any

from oncall.models import Language
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


def ask(code: str, language: Language) -> str:
    """The wording hint for one fact."""
    return str(_facts()[code]["ask"][language])


def label(code: str, language: str) -> str:
    """A fact's name on pages."""
    return str(_facts()[code]["label"].get(language, code)) if code in _facts() else code


def known_facts() -> tuple[str, ...]:
    """Every fact a campaign may name."""
    return tuple(_facts())


def described(facts: Sequence[str], language: Language) -> str:
    """The facts as numbered lines for the model: number, code, wording, what counts as an answer."""
    rows = [f"{n}. [{code}] {ask(code, language)}" for n, code in enumerate(facts, 1)]
    hints = [f"- {code}: answered when they tell {_facts()[code]['answered_by']}" for code in facts]
    return "\n".join([*rows, "", "What counts as an answer:", *hints])


@lru_cache
def _facts() -> dict[str, Any]:
    with (settings().prompts / "facts.toml").open("rb") as file:
        return tomllib.load(file)
