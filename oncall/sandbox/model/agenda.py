"""The list of questions of one conversation: which were asked, which one stands, and in what language."""

from __future__ import annotations

from dataclasses import dataclass, field

from oncall.sandbox.model.briefing import Briefing, Question, language_of
from oncall.sandbox.model.lines import Lines, lines_in


@dataclass
class Agenda:
    """`current` is the code of the question last asked; None before the first."""

    current: str | None = None
    briefing: Briefing = field(default_factory=Briefing)
    asked: list[str] = field(default_factory=list)
    _language: str | None = None

    def take_up(self, standing: Briefing, special: Briefing, words: str) -> None:
        """Follow these instructions from now on: the special ones win in whatever they speak about."""
        self.briefing = Briefing(
            questions=special.questions or standing.questions,
            closing=special.closing or standing.closing,
            wants_end=special.wants_end,
            language=special.language if special.exactly or special.questions else standing.language,
        )
        # That of the questions; without any, that of the person, and before they speak that of the instructions.
        if self.briefing.questions:
            self._language = self.briefing.language
        else:
            self._language = language_of(words) or self._language or standing.language

    @property
    def tongue(self) -> str:
        """The language spoken."""
        return self._language or "en"

    @property
    def lines(self) -> Lines:
        """What can be said of one's own accord in it."""
        return lines_in(self.tongue)

    @property
    def questions(self) -> tuple[Question, ...]:
        """Those of the briefing; without any, a few of one's own."""
        return self.briefing.questions or self.lines.questions

    @property
    def current_text(self) -> str:
        """The words of the question that stands; "" when none does."""
        return next((question.text for question in self.questions if question.code == self.current), "")

    def next_open(self) -> Question | None:
        """The first question not asked yet."""
        return next((question for question in self.questions if question.code not in self.asked), None)

    def ask(self, code: str) -> None:
        """This question now stands."""
        self.current = code
        if code not in self.asked:
            self.asked.append(code)

    def note_asked(self, text: str) -> None:
        """A sentence said word for word may have been one of the questions."""
        for question in self.questions:
            if question.text and question.text in text:
                self.ask(question.code)
