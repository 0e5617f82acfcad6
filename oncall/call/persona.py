"""Personas: the simulated residents a prompt is rehearsed with, and the two ways they are played.

`prompts/personas.<language>.toml` is theirs: how they are described to a model that plays them, what they say when they
are played by rule, and what a call with them must come to.
"""

import re
import tomllib
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol

from pydantic import BaseModel, ConfigDict, Field

from oncall.gateways import model
from oncall.models import Language
from oncall.models.wish import Wish

_STAGE_DIRECTION = re.compile(r"[\(\[*（][^)\]*）]{0,40}[\)\]*）]")
_HANGS_UP = re.compile(r"[\(\[*（]\s*(hangs? up|전화를 끊|끊음|끊는다)", re.IGNORECASE)


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Expects(_Part):
    """What a call with this persona must come to; what is not named does not matter."""

    wish: Wish | None = None
    request: bool = False
    alarm: bool = False
    lines: list[str] = []  # fixed lines that must have been said
    ends: list[str] = []  # why the talk may have ended
    answered: int = 0  # at least so many facts
    at_once: int = 0  # at most so many facts may be taken down as answered after one turn of theirs


class Interjection(_Part):
    """Something said out of turn, instead of the answer to the question of that number."""

    turn: int = Field(ge=1)
    say: str


class Persona(_Part):
    """One simulated resident."""

    id: str = Field(pattern=r"^[a-z_]+$")
    owner: str = Field(min_length=2)
    label: str
    playing: str
    circumstances: list[str] = []
    opens: list[str] = Field(min_length=1)  # to "am I speaking with ...?", and what follows while it is not settled
    answers: dict[str, list[str]] = {}  # by what is asked (`asked` of the file); others answer as the file's own
    otherwise: list[str] = []  # to whatever is not recognised
    says: list[Interjection] = []
    hangs_up_after: int = 0  # turns; 0 never
    expects: Expects = Expects()


class Personas(_Part):
    """One language's file: `called` stands for the name, `asked` are words by which a question is recognised."""

    called: str
    manner: str  # how whoever plays a resident is to speak
    asked: dict[str, list[str]]
    answers: dict[str, list[str]]
    otherwise: list[str] = Field(min_length=1)
    persona: list[Persona] = Field(min_length=1)


class Player(Protocol):
    """Whoever plays a resident."""

    def answer(self, heard: Sequence[str]) -> str | None:
        """What they say to what they heard since they last spoke; "" when they keep quiet, None when they hang up."""


@lru_cache(maxsize=4)
def personas_in(prompts: Path, language: Language) -> Personas:
    """One language's personas. Raises OSError or ValueError on a broken file."""
    return Personas.model_validate(tomllib.loads((prompts / f"personas.{language}.toml").read_text(encoding="utf-8")))


class Scripted:
    """A persona played by rule from its own answers: the same words every time, and no model."""

    def __init__(self, persona: Persona, file: Personas) -> None:
        self._persona, self._file = persona, file
        self._turns = self._questions = 0
        self._given: dict[str, int] = {}

    def answer(self, heard: Sequence[str]) -> str | None:
        """As `Player.answer`."""
        self._turns += 1
        persona, words = self._persona, " ".join(heard)
        if persona.hangs_up_after and self._turns > persona.hangs_up_after:
            return None
        topic = self._topic(words)
        if topic not in _NO_QUESTIONS:
            self._questions += 1
            said = next((one.say for one in persona.says if one.turn == self._questions), None)
            if said is not None:
                return said
        return self._one_of(topic)

    def _topic(self, words: str) -> str:
        """What is asked last, as far as its words tell."""
        places = {topic: max(words.lower().rfind(word) for word in known)
                  for topic, known in self._file.asked.items()}  # fmt: skip
        topic = max(places, key=lambda one: places[one])
        return topic if places[topic] >= 0 else "otherwise"

    def _one_of(self, topic: str) -> str:
        persona, file = self._persona, self._file
        if topic == "identity":
            choices = persona.opens
        else:
            own = persona.answers.get(topic) or persona.answers.get("*")
            choices = own or file.answers.get(topic) or persona.otherwise or file.otherwise
        count = self._given[topic] = self._given.get(topic, -1) + 1
        return choices[min(count, len(choices) - 1)]


_NO_QUESTIONS = {"identity", "dying_now", "dying", "where", "awake", "alone", "door", "talk"}


class Played:
    """A persona played by the configured model."""

    def __init__(self, persona: Persona, file: Personas, round_number: int = 1) -> None:
        self._instructions = f"{persona.playing}\n{file.manner}\nseed: {round_number}"
        self._items: list[dict[str, Any]] = []

    def answer(self, heard: Sequence[str]) -> str | None:
        """As `Player.answer`. Raises ModelUnavailable."""
        self._items.append({"type": "message", "role": "user", "content": " ".join(heard) or "..."})
        said = model.converse(instructions=self._instructions, items=self._items, safety_identifier="rehearsal").text
        if _HANGS_UP.search(said):
            return None
        said = _STAGE_DIRECTION.sub("", said).strip(" .…\n") and _STAGE_DIRECTION.sub("", said).strip()
        self._items.append({"type": "message", "role": "assistant",
                            "content": [{"type": "output_text", "text": said or "..."}]})  # fmt: skip
        return said
