"""The functions a check-in is offered, and their arguments filled under whatever names the caller gave them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from oncall.sandbox.model import meaning
from oncall.sandbox.model.filling import fill
from oncall.sandbox.model.parts import Call
from oncall.sandbox.model.risk_reading import Finding
from oncall.sandbox.model.topics import answers
from oncall.sandbox.model.wishes import Wish

NOTE, WISH, ALARM, REQUEST, END = "note_fact", "resident_says", "raise_alarm", "request", "end_call"


def use_tool(
    name: str,
    tool: Mapping[str, Any],
    *,
    words: str,
    worries: list[Finding],
    current: str | None,
    wish: Wish | None,
    reason: str = "",
) -> Call:
    """The function called with what is known under the names its parameters have."""
    first = worries[0] if worries else None
    alarm = name == ALARM
    codes = {worry.code for worry in worries}
    answered = not meaning.is_unclear(words) and answers(codes, words, current or "")
    what = first.code if alarm and first else wish.value if wish is not None else ""
    if name == REQUEST:
        what = words
    quote = first.text if alarm and first else words
    known: dict[str, Any] = {
        "fact": current or "",
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
        "code": what if alarm else current or "",
        "signal": what,
        "category": what,
        "level": first.level if first else "none",
        "reason": lambda schema: _nearest(reason or what, schema),
    }
    schema = tool.get("parameters") or {"type": "object", "properties": {}}
    return Call(name, fill(schema, known))


_OTHER_NAMES: dict[str, tuple[str, ...]] = {
    Wish.OPT_OUT: ("opt", "stop", "refus", "do_not_call", "decline"),
    Wish.DECEASED: ("dece", "dead", "died", "wrong"),
    Wish.WRONG_PERSON: ("wrong", "not_resident", "other", "third"),
    Wish.WANTS_PERSON: ("human", "person", "staff", "agent", "callback"),
    Wish.LATER: ("later", "busy", "call_back", "postpone"),
    Wish.SCAM_WORRY: ("scam", "suspic", "fraud", "trust"),
    Wish.NO_RECORDING: ("record",),
    Wish.FORGET: ("forget", "erase", "delete"),
    Wish.ABOUT_ME: ("about", "know", "own_data"),
    Wish.SLOWER: ("slow",),
    Wish.LOUDER: ("loud",),
    Wish.SAY_AGAIN: ("again", "repeat"),
    "completed": ("complete", "done", "finish", "all"),
    "resident_goodbye": ("goodbye", "resident", "hang", "done", "complete"),
}


def offers(tool: Mapping[str, Any] | None, wish: Wish) -> bool:
    """Whether the function takes this wish: by an enum value that means the same, or by taking any text."""
    if tool is None:
        return False
    for part in ((tool.get("parameters") or {}).get("properties") or {}).values():
        allowed = [text for text in part.get("enum", []) if isinstance(text, str)]
        if allowed:
            return wish.value in allowed or any(key in text for key in _OTHER_NAMES[wish] for text in allowed)
    return True


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
