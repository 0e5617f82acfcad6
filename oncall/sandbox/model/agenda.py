"""The list of questions of one conversation: which were asked, which one stands, and in what language."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from oncall.sandbox.model.briefing import Briefing, Question, language_of
from oncall.sandbox.model.lines import Lines, lines_in


@dataclass
class Agenda:
    """`current` is the code of the question last asked; None before the first."""

    current: str | None = None
    briefing: Briefing = field(default_factory=Briefing)
    asked: list[str] = field(default_factory=list)
    _added: tuple[Question, ...] = ()
    _ordered: Question | None = None
    _language: str | None = None

    def take_up(self, standing: Briefing, special: Briefing, words: str) -> None:
        """Follow these instructions from now on: the special ones win in whatever they speak about."""
        self.briefing = Briefing(
            questions=special.questions or standing.questions,
            closing=special.closing or standing.closing,
            wants_end=special.wants_end,
            liked=standing.liked,
            language=special.language if special.exactly or special.questions else standing.language,
        )
        self._ordered = next(iter(special.questions), None) or self._named(special)
        # That of the questions; without any, that of the person, and before they speak that of the instructions.
        if self.briefing.questions:
            self._language = self.briefing.language
        else:
            self._language = language_of(words) or self._language or standing.language

    def order(self, orders: Sequence[Briefing]) -> Question | None:
        """Take up what system items ask for: new questions join before the open ones, a named one comes next.

        Returns the question that these or the response's own instructions want asked now.
        """
        for order in orders:
            known = {question.code for question in self._added}
            self._added += tuple(question for question in order.questions if question.code not in known)
            self._ordered = next(iter(order.questions), None) or self._named(order) or self._ordered
        return self._ordered

    def _named(self, order: Briefing) -> Question | None:
        return next((question for code in order.named if (question := self.question(code))), None)

    @property
    def closing(self) -> str:
        """The last words of the call."""
        return self.briefing.closing or self.lines.closing

    def question(self, code: str) -> Question | None:
        """The question of that code; None when no instructions list it."""
        return next((question for question in self.questions if question.code == code), None)

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
        return self._added + (self.briefing.questions or self.lines.questions)

    @property
    def current_text(self) -> str:
        """The words of the question that stands; "" when none does."""
        return next((question.text for question in self.questions if question.code == self.current), "")

    def next_open(self) -> Question | None:
        """The first question not asked yet."""
        return next((question for question in self.questions if question.code not in self.asked), None)

    def other_question(self) -> str:
        """The words of a question that does not stand now, an open one if there is one; "" when there is none."""
        others = [question for question in self.questions if question.code != self.current]
        return next((q.text for q in [self.next_open(), *others] if q is not None), "")

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
