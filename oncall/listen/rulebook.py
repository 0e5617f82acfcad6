"""The phrase net's rules of one language, read and checked from `prompts/net.<language>.toml` and `across.<language>.toml`.

A caseworker can read and change those files: each rule has an owner, what it raises, and sentences that must and must
not ring; `tests/listen` holds every rule to its own sentences (N-7).
"""

import re
import tomllib
from collections import Counter
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

from oncall.listen import phrase, slips, spelling
from oncall.listen.candidates import Candidates
from oncall.listen.guards import Words
from oncall.listen.literals import Literals
from oncall.listen.phrase import Phrase
from oncall.listen.rules import (
    AcrossFile,
    AcrossRule,
    AskedRule,
    NetFile,
    PartRule,
    Rule,
    SignalRule,
)
from oncall.settings import settings

LANGUAGES = ("ko", "en")


@dataclass(frozen=True)
class Entry:
    """A rule with its phrases ready to run; `slips` are stems as sounds, `not_slips` words in the net's spelling."""

    rule: Rule
    phrases: tuple[Phrase, ...]
    unless: tuple[Phrase, ...]
    harmless: tuple[Phrase, ...]
    not_after: tuple[Phrase, ...]
    slips: tuple[str, ...]
    not_slips: tuple[str, ...]

    @property
    def written(self) -> tuple[Phrase, ...]:
        """Every phrase of the rule, whatever it is for."""
        return (*self.phrases, *self.unless, *self.harmless, *self.not_after)


@dataclass(frozen=True)
class Asked:
    """An asked rule with its phrases ready to run; `answers` is empty where a plain yes or no is the answer."""

    rule: AskedRule
    questions: tuple[Phrase, ...]
    answers: tuple[Phrase, ...]
    unless: tuple[Phrase, ...]


@dataclass(frozen=True)
class Rulebook:
    """All rules of one language; `sounding` names, for a few sounds, the stems they may begin or end.

    Its numbers, and those of `candidates`, are those of entries.
    """

    language: str
    version: str
    entries: tuple[Entry, ...]
    across: tuple[AcrossRule, ...]
    asked: tuple[Asked, ...]
    words: Words
    literals: Literals
    candidates: Candidates
    sounding: dict[str, tuple[tuple[int, str], ...]]

    @cached_property
    def measured(self) -> frozenset[str]:
        """The rules whose level follows from what was counted."""
        return frozenset(one.id for one in self.rules() if isinstance(one, SignalRule) and one.measured)

    @cached_property
    def certain(self) -> frozenset[str]:
        """The rules whose emergency the trained model may doubt only when it is far from any."""
        return frozenset(one.id for one in self.rules() if isinstance(one, SignalRule) and one.certain)

    @cached_property
    def beyond_doubt(self) -> frozenset[str]:
        """The rules it may not doubt at all: what was counted, and what several turns say together."""
        return self.measured | {one.id for one in self.across}

    def present(self, text: str) -> set[str]:
        """The words of the rules that `text`, in the net's spelling, could hold."""
        return _present(self.literals, text, self.language)

    def slips(self, grams: set[str]) -> dict[int, list[str]]:
        """By number of entry, the stems that these few sounds in a row may belong to."""
        found: dict[int, list[str]] = {}
        for gram in self.sounding.keys() & grams:
            for number, stem in self.sounding[gram]:
                stems = found.setdefault(number, [])
                if stem not in stems:
                    stems.append(stem)
        return found

    def rules(self) -> list[Rule]:
        """Every rule that reads one turn by itself, as written."""
        return [entry.rule for entry in self.entries]

    def compile(self) -> None:
        """Compile what is compiled at first use."""
        for entry in self.entries:
            for written in entry.written:
                _ = written.pattern
        for asked in self.asked:
            for written in (*asked.questions, *asked.answers, *asked.unless):
                _ = written.pattern


def rulebook(language: str) -> Rulebook:
    """The rules of `language` (ko, en), read once. Raises ValueError naming what is wrong in the files."""
    return _read(settings().prompts, language)


@lru_cache(maxsize=4)
def _read(prompts: Path, language: str) -> Rulebook:
    file = NetFile.model_validate(_toml(prompts / f"net.{language}.toml"))
    across = AcrossFile.model_validate(_toml(prompts / f"across.{language}.toml"))
    sets = file.sets | across.sets
    rules: list[Rule] = [*file.signal, *file.wish, *file.voice, *file.instruction, *file.vague, *across.part]
    entries = tuple(_entry(rule, language, sets) for rule in rules)
    asked = tuple(
        Asked(rule, *(phrase.read_all(one, language, sets) for one in (rule.question, rule.phrases, rule.unless)))
        for rule in across.asked
    )
    sounding: dict[str, list[tuple[int, str]]] = {}
    for number, entry in enumerate(entries):
        for stem in entry.slips:
            for gram in slips.ends(stem):
                sounding.setdefault(gram, []).append((number, stem))
    words = {word for entry in entries for written in entry.written for word in written.words}
    words |= {
        word for one in asked for written in (*one.questions, *one.answers, *one.unless) for word in written.words
    }
    _check_parts(across.part, across.across)
    literals = Literals(words)
    harmless = [
        spelling.korean(said) if language == "ko" else spelling.english(said) for rule in rules for said in rule.no
    ]
    often = Counter(word for said in harmless for word in _present(literals, said.text, language))
    phrases = [(number, written) for number, entry in enumerate(entries) for written in entry.phrases]
    return Rulebook(
        language,
        file.version,
        entries,
        tuple(across.across),
        asked,
        _words(language, file.guards),
        literals,
        Candidates(phrases, often),
        {gram: tuple(stems) for gram, stems in sounding.items()},
    )


def _present(literals: Literals, text: str, language: str) -> set[str]:
    return literals.within(text) if language == "ko" else literals.beginning_words(text)


def _toml(path: Path) -> dict[str, object]:
    return tomllib.loads(path.read_text(encoding="utf-8"))


def _check_parts(parts: list[PartRule], across: list[AcrossRule]) -> None:
    known = {part.id for part in parts}
    for rule in across:
        for written in rule.parts:
            if unknown := set(written.split("|")) - known:
                raise ValueError(f"rule {rule.id}: no part is named {sorted(unknown)}")


def _entry(rule: Rule, language: str, sets: dict[str, str]) -> Entry:
    stems = rule.slips if isinstance(rule, SignalRule) else []
    confusable = rule.not_slips if isinstance(rule, SignalRule) else []
    return Entry(
        rule,
        phrase.read_all(rule.phrases, language, sets),
        phrase.read_all(rule.unless, language, sets),
        phrase.read_all(rule.harmless if isinstance(rule, SignalRule) else [], language, sets),
        phrase.read_all(rule.not_after if isinstance(rule, SignalRule) else [], language, sets),
        tuple(slips.sounds_of(spelling.folded(stem.replace(" ", ""))) for stem in stems),
        tuple(spelling.folded(word.replace(" ", "")) for word in confusable),
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
