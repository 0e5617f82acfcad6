"""Who answers which number: the last two digits choose the story, 00-49 in Korean and 50-99 the same in English."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from oncall.sandbox.people.story import Outcome, Story, book


@dataclass(frozen=True, slots=True)
class Pickup:
    """What happens at one try of a number."""

    outcome: Outcome
    story: Story
    language: str

    @property
    def ring_seconds(self) -> float:
        """How long it rings until then, in seconds of the telephone's own clock; inf when nobody ever answers."""
        return float("inf") if self.outcome is Outcome.NO_ANSWER else self.story.ring_seconds


class Directory:
    """Every number there is, and how often each was tried."""

    def __init__(self) -> None:
        self._tries: Counter[str] = Counter()

    def dial(self, number: str) -> Pickup:
        """Try a number once more. Numbers that do not end in two digits are answered by someone who is well."""
        language, story = resident(number)
        tried = self._tries[number]
        self._tries[number] += 1
        return Pickup(story.tries[min(tried, len(story.tries) - 1)], story, language)

    def dial_desk(self, number: str) -> Pickup:
        """Try a number a call is handed over to: reached like any other, but a caseworker speaks."""
        pickup = self.dial(number)
        return Pickup(pickup.outcome, book(pickup.language).desk, pickup.language)


def resident(number: str) -> tuple[str, Story]:
    """The language and story of whoever has this number."""
    ending = int(number[-2:]) if number[-2:].isdigit() else 0
    language = "ko" if ending < 50 else "en"
    return language, book(language).story(ending % 50)
