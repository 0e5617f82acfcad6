"""Scoring assessments against labels: what was missed counts apart from what was raised in vain, each with its bounds.

Figures are bounds, never "0 errors" (D10); results on written calls are called synthetic wherever they are shown (E-1).
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from math import exp, lgamma, log, log1p
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from oncall.listen.judgement import Judgement
from oncall.listen.transcript import Transcript
from oncall.models.risk import AnsweredBy, Level, SignalCode

NEVER_MISS = "must_never_miss"
_CONFIDENCE = 0.95


class LabelledSignal(BaseModel):
    """One signal as people labelled it; `evidence_turns` are numbers of turns."""

    model_config = ConfigDict(extra="ignore")

    code: SignalCode
    evidence_turns: list[int] = Field(default_factory=list)


class Labelled(Transcript):
    """A transcript with what people say of it. `tags` name slices, such as H-08 or dialect; `seed` its family."""

    level: Level
    signals: list[LabelledSignal] = Field(default_factory=list)
    wants_human: bool = False
    opt_out: bool = False
    answered_by: AnsweredBy = AnsweredBy.RESIDENT
    tags: list[str] = Field(default_factory=list)
    seed: str = ""
    synthetic: bool = False


@dataclass(frozen=True, slots=True)
class Share:
    """`hits` of `of`, with the exact (Clopper-Pearson) 95 % interval; `low` and `high` are 0 and 1 of nothing."""

    hits: int
    of: int

    @property
    def value(self) -> float | None:
        """The plain share; None of nothing."""
        return self.hits / self.of if self.of else None

    @property
    def low(self) -> float:
        """Lower bound of the interval."""
        tail = (1 - _CONFIDENCE) / 2
        return 0.0 if self.hits == 0 else _solve(lambda p: 1 - _below(self.hits - 1, self.of, p) - tail)

    @property
    def high(self) -> float:
        """Upper bound of the interval."""
        tail = (1 - _CONFIDENCE) / 2
        return 1.0 if self.hits == self.of else _solve(lambda p: tail - _below(self.hits, self.of, p))

    def as_json(self) -> dict[str, Any]:
        """Plain figures."""
        value = self.value
        return {
            "hits": self.hits,
            "of": self.of,
            "value": None if value is None else round(value, 4),
            "low": round(self.low, 4) if self.of else None,
            "high": round(self.high, 4) if self.of else None,
        }

    def __str__(self) -> str:
        if not self.of:
            return "-"
        return (
            f"{100 * self.hits / self.of:5.1f}%  [{100 * self.low:.1f}, {100 * self.high:.1f}]  {self.hits}/{self.of}"
        )


@dataclass
class Scores:
    """Everything counted over labelled calls and their judgements."""

    pairs: list[tuple[Labelled, Judgement]] = field(default_factory=list)

    def add(self, labelled: Labelled, judged: Judgement) -> None:
        """Count one call."""
        self.pairs.append((labelled, judged))

    def at_least(self, level: Level, tag: str | None = None) -> tuple[Share, Share]:
        """(sensitivity, false alarms) for `level` and above, of all calls or of one slice."""
        pairs = [pair for pair in self.pairs if tag is None or tag in _slices(pair[0])]
        should = [judged.level.rank >= level.rank for case, judged in pairs if case.level.rank >= level.rank]
        should_not = [judged.level.rank >= level.rank for case, judged in pairs if case.level.rank < level.rank]
        return Share(sum(should), len(should)), Share(sum(should_not), len(should_not))

    def exact(self, level: Level) -> Share:
        """Of the calls labelled `level`, those judged so exactly."""
        judged = [judged.level is level for case, judged in self.pairs if case.level is level]
        return Share(sum(judged), len(judged))

    def of_code(self, code: SignalCode) -> tuple[Share, Share]:
        """(recall, precision) of one signal code."""
        both = labelled = found = 0
        for case, judged in self.pairs:
            is_labelled = any(signal.code is code for signal in case.signals)
            is_found = any(signal.code is code for signal in judged.signals)
            labelled, found, both = labelled + is_labelled, found + is_found, both + (is_labelled and is_found)
        return Share(both, labelled), Share(both, found)

    def of_flag(self, name: str) -> tuple[Share, Share]:
        """(recall, precision) of `wants_human` or `opt_out`."""
        rows = [(bool(getattr(case, name)), bool(getattr(judged, name))) for case, judged in self.pairs]
        both = sum(label and found for label, found in rows)
        return Share(both, sum(label for label, _ in rows)), Share(both, sum(found for _, found in rows))

    def answered_by(self) -> Share:
        """Calls where it was told rightly who picked up."""
        return Share(sum(case.answered_by is judged.answered_by for case, judged in self.pairs), len(self.pairs))

    def evidence(self) -> Share:
        """Of the labelled signals that were found, those that rest on a labelled turn."""
        hits = of = 0
        for case, judged in self.pairs:
            for label in case.signals:
                found = [signal for signal in judged.signals if signal.code is label.code]
                if found and label.evidence_turns:
                    of += 1
                    hits += any(span.turn in label.evidence_turns for signal in found for span in signal.evidence)
        return Share(hits, of)

    def unknown_as_fine(self) -> list[str]:
        """Calls not answered by the resident, yet judged fine: must be none."""
        return [c.id for c, judged in self.pairs if c.answered_by is not AnsweredBy.RESIDENT and judged.is_fine]

    def missed(self) -> list[str]:
        """Calls labelled urgent or worse and judged lower than urgent."""
        urgent = Level.URGENT.rank
        return [c.id for c, judged in self.pairs if c.level.rank >= urgent and judged.level.rank < urgent]

    def never_missed(self) -> list[str]:
        """Of the calls that must never be missed, those judged lower than labelled: must be none."""
        return [c.id for c, judged in self.pairs if NEVER_MISS in c.tags and judged.level.rank < c.level.rank]

    def raised_in_vain(self) -> list[str]:
        """Calls labelled lower than urgent and judged urgent or worse."""
        urgent = Level.URGENT.rank
        return [c.id for c, judged in self.pairs if c.level.rank < urgent and judged.level.rank >= urgent]

    def failed(self) -> list[str]:
        """Calls the model could not assess."""
        return [case.id for case, judged in self.pairs if judged.failed]

    def slices(self) -> list[str]:
        """Every language and tag there is, sorted."""
        return sorted({name for case, _ in self.pairs for name in _slices(case)})

    def as_json(self) -> dict[str, Any]:
        """All figures, plain."""
        raised = [level for level in Level if level is not Level.NONE]
        return {
            "calls": len(self.pairs),
            "synthetic": sum(case.synthetic for case, _ in self.pairs),
            "levels": {
                level.value: {
                    **_two(self.at_least(level), "sensitivity", "false_alarms"),
                    "exact": self.exact(level).as_json(),
                }
                for level in raised
            },
            "none_exact": self.exact(Level.NONE).as_json(),
            "codes": {
                code.value: _two(shares, "recall", "precision")
                for code in SignalCode
                if (shares := self.of_code(code))[0].of or shares[1].of
            },
            "flags": {name: _two(self.of_flag(name), "recall", "precision") for name in ("wants_human", "opt_out")},
            "answered_by": self.answered_by().as_json(),
            "evidence": self.evidence().as_json(),
            "slices": {
                name: {
                    level.value: _two(self.at_least(level, name), "sensitivity", "false_alarms")
                    for level in (Level.CONCERN, Level.URGENT, Level.EMERGENCY)
                }
                for name in self.slices()
            },
            "unknown_as_fine": self.unknown_as_fine(),
            "must_never_miss_missed": self.never_missed(),
            "missed": self.missed(),
            "raised_in_vain": self.raised_in_vain(),
            "failed": self.failed(),
        }

    def as_text(self) -> str:
        """The same for a terminal."""
        synthetic = sum(case.synthetic for case, _ in self.pairs)
        lines = [f"{len(self.pairs)} labelled calls, {synthetic} of them synthetic; 95 % intervals in brackets", ""]
        lines += ["level or above   sensitivity                      false alarms"]
        for level in reversed([level for level in Level if level is not Level.NONE]):
            sensitivity, false = self.at_least(level)
            lines.append(f"  {level.value:<14} {sensitivity!s:<32} {false}")
        lines += ["", "code             recall                           precision"]
        for code in SignalCode:
            recall, precision = self.of_code(code)
            if recall.of or precision.of:
                lines.append(f"  {code.value:<18} {recall!s:<32} {precision}")
        lines += ["", "slice (urgent or above)   sensitivity                 false alarms"]
        for name in self.slices():
            sensitivity, false = self.at_least(Level.URGENT, name)
            lines.append(f"  {name:<20} {sensitivity!s:<32} {false}")
        lines.append("")
        for name in ("wants_human", "opt_out"):
            recall, precision = self.of_flag(name)
            lines.append(f"{name:<18} recall {recall}   precision {precision}")
        lines += [f"answered by        {self.answered_by()}", f"evidence in place  {self.evidence()}"]
        for title, ids in (
            ("unknown shown as fine", self.unknown_as_fine()),
            ("must never miss, missed", self.never_missed()),
            ("urgent or worse, missed", self.missed()),
            ("raised in vain", self.raised_in_vain()),
            ("could not be assessed", self.failed()),
        ):
            lines.append(f"{title:<24} {len(ids)}{': ' + ', '.join(ids) if ids else ''}")
        return "\n".join(lines)


def _slices(case: Labelled) -> Iterable[str]:
    return [case.lang, *case.tags]


def _two(shares: tuple[Share, Share], first: str, second: str) -> dict[str, Any]:
    return {first: shares[0].as_json(), second: shares[1].as_json()}


def _below(most: int, of: int, p: float) -> float:
    """The chance of at most `most` hits among `of` when each comes with chance `p`."""
    if p <= 0:
        return 1.0
    if p >= 1:
        return 1.0 if most >= of else 0.0
    ways = [
        lgamma(of + 1) - lgamma(k + 1) - lgamma(of - k + 1) + k * log(p) + (of - k) * log1p(-p) for k in range(most + 1)
    ]
    return min(1.0, sum(map(exp, ways)))


def _solve(rising: Callable[[float], float]) -> float:
    """Where a rising function of a share crosses zero."""
    low, high = 0.0, 1.0
    for _ in range(50):
        middle = (low + high) / 2
        low, high = (middle, high) if rising(middle) < 0 else (low, middle)
    return (low + high) / 2
