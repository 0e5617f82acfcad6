"""The one line that says why a case is there: its gravest signal with the resident's own sentence, or the silence."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlmodel import Session, col, select

from oncall.models import Alarm, Case, CaseEntry, CheckIn, EntryKind, Evidence, Resident, Signal, SignalCode

# Findings without words, gravest first: what is said of a case in which no signal was heard.
_WORDLESS = [EntryKind.UNREACHED, EntryKind.NOT_UNDERSTOOD, EntryKind.ASKED, EntryKind.HELD]


@dataclass(frozen=True)
class MainWords:
    """`code` and `quote` when something was heard; else the reason code of the finding and how often was tried.

    `others` counts the further kinds of trouble in the case.
    """

    code: SignalCode | None = None
    quote: str = ""
    others: int = 0
    finding: EntryKind | None = None
    reason: str = ""
    attempts: int = 0


def main_words(session: Session, cases: Sequence[Case]) -> dict[UUID, MainWords]:
    """By case id, in five queries however many cases there are."""
    ids = [case.id for case in cases]
    entries = defaultdict(list)
    for entry in session.exec(
        select(CaseEntry).where(col(CaseEntry.case_id).in_(ids)).order_by(col(CaseEntry.at).desc())
    ):
        entries[entry.case_id].append(entry)
    signals = defaultdict(list)
    for case_id, signal in session.exec(
        select(CaseEntry.case_id, Signal)
        .join(Signal, col(Signal.assessment_id) == CaseEntry.assessment_id)
        .where(col(CaseEntry.case_id).in_(ids))
    ):
        signals[case_id].append(signal)
    alarms = defaultdict(list)
    for alarm in session.exec(select(Alarm).where(col(Alarm.case_id).in_(ids)).order_by(col(Alarm.raised_at).desc())):
        alarms[alarm.case_id].append(alarm)
    gravest = {
        case_id: max(heard, key=lambda signal: (signal.level.rank, signal.confidence))
        for case_id, heard in signals.items()
    }
    quotes = _quotes(session, list(gravest.values()))
    tries = _tries(session, [entry.check_in_id for found in entries.values() for entry in found if entry.check_in_id])
    found: dict[UUID, MainWords] = {}
    for case in cases:
        heard: Signal | None = gravest.get(case.id)
        grave = _began_with(alarms[case.id])
        kinds = {one.code for one in signals[case.id]} | {one.code for one in alarms[case.id]}
        if grave and (heard is None or grave.level.rank > heard.level.rank):
            quote = grave.quote(session.get_one(Resident, grave.resident_id).seal) if grave.quote_sealed else ""
            found[case.id] = MainWords(grave.code, quote, len(kinds) - 1)
        elif heard:
            found[case.id] = MainWords(heard.code, quotes.get(heard.id, ""), len(kinds) - 1)
        else:
            silence = next((one for kind in _WORDLESS for one in entries[case.id] if one.kind is kind), None)
            if silence:
                found[case.id] = MainWords(
                    finding=silence.kind, reason=silence.code, attempts=tries.get(silence.check_in_id, 0)
                )  # fmt: skip
    return found


def _began_with(alarms: list[Alarm]) -> Alarm | None:
    """Of the gravest ones (given newest first) what the last call's began with: what was heard after it is often a part of
    it, and says less of why somebody must be rung."""
    gravest = max((one.level.rank for one in alarms), default=0)
    grave = [one for one in alarms if one.level.rank == gravest]
    return [one for one in grave if one.attempt_id == grave[0].attempt_id][-1] if grave else None


def _quotes(session: Session, signals: list[Signal]) -> dict[UUID, str]:
    seals = _seals(session, [signal.resident_id for signal in signals])
    owners = {signal.id: signal.resident_id for signal in signals}
    quotes: dict[UUID, str] = {}
    rows = select(Evidence).where(col(Evidence.signal_id).in_(list(owners))).order_by(col(Evidence.second))
    for evidence in session.exec(rows):
        if evidence.signal_id not in quotes:
            quotes[evidence.signal_id] = evidence.quote(seals[owners[evidence.signal_id]].seal)
    return quotes


def _seals(session: Session, ids: list[UUID]) -> dict[UUID, Resident]:
    return {resident.id: resident for resident in session.exec(select(Resident).where(col(Resident.id).in_(ids)))}


def _tries(session: Session, ids: list[UUID]) -> dict[UUID | None, int]:
    rows = session.exec(select(CheckIn.id, CheckIn.attempts_made).where(col(CheckIn.id).in_(ids)))
    return {check_in_id: made for check_in_id, made in rows}
