"""What the stand-in says next: works through the checklist it is given, notes answers, raises alarms, says goodbye.

It does not think; it recognises. The same words in the same order always give the same call.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from oncall.sandbox.model import meaning
from oncall.sandbox.model.briefing import Briefing, Question, language_of, read_briefing
from oncall.sandbox.model.filling import fill
from oncall.sandbox.model.items import Item
from oncall.sandbox.model.lines import Lines, lines_in
from oncall.sandbox.model.meaning import Wish
from oncall.sandbox.model.risk_reading import Finding, find_worries
from oncall.sandbox.model.topics import answers

NOTE, WISH, ALARM, END = "note_fact", "resident_says", "raise_alarm", "end_call"
_NO_MORE = {None, "", "end", "end_call", "closing", "done", "none"}


@dataclass(frozen=True, slots=True)
class Say:
    """One spoken (or written) message item."""

    text: str
    language: str


@dataclass(frozen=True, slots=True)
class Call:
    """One function call item."""

    name: str
    arguments: dict[str, Any]


Part = Say | Call


@dataclass
class Brain:
    """The memory of one conversation; `reply` is called once for each response."""

    two_items_every: int = 0
    current: str | None = None
    """The code of the question last asked."""
    _asked: list[str] = field(default_factory=list)
    _handled: set[str] = field(default_factory=set)
    _raised: set[str] = field(default_factory=set)
    _told: set[Wish] = field(default_factory=set)
    _language: str | None = None
    _words: str = ""
    _worries: list[Finding] = field(default_factory=list)
    _not_understood: int = 0
    _silences: int = 0
    _holding: int = 0
    _spoken: int = 0
    _last_wish: Wish | None = None
    _closed: bool = False
    _briefing: Briefing = field(default_factory=Briefing)
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
        self._briefing = Briefing(
            questions=special.questions or standing.questions,
            closing=special.closing or standing.closing,
            wants_end=special.wants_end,
            language=special.language if special.exactly or special.questions else standing.language,
        )
        words = " ".join(item.words for item in news if item.role == "user" and item.words)
        self._choose_language(standing, words)
        if special.exactly is not None:
            return self._say_exactly(special.exactly)
        names = {item.shown.get("call_id"): str(item.shown["name"]) for item in history if item.kind == "function_call"}
        results = [
            (names.get(item.shown["call_id"], ""), _json_object(str(item.shown["output"])))
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
        if self._briefing.wants_end or any(order.wants_end for order in orders):
            return self._close("completed")
        turns = [item for item in news if item.role == "user"]
        if any(not item.idle for item in turns):
            self._silences = 0
            return self._hear(words)
        if turns:
            self._silences += 1
            return self._speak(self._lines.are_you_there[self._silences % 2 - 1], self._current_text())
        if results:
            return self._after(*results[-1], special_questions)
        if special_questions:
            return self._ask(special_questions[0])
        if self._closed:
            return []
        if self.current is None:
            return self._go_on(self._lines.greeting)
        return self._speak(self._current_text())

    def _hear(self, words: str) -> list[Part]:
        self._words = words
        self._worries = find_worries(words, self._current_text())
        alarming = [worry for worry in self._worries if worry.level == "emergency"]
        if self._closed and not alarming:
            return self._speak(self._lines.after_closing)
        new = [worry for worry in alarming if worry.code not in self._raised]
        if new:
            self._raised |= {worry.code for worry in alarming}
            return [self._call(ALARM)] if ALARM in self._tools else self._hold()
        if self._in_alarm:
            return self._hold()
        wish = meaning.wish_in(words)
        if wish is None and self.current is None and meaning.kin_died(words):
            wish = Wish.DECEASED
        if wish is None and self._kin:
            wish = Wish.WRONG_PERSON
        if wish is None and meaning.is_kin(words):
            self._kin = True
            return self._speak(self._lines.how_are_they)
        if wish is Wish.SCAM_WORRY and any(worry.code == "scam" for worry in self._worries):
            wish = None
        if wish is not None and wish not in self._told:
            self._told.add(wish)
            self._last_wish = wish
            return [self._call(WISH)] if WISH in self._tools else self._answer_wish(wish)
        return self._hear_answer(words)

    def _hear_answer(self, words: str) -> list[Part]:
        if self.current is None:
            return self._go_on(self._lines.to_begin if words else self._lines.greeting)
        if meaning.only_greets(words):
            return self._speak(self._current_text())
        if meaning.asks_to_repeat(words) and not self._worries:
            return self._speak(self._lines.once_more, self._current_text())
        if not words.strip(" □") and self._not_understood < 2:
            self._not_understood += 1
            return self._speak(self._lines.not_understood[self._not_understood % 2 - 1], self._current_text())
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
            self._note_asked(result["say"])
            return self._speak(result["say"])
        if name == END and not result.get("next"):
            return []
        self._closed = False
        if name == ALARM and not result.get("next"):
            return self._hold()
        wish, self._last_wish = (self._last_wish, None) if name == WISH else (None, self._last_wish)
        if wish is not None and "next" not in result and not special_questions:
            return self._answer_wish(wish)
        prefix = self._lines.wishes[wish] if wish is not None else self._acknowledgement()
        if special_questions:
            return self._ask(special_questions[0], prefix)
        if "next" not in result:
            return self._go_on(prefix)
        code = result["next"]
        if isinstance(code, dict):
            code = code.get("code") or code.get("fact")
        if code in _NO_MORE or result.get("end") is True:
            return self._close("completed", prefix)
        return self._ask(self._briefing.question(str(code)) or Question(str(code), self._unlisted(result)), prefix)

    def _answer_wish(self, wish: Wish) -> list[Part]:
        sentence = self._lines.wishes[wish]
        if wish.ends_the_call:
            return self._close(wish.value, sentence)
        if self.current is None:
            return self._go_on(sentence)
        if wish is Wish.WANTS_PERSON:
            return self._go_on(sentence)
        return self._speak(sentence, self._current_text())

    # Speaking

    def _go_on(self, prefix: str) -> list[Part]:
        for question in self._questions():
            if question.code not in self._asked:
                return self._ask(question, prefix)
        return self._close("completed", prefix)

    def _ask(self, question: Question, prefix: str = "") -> list[Part]:
        self._in_alarm = False
        self.current = question.code
        if question.code not in self._asked:
            self._asked.append(question.code)
        return self._speak(prefix, question.text)

    def _hold(self) -> list[Part]:
        self._in_alarm = True
        self._holding += 1
        lines = self._lines.holding
        return self._speak(lines[min(self._holding, len(lines)) - 1])

    def _close(self, reason: str, prefix: str = "") -> list[Part]:
        """The closing spoken, and then end_call in the same response."""
        self._closed = True
        closing = self._briefing.closing or self._lines.closing
        parts = self._speak(prefix, closing, whole=True)
        if END in self._tools:
            parts.append(self._call(END, reason=reason))
        return parts

    def _say_exactly(self, text: str) -> list[Part]:
        self._note_asked(text)
        self._spoken += 1
        return [Say(text, language_of(text) or self._tongue)]

    def _speak(self, *sentences: str, whole: bool = False) -> list[Part]:
        """The sentences as one message; every so often as two, as the later realtime models do."""
        said = [sentence for sentence in sentences if sentence]
        self._spoken += 1
        if not whole and len(said) > 1 and self.two_items_every and self._spoken % self.two_items_every == 0:
            return [Say(sentence, self._tongue) for sentence in said]
        return [Say(" ".join(said), self._tongue)]

    def _acknowledgement(self) -> str:
        kind = self._lines.sorry_to_hear if self._worries else self._lines.acknowledgements
        return kind[len(self._asked) % len(kind)]

    def _current_text(self) -> str:
        question = next((question for question in self._questions() if question.code == self.current), None)
        return question.text if question is not None else ""

    def _questions(self) -> tuple[Question, ...]:
        return self._briefing.questions or self._lines.questions

    def _unlisted(self, result: dict[str, Any]) -> str:
        text = result.get("question") or result.get("text")
        return text if isinstance(text, str) else ""

    def _note_asked(self, text: str) -> None:
        """A sentence said word for word may have been one of the questions."""
        for question in self._questions():
            if question.text and question.text in text:
                self.current = question.code
                if question.code not in self._asked:
                    self._asked.append(question.code)

    # Calling

    def _call(self, name: str, *, reason: str = "") -> Call:
        """The function called with what is known under the names its parameters have."""
        words = self._words
        first = self._worries[0] if self._worries else None
        alarm = name == ALARM
        wish = self._last_wish.value if self._last_wish is not None else ""
        codes = {worry.code for worry in self._worries}
        answered = not meaning.is_unclear(words) and answers(codes, words, self.current or "")
        what = first.code if alarm and first else wish
        quote = first.text if alarm and first else words
        known: dict[str, Any] = {
            "fact": self.current or "",
            "status": "answered" if answered else "unclear",
            "words": quote,
            "quote": quote,
            "evidence": quote,
            "transcript": words,
            "answer": words,
            "text": words,
            "what": lambda schema: _nearest(what, schema),
            "kind": lambda schema: _nearest(what, schema),
            "type": lambda schema: _nearest(what, schema),
            "code": what if alarm else self.current or "",
            "signal": what,
            "category": what,
            "level": first.level if first else "none",
            "reason": lambda schema: _nearest(reason or what, schema),
        }
        tool = self._tools.get(name, {})
        schema = tool.get("parameters") or {"type": "object", "properties": {}}
        return Call(name, fill(schema, known))

    def _forced(self, tool_choice: str | dict[str, Any], words: str) -> list[Part]:
        if isinstance(tool_choice, dict) and tool_choice.get("name") in self._tools:
            self._words = words or self._words
            self._worries = find_worries(self._words, self._current_text())
            return [self._call(str(tool_choice["name"]), reason="completed")]
        return []

    # Language

    @property
    def _tongue(self) -> str:
        return self._language or "en"

    @property
    def _lines(self) -> Lines:
        return lines_in(self._tongue)

    def _choose_language(self, standing: Briefing, words: str) -> None:
        """That of the questions; without any, that of the person, and before they speak that of the instructions."""
        if self._briefing.questions:
            self._language = self._briefing.language
        else:
            self._language = language_of(words) or self._language or standing.language


_OTHER_NAMES: dict[str, tuple[str, ...]] = {
    Wish.OPT_OUT: ("opt", "stop", "refus", "do_not_call", "decline"),
    Wish.DECEASED: ("dece", "dead", "died", "wrong"),
    Wish.WRONG_PERSON: ("wrong", "not_resident", "other", "third"),
    Wish.WANTS_PERSON: ("human", "person", "staff", "agent", "callback"),
    Wish.LATER: ("later", "busy", "call_back", "postpone"),
    Wish.SCAM_WORRY: ("scam", "suspic", "fraud", "trust"),
    Wish.NO_RECORDING: ("record",),
    "completed": ("complete", "done", "finish", "all"),
    "resident_goodbye": ("goodbye", "resident", "hang", "done", "complete"),
}


def _nearest(value: str, schema: Any) -> str:
    """The enum value of the schema that means the same; the value itself when any text is allowed."""
    allowed = [text for text in schema.get("enum", []) if isinstance(text, str)]
    if not allowed or value in allowed:
        return value
    for part in _OTHER_NAMES.get(value, ()):
        alike = sorted((text for text in allowed if part in text), key=len)
        if alike:
            return alike[0]
    return "other" if "other" in allowed else allowed[0]


def _json_object(text: str) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}
