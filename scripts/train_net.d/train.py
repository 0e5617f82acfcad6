"""Trains `oncall/listen/learned.bin`, and prints what it would have heard in families of calls it never saw.

    scripts/train_net FILE...      labelled calls or single utterances, JSON lines, both languages mixed as you like

Every far-end turn is an example: of its call's level where a label rests on it, of nothing otherwise. So are the
sentences of the rule files. Nothing is random but for a fixed seed, so the same files give the same table.
"""

import json
import math
import random
import sys
import tomllib
import zlib
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from oncall.listen import learned
from oncall.listen.net import assess_by_net
from oncall.listen.transcript import Transcript
from oncall.models.risk import Level
from oncall.settings import settings

LANGUAGES = ("ko", "en")
FOLDS, EPOCHS, RATE, SEED = 5, 6, 0.15, 7
FALSE_SHARE = 0.01  # of ordinary calls, and of ordinary utterances, that may be raised in vain
HEAVIEST = 6.0  # how much more a rare danger may count than an ordinary turn


@dataclass(frozen=True)
class Example:
    """One turn; `unit` is the call or utterance it belongs to, "" for a sentence of the rule files."""

    found: list[int]
    level: Level
    seed: str = ""
    unit: str = ""


@dataclass(frozen=True)
class Unit:
    """One call or utterance: its family, its label and what the rules alone make of it."""

    level: Level
    by_rules: Level
    is_call: bool

    @property
    def ordinary(self) -> bool:
        """Whether nothing more than watching was needed."""
        return self.level.rank <= Level.WATCH.rank


@dataclass
class Head:
    """Weights of one head as they are learned."""

    weights: dict[int, float]
    bias: float = 0.0

    def lean(self, found: list[int]) -> float:
        """As `learned.sums`, before weights are made small."""
        even = len(found) ** -0.5 if found else 0.0
        return self.bias + even * sum([self.weights.get(at, 0.0) for at in found])


def read(files: list[Path], language: str) -> tuple[list[Example], dict[str, Unit]]:
    """Every example of `language` and every unit it came from."""
    examples: list[Example] = []
    units: dict[str, Unit] = {}
    for file in files:
        for line in file.read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            if row["lang"] != language:
                continue
            is_call = "turns" in row
            turns = row["turns"] if is_call else _as_call(row)
            level = Level(row["level"])
            rests_on = {at for signal in row.get("signals", []) for at in signal["evidence_turns"]} if is_call else {1}
            by_rules = assess_by_net(
                Transcript.model_validate({"id": row["id"], "lang": row["lang"], "turns": turns})
            ).level
            units[row["id"]] = Unit(level, by_rules, is_call)
            for at, words, question in _far_end(turns):
                own = level if at in rests_on else Level.NONE
                found = learned.buckets(words, question, language)
                examples.append(Example(found, own, row["seed"], row["id"]))
    return [*examples, *_of_the_rules(language)], units


def _as_call(row: dict[str, Any]) -> list[dict[str, str]]:
    return [{"speaker": "agent", "text": row["question"]}, {"speaker": "resident", "text": row["text"]}]


def _far_end(turns: list[dict[str, str]]) -> Iterator[tuple[int, str, str]]:
    question = ""
    for at, turn in enumerate(turns):
        if turn["speaker"] == "agent":
            question = turn["text"]
        else:
            yield at, turn["text"], question
            question = ""


def _of_the_rules(language: str) -> Iterator[Example]:
    written = tomllib.loads((settings().prompts / f"net.{language}.toml").read_text(encoding="utf-8"))
    for kind in ("signal", "wish", "voice", "instruction", "vague"):
        for rule in written[kind]:
            level = Level(rule["level"]) if kind == "signal" else Level.NONE
            for said in rule["yes"]:
                yield Example(learned.buckets(said, "", language), level)
            for said in rule["no"]:
                yield Example(learned.buckets(said, "", language), Level.NONE)


def train(examples: list[Example]) -> list[Head]:
    """One logistic model for each head, by steps that shrink where much was learned already (Adagrad)."""
    return [_train(examples, level) for level in learned.HEADS]


def _train(examples: list[Example], level: Level) -> Head:
    head, seen, seen_bias = Head({}), dict[int, float](), 1.0
    dangers = sum(one.level.rank >= level.rank for one in examples)
    heavier = min(HEAVIEST, (len(examples) - dangers) / max(dangers, 1) / 2)
    dice, order = random.Random(SEED), list(examples)
    for _ in range(EPOCHS):
        dice.shuffle(order)
        for one in order:
            is_so = one.level.rank >= level.rank
            said = 1 / (1 + math.exp(-max(-30.0, min(30.0, head.lean(one.found)))))
            wrong = (said - is_so) * (heavier if is_so else 1.0)
            if abs(wrong) < 0.02:
                continue
            seen_bias += wrong * wrong
            head.bias -= RATE * wrong / seen_bias**0.5
            slope = wrong * (len(one.found) ** -0.5 if one.found else 0.0)
            for at in one.found:
                seen[at] = known = seen.get(at, 0.02) + slope * slope
                head.weights[at] = head.weights.get(at, 0.0) - RATE * slope / known**0.5
    return head


def never_seen(examples: list[Example]) -> dict[str, list[float]]:
    """By unit and head, the strongest leaning of a model that never saw the unit's family."""
    seeds = sorted({one.seed for one in examples if one.unit})
    random.Random(SEED).shuffle(seeds)
    fold = {seed: number % FOLDS for number, seed in enumerate(seeds)}
    leaning: dict[str, list[float]] = defaultdict(lambda: [-math.inf] * len(learned.HEADS))
    for number in range(FOLDS):
        heads = train([one for one in examples if not one.unit or fold[one.seed] != number])
        for one in examples:
            if one.unit and fold[one.seed] == number:
                for at, head in enumerate(heads):
                    leaning[one.unit][at] = max(leaning[one.unit][at], head.lean(one.found))
    return dict(leaning)


def threshold(leaning: dict[str, list[float]], units: dict[str, Unit], at: int) -> float:
    """The lowest leaning at which no more than `FALSE_SHARE` of ordinary calls or utterances are raised in vain."""
    least = -math.inf
    for is_call in (True, False):
        ordinary = sorted(
            (
                leaning[name][at]
                for name, unit in units.items()
                if unit.ordinary and unit.is_call is is_call and name in leaning
            ),
            reverse=True,
        )
        if ordinary:
            least = max(least, ordinary[int(FALSE_SHARE * len(ordinary))])
    return least + 1e-6


def report(leaning: dict[str, list[float]], units: dict[str, Unit], at: int, least: float) -> float:
    """Prints rules, model and both over units the model never saw; gives the model's precision."""
    level = learned.HEADS[at]
    for is_call in (True, False):
        mine = {name: unit for name, unit in units.items() if unit.is_call is is_call}
        by_rules = {name for name, unit in mine.items() if unit.by_rules.rank >= level.rank}
        by_model = {name for name in mine if name in leaning and leaning[name][at] >= least}
        so = {name for name, unit in mine.items() if unit.level.rank >= level.rank}
        ordinary = {name for name, unit in mine.items() if unit.ordinary}
        for title, heard in (("rules", by_rules), ("model", by_model), ("both", by_rules | by_model)):
            print(
                f"  {'calls' if is_call else 'utterances':<11}{level.value + '+':<11}{title:<6} heard "
                f"{len(heard & so)}/{len(so)}, in vain {len(heard & ordinary)}/{len(ordinary)} ordinary ones"
            )
    told = [name for name in leaning if leaning[name][at] >= least]
    right = sum(units[name].level.rank >= level.rank for name in told)
    return round((right + 1) / (len(told) + 2), 2)


def small(heads: list[Head]) -> tuple[bytes, list[float]]:
    """Each head's weights as signed bytes, and what one step of each is worth."""
    tables, scales = bytearray(), []
    for head in heads:
        step = max((abs(weight) for weight in head.weights.values()), default=1.0) / 127
        row = bytearray(learned.BUCKETS)
        for at, weight in head.weights.items():
            row[at] = round(weight / step) & 0xFF
        tables += row
        scales.append(step)
    return bytes(tables), scales


def main(files: list[Path]) -> None:
    """Train both languages, print the figures (synthetic wherever the files are) and write the table."""
    rows: dict[str, dict[str, list[float]]] = {}
    body = b""
    for language in LANGUAGES:
        examples, units = read(files, language)
        print(f"{language}: {len(examples)} turns of {len(units)} calls and utterances, {FOLDS} folds by family")
        leaning = never_seen(examples)
        thresholds = [threshold(leaning, units, at) for at in range(len(learned.HEADS))]
        precisions = [report(leaning, units, at, least) for at, least in enumerate(thresholds)]
        heads = train(examples)
        tables, scales = small(heads)
        body += tables
        rows[language] = {
            "scales": scales,
            "biases": [head.bias for head in heads],
            "thresholds": thresholds,
            "precisions": precisions,
        }
    written = json.dumps({"languages": rows}).encode() + b"\n" + zlib.compress(body, 9)
    learned.TABLE.write_bytes(written)
    print(f"{learned.TABLE.name}: {len(written)} bytes")


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    main([Path(name) for name in sys.argv[1:]])
