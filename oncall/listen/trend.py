"""Trend: this call against the person's own last calls, in numbers and dates; evidence to look at, never a diagnosis.

Nothing here raises or lowers a level. A change is told only against at least four earlier calls, and only when it lies
outside everything seen in them, so that a quiet day among quiet days says nothing.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise
from statistics import median
from typing import Any

from sqlmodel import Session, col, select

from oncall.models import (
    AnsweredBy,
    Assessment,
    FactNote,
    FactState,
    Resident,
    Signal,
    SignalCode,
    Speaker,
    Turn,
    TurnSource,
)  # fmt: skip

LOOKED_AT = 8
_ENOUGH = 4
_ANSWERS = 3  # far-end turns before a call's median says anything
_SHORTER = 0.6
_LONGER = 1.6
_SYLLABLE = re.compile(r"[가-힣]|[aeiouy]+", re.IGNORECASE)
_LONGEST_SILENCE_MS = 30_000  # more is a line that was put down, not a person thinking


@dataclass(frozen=True)
class Call:
    """What one call was like: medians over its answers (None of too few), facts by state, signals heard."""

    at: datetime
    syllables: float | None = None
    silence_ms: float | None = None
    facts: dict[str, tuple[FactState, str]] = field(default_factory=dict)
    codes: frozenset[SignalCode] = frozenset()


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that is different: `kind`, what it is about (a fact or signal), the number now and the usual one."""

    kind: str  # shorter_answers | longer_silences | refused | no_longer_told | new_signal
    about: str = ""
    now: float | None = None
    usual: float | None = None
    calls: int = 0
    since: datetime | None = None

    def as_json(self) -> dict[str, Any]:
        """As it is kept with the assessment: numbers, codes and dates."""
        return {"kind": self.kind, "about": self.about, "now": self.now, "usual": self.usual, "calls": self.calls,
                "since": self.since.isoformat() if self.since else None}  # fmt: skip


def changes(now: Call, before: Sequence[Call]) -> list[Change]:
    """What is different from the calls before (any order; the newest eight count)."""
    known = sorted(before, key=lambda call: call.at, reverse=True)[:LOOKED_AT]
    if len(known) < _ENOUGH:
        return []
    since = known[-1].at
    found: list[Change] = []
    usual = [call.syllables for call in known if call.syllables is not None]
    if now.syllables is not None and len(usual) >= _ENOUGH and now.syllables < min(usual) and \
            now.syllables <= _SHORTER * median(usual):  # fmt: skip
        found.append(Change("shorter_answers", "", round(now.syllables, 1), round(median(usual), 1), len(usual), since))
    waits = [call.silence_ms for call in known if call.silence_ms is not None]
    if now.silence_ms is not None and len(waits) >= _ENOUGH and now.silence_ms > max(waits) and \
            now.silence_ms >= _LONGER * median(waits):  # fmt: skip
        seconds, often = round(now.silence_ms / 1000, 1), round(median(waits) / 1000, 1)
        found.append(Change("longer_silences", "", seconds, often, len(waits), since))
    for fact, (state, reason) in sorted(now.facts.items()):
        told = [call for call in known if call.facts.get(fact, (None, ""))[0] is FactState.ANSWERED]
        if len(told) < _ENOUGH or state is not FactState.UNCLEAR:
            continue
        found.append(
            Change("refused" if reason == "refused" else "no_longer_told", fact, None, len(told), len(known), since)
        )
    for code in sorted(now.codes - frozenset().union(*(call.codes for call in known))):
        found.append(Change("new_signal", code.value, None, 0, len(known), since))
    return found


def of(session: Session, resident: Resident, assessment: Assessment) -> list[Change]:
    """The changes of one assessed call; none when it was not the resident who spoke."""
    if assessment.failed or assessment.answered_by is not AnsweredBy.RESIDENT:
        return []
    earlier = session.exec(
        select(Assessment)
        .where(Assessment.resident_id == resident.id, Assessment.failed == "", Assessment.id != assessment.id)
        .where(Assessment.answered_by == AnsweredBy.RESIDENT, col(Assessment.made_at) < assessment.made_at)
        .order_by(col(Assessment.made_at).desc())
        .limit(LOOKED_AT)
    ).all()
    if len(earlier) < _ENOUGH:
        return []
    return changes(_like(session, resident, assessment), [_like(session, resident, one) for one in earlier])


def _like(session: Session, resident: Resident, assessment: Assessment) -> Call:
    """What that call was like; times are those of the live conversation, which has a clock of its own."""
    turns = session.exec(
        select(Turn).where(Turn.attempt_id == assessment.attempt_id).order_by(col(Turn.starts_ms), col(Turn.position))
    ).all()
    live = [turn for turn in turns if turn.source is TurnSource.LIVE] or list(turns)
    said = [
        _syllables(turn.words(resident.seal)) for turn in live if turn.speaker is Speaker.RESIDENT and turn.key is None
    ]
    waits = [
        float(answer.starts_ms - asked.ends_ms)
        for asked, answer in pairwise(live)
        if asked.speaker is Speaker.AGENT and answer.speaker is Speaker.RESIDENT
        and 0 <= answer.starts_ms - asked.ends_ms <= _LONGEST_SILENCE_MS
    ]  # fmt: skip
    notes = session.exec(select(FactNote).where(FactNote.check_in_id == assessment.check_in_id))
    codes = session.exec(select(Signal.code).where(Signal.assessment_id == assessment.id))
    return Call(
        assessment.made_at, _middle(said), _middle(waits), {one.fact: (one.state, one.reason) for one in notes},
        frozenset(SignalCode(code) for code in codes),
    )  # fmt: skip


def _syllables(words: str) -> float:
    """Hangul blocks, and groups of vowels in other words."""
    return float(len(_SYLLABLE.findall(words)))


def _middle(figures: list[float]) -> float | None:
    return median(figures) if len(figures) >= _ANSWERS else None
