"""The far end's turns: when speech is a turn, when an interruption, when only a back-channel, and what its words mean."""

from dataclasses import dataclass
from typing import Any

from oncall.call.ears import Ears, Hit, cannot_wait
from oncall.call.line import Line
from oncall.call.minutes import Minutes
from oncall.models import AnsweredBy, Level, SignalCode
from oncall.models.first_words import FirstWords
from oncall.models.wish import Wish

BARGE_IN_MS = 700  # speech this long over ours is an interruption; a slow "응", "어어" or "mm" is up to 600 of them
PADDING_MS = 300  # the model tells the beginning of speech so much too early: its own padding is in it
NEVER = 1 << 60
# Urgent is enough: words of death are asked about (H-13), money is being sent (H-32), whoever hurts them may be near (C-25).
NOT_TO_WAIT = {SignalCode.SUICIDAL_IDEATION, SignalCode.SCAM, SignalCode.ABUSE_NEGLECT}


@dataclass
class _Turn:
    item: str
    starts_ms: int
    ends_ms: int
    over_ours: bool
    is_turn: bool = True
    cut_ours: bool = False


@dataclass(frozen=True)
class Heard:
    """One turn in words; none when it could not be understood. `is_turn` is False for speech under our own voice that
    did not stop it, `cut_ours` True when it did."""

    item: str
    words: str
    starts_ms: int
    is_turn: bool
    cut_ours: bool
    back_channel: bool
    interrupts: bool
    first: FirstWords
    hits: tuple[Hit, ...] = ()
    answered_by: AnsweredBy | None = None

    @property
    def alarm(self) -> Hit | None:
        """The gravest thing that cannot wait: danger now, or what no free word of the model may be said to."""
        return cannot_wait(self.hits, NOT_TO_WAIT)

    @property
    def alarms(self) -> tuple[Hit, ...]:
        """Every danger now, and the gravest thing that cannot wait: each is an alarm."""
        grave = self.alarm
        return tuple(hit for hit in self.hits if hit.wish is None and (hit.level is Level.EMERGENCY or hit == grave))

    @property
    def wishes(self) -> tuple[Wish, ...]:
        """What is asked of the call."""
        return tuple(hit.wish for hit in self.hits if hit.wish is not None)


class FarEnd:
    """Whoever is at the other end of the line; times are milliseconds of the sound the model was given."""

    def __init__(self, line: Line, ears: Ears, minutes: Minutes) -> None:
        self.listens_up_at_ms = NEVER  # from here on, speech over ours is an interruption
        self._language, self._ears, self._minutes = str(line.language), ears, minutes
        self._ear = ears.ear(self._language)
        self._turns: dict[str, _Turn] = {}
        self._now: _Turn | None = None
        self.stopped_ms = 0  # when they last fell silent

    @property
    def is_speaking(self) -> bool:
        """Speech has begun and not ended."""
        return self._now is not None

    @property
    def awaits_words(self) -> bool:
        """Some turn of theirs has begun and is not in words yet."""
        return bool(self._turns)

    def begins(self, event: dict[str, Any], *, over_ours: bool) -> None:
        """Speech began; `over_ours` while our own was still to be heard."""
        at = int(event["audio_start_ms"])
        turn = self._turns[event["item_id"]] = self._now = _Turn(event["item_id"], at, at, over_ours)
        if over_ours:
            self.listens_up_at_ms = turn.starts_ms + PADDING_MS + BARGE_IN_MS

    def interrupts(self) -> None:
        """It went on long enough to mean it: what is being said is a turn."""
        self.listens_up_at_ms = NEVER
        if self._now is not None:
            self._now.cut_ours, self._now.over_ours = True, False

    def stops(self, event: dict[str, Any]) -> None:
        """Speech ended."""
        self.listens_up_at_ms = NEVER
        if self._now is not None:
            self._now.ends_ms = self.stopped_ms = int(event["audio_end_ms"])
            self._now.is_turn = not self._now.over_ours
        self._now = None

    def turn_at(self, item: str, now_ms: int) -> int | None:
        """When the finished turn `item` began, if it is one to answer; None for a back-channel under our voice."""
        turn = self._turns.get(item)
        if turn is None:
            return now_ms
        return turn.starts_ms if turn.is_turn else None

    def in_words(self, event: dict[str, Any], now_ms: int, *, question: str) -> Heard:
        """A turn's words came, possibly none; the phrase net hears them at once, after what we had asked."""
        item = event["item_id"]
        turn = self._turns.pop(item, None) or _Turn(item, now_ms, now_ms, over_ours=False)
        words = str(event.get("transcript") or "").strip()
        self._minutes.resident_said(item, words, turn.starts_ms, max(turn.ends_ms, turn.starts_ms))
        if not words:
            return Heard(item, "", turn.starts_ms, turn.is_turn, turn.cut_ours, False, False, FirstWords.NOTHING)
        understood = self._ear.hear(words, question)
        return Heard(
            item, words, turn.starts_ms, turn.is_turn, turn.cut_ours, self._ears.back_channel(words, self._language),
            self._ears.interrupts(words, self._language), self._ears.first_words(words, self._language),
            tuple(understood.hits), understood.answered_by,
        )  # fmt: skip
