"""What the small model is trained on: the open lines of the labelled files, the rules' own sentences, those kept as their
tests, and sayings.

Sayings (`sayings.<language>.txt`) are invented far-end turns by level, one a line: `LEVEL|code|question|words`, two
turns parted by ` // `, families under `# family: name`.
"""

import json
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from oncall.listen import learned
from oncall.listen.ear import Ear
from oncall.listen.rulebook import rulebook
from oncall.models.risk import Level, SignalCode, highest
from oncall.settings import settings

HERE = Path(__file__).parent
TESTS = HERE.parents[1] / "tests" / "listen"
KEPT = {"ko": "said_ko.txt", "en": "test_net_en_said.txt"}
KEPT_LEVELS = {"emergency": Level.EMERGENCY, "urgent": Level.URGENT, "ordinary": Level.NONE}
LEVELS = {"E": Level.EMERGENCY, "U": Level.URGENT, "C": Level.CONCERN, "W": Level.WATCH, "N": Level.NONE}


@dataclass(frozen=True)
class Example:
    """One turn. `unit` is the call, turn or saying it belongs to; `by_rules` what the rules alone make of that, and
    `for_certain` those of them that the model may doubt only when it is far from any, `beyond_doubt` not at all."""

    pieces: tuple[frozenset[str], ...]  # the whole turn, then its sentences
    level: Level
    family: str
    unit: str
    code: SignalCode | None = None
    by_rules: Level = Level.NONE
    for_certain: Level = Level.NONE
    beyond_doubt: Level = Level.NONE

    @property
    def grams(self) -> frozenset[str]:
        """Those of the whole turn: what is learned from."""
        return self.pieces[0]


def read(language: str) -> list[Example]:
    """Every example of `language`, always in the same order."""
    return [*_labelled(language), *_sayings(language), *_of_the_rules(language), *_kept(language)]


def _labelled(language: str) -> Iterator[Example]:
    for name in ("cases.jsonl", "utterances.jsonl"):
        for line in (settings().prompts / name).read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            if row["lang"] == language and row["split"] == "open":
                yield from _of_row(row, language)


def _of_row(row: dict[str, Any], language: str) -> Iterator[Example]:
    is_call = "turns" in row
    turns = row["turns"] if is_call else _as_call(row["question"], row["text"])
    codes = {at: SignalCode(signal["code"]) for signal in row.get("signals", []) for at in signal["evidence_turns"]}
    if not is_call:
        codes = {1: SignalCode(row["codes"][0])} if row["codes"] else {}
    by_rules = _by_rules(language, turns)
    for at, words, question in _far_end(turns):
        level = Level(row["level"]) if at in codes or not is_call else Level.NONE
        pieces = _pieces(words, question, language)
        unit = f"{'call' if is_call else 'turn'}:{row['id']}"
        yield Example(pieces, level, row["seed"], unit, codes.get(at), *by_rules)


def _sayings(language: str) -> Iterator[Example]:
    family = ""
    for number, line in enumerate((HERE / f"sayings.{language}.txt").read_text(encoding="utf-8").splitlines()):
        if line.startswith("#"):
            family = line.removeprefix("# family:").strip()
            continue
        level, code, question, words = line.split("|")
        said = words.split(" // ")
        turns = [*_as_call(question, said[0]), *({"speaker": "resident", "text": more} for more in said[1:])]
        pieces = _pieces(" ".join(said), question, language)
        yield Example(pieces, LEVELS[level], f"saying {family}", f"saying:{number}",
                      SignalCode(code) if code != "-" else None, *_by_rules(language, turns))  # fmt: skip


def _of_the_rules(language: str) -> Iterator[Example]:
    written = tomllib.loads((settings().prompts / f"net.{language}.toml").read_text(encoding="utf-8"))
    for kind in ("signal", "wish", "voice", "instruction", "vague"):
        for rule in written[kind]:
            level = Level(rule["level"]) if kind == "signal" else Level.NONE
            for level_of, sentences in ((level, rule["yes"]), (Level.NONE, rule["no"])):
                for said in sentences:
                    pieces = _pieces(said, "", language)
                    yield Example(pieces, level_of, f"rule {rule['id']}", f"rule:{said}")


def _kept(language: str) -> Iterator[Example]:
    """The sentences the rules are tested with; ten neighbours are a family, and none counts in the figures."""
    lines = (TESTS / KEPT[language]).read_text(encoding="utf-8").splitlines()
    for number, line in enumerate(line for line in lines if line and not line.startswith("#")):
        level, _, said = line.partition("|")
        turns = said.split("//") if language == "ko" else [f"Q:{said.split('|')[0]}", said.split("|")[1]]
        question = next((turn.strip()[2:] for turn in reversed(turns[:-1]) if turn.strip().startswith("Q:")), "")
        words = " ".join(turn.strip() for turn in turns if not turn.strip().startswith("Q:"))
        pieces = _pieces(words, question, language)
        yield Example(pieces, KEPT_LEVELS.get(level) or LEVELS[level], f"kept {number // 10}", f"kept:{number}")


def _pieces(words: str, question: str, language: str) -> tuple[frozenset[str], ...]:
    return tuple(map(frozenset, learned.pieces(words, question, language).values()))


def _as_call(question: str, words: str) -> list[dict[str, str]]:
    asked = [{"speaker": "agent", "text": question or "네."}]
    return [*asked, {"speaker": "resident", "text": words}]


def _far_end(turns: list[dict[str, str]]) -> Iterator[tuple[int, str, str]]:
    question = ""
    for at, turn in enumerate(turns):
        if turn["speaker"] == "agent":
            question = turn["text"]
        else:
            yield at, turn["text"], question
            question = ""


def _by_rules(language: str, turns: list[dict[str, str]]) -> tuple[Level, Level, Level]:
    ear, book = Ear(language, guesses=False), rulebook(language)
    hits = [hit for _, words, question in _far_end(turns) for hit in ear.hear(words, question).hits]
    beyond_doubt = [hit for hit in hits if hit.rule in book.beyond_doubt]
    certain = [hit for hit in hits if hit.rule in book.certain | book.beyond_doubt]
    return tuple(highest([hit.level for hit in some]) for some in (hits, certain, beyond_doubt))
