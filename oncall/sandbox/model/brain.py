"""What the stand-in says next: works through the checklist it is given, notes answers, raises alarms, says goodbye.

It does not think; it recognises. The same words in the same order always give the same call.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from oncall.sandbox.model import meaning
from oncall.sandbox.model.agenda import Agenda
from oncall.sandbox.model.briefing import Question, read_briefing
from oncall.sandbox.model.help_wanted import asks_for_help
from oncall.sandbox.model.items import Item
from oncall.sandbox.model.mouth import Mouth
from oncall.sandbox.model.parts import Call, Part
from oncall.sandbox.model.risk_reading import Finding, find_worries
from oncall.sandbox.model.tool_results import Outcome, outcome_of
from oncall.sandbox.model.tool_use import ALARM, END, NOTE, REQUEST, WISH, offers, use_tool
from oncall.sandbox.model.topics import is_about
from oncall.sandbox.model.wishes import Wish, wish_in


@dataclass
class Brain:
    """The memory of one conversation; `reply` is called once for each response."""

    two_items_every: int = 0
    agenda: Agenda = field(default_factory=Agenda)
    _handled: set[str] = field(default_factory=set)
    _raised: set[str] = field(default_factory=set)
    _told: set[Wish] = field(default_factory=set)
    _followed_up: set[tuple[str | None, str]] = field(default_factory=set)
    _words: str = ""
    _worries: list[Finding] = field(default_factory=list)
    _not_understood: int = 0
    _silences: int = 0
    _last_wish: Wish | None = None
    _to_note: bool = False
    """The words that asked for help also answered the question, and that is still to be noted."""
    _closed: bool = False
    _tools: dict[str, dict[str, Any]] = field(default_factory=dict)
    _in_alarm: bool = False
    _kin: bool = False
    _mentioned: bool = False
    """What is noted of them was mentioned, or might have been."""

    def __post_init__(self) -> None:
        self.mouth = Mouth(self.agenda, self.two_items_every)

    def copy(self) -> Brain:
        """A mind that knows the same and whose further thoughts leave this one alone."""
        return copy.deepcopy(self)

    def reply(
        self,
        history: Sequence[Item],
        *,
        instructions: str | None,
        for_this_response: str | None = None,
        tools: Sequence[dict[str, Any]] = (),
        tool_choice: str | dict[str, Any] = "auto",
    ) -> list[Part]:
        """The items of one response to everything in `history` not answered yet; may be empty after end_call.

        `for_this_response` wins over `instructions` in whatever it speaks about.
        """
        news = [item for item in history if item.id not in self._handled]
        self._handled |= {item.id for item in history}
        self._tools = {} if tool_choice == "none" else {str(tool.get("name")): tool for tool in tools}
        standing, special = read_briefing(instructions or ""), read_briefing(for_this_response or "")
        words = " ".join(item.words for item in news if item.role == "user" and item.words)
        self.agenda.take_up(standing, special, words)
        if any(self.agenda.closing in said for said in self.mouth.take_over(news)):
            self._closed = True
        if special.exactly is not None:
            return self.mouth.say_exactly(special.exactly)
        parts = self._forced(tool_choice, words) or self._think(history, news, words)
        if tool_choice == "required" and self._tools and not any(isinstance(part, Call) for part in parts):
            parts.append(self._call(next(iter(self._tools))))
        return parts

    def hears(self, history: Sequence[Item]) -> bool:
        """Whether somebody has said something that no reply has answered yet."""
        return any(item.role == "user" and not item.idle and item.id not in self._handled for item in history)

    def close(self, reason: str, prefix: str = "") -> list[Part]:
        """The closing spoken, and then end_call in the same response."""
        self._closed = True
        parts = self.mouth.speak(prefix, self.agenda.closing, whole=True)
        if END in self._tools:
            parts.append(self._call(END, reason=reason))
        return parts

    def _think(self, history: Sequence[Item], news: list[Item], words: str) -> list[Part]:
        orders = [read_briefing(item.words) for item in news if item.role == "system"]
        if exactly := next((order.exactly for order in orders if order.exactly), None):
            return self.mouth.say_exactly(exactly)
        if self.agenda.briefing.wants_end or any(order.wants_end for order in orders):
            return self.close("completed")
        ordered = self.agenda.order(orders)
        turns = [item for item in news if item.role == "user"]
        if any(not item.idle for item in turns):
            self._silences = 0
            return self._hear(words)
        if turns:
            self._silences += 1
            return self.mouth.speak(self.agenda.lines.are_you_there[self._silences % 2 - 1], self.agenda.current_text)
        if outcome := outcome_of(history, news):
            return self._after(outcome, ordered)
        if ordered is not None:
            return self._ask(ordered)
        if self._closed:
            return []
        if self.agenda.current is None:
            return self._go_on(self.agenda.lines.greeting)
        return self.mouth.speak(self.agenda.current_text)

    # After words of the resident

    def _hear(self, words: str) -> list[Part]:
        self._words = words
        self._to_note = False
        self._worries = find_worries(words, self.agenda.current_text)
        alarming = [worry for worry in self._worries if worry.level == "emergency"]
        if self._closed and not alarming:
            return self.mouth.speak(self.agenda.lines.after_closing)
        new = [worry for worry in alarming if worry.code not in self._raised]
        if new:
            self._raised |= {worry.code for worry in alarming}
            return [self._call(ALARM)] if ALARM in self._tools else self._hold()
        if self._in_alarm:
            return self._hold()
        wish = wish_in(words)
        if meaning.asks_if_machine(words) and wish in (None, Wish.SCAM_WORRY, Wish.WANTS_PERSON):
            return self._go_on_or_repeat(self.agenda.lines.i_am_a_machine)
        if asks_for_help(words) and wish in (None, Wish.WANTS_PERSON):
            return self._pass_on(words)
        if wish is None and self.agenda.current is None and meaning.kin_died(words):
            wish = Wish.DECEASED
        if wish is None and self._kin:
            wish = Wish.WRONG_PERSON
        if wish is None and meaning.is_kin(words):
            self._kin = True
            return self.mouth.speak(self.agenda.lines.how_are_they)
        if wish is Wish.SCAM_WORRY and any(worry.code == "scam" for worry in self._worries):
            wish = None
        if wish is not None and wish.about_hearing and self._worries:
            wish = None
        if wish is not None and (wish.about_hearing or wish not in self._told):
            return self._honour(wish)
        return self._hear_answer(words)

    def _honour(self, wish: Wish) -> list[Part]:
        self._told.add(wish)
        self._last_wish = wish
        return [self._call(WISH)] if offers(self._tools.get(WISH), wish) else self._answer_wish(wish)

    def _pass_on(self, words: str) -> list[Part]:
        answers_too = self.agenda.current is not None and is_about(words, self.agenda.current)
        if REQUEST in self._tools:
            self._to_note = answers_too
            return [self._call(REQUEST)]
        if NOTE in self._tools and self.agenda.current is not None:
            return [self._call(NOTE)]
        if answers_too:
            return self._go_on(self.agenda.lines.passed_on)
        return self._go_on_or_repeat(self.agenda.lines.passed_on)

    def _hear_answer(self, words: str) -> list[Part]:
        lines = self.agenda.lines
        if self.agenda.current is None:
            return self._go_on(lines.to_begin if words else lines.greeting)
        if meaning.only_greets(words):
            return self.mouth.speak(self.agenda.current_text)
        if not words.strip(" □") and self._not_understood < 2:
            self._not_understood += 1
            return self.mouth.speak(lines.not_understood[self._not_understood % 2 - 1], self.agenda.current_text)
        self._not_understood = 0
        if meaning.says_goodbye(words):
            return self.close("resident_goodbye")
        if NOTE in self._tools:
            return [self._call(NOTE)]
        return self._go_on(self._acknowledgement())

    # After the results of functions

    def _after(self, outcome: Outcome, ordered: Question | None) -> list[Part]:
        """Follow what the results say to do next."""
        wish, self._last_wish = (self._last_wish, None) if WISH in outcome.names else (None, self._last_wish)
        if outcome.silent:
            return []
        if outcome.say:
            self._in_alarm = outcome.after_alarm
            return self._say_result(outcome)
        if self._to_note and NOTE in self._tools:
            self._to_note = False
            return [self._call(NOTE)]
        if outcome.follow_up and (self.agenda.current, outcome.follow_up) not in self._followed_up:
            self._followed_up.add((self.agenda.current, outcome.follow_up))
            return self.mouth.speak(self._acknowledgement(), outcome.follow_up)
        if END in outcome.names and not outcome.end_refused:
            return []
        self._closed = False
        if END in outcome.names and not outcome.decides_next:
            return self._hold()
        if outcome.after_alarm and outcome.next is None:
            return self._hold()
        if wish is not None and ordered is None and (not outcome.decides_next or wish.about_hearing):
            return self._answer_wish(wish)
        prefix = self._prefix(outcome, wish)
        if ordered is not None:
            return self._ask(ordered, prefix)
        if not outcome.decides_next:
            return self._go_on(prefix)
        if outcome.next is None:
            return self.close("completed", prefix)
        return self._ask(self.agenda.question(outcome.next) or Question(outcome.next, outcome.question), prefix)

    def _say_result(self, outcome: Outcome) -> list[Part]:
        """The words given, and the question named with them unless the words are a question themselves."""
        asked = self.agenda.question(outcome.next) if outcome.next is not None else None
        if asked is not None:
            self.agenda.ask(asked.code)
        whole = asked is None or outcome.say.rstrip().endswith("?") or asked.text in outcome.say or self._to_note
        parts = self.mouth.speak(outcome.say, "" if whole or asked is None else asked.text)
        if self._to_note and NOTE in self._tools:
            self._to_note = False
            parts.append(self._call(NOTE))
        return parts

    def _prefix(self, outcome: Outcome, wish: Wish | None) -> str:
        if wish is not None:
            return self.agenda.lines.wishes[wish]
        return self.agenda.lines.passed_on if REQUEST in outcome.names else self._acknowledgement()

    def _answer_wish(self, wish: Wish) -> list[Part]:
        self._last_wish = None
        sentence = self.agenda.lines.wishes[wish]
        if wish.about_hearing:
            return self.mouth.say_again(sentence)
        if wish.ends_the_call:
            return self.close(wish.value, sentence)
        if wish is Wish.WANTS_PERSON:
            return self._go_on(sentence)
        return self._go_on_or_repeat(sentence)

    # Going on

    def _go_on_or_repeat(self, prefix: str) -> list[Part]:
        """The question that stands once more; the first one when none does."""
        if self.agenda.current is None:
            return self._go_on(prefix)
        return self.mouth.speak(prefix, self.agenda.current_text)

    def _go_on(self, prefix: str) -> list[Part]:
        question = self.agenda.next_open()
        if question is not None:
            return self._ask(question, prefix)
        return self.close("completed", prefix)

    def _ask(self, question: Question, prefix: str = "") -> list[Part]:
        self._in_alarm = False
        self.agenda.ask(question.code)
        return self.mouth.speak(prefix, question.text)

    def _hold(self) -> list[Part]:
        self._in_alarm = True
        return self.mouth.hold()

    def _acknowledgement(self) -> str:
        said = self.mouth.acknowledge(worried=bool(self._worries))
        liked, self._mentioned = "" if self._mentioned else self.agenda.briefing.liked, True
        return f"{said} {self.agenda.lines.mention.format(liked)}" if liked else said

    # Calling

    def _call(self, name: str, *, reason: str = "") -> Call:
        return use_tool(
            name,
            self._tools.get(name, {}),
            words=self._words,
            worries=self._worries,
            current=self.agenda.current,
            wish=self._last_wish,
            reason=reason,
        )

    def _forced(self, tool_choice: str | dict[str, Any], words: str) -> list[Part]:
        if isinstance(tool_choice, dict) and tool_choice.get("name") in self._tools:
            self._words = words or self._words
            self._worries = find_worries(self._words, self.agenda.current_text)
            return [self._call(str(tool_choice["name"]), reason="completed")]
        return []
