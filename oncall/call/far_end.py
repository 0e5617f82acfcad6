"""The far end's turns: when speech is a turn, when an interruption, when only a back-channel, and what its words mean."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from oncall.call.conversation import Conversation
from oncall.call.line import Line
from oncall.call.minutes import Minutes
from oncall.models import Level, SignalCode
from oncall.models.wish import Wish

BARGE_IN_MS = 300  # speech this long over ours is an interruption; shorter is a back-channel (네, 응, mm)
NEVER = 1 << 60


class Hit(Protocol):
    """What the phrase net makes of a turn (`listen/safety`)."""

    @property
    def code(self) -> SignalCode | None:
        """The kind of trouble; None for a wish alone."""

    @property
    def level(self) -> Level:
        """How grave."""

    @property
    def wish(self) -> Wish | None:
        """What is asked of the call, if anything."""


Net = Callable[[str, str], Sequence[Hit]]


@dataclass
class _Turn:
    item: str
    starts_ms: int
    ends_ms: int
    over_ours: bool
    is_turn: bool = True


class FarEnd:
    """Whoever is at the other end of the line; times are milliseconds of the sound the model was given."""

    def __init__(self, line: Line, net: Net, minutes: Minutes, conversation: Conversation) -> None:
        self.listens_up_at_ms = NEVER  # from here on, speech over ours is an interruption
        self._language, self._net, self._minutes, self._conversation = str(line.language), net, minutes, conversation
        self._turns: dict[str, _Turn] = {}
        self._now: _Turn | None = None

    @property
    def is_speaking(self) -> bool:
        """Speech has begun and not ended."""
        return self._now is not None

    def begins(self, event: dict[str, Any], *, over_ours: bool) -> None:
        """Speech began; `over_ours` while our own was still to be heard."""
        at = int(event["audio_start_ms"])
        turn = self._turns[event["item_id"]] = self._now = _Turn(event["item_id"], at, at, over_ours)
        if over_ours:
            self.listens_up_at_ms = turn.starts_ms + BARGE_IN_MS

    def interrupts(self) -> None:
        """It went on long enough to mean it: what is being said is a turn."""
        self.listens_up_at_ms = NEVER
        if self._now is not None:
            self._now.over_ours = False

    def stops(self, event: dict[str, Any]) -> None:
        """Speech ended."""
        self.listens_up_at_ms = NEVER
        if self._now is not None:
            self._now.ends_ms = int(event["audio_end_ms"])
            self._now.is_turn = not self._now.over_ours
        self._now = None

    def turn_at(self, item: str, now_ms: int) -> int | None:
        """When the finished turn `item` began, if it is one to answer; None for a back-channel under our voice."""
        turn = self._turns.get(item)
        if turn is None:
            return now_ms
        return turn.starts_ms if turn.is_turn else None

    def in_words(self, event: dict[str, Any], now_ms: int) -> None:
        """A turn's words came, possibly none; the phrase net hears them at once."""
        item = event["item_id"]
        turn = self._turns.pop(item, None) or _Turn(item, now_ms, now_ms, over_ours=False)
        words = str(event.get("transcript") or "").strip()
        self._minutes.resident_said(item, words, turn.starts_ms, max(turn.ends_ms, turn.starts_ms))
        for hit in self._net(words, self._language) if words else ():
            if hit.wish is not None:
                self._conversation.wishes.add(hit.wish)
                self._minutes.wish(hit.wish)
            if hit.code is not None and hit.level is Level.EMERGENCY:
                self._conversation.alarmed = True
                self._minutes.net_alarm(hit.code, hit.level, words, turn.starts_ms)
