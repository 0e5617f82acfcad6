"""The caller in text: the mind of the realtime sessions behind `POST /v1/responses`."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from typing import Any

from oncall.sandbox.model.brain import Brain
from oncall.sandbox.model.faults import Faults
from oncall.sandbox.model.items import Item
from oncall.sandbox.model.misconduct import Misconduct, Tools
from oncall.sandbox.model.parts import Part
from oncall.sandbox.model.refusal import Refusal

_REMEMBERED = 500
_FROM_MODEL = ("function_call", "reasoning")


class Shelf:
    """Responses that were asked to be stored: each with everything that led to it, as plain items."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, list[dict[str, Any]]] = OrderedDict()

    def keep(self, response_id: str, items: Sequence[Mapping[str, Any]]) -> None:
        """Store one response; the oldest goes when there are too many."""
        self._kept[response_id] = [dict(item) for item in items]
        while len(self._kept) > _REMEMBERED:
            self._kept.popitem(last=False)

    def before(self, response_id: str | None) -> list[dict[str, Any]]:
        """The items up to and with this response; 400 when it was never stored."""
        if response_id is None:
            return []
        if response_id not in self._kept:
            raise Refusal(
                f"Previous response with id '{response_id}' not found.",
                code="previous_response_not_found",
                param="previous_response_id",
            )
        return self._kept[response_id]


def items_in(given: Any) -> list[dict[str, Any]]:
    """An `input` as a list of plain items; a text is one message of the user."""
    if isinstance(given, str):
        return [{"type": "message", "role": "user", "content": given}]
    items = []
    for at, item in enumerate(given):
        if not isinstance(item, dict):
            raise Refusal(f"Invalid type for 'input[{at}]'.", code="invalid_type", param=f"input[{at}]")
        item = {"type": "message", **item} if "role" in item else dict(item)
        if item.get("type") not in ("message", "function_call_output", *_FROM_MODEL):
            raise Refusal(f"Invalid value: '{item.get('type')}'.", code="invalid_value", param=f"input[{at}].type")
        items.append(item)
    return items


def check_calls(items: list[dict[str, Any]]) -> None:
    """Every function called has its output, and every output its call: OpenAI refuses anything else."""
    calls = [item.get("call_id") for item in items if item["type"] == "function_call"]
    outputs = [item.get("call_id") for item in items if item["type"] == "function_call_output"]
    for missing in (call for call in calls if call not in outputs):
        raise Refusal(f"No tool output found for function call {missing}.", param="input")
    for missing in (call for call in outputs if call not in calls):
        raise Refusal(f"No tool call found for function call output with call_id {missing}.", param="input")


def texts_in(content: Any) -> list[str]:
    """Every text in an input: a string, messages, or content parts."""
    if isinstance(content, str):
        return [content]
    if isinstance(content, list):
        return [text for part in content for text in texts_in(part)]
    if isinstance(content, dict):
        return texts_in(content.get("content", content.get("text", content.get("output"))))
    return []


def talk(
    items: list[dict[str, Any]],
    instructions: str,
    tools: Tools,
    tool_choice: str | dict[str, Any],
    faults: Faults,
) -> list[Part]:
    """What the caller says to all this; what it said before is thought through again, as nothing is remembered."""
    brain = Brain()
    misconduct = Misconduct(faults, 0)
    history: list[Item] = []

    def reply(choice: str | dict[str, Any]) -> list[Part]:
        return misconduct.bend(
            brain,
            lambda given: brain.reply(history, instructions=instructions, tools=given, tool_choice=choice),
            tools,
            heard=brain.hears(history),
        )

    answered = True
    for number, plain in enumerate(items):
        item = _item(plain, number)
        if _from_model(item):
            if not answered:
                reply("auto")
            answered = True
        else:
            answered = False
        history.append(item)
    return reply(tool_choice)


def _from_model(item: Item) -> bool:
    return item.kind in _FROM_MODEL or item.role == "assistant"


def _item(plain: dict[str, Any], number: int) -> Item:
    words = " ".join(texts_in(plain)).strip() if plain["type"] == "message" else ""
    shown = {**plain, "id": plain.get("id") or f"in_{number}"}
    if plain["type"] == "function_call_output":
        shown["output"] = " ".join(texts_in(plain.get("output")))
    if plain.get("role") == "developer":
        shown["role"] = "system"
    nothing = plain.get("role") == "user" and not words.strip(" .…")
    return Item(shown, words="" if nothing else words, idle=nothing)
