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
from oncall.sandbox.model.briefing import Question, language_of, read_briefing
from oncall.sandbox.model.items import Item
from oncall.sandbox.model.meaning import Wish
from oncall.sandbox.model.parts import Call, Part, Say
from oncall.sandbox.model.risk_reading import Finding, find_worries
from oncall.sandbox.model.tool_use import ALARM, END, NOTE, WISH, json_object, use_tool

_NO_MORE = {None, "", "end", "end_call", "closing", "done", "none"}


@dataclass
class Brain:
    """The memory of one conversation; `reply` is called once for each response."""

    two_items_every: int = 0
    agenda: Agenda = field(default_factory=Agenda)
    _handled: set[str] = field(default_factory=set)
    _raised: set[str] = field(default_factory=set)
    _told: set[Wish] = field(default_factory=set)
    _words: str = ""
    _worries: list[Finding] = field(default_factory=list)
    _not_understood: int = 0
    _silences: int = 0
    _holding: int = 0
    _spoken: int = 0
    _last_wish: Wish | None = None
    _closed: bool = False
    _tools: dict[str, dict[str, Any]] = field(default_factory=dict)
    _in_alarm: bool = False
    _kin: bool = False

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
        if special.exactly is not None:
            return self._say_exactly(special.exactly)
        names = {item.shown.get("call_id"): str(item.shown["name"]) for item in history if item.kind == "function_call"}
        results = [
            (names.get(item.shown["call_id"], ""), json_object(str(item.shown["output"])))
            for item in news
            if item.kind == "function_call_output"
        ]
        parts = self._forced(tool_choice, words) or self._think(news, words, results, special.questions)
        if tool_choice == "required" and self._tools and not any(isinstance(part, Call) for part in parts):
            parts.append(self._call(next(iter(self._tools))))
        return parts

    # Deciding

    def _think(
        self,
        news: list[Item],
        words: str,
        results: list[tuple[str, dict[str, Any]]],
        special_questions: tuple[Question, ...],
    ) -> list[Part]:
        orders = [read_briefing(item.words) for item in news if item.role == "system"]
        if exactly := next((order.exactly for order in orders if order.exactly), None):
            return self._say_exactly(exactly)
        if self.agenda.briefing.wants_end or any(order.wants_end for order in orders):
            return self._close("completed")
        turns = [item for item in news if item.role == "user"]
        if any(not item.idle for item in turns):
            self._silences = 0
            return self._hear(words)
        if turns:
            self._silences += 1
            return self._speak(self.agenda.lines.are_you_there[self._silences % 2 - 1], self.agenda.current_text)
        if results:
            return self._after(*results[-1], special_questions)
        if special_questions:
            return self._ask(special_questions[0])
        if self._closed:
            return []
        if self.agenda.current is None:
            return self._go_on(self.agenda.lines.greeting)
        return self._speak(self.agenda.current_text)

    def _hear(self, words: str) -> list[Part]:
        self._words = words
        self._worries = find_worries(words, self.agenda.current_text)
        alarming = [worry for worry in self._worries if worry.level == "emergency"]
        if self._closed and not alarming:
            return self._speak(self.agenda.lines.after_closing)
        new = [worry for worry in alarming if worry.code not in self._raised]
        if new:
            self._raised |= {worry.code for worry in alarming}
            return [self._call(ALARM)] if ALARM in self._tools else self._hold()
        if self._in_alarm:
            return self._hold()
        wish = meaning.wish_in(words)
        if wish is None and self.agenda.current is None and meaning.kin_died(words):
            wish = Wish.DECEASED
        if wish is None and self._kin:
            wish = Wish.WRONG_PERSON
        if wish is None and meaning.is_kin(words):
            self._kin = True
            return self._speak(self.agenda.lines.how_are_they)
        if wish is Wish.SCAM_WORRY and any(worry.code == "scam" for worry in self._worries):
            wish = None
        if wish is not None and wish not in self._told:
            self._told.add(wish)
            self._last_wish = wish
            return [self._call(WISH)] if WISH in self._tools else self._answer_wish(wish)
        return self._hear_answer(words)

    def _hear_answer(self, words: str) -> list[Part]:
        if self.agenda.current is None:
            return self._go_on(self.agenda.lines.to_begin if words else self.agenda.lines.greeting)
        if meaning.only_greets(words):
            return self._speak(self.agenda.current_text)
        if meaning.asks_to_repeat(words) and not self._worries:
            return self._speak(self.agenda.lines.once_more, self.agenda.current_text)
        if not words.strip(" □") and self._not_understood < 2:
            self._not_understood += 1
            return self._speak(self.agenda.lines.not_understood[self._not_understood % 2 - 1], self.agenda.current_text)
        self._not_understood = 0
        if meaning.says_goodbye(words):
            return self._close("resident_goodbye")
        if NOTE in self._tools:
            return [self._call(NOTE)]
        return self._go_on(self._acknowledgement())

    def _after(self, name: str, result: dict[str, Any], special_questions: tuple[Question, ...]) -> list[Part]:
        """Go on from the result of the function called `name`, following what it says to do next."""
        if isinstance(result.get("say"), str) and result["say"]:
            self._in_alarm = name == ALARM
            self.agenda.note_asked(result["say"])
            return self._speak(result["say"])
        if name == END and not result.get("next"):
            return []
        self._closed = False
        if name == ALARM and not result.get("next"):
            return self._hold()
        wish, self._last_wish = (self._last_wish, None) if name == WISH else (None, self._last_wish)
        if wish is not None and "next" not in result and not special_questions:
            return self._answer_wish(wish)
        prefix = self.agenda.lines.wishes[wish] if wish is not None else self._acknowledgement()
        if special_questions:
            return self._ask(special_questions[0], prefix)
        if "next" not in result:
            return self._go_on(prefix)
        code = result["next"]
        if isinstance(code, dict):
            code = code.get("code") or code.get("fact")
        if code in _NO_MORE or result.get("end") is True:
            return self._close("completed", prefix)
        return self._ask(
            self.agenda.briefing.question(str(code)) or Question(str(code), self._unlisted(result)), prefix
        )

    def _answer_wish(self, wish: Wish) -> list[Part]:
        sentence = self.agenda.lines.wishes[wish]
        if wish.ends_the_call:
            return self._close(wish.value, sentence)
        if self.agenda.current is None:
            return self._go_on(sentence)
        if wish is Wish.WANTS_PERSON:
            return self._go_on(sentence)
        return self._speak(sentence, self.agenda.current_text)

    # Speaking

    def _go_on(self, prefix: str) -> list[Part]:
        question = self.agenda.next_open()
        if question is not None:
            return self._ask(question, prefix)
        return self._close("completed", prefix)

    def _ask(self, question: Question, prefix: str = "") -> list[Part]:
        self._in_alarm = False
        self.agenda.ask(question.code)
        return self._speak(prefix, question.text)

    def _hold(self) -> list[Part]:
        self._in_alarm = True
        self._holding += 1
        lines = self.agenda.lines.holding
        return self._speak(lines[min(self._holding, len(lines)) - 1])

    def _close(self, reason: str, prefix: str = "") -> list[Part]:
        """The closing spoken, and then end_call in the same response."""
        self._closed = True
        closing = self.agenda.briefing.closing or self.agenda.lines.closing
        parts = self._speak(prefix, closing, whole=True)
        if END in self._tools:
            parts.append(self._call(END, reason=reason))
        return parts

    def _say_exactly(self, text: str) -> list[Part]:
        self.agenda.note_asked(text)
        self._spoken += 1
        return [Say(text, language_of(text) or self.agenda.tongue)]

    def _speak(self, *sentences: str, whole: bool = False) -> list[Part]:
        """The sentences as one message; every so often as two, as the later realtime models do."""
        said = [sentence for sentence in sentences if sentence]
        self._spoken += 1
        if not whole and len(said) > 1 and self.two_items_every and self._spoken % self.two_items_every == 0:
            return [Say(sentence, self.agenda.tongue) for sentence in said]
        return [Say(" ".join(said), self.agenda.tongue)]

    def _acknowledgement(self) -> str:
        kind = self.agenda.lines.sorry_to_hear if self._worries else self.agenda.lines.acknowledgements
        return kind[len(self.agenda.asked) % len(kind)]

    def _unlisted(self, result: dict[str, Any]) -> str:
        text = result.get("question") or result.get("text")
        return text if isinstance(text, str) else ""

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
