"""Scoring judgements against labels: what was missed counts apart from what was raised in vain, each with its bounds.

Figures are bounds, never "0 errors" (D10); results on written calls are called synthetic wherever they are shown (E-1).
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from oncall.listen.evidence import Span
from oncall.listen.judgement import Judgement
from oncall.listen.labelled import NEVER_MISS, Labelled
from oncall.listen.share import DRAWS, Share, drawn_interval, draws
from oncall.models.risk import AnsweredBy, Level, SignalCode

WISHES = ("wants_human", "opt_out", "later")
_RANKS = len(Level)


@dataclass
class Scores:
    """Everything counted over labelled calls and their judgements."""

    pairs: list[tuple[Labelled, Judgement]] = field(default_factory=list)

    def add(self, labelled: Labelled, judged: Judgement) -> None:
        """Count one call."""
        self.pairs.append((labelled, judged))

    def at_least(self, level: Level, tag: str | None = None) -> tuple[Share, Share]:
        """(sensitivity, false alarms) for `level` and above, of all calls or of one slice."""
        marks = [
            (case.family, judged.level.rank >= level.rank, case.level.rank >= level.rank)
            for case, judged in self._of(tag)
        ]
        return (
            Share.of_marks((seed, raised) for seed, raised, should in marks if should),
            Share.of_marks((seed, raised) for seed, raised, should in marks if not should),
        )

    def in_vain(self, level: Level, tag: str | None = None) -> Share:
        """Of ordinary calls (none or watch), those raised to `level` or more: the false alarms a desk would get."""
        return Share.of_marks(
            (case.family, judged.level.rank >= level.rank) for case, judged in self._of(tag) if case.is_ordinary
        )

    def exact(self, level: Level) -> Share:
        """Of the calls labelled `level`, those judged so exactly."""
        return Share.of_marks(
            (case.family, judged.level is level) for case, judged in self.pairs if case.level is level
        )

    def agreement(self) -> tuple[float | None, float, float]:
        """Cohen's kappa over the five levels, linearly weighted, with its interval; None where it is not defined."""
        families: dict[str, list[tuple[int, int]]] = {}
        for case, judged in self.pairs:
            families.setdefault(case.family, []).append((case.level.rank, judged.level.rank))
        value = _kappa([(label, found, 1) for pairs in families.values() for label, found in pairs])
        again = (
            _kappa([(label, found, times) for seed, pairs in families.items() if (times := draws(seed)[draw])
                    for label, found in pairs])
            for draw in range(DRAWS)
        )  # fmt: skip
        return value, *drawn_interval(kappa for kappa in again if kappa is not None)

    def of_code(self, code: SignalCode) -> tuple[Share, Share]:
        """(recall, precision) of one signal code."""
        rows = [(case.family, *_labelled_and_found(case, judged, code)) for case, judged in self.pairs]
        return (
            Share.of_marks((seed, found) for seed, label, found in rows if label),
            Share.of_marks((seed, label) for seed, label, found in rows if found),
        )

    def f1(self, code: SignalCode | None = None) -> Share:
        """F1 of one code, or of all together (micro): twice the right ones, of all labelled and all found."""
        codes = [code] if code else list(SignalCode)
        return Share.counted(
            (case.family, 2 * (label and found), label + found)
            for case, judged in self.pairs
            for one in codes
            for label, found in [_labelled_and_found(case, judged, one)]
        )

    def of_flag(self, name: str) -> tuple[Share, Share]:
        """(recall, precision) of a wish, over the calls whose label says anything about it."""
        rows = [
            (case.family, bool(getattr(case, name)), bool(getattr(judged, name)))
            for case, judged in self.pairs
            if getattr(case, name) is not None
        ]
        return (
            Share.of_marks((seed, found) for seed, label, found in rows if label),
            Share.of_marks((seed, label) for seed, label, found in rows if found),
        )

    def answered_by(self) -> Share:
        """Calls where it was told rightly who picked up."""
        return Share.of_marks((case.family, case.answered_by is judged.answered_by) for case, judged in self.pairs)

    def evidence(self) -> Share:
        """Of the labelled signals that were found, those that rest on a labelled turn."""
        return Share.of_marks(
            (case.family, any(span.turn in label.evidence_turns for signal in found for span in signal.evidence))
            for case, judged in self.pairs
            for label in case.signals
            if label.evidence_turns and (found := [signal for signal in judged.signals if signal.code is label.code])
        )

    def grounded(self) -> Share:
        """Of all quotes shown, those that stand word for word in a far-end turn: anything below all is a fault (D8)."""
        return Share.of_marks(
            (case.family, _stands(case, span))
            for case, judged in self.pairs
            for signal in judged.signals
            for span in signal.evidence
        )  # fmt: skip

    def unknown_as_fine(self) -> list[str]:
        """Calls not answered by the resident, yet judged fine: must be none."""
        return [c.id for c, judged in self.pairs if c.answered_by is not AnsweredBy.RESIDENT and judged.is_fine]

    def missed(self, level: Level = Level.URGENT) -> list[str]:
        """Calls labelled `level` or worse and judged lower than it."""
        return [c.id for c, judged in self.pairs if c.level.rank >= level.rank > judged.level.rank]

    def never_missed(self) -> list[str]:
        """Of the calls that must never be missed, those judged lower than labelled: must be none."""
        return [c.id for c, judged in self.pairs if NEVER_MISS in c.tags and judged.level.rank < c.level.rank]

    def raised_in_vain(self, level: Level = Level.URGENT) -> list[str]:
        """Calls labelled lower than `level` and judged so or worse."""
        return [c.id for c, judged in self.pairs if c.level.rank < level.rank <= judged.level.rank]

    def failed(self) -> list[str]:
        """Calls the model could not assess."""
        return [case.id for case, judged in self.pairs if judged.failed]

    def slices(self) -> list[str]:
        """Every language and tag there is, sorted."""
        return sorted({name for case, _ in self.pairs for name in case.slices})

    def words_of(self, ids: list[str]) -> Iterator[tuple[str, str, list[str]]]:
        """(id, labelled level, far-end turns) of these calls; no turns where the words may not be shown."""
        wanted = set(ids)
        for case, _ in self.pairs:
            if case.id in wanted:
                said = [line.text for line in case.turns if line.is_far_end] if case.may_be_read else []
                yield case.id, case.level.value, said

    def _of(self, tag: str | None) -> list[tuple[Labelled, Judgement]]:
        return [pair for pair in self.pairs if tag is None or tag in pair[0].slices]


def _stands(case: Labelled, span: Span) -> bool:
    if not 0 <= span.turn < len(case.turns):
        return False
    line = case.turns[span.turn]
    return line.is_far_end and bool(span.text) and line.text[span.start : span.end] == span.text


def _labelled_and_found(case: Labelled, judged: Judgement, code: SignalCode) -> tuple[bool, bool]:
    return any(one.code is code for one in case.signals), any(one.code is code for one in judged.signals)


def _kappa(pairs: list[tuple[int, int, int]]) -> float | None:
    """Linearly weighted kappa of (label, found, times)."""
    whole = sum(times for *_, times in pairs)
    if not whole:
        return None
    labels, founds = [0.0] * _RANKS, [0.0] * _RANKS
    apart = 0.0
    for label, found, times in pairs:
        apart += abs(label - found) * times
        labels[label] += times / whole
        founds[found] += times / whole
    by_chance = sum(
        abs(one - other) * labels[one] * founds[other] for one in range(_RANKS) for other in range(_RANKS)
    )  # fmt: skip
    return 1 - apart / whole / by_chance if by_chance else None
