"""Trains `oncall/listen/learned.bin`, and prints what it would have heard in families of talk it never saw.

    scripts/train_net            the open calls and turns of prompts/, and the sayings beside this script
    scripts/train_net ko         one language; the other's table stays as it is

Every far-end turn is an example: of its call's level where a label rests on it, of nothing otherwise. So are the
sentences of the rule files. Locked lines are never read. Three logistic models (concern, urgent, emergency, each "so
or worse") are added up to one a head: what is grave is also urgent, and there are more examples of that. The same
files and the same scikit-learn give the same table.
"""

import json
import sys
import zlib
from collections import defaultdict
from dataclasses import dataclass

import numpy as np
from reading import Example, read
from scipy.sparse import csr_matrix, diags
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold

from oncall.listen import learned
from oncall.models.risk import Level, SignalCode, highest

LANGUAGES = ("ko", "en")
FOLDS, LEAST_SEEN = 5, 2
MIXES = {  # by head, how much each question counts: so grave or worse?
    Level.EMERGENCY: {Level.EMERGENCY: 1.0, Level.URGENT: 0.5, Level.CONCERN: 0.25},
    Level.URGENT: {Level.EMERGENCY: 0.5, Level.URGENT: 1.0, Level.CONCERN: 0.5},
}
# The shares that may be raised in vain of ordinary calls and turns, and of what the writers say that is none, by language:
# as few as leave the emergencies of calls the model has not seen heard.
IN_VAIN = {
    "ko": {Level.EMERGENCY: (0.005, 0.005), Level.URGENT: (0.015, 0.04)},
    "en": {Level.EMERGENCY: (0.006, 0.007), Level.URGENT: (0.015, 0.04)},
}
DOUBTED = 0.10  # of the emergencies that rules hear, the share that may be doubted
GIVEN_WAY = {"ko": 4.0, "en": 3.0}  # how far the weights may go to fit the examples; less is smoother
KEPT = 70_000  # grams a language that weigh most
KINDS_KEPT, KINDS_GIVEN_WAY = 4_000, 0.75


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
            values += [max(len(known), learned.FEWEST) ** learned.EVEN] * len(known)
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


def fit(rows: csr_matrix, examples: list[Example], given_way: float) -> dict[Level, tuple[np.ndarray, float]]:
    """By head its weights and bias."""
    ranks = np.array([one.level.rank for one in examples])
    asked = {}
    for level in (Level.EMERGENCY, Level.URGENT, Level.CONCERN):
        grave = ranks >= level.rank
        telling = how_telling(rows, grave)
        model = LogisticRegression(C=given_way, max_iter=300)
        model.fit((rows @ diags(telling)).tocsr(), grave, sample_weight=how_rare(rows, grave))
        asked[level] = (model.coef_[0] * telling, float(model.intercept_[0]))
    return {
        head: (sum(share * asked[level][0] for level, share in mix.items()),
               sum(share * asked[level][1] for level, share in mix.items()))
        for head, mix in MIXES.items()
    }  # fmt: skip


def how_telling(rows: csr_matrix, grave: np.ndarray) -> np.ndarray:
    """How much each gram is held back from being given weight: less where it stands oftener among the grave, or among
    the others, than by chance (naive Bayes' ratio, of which the root is taken)."""
    among, else_ = (np.asarray((rows[part] > 0).sum(axis=0)).ravel() + 1.0 for part in (grave, ~grave))
    ratio = np.sqrt(np.abs(np.log(among / among.sum() * else_.sum() / else_))) + 0.1
    return ratio / ratio.mean()


def how_rare(rows: csr_matrix, grave: np.ndarray) -> np.ndarray:
    """How much each example counts: more where few of its like are as long. Writers tell dangers at length, and a long turn
    is no danger for that (the root is taken: half of the way)."""
    lengths = np.rint(np.log2(np.maximum(np.diff(rows.indptr), 1)))
    counts = np.ones(len(grave))
    for length in np.unique(lengths):
        for side in (False, True):
            mine = (lengths == length) & (grave == side)
            if mine.any():
                counts[mine] = np.sqrt((grave == side).mean() * (lengths == length).sum() / mine.sum())
    return np.minimum(counts, 8.0)


@dataclass
class Leaning:
    """How far each example leans, by models that saw nothing of its family: `raises` as it would be raised, `most` in
    whichever of its sentences leans farthest."""

    raises: np.ndarray
    most: np.ndarray


def never_seen(rows: csr_matrix, examples: list[Example], table: Table, given_way: float) -> dict[Level, Leaning]:
    """By head, how far each example leans."""
    pieces = [(at, number, piece) for at, one in enumerate(examples) for number, piece in enumerate(one.pieces)]
    of, alone = (
        np.array([at for at, _, _ in pieces]),
        np.array([learned.ALONE if number else 0.0 for _, number, _ in pieces]),
    )
    every = table.matrix([piece for _, _, piece in pieces])
    leaning = {head: Leaning(*np.full((2, len(examples)), -np.inf)) for head in MIXES}
    for known, unknown in GroupKFold(FOLDS).split(rows, groups=[one.family for one in examples]):
        heads = fit(rows[known], [examples[at] for at in known], given_way)
        mine = np.isin(of, unknown)
        for head, (weights, bias) in heads.items():
            leans = every[mine] @ kept(weights) + bias
            np.maximum.at(leaning[head].raises, of[mine], leans - alone[mine])
            np.maximum.at(leaning[head].most, of[mine], leans)
    return leaning


def kept(weights: np.ndarray) -> np.ndarray:
    """The weights as the table holds them: rounded, and the small ones left out."""
    least = np.sort(np.abs(weights))[-min(KEPT, len(weights))]
    return np.where(np.abs(weights) >= least, np.rint(weights * learned.STEP) / learned.STEP, 0.0)


@dataclass
class Unit:
    """One call, turn or saying: how grave it is, what the rules make of it, and how far it leans."""

    level: Level
    by_rules: Level
    for_certain: Level
    beyond_doubt: Level
    raises: float = -np.inf
    most: float = -np.inf


def units(leaning: Leaning, examples: list[Example]) -> dict[str, Unit]:
    """By name, every unit with its gravest turn."""
    found: dict[str, Unit] = {}
    for at, one in enumerate(examples):
        unit = found.setdefault(one.unit, Unit(one.level, one.by_rules, one.for_certain, one.beyond_doubt))
        unit.level = highest([unit.level, one.level])
        unit.raises, unit.most = max(unit.raises, leaning.raises[at]), max(unit.most, leaning.most[at])
    return found


def threshold(found: dict[str, Unit], shares: tuple[float, float]) -> float:
    """The lowest leaning at which no more is raised in vain than may be: of ordinary calls, and of look-alikes."""
    least = -np.inf
    for kinds_of, share in zip((("call", "turn"), ("saying",)), shares, strict=True):
        leans = sorted((unit.raises for name, unit in found.items()
                        if name.startswith(kinds_of) and unit.level.rank <= Level.WATCH.rank), reverse=True)  # fmt: skip
        least = max(least, leans[int(share * len(leans))])
    return float(least) + 1e-6


def doubted(found: dict[str, Unit], share: float) -> float:
    """The leaning below which few of the emergencies lie that rules hear."""
    leans = sorted(unit.most for name, unit in found.items() if not name.startswith(("rule", "kept"))
                   and unit.level is unit.by_rules is Level.EMERGENCY)  # fmt: skip
    return leans[int(share * len(leans))]


def report(found: dict[str, Unit], head: Level, least: float, doubt: float) -> float:
    """Prints rules, model and both over families the model never saw; gives the model's precision."""
    told, right = 0, 0
    for kind in ("call", "turn", "saying"):
        mine = [unit for name, unit in found.items() if name.startswith(kind)]
        so = [unit for unit in mine if unit.level.rank >= head.rank]
        ordinary = [unit for unit in mine if unit.level.rank <= Level.WATCH.rank]

        def by_rules(unit: Unit) -> bool:
            return unit.by_rules.rank >= head.rank

        def by_model(unit: Unit) -> bool:
            return unit.raises >= least

        def by_both(unit: Unit) -> bool:
            left = unit.by_rules
            if head is Level.EMERGENCY and doubt - unit.most > learned.DOUBTED_BY:
                left = unit.beyond_doubt if doubt - unit.most > learned.CERTAIN_BY else unit.for_certain
            return by_model(unit) or left.rank >= head.rank

        for title, heard in (("rules", by_rules), ("model", by_model), ("both", by_both)):
            hits, vain = sum(map(heard, so)), sum(map(heard, ordinary))
            print(f"  {kind:<7}{head.value + '+':<11}{title:<6}{hits}/{len(so)} heard ({hits / len(so):.0%}), "
                  f"in vain {vain}/{len(ordinary)} ({vain / len(ordinary):.1%})")  # fmt: skip
        told += sum(by_model(unit) for unit in mine)
        right += sum(by_model(unit) for unit in so)
    return round((right + 1) / (told + 2), 2)


def kinds(rows: csr_matrix, examples: list[Example], table: Table) -> tuple[list[SignalCode], list[list[object]]]:
    """Which grams speak for which kind of trouble, learned from what needs a person."""
    known = [at for at, one in enumerate(examples) if one.code and one.level.rank >= Level.CONCERN.rank]
    names = [examples[at].code.value for at in known]  # type: ignore[union-attr]  # chosen to have one
    model = LogisticRegression(C=KINDS_GIVEN_WAY, max_iter=300).fit(rows[known], names)
    codes = [SignalCode(name) for name in model.classes_]
    gains = np.rint(model.coef_.T * learned.STEP).astype(int)
    heaviest = np.argsort(-np.abs(gains).max(axis=1), kind="stable")[:KINDS_KEPT]
    by_column = {column: gram for gram, column in table.columns.items()}
    gained = [[by_column[at], [[int(code), int(gains[at, code])] for code in np.argsort(-np.abs(gains[at]))[:4]
                               if gains[at, code]]] for at in sorted(heaviest)]  # fmt: skip
    return codes, gained


def main() -> None:
    """Train the languages asked for, print the figures (all synthetic) and write the table."""
    written = json.loads(zlib.decompress(learned.TABLE.read_bytes())) if learned.TABLE.exists() else {}
    for language in sys.argv[1:] or LANGUAGES:
        examples = read(language)
        families = len({one.family for one in examples})
        print(f"{language}: {len(examples)} turns of {families} families, {FOLDS} folds by family")
        table = table_of(examples)
        rows = table.matrix([one.grams for one in examples])
        leaning = never_seen(rows, examples, table, GIVEN_WAY[language])
        heads = fit(rows, examples, GIVEN_WAY[language])
        found = {head: units(leaning[head], examples) for head in learned.HEADS}
        doubt = doubted(found[Level.EMERGENCY], DOUBTED)
        leasts = {head: threshold(found[head], IN_VAIN[language][head]) for head in learned.HEADS}
        precisions = [report(found[head], head, leasts[head], doubt) for head in learned.HEADS]
        biases = [heads[head][1] - leasts[head] for head in learned.HEADS]
        small = np.rint(np.stack([heads[head][0] for head in learned.HEADS], axis=1) * learned.STEP).astype(int)
        heaviest = set(np.argsort(-np.abs(small).max(axis=1), kind="stable")[:KEPT])
        codes, kinds_kept = kinds(rows, examples, table)
        written[language] = {
            "grams": [[gram, *map(int, small[at])] for gram, at in sorted(table.columns.items())
                      if at in heaviest and small[at].any()],
            "kinds": kinds_kept, "codes": [code.value for code in codes], "biases": biases, "precisions": precisions,
            "doubted": doubt - leasts[Level.EMERGENCY],
        }  # fmt: skip
    packed = zlib.compress(json.dumps(written, ensure_ascii=False, separators=(",", ":")).encode(), 9)
    learned.TABLE.write_bytes(packed)
    print(f"{learned.TABLE.name}: {len(packed)} bytes")


if __name__ == "__main__":
    main()
