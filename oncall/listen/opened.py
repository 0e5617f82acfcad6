"""A call opened to be judged: its words in order and its sound, and apart from them what the machine made of it."""

from dataclasses import dataclass
from uuid import UUID

from sqlmodel import Session, col, select

from oncall.models import (
    Assessment,
    Evidence,
    Level,
    Recording,
    RecordingState,
    Resident,
    Signal,
    SignalCode,
    Speaker,
    Turn,
    TurnSource,
)  # fmt: skip


@dataclass(frozen=True)
class Said:
    """One turn; `second` is its place in the sound."""

    speaker: Speaker
    words: str
    second: float


@dataclass(frozen=True)
class Words:
    """The call itself; `recording_id` is None when there is no sound."""

    turns: list[Said]
    recording_id: UUID | None


@dataclass(frozen=True)
class Heard:
    """One signal of the machine's with the words it rests on: (quote, second)."""

    code: SignalCode
    level: Level
    quotes: list[tuple[str, float]]


def words_of(session: Session, resident: Resident, assessment: Assessment) -> Words:
    """The call as it was assessed: the recording's turns where there are any, else those heard live."""
    recording = session.exec(
        select(Recording).where(Recording.attempt_id == assessment.attempt_id, Recording.state == RecordingState.KEPT)
    ).first()
    shift = recording.offset_ms if recording else 0
    turns = session.exec(
        select(Turn).where(Turn.attempt_id == assessment.attempt_id).order_by(col(Turn.starts_ms), col(Turn.position))
    ).all()
    taped = any(turn.source is TurnSource.RECORDING for turn in turns)
    shown = [
        turn for turn in turns
        if not taped or turn.source is TurnSource.RECORDING or turn.starts_ms < -shift
    ]  # fmt: skip
    return Words(
        [Said(turn.speaker, turn.words(resident.seal), max(turn.starts_ms + shift, 0) / 1000) for turn in shown],
        recording.id if recording else None,
    )


def heard_in(session: Session, resident: Resident, assessment: Assessment) -> list[Heard]:
    """What the machine heard, the gravest first."""
    signals = session.exec(select(Signal).where(Signal.assessment_id == assessment.id)).all()
    quotes: dict[UUID, list[tuple[str, float]]] = {signal.id: [] for signal in signals}
    for one in session.exec(
        select(Evidence).where(col(Evidence.signal_id).in_(list(quotes))).order_by(col(Evidence.second))
    ):
        quotes[one.signal_id].append((one.quote(resident.seal), one.second))
    return sorted(
        (Heard(signal.code, signal.level, quotes[signal.id]) for signal in signals), key=lambda one: -one.level.rank
    )
