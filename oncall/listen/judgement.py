"""What one call was judged to say, before it is written down: two detectors put together, neither lowering the other."""

from dataclasses import dataclass, field, replace
from typing import Any

from oncall.listen.arrival import Arrived
from oncall.listen.evidence import Span
from oncall.listen.remember import Note
from oncall.models.assessment import reason_of
from oncall.models.risk import AnsweredBy, Detector, Level, SignalCode, Subject, Tense, highest

NOTHING_SAID = "nothing_said"
NO_QUESTION_ANSWERED = "no_question_answered"
NOT_ANSWERED = "not_answered"
_WHO = {AnsweredBy.MACHINE: "machine", AnsweredBy.OTHER: "other_person", AnsweredBy.UNKNOWN: "unknown_person"}


@dataclass(frozen=True, slots=True)
class Found:
    """One signal with the words it rests on; no words when none could be grounded (then the call is for review)."""

    code: SignalCode
    level: Level
    subject: Subject
    tense: Tense
    confidence: float
    detector: Detector
    evidence: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Pass:
    """What one reading of a call came to by itself; `level` is None when it failed, for the reason in `failed`."""

    detector: Detector
    level: Level | None
    codes: tuple[SignalCode, ...] = ()
    prompt_sha256: str = ""
    failed: str = ""

    def as_json(self) -> dict[str, Any]:
        """As it is stored with the assessment: codes and levels, no words."""
        return {"by": self.detector.value, "level": self.level.value if self.level else None,
                "codes": [code.value for code in self.codes], "prompt": self.prompt_sha256[:12],
                "failed": self.failed}  # fmt: skip


@dataclass(frozen=True)
class Judgement:
    """One call. `unknown` lists facts not answered and, for the call as a whole, codes such as `nothing_said`.

    `failed` is why the model's part is missing; such a call is never fine, whatever its level.
    """

    level: Level = Level.NONE
    answered_by: AnsweredBy = AnsweredBy.RESIDENT
    signals: tuple[Found, ...] = ()
    unknown: tuple[str, ...] = ()
    wants_human: bool = False
    opt_out: bool = False
    later: bool = False
    for_review: bool = False
    requests: tuple[str, ...] = ()
    summary: str = ""
    remember: tuple[Note, ...] = ()  # for the next call, already found fit to be kept
    arrived: dict[int, Arrived] = field(
        default_factory=dict
    )  # by the place of the promise, as the model was given them
    failed: str = ""
    may_pass: bool = False  # the failure is of the kind that passes by itself
    model: str = ""
    prompt_sha256: str = ""
    passes: tuple[Pass, ...] = ()  # each reading by itself, before they were put together

    @property
    def not_accounted(self) -> str:
        """Why this call tells nothing of the resident; "" when it does. Only the resident's own voice can be fine."""
        if self.failed:
            return reason_of(self.failed)
        if NOTHING_SAID in self.unknown:
            return NOTHING_SAID
        if self.answered_by in {AnsweredBy.OTHER, AnsweredBy.MACHINE}:
            return _WHO[self.answered_by]  # and so no question was asked of the resident
        if NO_QUESTION_ANSWERED in self.unknown and self.level is Level.NONE and not self.is_asked_for:
            return NO_QUESTION_ANSWERED
        return _WHO.get(self.answered_by, "")

    @property
    def is_asked_for(self) -> bool:
        """They asked for something that a person or a later call answers anyway."""
        return self.wants_human or self.opt_out or self.later

    @property
    def is_fine(self) -> bool:
        """The resident spoke, was understood, and there is nothing to follow up. Never true of anything unknown or doubtful."""
        return not (self.not_accounted or self.unknown or self.for_review) and self.level is Level.NONE


def merged(net: Judgement, model: Judgement) -> Judgement:
    """Both together: the higher level, every signal, every wish; who answered and the facts are the model's."""
    signals = _one_of_each([*model.signals, *net.signals])
    return replace(
        model,
        level=highest([net.level, model.level, *(found.level for found in signals)]),
        signals=signals,
        unknown=_each_once([*model.unknown, *(code for code in net.unknown if code != NOT_ANSWERED)]),
        wants_human=net.wants_human or model.wants_human,
        opt_out=net.opt_out or model.opt_out,
        later=net.later or model.later,
        for_review=net.for_review or model.for_review,
        passes=(*net.passes, *model.passes),
    )


def both_of(first: Judgement, second: Judgement) -> Judgement:
    """Two readings by the same model: the higher level, every signal, every wish, and nothing known that one missed."""
    signals = _one_of_each([*first.signals, *second.signals])
    return replace(
        first,
        level=highest([first.level, second.level, *(found.level for found in signals)]),
        signals=signals,
        unknown=_each_once([*first.unknown, *second.unknown]),
        wants_human=first.wants_human or second.wants_human,
        opt_out=first.opt_out or second.opt_out,
        later=first.later or second.later,
        for_review=first.for_review or second.for_review,
        requests=first.requests or second.requests,
        summary=first.summary or second.summary,
    )


def together(judgement: Judgement, found: tuple[Found, ...]) -> Judgement:
    """The judgement with more signals found another way; the level can only rise."""
    signals = _one_of_each([*judgement.signals, *found])
    return replace(judgement, signals=signals, level=highest([judgement.level, *(one.level for one in signals)]))


def _one_of_each(signals: list[Found]) -> tuple[Found, ...]:
    """One signal per code and subject: the graver one, resting on the words of both."""
    kept: dict[tuple[SignalCode, Subject], Found] = {}
    for found in signals:
        key = found.code, found.subject
        known = kept.get(key)
        if known is None:
            kept[key] = found
            continue
        graver = found if found.level.rank > known.level.rank else known
        spans = list(known.evidence)
        spans += [span for span in found.evidence if not any(_overlap(span, other) for other in spans)]
        kept[key] = replace(graver, evidence=tuple(spans), confidence=max(found.confidence, known.confidence))
    return tuple(sorted(kept.values(), key=lambda found: -found.level.rank))


def _overlap(one: Span, other: Span) -> bool:
    return one.turn == other.turn and one.start < other.end and other.start < one.end


def _each_once(codes: list[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(codes))


@dataclass
class Gathering:
    """Signals of one detector as they are found, one of each kind."""

    detector: Detector
    found: list[Found] = field(default_factory=list)

    def add(self, code: SignalCode, level: Level, subject: Subject, tense: Tense, confidence: float,
            evidence: tuple[Span, ...]) -> None:  # fmt: skip
        """One more; `watch` is the least that is a signal."""
        if level is not Level.NONE:
            self.found.append(Found(code, level, subject, tense, confidence, self.detector, evidence))

    def signals(self) -> tuple[Found, ...]:
        """What was gathered, the gravest first."""
        return _one_of_each(self.found)
