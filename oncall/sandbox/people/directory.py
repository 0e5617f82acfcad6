"""Who answers which number: the last two digits choose the story, 00-49 in Korean and 50-99 the same in English.

Single numbers can be given to people of their own, for as long as the telephone runs.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from oncall.sandbox.people.story import LANGUAGES, Outcome, Story, book


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
        self._own: dict[str, tuple[str, Story]] = {}

    def dial(self, number: str) -> Pickup:
        """Try a number once more. Numbers that do not end in two digits are answered by someone who is well."""
        language, story = self._own.get(number) or resident(number)
        tried = self._tries[number]
        self._tries[number] += 1
        return Pickup(story.tries[min(tried, len(story.tries) - 1)], story, language)

    def dial_desk(self, number: str) -> Pickup:
        """Try a number a call is handed over to: reached like any other, but a caseworker speaks.

        Whoever was given the number speaks for themselves.
        """
        pickup = self.dial(number)
        if number in self._own:
            return pickup
        return Pickup(pickup.outcome, book(pickup.language).desk, pickup.language)

    def caller(self, number: str) -> Pickup:
        """Who is on the line when this number rings us; that is no try of it."""
        language, story = self._own.get(number) or resident(number)
        return Pickup(Outcome.ANSWER, story, language)

    def give(self, number: str, person: Mapping[str, object]) -> None:
        """Let a number be answered by someone told in a story's fields, from their first try.

        Two more fields: `language`, and `like`, the two digits of a story (or "desk") that holds for what is not told.
        Raises pydantic's ValidationError or ValueError.
        """
        own = dict(person)
        language = str(own.pop("language", resident(number)[0]))
        if language not in LANGUAGES:
            raise ValueError(f"language is one of {', '.join(LANGUAGES)}")
        self._own[number] = language, Story.model_validate(_like(own.pop("like", None), language, number) | own)
        del self._tries[number]

    def own(self) -> dict[str, dict[str, object]]:
        """The numbers given to someone, who they are, and how often they were tried."""
        return {
            number: {"language": language, "tried": self._tries[number]} | story.model_dump(mode="json")
            for number, (language, story) in self._own.items()
        }

    def take_back(self) -> None:
        """Every number is answered by its last two digits again."""
        self._own.clear()


def resident(number: str) -> tuple[str, Story]:
    """The language and story of whoever has this number."""
    ending = int(number[-2:]) if number[-2:].isdigit() else 0
    language = "ko" if ending < 50 else "en"
    return language, book(language).story(ending % 50)


def _like(example: object, language: str, number: str) -> dict[str, object]:
    if example is None:
        return {"name": number}
    if example == "desk":
        return book(language).desk.model_dump()
    if isinstance(example, str) and len(example) == 2 and example.isdigit():
        return book(language).story(int(example) % 50).model_dump()
    raise ValueError('like is "desk" or two digits')
