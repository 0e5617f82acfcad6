"""The turns of one keypad check as its rows hold them: what was asked at which step, what was answered to it, and what of
an answer has been heard so far."""

from dataclasses import dataclass, field
from datetime import datetime

from sqlmodel import Session, col, select

from oncall.call.keypad import Step
from oncall.models import Attempt, Resident, Speaker, Turn, TurnSource

NO_DIGIT = 10  # stands for a key that is none
FIRST_POSITION = 10_000  # of a check's turns: behind those of a talk, whose last words may still be on their way


@dataclass
class KeyedTurns:
    """Those of one attempt at one moment. The attempt row must be locked by whoever writes."""

    session: Session
    attempt: Attempt
    now: datetime
    rows: list[Turn] = field(init=False)

    def __post_init__(self) -> None:
        self.rows = list(self.session.exec(
            select(Turn)
            .where(Turn.attempt_id == self.attempt.id, Turn.source == TurnSource.LIVE)
            .where(col(Turn.position) >= FIRST_POSITION)
            .order_by(col(Turn.position))
        ))  # fmt: skip

    @property
    def position(self) -> int:
        """Where the next turn stands."""
        return max((turn.position for turn in self.rows), default=FIRST_POSITION - 1) + 1

    @property
    def at_ms(self) -> int:
        """This moment, since they picked up."""
        return max(0, int((self.now - (self.attempt.answered_at or self.now)).total_seconds() * 1000))

    def was_asked(self, code: int) -> bool:
        """Whether the step with this code, or the end (0), stands there already."""
        return any(turn.speaker is Speaker.AGENT and (turn.timing or {}).get("step") == code for turn in self.rows)

    def answer_to(self, step: Step) -> Turn | None:
        """The answer to this step; None while there is none."""
        return next(
            (turn for turn in self.rows if turn.speaker is Speaker.RESIDENT and timing_of(turn, "step") == step.code),
            None,
        )

    def followed_by(self, step: Step) -> Turn | None:
        """What came next when this step was asked: its answer, or our next words where nothing came; None so far."""
        answer = self.answer_to(step)
        if answer is not None:
            return answer
        ours = [turn for turn in self.rows if turn.speaker is Speaker.AGENT]
        asked = next((n for n, turn in enumerate(ours) if timing_of(turn, "step") == step.code), len(ours))
        return next(iter(ours[asked + 1 :]), None)

    def part_of(self, step: Step) -> Turn | None:
        """What has been heard so far of an answer to this step."""
        return next((turn for turn in self.rows if timing_of(turn, "part_of") == step.code), None)

    def add(self, speaker: Speaker, words: str, timing: dict[str, int], *, cut_off: bool = False) -> Turn:
        """One more turn, sealed."""
        turn = Turn(
            attempt_id=self.attempt.id, resident_id=self.attempt.resident_id, source=TurnSource.LIVE,
            position=self.position, speaker=speaker, words_sealed=b"", starts_ms=self.at_ms, ends_ms=self.at_ms,
            cut_off=cut_off, said_at=self.now, timing=timing,
        )  # fmt: skip
        turn.write(self.session.get_one(Resident, self.attempt.resident_id).seal, words)
        self.session.add(turn)
        self.rows.append(turn)
        return turn


def key_of(turn: Turn) -> str:
    """The key a turn is; empty for words."""
    return "" if turn.key is None else ("*" if turn.key == NO_DIGIT else str(turn.key))


def timing_of(turn: Turn, name: str) -> int:
    """One number a turn is kept with, 0 where it has none."""
    return (turn.timing or {}).get(name, 0)
