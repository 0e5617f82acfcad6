"""How far-end words are understood in a call: what `listen` can do, handed in by `app.py`, since no stage calls another."""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from oncall.models import AnsweredBy, Level, SignalCode, Subject
from oncall.models.first_words import FirstWords
from oncall.models.wish import Wish


class Hit(Protocol):
    """One thing heard in a turn."""

    @property
    def code(self) -> SignalCode:
        """The kind of trouble; of a wish the kind nearest to it."""

    @property
    def level(self) -> Level:
        """How grave; NONE for a wish."""

    @property
    def wish(self) -> Wish | None:
        """What is asked of the call, if anything."""

    @property
    def subject(self) -> Subject:
        """Whom it is about."""

    @property
    def confidence(self) -> float:
        """Between 0 and 1."""


def cannot_wait(hits: Iterable[Hit], urgent: Collection[SignalCode]) -> Hit | None:
    """The gravest thing that cannot wait for the end of the call: danger now, or what is enough when it is urgent."""
    grave = (hit for hit in hits if hit.wish is None and (
        hit.level is Level.EMERGENCY or (hit.level is Level.URGENT and hit.code in urgent)
    ))  # fmt: skip
    return max(grave, key=lambda hit: hit.level.rank, default=None)


class Understood(Protocol):
    """Everything the phrase net makes of one turn."""

    @property
    def hits(self) -> Sequence[Hit]:
        """Gravest first."""

    @property
    def answered_by(self) -> AnsweredBy | None:
        """Who speaks, when the words themselves tell."""


class Ear(Protocol):
    """Hears one call turn by turn (`listen/ear.py`)."""

    def hear(self, words: str, question: str = "") -> Understood:
        """What a far-end turn means after what we asked."""


@dataclass(frozen=True)
class Ears:
    """The listening a call is given: an ear of its own by language, and readings of single turns."""

    ear: Callable[[str], Ear]
    first_words: Callable[[str, str], FirstWords]
    back_channel: Callable[[str, str], bool]
    interrupts: Callable[[str, str], bool]
