"""Someone on the telephone: hears frame by frame what is played, and says a frame in return.

A person knows nothing of protocols. Time is counted in frames of 20 ms, so a faster telephone makes a faster person.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from oncall.sandbox.people.speech import Mouth, shown
from oncall.sandbox.people.story import Cue, Key, Rule, Story, book, question_in
from oncall.sandbox.sound import FRAME, FRAME_MS, SILENCE, Listener, loudness

_QUIET: Final = 30
"""Loudness below which a frame is no speech."""
_ENOUGH: Final = 5
"""Frames of sound that are worth an answer."""


def frames(seconds: float) -> int:
    """Seconds as a number of frames."""
    return round(seconds * 1000 / FRAME_MS)


@dataclass(frozen=True, slots=True)
class Said:
    """One thing said on the line, as this person knows it; `at` in seconds since they picked up."""

    at: float
    speaker: str
    text: str


class Person:
    """Who picked up, for the length of one call."""

    def __init__(self, story: Story, language: str, *, calling: bool = False) -> None:
        """Who is `calling` waits to be greeted."""
        self.gone = False
        """True once they have put the receiver down."""
        self.beeped = False
        """True once an answering machine has begun to record."""
        self.conversation: list[Said] = []
        """What they said, and what they had understood each time they answered."""
        self._story = story
        self._mouth = Mouth(language, story.voice.number, story.rate)
        self._manners = book(language).manners
        self._ears = Listener()
        self._now = 0
        self._speech = b""
        self._spoken = 0
        self._digits = ""
        self._utterances = itertools.count(0x8000)
        self._replies = 0
        self._turns_heard = 0
        self._cues = list(story.cues)
        if (cut := story.interruption) is not None:
            self._cues.append(Cue(turn=cut.turn, after_seconds=cut.after_seconds, say=cut.say, barges_in=True))
        self._asked: dict[Rule | Key, int] = {}
        self._first = iter(story.first)
        self._news = story.news
        self._fallbacks = itertools.cycle(story.fallbacks or self._manners.fallbacks)
        self._wordless: Iterator[Rule] = iter(story.replies + (self._manners.replies if story.common else ()))
        self._leaves_at: int | None = None
        self._hello_count = 0
        self._wondering = False
        """Whether what is being said is a hello into silence, which does not end the silence."""
        self._greeted = calling
        self._sound = 0
        self._quiet = 0
        self._still_since = 0
        self._anything_heard = False

    def prepare(self) -> None:
        """Think ahead: speak everything once, so that nothing is slow on the line. Takes a while; call in a thread."""
        for text in {*self._texts()}:
            if text:
                self._mouth.rehearse(text)

    def turn(self, heard: bytes, *, tone: bool = False) -> bytes:
        """Twenty milliseconds of the line: hear this frame, give back the one spoken meanwhile.

        A `tone` is ringing or music: nobody answers it, and nobody takes it for a dead line either. Whoever has put the
        receiver down hears nothing, says nothing and presses no key.
        """
        if self.gone:
            return SILENCE
        self._now += 1
        self._listen(SILENCE if tone else heard)
        if tone:
            self._still_since = self._now
        leaving = self._story.hangs_up_at_seconds
        if leaving is not None and self._now >= frames(leaving):
            self.gone = True
        if self._spoken < len(self._speech):
            return self._speak_on()
        if self._story.machine:
            self._be_a_machine()
        elif (cue := self._cue()) is not None:
            self._follow(cue)
        elif self._story.silent:
            self.gone = self.gone or self._now >= frames(90)
        else:
            self._consider()
        return self._speak_on() if self._spoken < len(self._speech) else SILENCE

    def take_digits(self) -> str:
        """Keys pressed since last asked."""
        digits, self._digits = self._digits, ""
        if digits:
            self.conversation.append(Said(self._seconds(), "keys", digits))
        return digits

    def _listen(self, heard: bytes) -> None:
        if heard is SILENCE or heard == SILENCE:
            self._quiet += 1
            return
        self._ears.hear(heard)
        if loudness(heard) < _QUIET:
            self._quiet += 1
            return
        if self._sound == 0:
            self._turns_heard += 1
        self._sound += 1
        self._quiet = 0
        self._still_since = self._now
        self._anything_heard = True

    def _speak_on(self) -> bytes:
        frame = self._speech[self._spoken : self._spoken + FRAME]
        self._spoken += FRAME
        if not self._wondering:
            self._still_since = self._now
        return frame

    def _consider(self) -> None:
        if self._leaves_at is not None and self._now >= self._leaves_at:
            self.gone = True
        elif not self._greeted:
            if self._now >= frames(0.4):
                self._greeted = True
                self._say(self._manners.hello if self._story.greeting is None else self._story.greeting)
        elif self._sound >= _ENOUGH and self._quiet >= frames(self._story.pace_seconds):
            self._answer()
        elif self._quiet and self._leaves_at is None:
            self._wonder_at_the_silence()

    def _cue(self) -> Cue | None:
        """What it is time for, once each."""
        for cue in self._cues:
            if cue.turn is None:
                due = self._now >= frames(cue.after_seconds)
            else:
                speaking = self._sound > 0 and self._quiet == 0
                due = speaking and self._turns_heard == cue.turn and self._sound >= frames(cue.after_seconds)
            if due:
                self._cues.remove(cue)
                return cue
        return None

    def _follow(self, cue: Cue) -> None:
        self._digits += cue.press
        if cue.barges_in:
            self._answer_with(cue.say)
        else:
            self._say(cue.say)

    def _answer(self) -> None:
        words = self._ears.text
        question = question_in(words)
        if (key := next((key for key in self._story.keys if key.fits(words.lower())), None)) is not None:
            self._digits += self._next_of(key, key.press)
            self._answer_with("")
            return
        if not question.endswith("?") and any(re.search(pattern, words.lower()) for pattern in self._manners.closing):
            if self._leaves_at is None:
                self._answer_with(self._manners.goodbye)
                self._leave_in(3)
            else:
                # A goodbye to their own goodbye needs no third.
                self._answer_with("")
            return
        # Someone who is spoken to again after a goodbye stays on the line.
        self._leaves_at = None
        press = self._manners.press.replace("{key}", re.escape(self._story.key))
        if self._story.key and re.search(press, words.lower()):
            self._digits += self._story.key
            self._answer_with("")
            return
        self._replies += 1
        if self._replies > self._story.patience:
            self._answer_with(self._story.tired or self._manners.tired)
            self._leave_in(1)
            return
        self._answer_with(self._reply(words))
        if self._story.hangs_up_after is not None and self._replies >= self._story.hangs_up_after:
            self._leave_in(0.3)

    def _leave_in(self, seconds: float) -> None:
        self._leaves_at = self._now + len(self._speech) // FRAME + frames(seconds)

    def _reply(self, words: str) -> str:
        risk = self._story.risk
        if risk is not None and risk not in self._asked and (self._replies >= 2 or risk.fits(question_in(words))):
            return self._use(risk)
        if (first := next(self._first, None)) is not None:
            return first
        if self._news and self._may_tell_news(words):
            news, self._news = self._news, None
            return news
        if not words:
            rule = next(self._wordless, None)
            return self._use(rule) if rule else next(self._fallbacks)
        rule = self._rule(question_in(words)) or self._rule(words.lower())
        return self._use(rule) if rule else next(self._fallbacks)

    def _may_tell_news(self, words: str) -> bool:
        question = question_in(words)
        return any(word in question for word in self._manners.opening) or self._rule(question) is None

    def _rule(self, words: str) -> Rule | None:
        """The story's own rule for these words, else everyone's."""
        story = self._story
        rules = ((story.risk,) if story.risk else ()) + story.replies + (self._manners.replies if story.common else ())
        return next((rule for rule in rules if rule.fits(words)), None)

    def _use(self, rule: Rule) -> str:
        return self._next_of(rule, rule.say)

    def _next_of(self, asked_for: Rule | Key, answers: tuple[str, ...]) -> str:
        asked = self._asked.get(asked_for, 0)
        self._asked[asked_for] = asked + 1
        return answers[min(asked, len(answers) - 1)]

    def _answer_with(self, text: str) -> None:
        self.conversation.append(Said(self._seconds(), "agent", self._ears.take()))
        self._sound = 0
        self._hello_count = 0
        self._still_since = self._now
        self._say(text)

    def _wonder_at_the_silence(self) -> None:
        still = self._now - self._still_since
        patience = 8 + 5 * self._hello_count if self._anything_heard else 4 + 4 * self._hello_count
        if still >= frames(25 if self._anything_heard else 20):
            self.gone = True
        elif self._hello_count < 3 and still >= frames(patience):
            self._hello_count += 1
            self._say(self._manners.hello)
            self._wondering = True

    def _be_a_machine(self) -> None:
        if not self._greeted and self._now >= frames(0.6):
            self._greeted = True
            self._say(self._story.greeting or "", after=_beep())
        elif self._greeted and not self.beeped:
            self.beeped = True
            self._quiet = 0
            self._leaves_at = self._now + frames(40)
        elif self._leaves_at is not None and (self._now >= self._leaves_at or self._quiet >= frames(12)):
            self.gone = True

    def _say(self, text: str, after: bytes = b"") -> None:
        self._wondering = False
        if text:
            self.conversation.append(Said(self._seconds(), "person", shown(text)))
            self._speech = self._mouth.say(text, self._utterances) + after
            self._spoken = 0

    def _seconds(self) -> float:
        return round(self._now * FRAME_MS / 1000, 2)

    def _texts(self) -> Iterator[str]:
        story, manners = self._story, self._manners
        yield manners.hello if story.greeting is None else story.greeting
        yield from (
            manners.hello,
            manners.goodbye,
            story.tired or manners.tired,
            story.news or "",
            *story.first,
            *(story.fallbacks or manners.fallbacks),
        )
        rules = story.replies + (manners.replies if story.common else ()) + ((story.risk,) if story.risk else ())
        for rule in rules:
            yield from rule.say
        for cue in self._cues:
            yield cue.say


def _beep() -> bytes:
    """A kilohertz for a third of a second after a short pause."""
    period = bytes([0xFF, 0xA0, 0x98, 0xA0, 0xFF, 0x20, 0x18, 0x20])
    return SILENCE * 15 + period * (FRAME * 16 // 8)
