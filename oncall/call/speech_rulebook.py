"""The rules of speech of one language, read and checked from `prompts/speech.<language>.toml`.

A caseworker can read and change those files: each rule says who answers for it, what must not (or must) be said, and
sentences that break it and that do not; `tests/call` holds every rule to its own sentences.
"""

import tomllib
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from typing import Generic, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from oncall.call import wording
from oncall.call.wording import Wording
from oncall.settings import settings


class Severity(StrEnum):
    """What is done about a broken rule."""

    STOP = "stop"  # must not be heard
    NOTE = "note"  # counted only


class Written(BaseModel):
    """What every rule of the file has."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str = Field(pattern=r"^([A-Z]-\d{1,2}\.)?[a-z_]+$")
    owner: str = Field(min_length=2)
    phrases: list[str] = Field(min_length=1)
    unless: list[str] = []
    yes: list[str] = Field(min_length=1)
    no: list[str] = Field(min_length=1)


class HeardRule(Written):
    """Something the far end says that decides what may be said to it."""


class Kept(Written):
    """A rule for our own words."""

    severity: Severity
    why: str = Field(min_length=8)
    after: str = ""  # only in the turn that answers what this HeardRule hears


class MayNotSay(Kept):
    """What is not said; `when` limits it to residents of whom one of these circumstances is known."""

    when: list[str] = []


class MustSay(Kept):
    """What a turn must contain; it is broken when the turn ends without it."""

    after: str = Field(min_length=1)


class SpeechFile(BaseModel):
    """The whole file; `sets` are words with a name of their own."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    version: str
    sets: dict[str, str] = {}
    heard: list[HeardRule] = []
    rule: list[MayNotSay] = Field(min_length=1)
    must: list[MustSay] = []


_R = TypeVar("_R", bound=Written)


@dataclass(frozen=True)
class Entry(Generic[_R]):
    """A rule with its wordings ready to run."""

    rule: _R
    phrases: tuple[Wording, ...]
    unless: tuple[Wording, ...]

    @property
    def words(self) -> set[str]:
        """Every word its wordings ask about."""
        return {word for written in (*self.phrases, *self.unless) for word in written.words}

    def compile(self) -> None:
        """Compile what is compiled at first use."""
        for written in (*self.phrases, *self.unless):
            _ = written.pattern

    def fits(self, text: str, present: set[str]) -> bool:
        """Whether a phrase stands in the text where no `unless` overlaps it."""
        places = [place for written in self.phrases for place in written.places(text, present)]
        if not places or not self.unless:
            return bool(places)
        spared = [place for written in self.unless for place in written.places(text, present)]
        return any(all(end <= start or begin >= stop for start, stop in spared) for begin, end in places)


@dataclass(frozen=True)
class Rulebook:
    """All rules of one language; `words` are those that decide which wordings are tried."""

    language: str
    version: str
    heard: tuple[Entry[HeardRule], ...]
    rules: tuple[Entry[MayNotSay], ...]
    must: tuple[Entry[MustSay], ...]
    words: tuple[str, ...]

    def read(self, said: str) -> tuple[str, set[str]]:
        """A sentence as the wordings read it, and which of their words stand in it."""
        text = wording.plain(said, self.language)
        letters = wording.joined(text)
        return text, {word for word in self.words if word in letters}


def rulebook(language: str) -> Rulebook:
    """The rules of `language` (ko, en), read once. Raises ValueError naming what is wrong in the file."""
    return _read(settings().prompts, language)


@lru_cache(maxsize=4)
def _read(prompts: Path, language: str) -> Rulebook:
    file = SpeechFile.model_validate(tomllib.loads((prompts / f"speech.{language}.toml").read_text(encoding="utf-8")))

    heard, rules, must = (
        tuple(_entry(one, language, file.sets) for one in file.heard),
        tuple(_entry(one, language, file.sets) for one in file.rule),
        tuple(_entry(one, language, file.sets) for one in file.must),
    )
    known = {one.rule.id for one in heard}
    kept: list[Kept] = [*file.rule, *file.must]
    for one in kept:
        if one.after and one.after not in known:
            raise ValueError(f"rule {one.id}: nothing heard is named {one.after!r}")
    words = sorted({word for group in (heard, rules, must) for one in group for word in one.words})
    return Rulebook(language, file.version, heard, rules, must, tuple(words))


def _entry(rule: _R, language: str, sets: dict[str, str]) -> Entry[_R]:
    read = [tuple(wording.read(source, language, sets) for source in some) for some in (rule.phrases, rule.unless)]
    return Entry(rule, *read)
