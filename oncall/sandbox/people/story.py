"""A story: how one kind of person picks up and what they say when asked, as the TOML files beside this one tell it."""

from __future__ import annotations

import functools
import re
import tomllib
from enum import StrEnum
from importlib import resources
from typing import Annotated, Final

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from oncall.sandbox import voice
from oncall.sandbox.people.noise import Noise

LANGUAGES: Final = ("ko", "en")


class Outcome(StrEnum):
    """What the network reports when the number is dialled."""

    ANSWER = "answer"
    BUSY = "busy"
    NO_ANSWER = "no-answer"
    FAILED = "failed"


class Voice(StrEnum):
    """Whose voice is heard."""

    WOMAN = "woman"
    MAN = "man"
    DAUGHTER = "daughter"
    CHILD = "child"
    MACHINE = "machine"

    @property
    def number(self) -> int:
        """The same voice as `oncall.sandbox.voice` counts them."""
        return {
            Voice.WOMAN: voice.WOMAN,
            Voice.MAN: voice.MAN,
            Voice.DAUGHTER: voice.DAUGHTER,
            Voice.CHILD: voice.CHILD,
            Voice.MACHINE: voice.MACHINE,
        }[self]


def _as_list(value: object) -> object:
    return [value] if isinstance(value, str) else value


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


def _sound_as_words(values: object) -> object:
    """`sound = "moan"` is a way of writing `say = "{moan}"`."""
    if isinstance(values, dict) and "sound" in values:
        values = dict(values)
        return {"say": f"{{{Noise(values.pop('sound'))}}}"} | values
    return values


Several = Annotated[tuple[str, ...], BeforeValidator(_as_list)]
"""One text, or a list of them."""


class Rule(_Part):
    """What is said when any of `when` is heard in the question; further sentences are for being asked again."""

    when: Several
    say: Several

    _sound = model_validator(mode="before")(_sound_as_words)

    def fits(self, words: str) -> bool:
        """Whether the question, in lower case, asks for this."""
        return any(word in words for word in self.when)


class Interruption(_Part):
    """Speaking before the agent has finished: in which of its turns, after how many seconds of it, and what."""

    turn: int
    after_seconds: float
    say: str


class Key(_Part):
    """What is pressed when any of `when` is heard: keys, or "" for none; further ones are for being asked again.

    An empty `when` fits every prompt.
    """

    when: Several = ("",)
    press: Several

    def fits(self, words: str) -> bool:
        """Whether this is the prompt, in lower case."""
        return any(word in words for word in self.when)


class Cue(_Part):
    """Something done unasked: at a second of the call or, with `turn`, at a second of the agent's speech in that turn.

    In the agent's turn it is a back-channel, spoken over the agent, who stays listened to; one that `barges_in` is an
    answer to as much as has been heard.
    """

    turn: int | None = Field(default=None, ge=1)
    after_seconds: float = Field(ge=0)
    say: str = ""
    press: str = ""
    barges_in: bool = False

    _sound = model_validator(mode="before")(_sound_as_words)


class Manners(_Part):
    """What everyone who speaks a language says alike."""

    hello: str
    goodbye: str
    tired: str
    """Said before hanging up when a call goes on and on."""
    closing: tuple[str, ...]
    """Patterns (regular expressions, lower case) that tell that the agent is saying goodbye."""
    opening: tuple[str, ...]
    """Heard in the first, general questions; someone with news tells it then."""
    press: str
    """The pattern of being asked to press a key, with {key} where the key is named."""
    replies: tuple[Rule, ...]
    fallbacks: tuple[str, ...]


class Story(_Part):
    """One kind of person. Unset fields are an old woman who answers after three seconds and is well."""

    name: str
    tries: tuple[Outcome, ...] = (Outcome.ANSWER,)
    """What happens at the first, second, ... try; the last holds for every further one."""
    ring_seconds: float = 3.0
    voice: Voice = Voice.WOMAN
    rate: float = 1.0
    pace_seconds: float = 0.7
    """How long the agent must have been quiet before an answer comes."""
    greeting: str | None = None
    """None greets like everyone; empty says nothing."""
    first: tuple[str, ...] = ()
    """Said in the first turns whatever was asked."""
    news: str | None = None
    """Told once, when asked nothing in particular."""
    risk: Rule | None = None
    """What this call is about: said when asked, or in the second reply at the latest, and once."""
    replies: tuple[Rule, ...] = ()
    common: bool = True
    """Whether the ordinary replies of the language follow the story's own."""
    fallbacks: tuple[str, ...] = ()
    interruption: Interruption | None = None
    cues: tuple[Cue, ...] = ()
    """What is said or pressed unasked."""
    keys: tuple[Key, ...] = ()
    """Keys pressed at certain prompts; at others it is `key`, when asked for that one."""
    tired: str | None = None
    """None is tired like everyone."""
    patience: int = 16
    """Answers given before the call has lasted long enough."""
    hangs_up_after: int | None = None
    """Replies after which the receiver goes down without a goodbye."""
    hangs_up_at_seconds: float | None = None
    """The second of the call at which it goes down whatever is being said."""
    machine: bool = False
    silent: bool = False
    key: str = "1"
    """The key pressed when asked for it; empty presses none."""


class Book(_Part):
    """Every story of one language, by the last two digits of the number less the language's offset."""

    manners: Manners
    stories: dict[str, Story]
    small_talk: tuple[str, ...]
    """What the well people of 30-49 have to tell, one each."""
    desk: Story
    """Who answers a handed-over call in an office."""

    def story(self, ending: int) -> Story:
        """The story of 0-49; numbers 30-49 are well, each with their own news."""
        story = self.stories.get(f"{ending:02d}")
        if story is not None:
            return story
        well = self.stories["00"]
        news = self.small_talk[ending % len(self.small_talk)]
        spoken_by = Voice.MAN if ending % 3 == 1 else Voice.WOMAN
        return well.model_copy(update={"voice": spoken_by, "news": news})


@functools.cache
def book(language: str) -> Book:
    """The stories of a language, ko or en."""
    text = resources.files(__package__).joinpath(f"stories.{language}.toml").read_text("utf-8")
    return Book.model_validate(tomllib.loads(text))


def question_in(words: str) -> str:
    """The last sentence that asks something, else the last sentence, else everything; in lower case."""
    sentences = [sentence.strip() for sentence in re.split(r"(?<=[.?!。])\s*", words.lower()) if sentence.strip()]
    asking = [sentence for sentence in sentences if sentence.endswith("?")]
    return (asking or sentences or [words.lower()])[-1]
