"""Listening to a whole call from outside: the carrier's own tape, which no part of OnCall has touched.

Every frame of speech carries its words and its place in the utterance, so that an utterance cut off, or one with a hole in
it, is seen as that; silence and sound are told apart by loudness. Seconds are the telephone's, from pick-up.
"""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from oncall.sandbox.phone.tape import read_tape
from oncall.sandbox.sound import FRAME, FRAME_MS, Listener, loudness

_SOUND = 30  # loudness of what is no silence


@dataclass
class Utterance:
    """One thing said, as it reached the line."""

    starts: float
    ends: float
    words: str
    frames: int
    is_whole: bool = False  # every frame from the first to the last came, in order


def utterances(sound: bytes) -> list[Utterance]:
    """What is said in this sound, in order."""
    listener, found, last = Listener(), list[Utterance](), -1
    for at in range(0, len(sound), FRAME):
        for heard in listener.hear(sound[at : at + FRAME]):
            now = at / FRAME * FRAME_MS / 1000
            if heard.utterance != last or heard.index == 0:
                found.append(Utterance(now, now, "", 0, is_whole=False))
                last = heard.utterance
            one = found[-1]
            one.ends, one.words = now + FRAME_MS / 1000, one.words + heard.text
            one.is_whole = heard.last and heard.index == one.frames
            one.frames += 1
    return found


@dataclass(frozen=True)
class Tape:
    """Both sides of one call."""

    said: bytes  # by the person
    heard: bytes  # by the person: everything we had played or said to them

    @classmethod
    def of(cls, file: Path) -> "Tape":
        """The tape in a file."""
        return cls(*read_tape(file))

    @property
    def seconds(self) -> float:
        """From pick-up to hang-up."""
        return len(self.heard) / FRAME * FRAME_MS / 1000

    @cached_property
    def ours(self) -> list[Utterance]:
        """What they heard."""
        return utterances(self.heard)

    @cached_property
    def theirs(self) -> list[Utterance]:
        """What they said."""
        return utterances(self.said)

    @property
    def words(self) -> str:
        """Everything they heard, as one text."""
        return " ".join(one.words for one in self.ours)

    @property
    def first_sound(self) -> float:
        """When they first heard anything."""
        frames = range(0, len(self.heard), FRAME)
        return next((at / FRAME * FRAME_MS / 1000 for at in frames if loudness(self.heard[at : at + FRAME]) > _SOUND),
                    self.seconds)  # fmt: skip

    def told(self) -> str:
        """Who spoke when, line by line: for reading, and for the failure of a test."""
        both = [(one, "·") for one in self.ours] + [(one, "  >") for one in self.theirs]
        rows = [f"{one.starts:7.2f}-{one.ends:6.2f} {mark} {one.words}{'' if one.is_whole else ' …cut'}"
                for one, mark in sorted(both, key=lambda pair: pair[0].starts)]  # fmt: skip
        return "\n".join([*rows, f"{self.seconds:7.2f} hang-up"])
