"""Trains `oncall/listen/learned.bin`, and prints what it would have heard in families of talk it never saw.

    scripts/train_net            the open calls and turns of prompts/, and the sayings beside this script

Every far-end turn is an example: of its call's level where a label rests on it, of nothing otherwise. So are the
sentences of the rule files. Locked lines are never read. Three logistic models (concern, urgent, emergency, each "so
or worse") are added up to one a head: what is grave is also urgent, and there are more examples of that. The same
files and the same scikit-learn give the same table.
"""

import json
import zlib
from collections import defaultdict
from dataclasses import dataclass

import numpy as np
from reading import Example, read
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold

from oncall.listen import learned
from oncall.models.risk import Level, SignalCode

LANGUAGES = ("ko", "en")
FOLDS, LEAST_SEEN = 5, 2
MIXES = {  # by head, how much each question counts: so grave or worse?
    Level.EMERGENCY: {Level.EMERGENCY: 1.0, Level.URGENT: 0.5, Level.CONCERN: 0.25},
    Level.URGENT: {Level.EMERGENCY: 0.5, Level.URGENT: 1.0, Level.CONCERN: 0.5},
}
# The shares that may be raised in vain of ordinary calls and turns, and of sayings chosen to look like danger.
IN_VAIN = {Level.EMERGENCY: (0.012, 0.02), Level.URGENT: (0.015, 0.04)}
GIVEN_WAY = 1.5  # how far the weights may go to fit the examples; less is smoother
KEPT = 30_000  # grams a language that weigh most
KINDS_KEPT = 4_000


@dataclass
class Table:
    """Which column each gram has."""

    columns: dict[str, int]

    def matrix(self, pieces: list[frozenset[str]]) -> csr_matrix:
        """A row a piece: each gram it has, evened out as `learned.leanings` does it."""
        rows, columns, values = [], [], []
        for row, grams in enumerate(pieces):
            known = [self.columns[gram] for gram in grams if gram in self.columns]
            rows += [row] * len(known)
            columns += known
            values += [len(known) ** learned.EVEN if known else 0.0] * len(known)
        return csr_matrix((values, (rows, columns)), shape=(len(pieces), len(self.columns)))


def table_of(examples: list[Example]) -> Table:
    """Every gram that more than one example has."""
    seen: dict[str, int] = defaultdict(int)
    for one in examples:
        for gram in one.grams:
            seen[gram] += 1
    return Table(
        {gram: at for at, gram in enumerate(sorted(gram for gram, times in seen.items() if times >= LEAST_SEEN))}
    )


def fit(rows: csr_matrix, examples: list[Example]) -> dict[Level, tuple[np.ndarray, float]]:
    """By head its weights and bias."""
    ranks = np.array([one.level.rank for one in examples])
    asked = {}
    for level in (Level.EMERGENCY, Level.URGENT, Level.CONCERN):
        model = LogisticRegression(C=GIVEN_WAY, max_iter=300).fit(rows, ranks >= level.rank)
        asked[level] = (model.coef_[0], float(model.intercept_[0]))
    return {
        head: (sum(share * asked[level][0] for level, share in mix.items()),
               sum(share * asked[level][1] for level, share in mix.items()))
        for head, mix in MIXES.items()
    }  # fmt: skip


def never_seen(rows: csr_matrix, examples: list[Example], table: Table) -> dict[Level, np.ndarray]:
    """By head, the leaning of each example, whole or of its gravest sentence, by a model that saw nothing of its family."""
    pieces = [(at, piece) for at, one in enumerate(examples) for piece in one.pieces]
    of = np.array([at for at, _ in pieces])
    every = table.matrix([piece for _, piece in pieces])
    leaning = {head: np.full(len(examples), -np.inf) for head in MIXES}
    for known, unknown in GroupKFold(FOLDS).split(rows, groups=[one.family for one in examples]):
        heads = fit(rows[known], [examples[at] for at in known])
        mine = np.isin(of, unknown)
        for head, (weights, bias) in heads.items():
            np.maximum.at(leaning[head], of[mine], every[mine] @ weights + bias)
    return leaning


def threshold(leaning: np.ndarray, examples: list[Example], head: Level) -> float:
    """The lowest leaning at which no more is raised in vain than may be: of ordinary calls, and of look-alikes."""
    calls: dict[str, float] = {}
    ordinary = {one.unit: True for one in examples}
    for one in examples:
        ordinary[one.unit] &= one.level.rank <= Level.WATCH.rank
    for at, one in enumerate(examples):
        if ordinary[one.unit]:
            calls[one.unit] = max(calls.get(one.unit, -np.inf), leaning[at])
    least = -np.inf
    for kind, share in zip((("call", "turn"), ("saying",)), IN_VAIN[head], strict=True):
        leans = sorted((lean for unit, lean in calls.items() if unit.startswith(kind)), reverse=True)
        least = max(least, leans[int(share * len(leans))])
    return float(least) + 1e-6


def report(leaning: np.ndarray, examples: list[Example], head: Level, least: float) -> float:
    """Prints rules, model and both over families the model never saw; gives the model's precision."""
    units: dict[str, tuple[int, int, float]] = {}
    for at, one in enumerate(examples):
        rank, by_rules, lean = units.get(one.unit, (0, 0, -np.inf))
        units[one.unit] = max(rank, one.level.rank), max(by_rules, one.by_rules.rank), max(lean, leaning[at])
    told, right = 0, 0
    for kind in ("call", "turn", "saying"):
        mine = [of for unit, of in units.items() if unit.startswith(kind)]
        so = [of for of in mine if of[0] >= head.rank]
        ordinary = [of for of in mine if of[0] <= Level.WATCH.rank]
        for title, heard in (
            ("rules", lambda of: of[1] >= head.rank),
            ("model", lambda of: of[2] >= least),
            ("both", lambda of: of[1] >= head.rank or of[2] >= least),
        ):
            hits, vain = sum(map(heard, so)), sum(map(heard, ordinary))
            print(f"  {kind:<7}{head.value + '+':<11}{title:<6}{hits}/{len(so)} heard ({hits / len(so):.0%}), "
                  f"in vain {vain}/{len(ordinary)} ({vain / len(ordinary):.1%})")  # fmt: skip
        told += sum(of[2] >= least for of in mine)
        right += sum(of[2] >= least and of[0] >= head.rank for of in mine)
    return round((right + 1) / (told + 2), 2)


def kinds(rows: csr_matrix, examples: list[Example], table: Table) -> tuple[list[SignalCode], list[list[object]]]:
    """Which grams speak for which kind of trouble, learned from what needs a person."""
    known = [at for at, one in enumerate(examples) if one.code and one.level.rank >= Level.CONCERN.rank]
    names = [examples[at].code.value for at in known]  # type: ignore[union-attr]  # chosen to have one
    model = LogisticRegression(C=GIVEN_WAY / 2, max_iter=300).fit(rows[known], names)
    codes = [SignalCode(name) for name in model.classes_]
    gains = np.rint(model.coef_.T * learned.STEP).astype(int)
    heaviest = np.argsort(-np.abs(gains).max(axis=1), kind="stable")[:KINDS_KEPT]
    by_column = {column: gram for gram, column in table.columns.items()}
    kept = [[by_column[at], [[int(code), int(gains[at, code])] for code in np.argsort(-np.abs(gains[at]))[:4]
                             if gains[at, code]]] for at in sorted(heaviest)]  # fmt: skip
    return codes, kept


def main() -> None:
    """Train both languages, print the figures (all synthetic) and write the table."""
    written = {}
    for language in LANGUAGES:
        examples = read(language)
        families = len({one.family for one in examples})
        print(f"{language}: {len(examples)} turns of {families} families, {FOLDS} folds by family")
        table = table_of(examples)
        rows = table.matrix([one.grams for one in examples])
        leaning = never_seen(rows, examples, table)
        heads = fit(rows, examples)
        biases, precisions = [], []
        for head in learned.HEADS:
            least = threshold(leaning[head], examples, head)
            precisions.append(report(leaning[head], examples, head, least))
            biases.append(heads[head][1] - least)
        small = np.rint(np.stack([heads[head][0] for head in learned.HEADS], axis=1) * learned.STEP).astype(int)
        heaviest = set(np.argsort(-np.abs(small).max(axis=1), kind="stable")[:KEPT])
        codes, kept = kinds(rows, examples, table)
        written[language] = {
            "grams": [[gram, *map(int, small[at])] for gram, at in sorted(table.columns.items())
                      if at in heaviest and small[at].any()],
            "kinds": kept, "codes": [code.value for code in codes], "biases": biases, "precisions": precisions,
        }  # fmt: skip
    packed = zlib.compress(json.dumps(written, ensure_ascii=False, separators=(",", ":")).encode(), 9)
    learned.TABLE.write_bytes(packed)
    print(f"{learned.TABLE.name}: {len(packed)} bytes")


if __name__ == "__main__":
    main()
