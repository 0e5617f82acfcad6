"""The talk side of one call: the tools the model has, and what each use of one comes to."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel, ValidationError

from oncall import clock
from oncall.call import script
from oncall.call.checklist import ARRIVED, Checklist, is_one_word
from oncall.call.line import Line
from oncall.models import FactState, SignalCode
from oncall.models.fact import facts_in
from oncall.models.wish import Wish
from oncall.settings import settings

YES_RUN = 3  # so many single-word answers in a row are politeness, not answers (H-30)
MOST_REFUSED_ENDS = 2

Note = Callable[[str, FactState, str, str], None]  # fact, state, reason, their words


class _NoteFact(BaseModel):
    fact: str
    status: str
    words: str = ""


class _Says(BaseModel):
    what: Wish


class _Alarm(BaseModel):
    code: SignalCode
    words: str = ""


class _Request(BaseModel):
    what: str


class _End(BaseModel):
    reason: str = "done"


@dataclass
class Heard:
    """What one use of a tool comes to: the answer for the model, and what the call must do about it."""

    output: dict[str, Any]
    wish: Wish | None = None
    alarm: SignalCode | None = None
    request: str | None = None
    ends: str | None = None

    @property
    def is_answered_by_line(self) -> bool:
        """A fixed line follows: the model says nothing to it."""
        return self.wish is not None or self.alarm is not None


@dataclass
class Conversation:
    """The checklist of one call and the wishes heard so far; `note` is told of every fact as it is settled."""

    line: Line
    note: Note
    checklist: Checklist = field(init=False)
    wishes: set[Wish] = field(default_factory=set)
    alarmed: bool = False  # danger was heard: from here on we do not end the call (C-28)
    last_heard: str = ""  # their last turn in words
    _refused_ends: int = 0
    _one_words: int = 0
    _asked_for_more: bool = False

    def __post_init__(self) -> None:
        written = facts_in(settings().prompts)
        self.checklist = Checklist.of(self.line.facts, written, self.line.circumstances, clock.now().month)
        if self.line.known.promised:
            self.checklist.also_asks(ARRIVED)

    @property
    def willing(self) -> bool:
        """Whether further questions may be asked."""
        return not any(wish.ends_the_questions for wish in self.wishes)

    def use(self, name: str, arguments: str) -> Heard:
        """What a function call of the model comes to. Unusable arguments are answered, never obeyed."""
        try:
            given = json.loads(arguments or "{}")
            match name:
                case "note_fact":
                    return self._note(_NoteFact.model_validate(given))
                case "resident_says":
                    wish = _Says.model_validate(given).what
                    self.wishes.add(wish)
                    return Heard({"ok": True, "silent": True}, wish=wish)
                case "raise_alarm":
                    self.alarmed = True
                    return Heard({"ok": True, "silent": True}, alarm=_Alarm.model_validate(given).code)
                case "request":
                    return Heard({"ok": True, **self._next()}, request=_Request.model_validate(given).what)
                case "end_call":
                    return self._end(_End.model_validate(given).reason)
        except (ValidationError, ValueError):
            return Heard({"ok": False, "error": "unusable arguments"})
        return Heard({"ok": False, "error": "no such tool"})

    def close(self, reason: str) -> None:
        """The call is over: every fact still open is settled and told to `note` (C-36)."""
        if not self.willing:
            reason = next(wish.value for wish in Wish if wish in self.wishes and wish.ends_the_questions)
        if self.alarmed:
            reason = "emergency"
        for question in self.checklist.close(reason):
            self.note(question.code, question.state or FactState.NOT_ASKED, question.reason, "")

    def spared(self) -> None:
        """Tell `note` of the facts that are not asked in this call at all, and why."""
        for code, reason in self.checklist.spared.items():
            self.note(code, FactState.NOT_ASKED, reason, "")

    def _note(self, fact: _NoteFact) -> Heard:
        words = fact.words or self.last_heard
        if fact.fact not in self.checklist.facts:
            return Heard({"ok": False, "error": "no such question", **self._next()})
        if fact.status == "answered":
            one_word = is_one_word(self.last_heard or words, self.line.language)
            self._one_words = self._one_words + 1 if one_word else 0
            written = facts_in(settings().prompts).get(fact.fact)
            follow_up = written.follow_up.get(self.line.language) if written else None
            if follow_up and self.willing and self.checklist.wants_follow_up(fact.fact, words, self.line.language):
                self.checklist.asks(fact.fact)
                return Heard({"ok": True, "say": follow_up})
            state, reason = FactState.ANSWERED, ""
            if self._one_words >= YES_RUN:
                state, reason = FactState.UNCLEAR, "yes_to_all"
        else:
            state = FactState.UNCLEAR
            reason = "refused" if fact.status == "refused" else "unclear"
        self.checklist.note(fact.fact, state, reason)
        if self.checklist.facts[fact.fact].is_planned:
            self.note(fact.fact, state, reason, words)
        return Heard({"ok": True, **self._next()})

    def _next(self) -> dict[str, Any]:
        """What the model is to do now: the next open question, the one open question at the end (C-20), or close."""
        if self.alarmed:
            return {"silent": True}
        if not self.willing:
            return {"next": None, "then": "close"}
        code = self.checklist.next_open
        if code is not None:
            self.checklist.asks(code)
            return {"next": code}
        if not self._asked_for_more:
            self._asked_for_more = True
            return {"next": None, "say": script.line("anything_else", self.line.language)}
        return {"next": None, "then": "close"}

    def _end(self, reason: str) -> Heard:
        """The call is not ended while a question is open and the resident is willing; asked a third time, it is.

        After an alarm it is ended by the resident, a person or the carrier, never by us (C-28).
        """
        if self.alarmed:
            return Heard({"ok": False, "error": "stay on the line: a person is being told", "silent": True})
        if self.willing and self.checklist.next_open and self._refused_ends < MOST_REFUSED_ENDS:
            self._refused_ends += 1
            return Heard({"ok": False, "error": "questions are open", **self._next()})
        return Heard({"ok": True}, ends=reason or "done")


def _tool(name: str, description: str, **properties: Any) -> dict[str, Any]:
    return {
        "type": "function",
        "name": name,
        "description": description,
        "parameters": {
            "type": "object",
            "properties": properties,
            "required": list(properties),
            "additionalProperties": False,
        },
    }


_TEXT = {"type": "string"}
TOOLS = [
    _tool("note_fact", "Take down what became of one question, after each answer.", fact=_TEXT,
          status={"type": "string", "enum": ["answered", "unclear", "refused"]}, words=_TEXT),
    _tool("resident_says", "The resident wishes something about this call or these calls.",
          what={"type": "string", "enum": [wish.value for wish in Wish]}),
    _tool("raise_alarm", "Danger to life or body now, for the resident or somebody in their reach.",
          code={"type": "string", "enum": [code.value for code in SignalCode]}, words=_TEXT),
    _tool("request", "The resident asks for help with something; pass it on in their words.", what=_TEXT),
    _tool("end_call", "End the call, in the same turn as the closing words.", reason=_TEXT),
]  # fmt: skip
