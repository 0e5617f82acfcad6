"""Danger in a keypad check: the protocol of the talk (`emergency`), brought back from the rows at every answer.

No process remembers the machine. What began it stands with the turn that did, each thing it said is a step "hold" with a
number of its own, and what came back is that step's answer, or silence. Played through once more, in order, they give the
machine as it was, so that a repeated webhook is given the same words.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlmodel import Session, select

from oncall.call.emergency import FACTS, STAY_EVERY, Cue, Cues, Emergency
from oncall.call.keyed_turns import KeyedTurns, key_of, timing_of
from oncall.call.keypad import HELP_KEY, Kind, Step
from oncall.models import Alarm, Attempt, Language, Level, SignalCode, Speaker, Speaks, Subject, Turn
from oncall.models.seal import Seal

_QUESTIONS = ("dying", "dying_now", "alone_to_talk", "all_right", *FACTS)
_KEY_WORDS = {  # how a key stands on the alarm's card
    Language.KO: {"1": "네 [1번 누름]", "2": "아니요 [2번 누름]"},
    Language.EN: {"1": "Yes [pressed 1]", "2": "No [pressed 2]"},
}
_KEY_WORDS_AWAKE = {  # asked by keys, 1 is well and 2 is not
    Language.KO: {"1": "괜찮음 [1번 누름]", "2": "괜찮지 않음 [2번 누름]"},
    Language.EN: {"1": "All right [pressed 1]", "2": "Not all right [pressed 2]"},
}


@dataclass(frozen=True)
class Begun:
    """What an emergency is about, as the turn it began with keeps it: numbers, since a turn's timing has only those."""

    code: SignalCode = SignalCode.HEALTH_ACUTE
    level: Level = Level.EMERGENCY
    subject: Subject = Subject.RESIDENT
    speaks: Speaks = Speaks.RESIDENT

    @classmethod
    def of_turn(cls, turn: Turn) -> "Begun | None":
        """What began with this turn; None when nothing did."""
        if "danger" not in (turn.timing or {}):
            return None
        return cls(
            list(SignalCode)[timing_of(turn, "danger")], list(Level)[timing_of(turn, "level")],
            list(Subject)[timing_of(turn, "subject")], list(Speaks)[timing_of(turn, "speaks")],
        )  # fmt: skip

    @property
    def numbers(self) -> dict[str, int]:
        """The same for a turn's timing."""
        return {
            "danger": list(SignalCode).index(self.code), "level": list(Level).index(self.level),
            "subject": list(Subject).index(self.subject), "speaks": list(Speaks).index(self.speaks),
        }  # fmt: skip


@dataclass
class KeyedDanger:
    """The emergency of one check up to a moment; `again` when the call is the one redial (R-21)."""

    turns: KeyedTurns
    seal: Seal
    again: bool = False
    machine: Emergency = field(default_factory=Emergency)
    holds: int = 0  # steps of it that were asked
    came_from: Step | None = None  # the step whose answer began it
    known: frozenset[str] = frozenset()  # answered before the keys
    _began_at: datetime | None = None
    _waits: bool = False

    @classmethod
    def before(cls, turns: KeyedTurns, seal: Seal, turn: Turn | None, *, again: bool = False) -> "KeyedDanger":
        """As it was when `turn` was not there yet; as it is now for None."""
        danger = cls(turns, seal, again)
        for row in turns.rows:
            if row is turn:
                break
            if "step" in (row.timing or {}):
                danger._play(row)
        return danger

    @property
    def step(self) -> Step:
        """The step that is asked next while danger stands."""
        return Step(Kind.HOLD, self.holds)

    def begin(self, begun: Begun, at: datetime, *, came_from: Step | None = None,
              known: Collection[str] = ()) -> Cues:  # fmt: skip
        """Danger was heard, in answer to `came_from` or before the keys, when `known` was answered."""
        if not self.machine.is_on:
            self.came_from, self._began_at = came_from, at
        self.known |= frozenset(known)
        before = dict.fromkeys(self.known, "-")
        self.machine.answers.update(before)
        asks = begun.code is SignalCode.SUICIDAL_IDEATION and begun.level is not Level.EMERGENCY
        return self.machine.begin(
            begun.code, level=begun.level, subject=begun.subject, speaks=begun.speaks,
            provisional=asks and "dying" not in self.known, again=self.again and came_from is None, known=before,
        )  # fmt: skip

    def heard(self, key: str, words: str, begun: Begun | None, at: datetime) -> Cues:
        """What is said after an answer to a step of it: a key, words with perhaps more danger in them, or neither."""
        if key == HELP_KEY:
            begun = Begun()
        more = self.begin(begun, at) if begun is not None and begun.level is Level.EMERGENCY else ()
        if more:
            return more
        if not key and not words:
            return self.waited(at)
        return self.machine.heard(key if key in {"1", "2"} else "" if key else words) or self._company()

    def waited(self, at: datetime, *, somebody_has_it: bool = False) -> Cues:
        """Nothing came; nobody is told that somebody is still looked for once a person has it."""
        standing = 0.0 if somebody_has_it else (at - (self._began_at or at)).total_seconds()
        return self.machine.waited(STAY_EVERY, standing) or self._company()

    def told(self, language: Language, *, by_keys: bool) -> dict[str, str]:
        """What they have answered to the keypad check, for the alarm's card."""
        return {
            question: (_KEY_WORDS_AWAKE if by_keys and question == "awake" else _KEY_WORDS)[language].get(said, said)
            for question, said in self.machine.answers.items()
            if question not in self.known
        }

    def _company(self) -> Cues:
        return (Cue("stay", self.holds),) if self.machine.is_on else ()

    def _play(self, row: Turn) -> None:
        """Go on by one turn."""
        step, begun = Step.of_code(timing_of(row, "step")) if timing_of(row, "step") else None, Begun.of_turn(row)
        if row.speaker is Speaker.AGENT:
            if self._waits:
                self.waited(row.said_at)
            self._waits = step is not None and step.kind is Kind.HOLD
            self.holds += self._waits
            if begun is not None:
                self.begin(begun, row.said_at, known=known_of(row))
            return
        self._waits = False
        if step is not None and step.kind is Kind.HOLD:
            key = key_of(row)
            self.heard(key, "" if key else row.words(self.seal), begun, row.said_at)
        elif begun is not None:
            self.begin(begun, row.said_at, came_from=step)


def known_of(turn: Turn) -> frozenset[str]:
    """The questions that were answered before the keys, as the first step of a hold keeps them."""
    kept = timing_of(turn, "known")
    return frozenset(question for place, question in enumerate(_QUESTIONS) if kept >> place & 1)


def known_numbers(answers: Mapping[str, str]) -> dict[str, int]:
    """The same for a turn's timing; what was asked and not answered is asked again."""
    return {"known": sum(1 << place for place, question in enumerate(_QUESTIONS) if answers.get(question))}


def is_raised(session: Session, attempt: Attempt, begun: Begun) -> bool:
    """Whether this danger stands as an alarm of this call already, as grave at least."""
    rows = session.exec(select(Alarm).where(Alarm.attempt_id == attempt.id, Alarm.code == begun.code))
    return any(alarm.level.rank >= begun.level.rank for alarm in rows)


def lines_of(cues: Cues, *, by_keys: bool) -> tuple[tuple[str, int], ...]:
    """The lines of these cues; where only keys are taken a question says which of them to press."""
    if not by_keys:
        return tuple((cue.key, cue.turn) for cue in cues)
    lines: list[tuple[str, int]] = []
    for cue in cues:
        if cue.key in _OWN_BY_KEYS:
            lines.append((f"keypad_{cue.key}", cue.turn))
        elif cue.key.startswith(("fact_", "ask_", "call_again")):
            lines += [(cue.key, cue.turn), ("keypad_yes_or_no", 0)]
        else:
            lines.append((cue.key, cue.turn))
    return tuple(lines)


_OWN_BY_KEYS = {"fact_awake", "fact_where_other", "fact_awake_other"}  # no plain yes or no answers these
