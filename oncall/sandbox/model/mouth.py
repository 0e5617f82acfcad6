"""How the stand-in puts its sentences: in whose language, as one message or two, and what it said last."""

from __future__ import annotations

from dataclasses import dataclass, field

from oncall.sandbox.model.agenda import Agenda
from oncall.sandbox.model.briefing import language_of
from oncall.sandbox.model.items import Item
from oncall.sandbox.model.parts import Part, Say

_REMEMBERED = 12


@dataclass
class Mouth:
    """`last_said` is the whole of the last message, whoever put it into the conversation."""

    agenda: Agenda
    two_items_every: int = 0
    last_said: str = ""
    exact: bool = False
    """The last words were said exactly as ordered."""
    _own: list[str] = field(default_factory=list)
    _spoken: int = 0
    _held: int = 0

    def speak(self, *sentences: str, whole: bool = False) -> list[Part]:
        """The sentences as one message; every so often as two, as the later realtime models do."""
        self.exact = False
        said = [sentence for sentence in sentences if sentence]
        self._spoken += 1
        self._keep(" ".join(said))
        if not whole and len(said) > 1 and self.two_items_every and self._spoken % self.two_items_every == 0:
            for sentence in said:
                self.note_own(sentence)
            return [Say(sentence, self.agenda.tongue) for sentence in said]
        return [Say(" ".join(said), self.agenda.tongue)]

    def say_exactly(self, text: str) -> list[Part]:
        """Word for word, in the language it is in."""
        self._spoken += 1
        self.exact = True
        self._keep(text)
        return [Say(text, language_of(text) or self.agenda.tongue)]

    def say_again(self, before: str) -> list[Part]:
        """The last thing said once more, after `before`; the question that stands when nothing was said yet."""
        last = self.last_said or self.agenda.current_text
        parts = self.speak(before, last)
        self.last_said = last
        return parts

    def acknowledge(self, *, worried: bool) -> str:
        """A few words to show that an answer was heard; never the same ones twice running."""
        lines = self.agenda.lines
        kind = lines.sorry_to_hear if worried else lines.acknowledgements
        return kind[len(self.agenda.asked) % len(kind)]

    def hold(self) -> list[Part]:
        """Words to stay on the line with, while a person is being told."""
        self._held += 1
        lines = self.agenda.lines.holding
        return self.speak(lines[min(self._held, len(lines)) - 1])

    def take_over(self, news: list[Item]) -> list[str]:
        """What others put into the assistant's mouth since the last reply; it counts as said."""
        foreign = [
            item.words
            for item in news
            if item.role == "assistant" and item.words and not any(own.startswith(item.words) for own in self._own)
        ]
        for words in foreign:
            self.last_said = words
            self.agenda.note_asked(words)
        return foreign

    def _keep(self, text: str) -> None:
        self.last_said = text
        self.agenda.note_asked(text)
        self.note_own(text)

    def note_own(self, text: str) -> None:
        """These words will come back in the history as said by this very mouth."""
        self._own.append(text)
        del self._own[:-_REMEMBERED]
