"""The phrase net's rules of one language, read and checked from `prompts/net.<language>.toml`.

A caseworker can read and change that file: each rule has an owner, what it raises, and sentences that must and must
not ring; `tests/listen` holds every rule to its own sentences (N-7).
"""

import re
import tomllib
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from oncall.listen import phrase, spelling
from oncall.listen.guards import Words
from oncall.listen.literals import Literals
from oncall.listen.phrase import Phrase
from oncall.models.risk import AnsweredBy, Level, SignalCode, Subject
from oncall.models.wish import Wish
from oncall.settings import settings

LANGUAGES = ("ko", "en")


class _Written(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str
    owner: str = Field(min_length=2)
    phrases: list[str] = Field(min_length=1)
    unless: list[str] = []
    yes: list[str] = Field(min_length=1)
    no: list[str] = Field(min_length=1)


class SignalRule(_Written):
    """Phrases that mean trouble of one kind at one level.

    `others` is the level when it happens to somebody else who is here; `past` the most it counts for when long over;
    `strict` rules are lowered only on double evidence (N-4); `fades` ones tell of an event that days make less
    pressing, `lasting` ones of what still counts after months; `alone` ones must fill their turn; `slips` are stems also heard with one sound wrong, `not_slips` the
    words such a stem could be mistaken for.
    """

    code: SignalCode
    level: Level
    subject: Subject | None = None
    others: Level | None = None
    past: Level = Level.WATCH
    strict: bool = False
    fades: bool = False
    lasting: bool = False
    alone: bool = False
    guards: list[str] = ["told", "denied", "supposed", "other", "past"]
    confidence: float = 0.9
    slips: list[str] = []
    not_slips: list[str] = []


class WishRule(_Written):
    """Phrases that ask something of us."""

    wish: Wish


class VoiceRule(_Written):
    """Phrases that tell who is at the other end."""

    answered_by: AnsweredBy


class InstructionRule(_Written):
    """Phrases addressed to the machine rather than to a listener (E9)."""


class VagueRule(_Written):
    """Phrases by which a question stays unanswered (H-29)."""


Rule = SignalRule | WishRule | VoiceRule | InstructionRule | VagueRule


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid")

    version: str
    sets: dict[str, str]
    guards: dict[str, str]
    signal: list[SignalRule]
    wish: list[WishRule]
    voice: list[VoiceRule]
    instruction: list[InstructionRule]
    vague: list[VagueRule]


@dataclass(frozen=True)
class Entry:
    """A rule with its phrases ready to run; `slips` are stems as sounds."""

    rule: Rule
    phrases: tuple[Phrase, ...]
    unless: tuple[Phrase, ...]
    slips: tuple[str, ...]


@dataclass(frozen=True)
class Rulebook:
    """All rules of one language; `keyed` names, for a word that stands in a text, the entries it could belong to."""

    language: str
    version: str
    entries: tuple[Entry, ...]
    words: Words
    literals: Literals
    keyed: dict[str, frozenset[int]]

    def candidates(self, present: set[str]) -> list[Entry]:
        """The entries of which some phrase's rarest word is present, in the file's order; those with slips always."""
        numbers: set[int] = set(self.with_slips)
        for word in present:
            numbers |= self.keyed.get(word, frozenset())
        return [self.entries[number] for number in sorted(numbers)]

    @cached_property
    def with_slips(self) -> tuple[int, ...]:
        """Entries that also listen for stems with one sound wrong."""
        return tuple(number for number, entry in enumerate(self.entries) if entry.slips)

    def rules(self) -> list[Rule]:
        """Every rule, as written."""
        return [entry.rule for entry in self.entries]


def rulebook(language: str) -> Rulebook:
    """The rules of `language` (ko, en), read once. Raises ValueError naming what is wrong in the file."""
    return _read(settings().prompts / f"net.{language}.toml", language)


@lru_cache(maxsize=4)
def _read(path: Path, language: str) -> Rulebook:
    file = _File.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    rules: list[Rule] = [*file.signal, *file.wish, *file.voice, *file.instruction, *file.vague]
    entries = tuple(_entry(rule, language, file.sets) for rule in rules)
    keyed: dict[str, set[int]] = {}
    for number, entry in enumerate(entries):
        for word in {word for written in entry.phrases for word in written.needs[0]}:
            keyed.setdefault(word, set()).add(number)
    words = {word for entry in entries for written in (*entry.phrases, *entry.unless) for word in written.words}
    return Rulebook(
        language,
        file.version,
        entries,
        _words(language, file.guards),
        Literals(words),
        {word: frozenset(numbers) for word, numbers in keyed.items()},
    )


def _entry(rule: Rule, language: str, sets: dict[str, str]) -> Entry:
    slips = rule.slips if isinstance(rule, SignalRule) else []
    return Entry(
        rule,
        tuple(phrase.read(source, language, sets) for source in rule.phrases),
        tuple(phrase.read(source, language, sets) for source in rule.unless),
        tuple("".join(map(spelling.sounds_of, stem.replace(" ", ""))) for stem in slips),
    )


_WHOLE_WORDS = {"past", "months", "recent", "now", "told", "hearsay"}


def _words(language: str, guards: dict[str, str]) -> Words:
    """Guard words are regular expressions over the net's own spelling; in English they are whole words."""
    written = {name: _one_line(source) for name, source in guards.items()}
    if language == "en":
        written |= {name: rf"(?<![a-z0-9])(?:{written[name]})(?![a-z0-9])" for name in _WHOLE_WORDS}
    return Words(language, **{name: re.compile(source) for name, source in written.items()})


def _one_line(source: str) -> str:
    return "".join(line.strip() if line.strip() != "|" else "|" for line in source.splitlines())
