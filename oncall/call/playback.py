"""What of our voice the resident has actually heard: marks, generations, and where to cut at a barge-in.

The carrier plays in order and returns a mark when everything before it was played; `clear` returns all marks at once,
so a mark counts only in the generation it was sent in (protocol notes 1-5).
"""

from collections import deque
from dataclasses import dataclass, field

BYTES_PER_MS = 8


@dataclass
class Spoken:
    """One item of the model's speech: how much was sent, and how much was heard for certain, in milliseconds."""

    item: str
    sent_ms: float = 0.0
    heard_ms: float = 0.0
    began_at: float | None = None  # when its first sound began to play
    words: str | None = None
    cut_at_ms: int | None = None
    fixed: bool = False  # sound of ours, of which the model knows no item
    line: str = ""  # the key of the fixed line it is, whoever's voice says it
    answers_since: float | None = None  # when the turn it answers had ended
    first_heard_at: float | None = None  # when its first mark came back
    timing: dict[str, int] | None = None  # milliseconds since then, by step

    @property
    def is_over(self) -> bool:
        """Played to its end, or cut."""
        return self.cut_at_ms is not None or self.heard_ms >= self.sent_ms


@dataclass
class _Chunk:
    mark: str
    spoken: Spoken
    ms: float


@dataclass
class Playback:
    """The carrier's buffer as we know it. `now` is monotonic seconds."""

    generation: int = 0
    items: dict[str, Spoken] = field(default_factory=dict)
    _waiting: deque[_Chunk] = field(default_factory=deque)
    _count: int = 0
    _head_since: float = 0.0

    @property
    def idle(self) -> bool:
        """Nothing is left to be played."""
        return not self._waiting

    @property
    def buffered_ms(self) -> float:
        """How much sound is sent and not yet known to be heard."""
        return sum(chunk.ms for chunk in self._waiting)

    def sent(self, item: str, size: int, now: float) -> str:
        """`size` bytes of mu-law of `item` went out; returns the name of the mark to send behind them."""
        spoken = self.items.get(item)
        if spoken is None:
            spoken = self.items[item] = Spoken(item)
        ms = size / BYTES_PER_MS
        spoken.sent_ms += ms
        self._count += 1
        mark = f"{self.generation}:{self._count}"
        if not self._waiting:
            self._head_since = now
            if spoken.began_at is None:
                spoken.began_at = now
        self._waiting.append(_Chunk(mark, spoken, ms))
        return mark

    def heard(self, mark: str, now: float) -> list[Spoken]:
        """The carrier returned a mark. Returns the items that are now played to their end as far as sent.

        A mark of an older generation was returned by `clear`, not by playing, and says nothing.
        """
        if not any(chunk.mark == mark for chunk in self._waiting):
            return []
        done: list[Spoken] = []
        while self._waiting:
            chunk = self._waiting.popleft()
            chunk.spoken.heard_ms += chunk.ms
            if chunk.spoken.first_heard_at is None:
                chunk.spoken.first_heard_at = now
            if chunk.spoken.is_over and chunk.spoken not in done:
                done.append(chunk.spoken)
            if chunk.mark == mark:
                break
        self._head_since = now
        if self._waiting and self._waiting[0].spoken.began_at is None:
            self._waiting[0].spoken.began_at = now
        return done

    def cut(self, now: float) -> list[Spoken]:
        """Barge-in: start a new generation and say, for each item not heard to its end, where it was cut.

        `cut_at_ms` is what was played: the marks that came back plus the time since the last, never more than sent.
        """
        cut: list[Spoken] = []
        for position, chunk in enumerate(self._waiting):
            spoken = chunk.spoken
            if position == 0:
                spoken.heard_ms += min(chunk.ms, (now - self._head_since) * 1000)
            if spoken not in cut:
                cut.append(spoken)
        for spoken in cut:
            spoken.cut_at_ms = int(min(spoken.heard_ms, spoken.sent_ms))
        self.generation += 1
        self._waiting.clear()
        return cut
