"""What the model is told at the start of a call, the tools it has, and what each use of a tool does."""

import json
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from pydantic import BaseModel, ValidationError

from oncall.call import checklist, script
from oncall.call.checklist import Checklist
from oncall.call.line import Line
from oncall.models import Language, Level, SignalCode
from oncall.models.wish import Wish
from oncall.settings import settings

SPEECH_SPEED = 0.9
SILENCE_ENDS_TURN_MS = 800  # older people pause within an answer (protocol notes on Korean elders)


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
    alarm: tuple[SignalCode, Level] | None = None
    request: str | None = None
    ends: str | None = None


@dataclass
class Conversation:
    """The talk side of one call: its checklist and the wishes heard so far."""

    line: Line
    checklist: Checklist = field(init=False)
    wishes: set[Wish] = field(default_factory=set)
    alarmed: bool = False  # danger was heard: from here on we do not end the call (C-28)
    _refused_ends: int = 0

    def __post_init__(self) -> None:
        self.checklist = Checklist.of(self.line.facts)

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
                    return self._says(_Says.model_validate(given).what)
                case "raise_alarm":
                    alarm = _Alarm.model_validate(given)
                    self.alarmed = True
                    return Heard({"ok": True, "say": script.line("hold", self.line.language)},
                                 alarm=(alarm.code, Level.EMERGENCY))  # fmt: skip
                case "request":
                    return Heard(
                        {"ok": True, "next": self.checklist.next_open}, request=_Request.model_validate(given).what
                    )
                case "end_call":
                    return self._end(_End.model_validate(given).reason)
        except (ValidationError, ValueError):
            return Heard({"ok": False, "error": "unusable arguments"})
        return Heard({"ok": False, "error": "no such tool"})

    def _note(self, fact: _NoteFact) -> Heard:
        known = self.checklist.note(fact.fact, fact.status)
        follow = {"next": self.checklist.next_open} if self.willing else {"next": None, "then": "close"}
        return Heard({"ok": known, **follow})

    def _says(self, wish: Wish) -> Heard:
        self.wishes.add(wish)
        next_fact = self.checklist.next_open if self.willing else None
        return Heard({"ok": True, "next": next_fact, **({} if self.willing else {"then": "close"})}, wish=wish)

    def _end(self, reason: str) -> Heard:
        """The call is not ended while a question is open and the resident is willing; twice asked, it is.

        After an alarm it is ended by the resident, a person or the carrier, never by us (C-28).
        """
        if self.alarmed:
            return Heard({"ok": False, "error": "stay on the line: a person is being told"})
        if self.willing and self.checklist.next_open and reason == "done" and self._refused_ends < 2:
            self._refused_ends += 1
            return Heard({"ok": False, "error": "questions are open", "next": self.checklist.next_open})
        return Heard({"ok": True}, ends=reason or "done")


def session_update(line: Line) -> dict[str, Any]:
    """The `session.update` of a call: instructions, tools, mu-law both ways, and turns that we, not it, answer."""
    config = settings()
    return {
        "type": "session.update",
        "session": {
            "type": "realtime",
            "model": config.realtime_model,
            "instructions": instructions(line.language, line.facts),
            "output_modalities": ["audio"],
            "max_output_tokens": 4096,
            "tool_choice": "auto",
            "tools": TOOLS,
            "audio": {
                "input": {
                    "format": {"type": "audio/pcmu"},
                    "noise_reduction": {"type": "far_field"},
                    "transcription": {"model": config.live_transcribe_model, "language": str(line.language)},
                    "turn_detection": {
                        "type": "server_vad",
                        "threshold": 0.6,
                        "prefix_padding_ms": 300,
                        "silence_duration_ms": SILENCE_ENDS_TURN_MS,
                        "create_response": False,
                        "interrupt_response": False,
                    },
                },
                "output": {"format": {"type": "audio/pcmu"}, "voice": "marin", "speed": SPEECH_SPEED},
            },
        },
    }


@lru_cache
def instructions(language: Language, facts: tuple[str, ...]) -> str:
    """The prompt of a call in one language with these facts."""
    text = (settings().prompts / "conversation.md").read_text(encoding="utf-8")
    korean = language is Language.KO
    return text.format(
        language_name="Korean" if korean else "English",
        register=", in polite 존댓말" if korean else "",
        questions=checklist.described(facts, language),
        closing=script.line("closing", language),
    )


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
