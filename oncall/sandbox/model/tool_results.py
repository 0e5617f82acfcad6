"""What the results of functions tell the model to do next, however many came at once."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from oncall.sandbox.model.items import Item
from oncall.sandbox.model.tool_use import ALARM, END

_NO_MORE = {None, "", "end", "end_call", "closing", "done", "none"}


@dataclass(frozen=True, slots=True)
class Outcome:
    """The orders of all results together; the last one that speaks of a thing decides it."""

    names: tuple[str, ...]
    """The functions that gave them, in order."""
    silent: bool = False
    """Code will speak; the model says nothing."""
    say: str = ""
    follow_up: str = ""
    """A sentence to ask once, about the same fact."""
    decides_next: bool = False
    """False when no result speaks of what comes next."""
    next: str | None = None
    """The code to ask; None to close."""
    question: str = ""
    """The words of a question that the instructions do not list."""
    end_refused: bool = False

    @property
    def after_alarm(self) -> bool:
        return ALARM in self.names


def outcome_of(history: Sequence[Item], news: Sequence[Item]) -> Outcome | None:
    """What the function outputs in `news` come to; None when there are none."""
    names = {item.shown.get("call_id"): str(item.shown["name"]) for item in history if item.kind == "function_call"}
    results = [
        (names.get(item.shown["call_id"], ""), _object(str(item.shown["output"])))
        for item in news
        if item.kind == "function_call_output"
    ]
    if not results:
        return None
    orders: dict[str, Any] = {}
    for name, result in results:
        if result.get("silent") is True:
            orders["silent"] = True
        for key in ("say", "follow_up"):
            if isinstance(result.get(key), str):
                orders[key] = result[key]
        if name == END:
            orders["end_refused"] = result.get("ok") is False or bool(result.get("next"))
        if "next" in result or result.get("end") is True or result.get("then") == "close":
            orders |= {"decides_next": True, "next": _next(result), "question": _question(result)}
    return Outcome(tuple(name for name, _ in results), **orders)


def _next(result: dict[str, Any]) -> str | None:
    code = result.get("next")
    if isinstance(code, dict):
        code = code.get("code") or code.get("fact")
    return None if code in _NO_MORE or result.get("end") is True else str(code)


def _question(result: dict[str, Any]) -> str:
    text = result.get("question") or result.get("text")
    return text if isinstance(text, str) else ""


def _object(text: str) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}
