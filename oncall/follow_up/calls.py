"""A call as a caseworker reads it: who said what when, the words that carry each signal marked, and its sound."""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlmodel import Session, col, select

from oncall.models import (
    Alarm,
    Assessment,
    Attempt,
    Campaign,
    CheckIn,
    Evidence,
    FactNote,
    FactState,
    Level,
    Recording,
    RecordingState,
    Resident,
    Signal,
    SignalCode,
    Speaker,
    Subject,
    Turn,
    TurnSource,
)  # fmt: skip


@dataclass(frozen=True)
class Piece:
    """Part of a turn's words; `marked` carries the anchor of the evidence it is."""

    text: str
    marked: UUID | None = None


@dataclass(frozen=True)
class Line:
    """One turn; `second` is its place in the sound."""

    id: UUID
    speaker: Speaker
    pieces: list[Piece]
    second: float
    cut_off: bool


@dataclass(frozen=True)
class Quote:
    """A sentence that carries a signal; `evidence_id` and `turn_id` are None for an alarm heard live."""

    code: SignalCode
    level: Level
    subject: Subject
    words: str
    second: float
    evidence_id: UUID | None = None
    turn_id: UUID | None = None


@dataclass(frozen=True)
class Answer:
    """What became of one planned question, with the resident's words where there are any."""

    fact: str
    state: FactState
    reason: str
    words: str


@dataclass(frozen=True)
class Call:
    """One attempt, opened: transcript, evidence and what was judged. `recording_id` is None when there is no sound."""

    attempt: Attempt
    check_in: CheckIn
    at: datetime
    lines: list[Line]
    quotes: list[Quote]
    source: TurnSource | None
    recording_id: UUID | None
    assessment: Assessment | None
    summary: str = ""
    requests: list[str] = field(default_factory=list)
    facts: list["Answer"] = field(default_factory=list)


def opened(session: Session, resident: Resident, attempt: Attempt) -> Call:
    """The whole of one call; the recording's transcript where there is one, else the words as they were heard live."""
    check_in = session.get_one(CheckIn, attempt.check_in_id)
    recording = session.exec(
        select(Recording).where(Recording.attempt_id == attempt.id, Recording.state == RecordingState.KEPT)
    ).first()
    shift = recording.offset_ms if recording else 0
    turns = session.exec(select(Turn).where(Turn.attempt_id == attempt.id).order_by(col(Turn.position))).all()
    sources = {turn.source for turn in turns}
    source = next((one for one in (TurnSource.RECORDING, TurnSource.LIVE) if one in sources), None)
    early = -shift if source is TurnSource.RECORDING else 0  # what was said before the tape began is known live only
    shown = sorted((turn for turn in turns if turn.source is source or turn.starts_ms < early),
                   key=lambda turn: (turn.starts_ms, turn.position))  # fmt: skip
    assessment = session.exec(
        select(Assessment).where(Assessment.attempt_id == attempt.id).order_by(col(Assessment.made_at).desc())
    ).first()
    seconds = {turn.id: max(turn.starts_ms + shift, 0) / 1000 for turn in shown}
    evidence = _evidence(session, assessment)
    quotes = [
        Quote(signal.code, signal.level, signal.subject, one.quote(resident.seal), seconds.get(one.turn_id, one.second),
              one.id, one.turn_id if one.turn_id in seconds else None)
        for signal, one in evidence
    ]  # fmt: skip
    heard = {quote.code for quote in quotes}
    quotes += [
        Quote(alarm.code, alarm.level, Subject.RESIDENT, alarm.quote(resident.seal), alarm.second)
        for alarm in session.exec(select(Alarm).where(Alarm.attempt_id == attempt.id).order_by(col(Alarm.raised_at)))
        if alarm.code not in heard and alarm.quote_sealed
    ]
    quotes.sort(key=lambda quote: (-quote.level.rank, quote.second))
    spans: dict[UUID, list[Evidence]] = {}
    for _, one in evidence:
        spans.setdefault(one.turn_id, []).append(one)
    words = assessment.words(resident.seal) if assessment else {}
    return Call(
        attempt=attempt, check_in=check_in, at=attempt.answered_at or attempt.placed_at or attempt.claimed_at,
        lines=[
            Line(turn.id, turn.speaker, pieces(turn.words(resident.seal), spans.get(turn.id, [])), seconds[turn.id],
                 turn.cut_off)
            for turn in shown
        ],
        quotes=quotes, source=source, recording_id=recording.id if recording else None, assessment=assessment,
        summary=words.get("summary", ""), requests=words.get("requests", []),
        facts=_facts(session, resident, check_in),
    )  # fmt: skip


def _facts(session: Session, resident: Resident, check_in: CheckIn) -> list[Answer]:
    """In the order the campaign asks them, older questions behind."""
    planned = session.get_one(Campaign, check_in.campaign_id).facts
    notes = session.exec(select(FactNote).where(FactNote.check_in_id == check_in.id).order_by(col(FactNote.fact))).all()
    order = {fact: place for place, fact in enumerate(planned)}
    return [
        Answer(note.fact, note.state, note.reason, note.words(resident.seal))
        for note in sorted(notes, key=lambda note: order.get(note.fact, len(order)))
    ]


def pieces(words: str, evidence: list[Evidence]) -> list[Piece]:
    """`words` cut where evidence begins and ends; where two overlap, the earlier keeps its words."""
    cut: list[Piece] = []
    here = 0
    for one in sorted(evidence, key=lambda span: (span.starts_at, -span.ends_at)):
        start, end = max(one.starts_at, here), min(one.ends_at, len(words))
        if start >= end:
            continue
        if start > here:
            cut.append(Piece(words[here:start]))
        cut.append(Piece(words[start:end], one.id))
        here = end
    if here < len(words):
        cut.append(Piece(words[here:]))
    return cut


def _evidence(session: Session, assessment: Assessment | None) -> list[tuple[Signal, Evidence]]:
    if assessment is None:
        return []
    rows = session.exec(
        select(Signal, Evidence)
        .join(Evidence, col(Evidence.signal_id) == Signal.id)
        .where(Signal.assessment_id == assessment.id)
    )
    return [(signal, one) for signal, one in rows]
