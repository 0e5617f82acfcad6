"""A conversation with the stand-in's mind alone: items in, parts out, no socket and no sound."""

from __future__ import annotations

import copy
import itertools
import json
from typing import Any

from oncall.sandbox.model.brain import Brain
from oncall.sandbox.model.items import Item
from oncall.sandbox.model.parts import Call, Part, Say
from tests.sandbox.model.line import KOREAN, TOOLS

ENGLISH = """# Questions
1. [meals] Are you eating properly?
2. [sleep] Do you sleep well?
3. [heating] Is your home warm enough?

# Closing
"Thank you for talking. Goodbye."
"""
WISHES = [
    "person", "stop_calling", "later", "do_not_record", "wrong_person", "scam_worry", "deceased", "say_again",
    "slower", "louder", "forget", "about_me",
]  # fmt: skip
_REQUEST = {
    "type": "function",
    "name": "request",
    "parameters": {"type": "object", "properties": {"what": {"type": "string"}}, "required": ["what"]},
}


def tools_with(wishes: list[str] | None = None) -> list[dict[str, Any]]:
    """All five functions of a check-in, the wishes of the second one being these."""
    tools = copy.deepcopy(TOOLS)
    tools[1]["parameters"]["properties"]["what"]["enum"] = WISHES if wishes is None else wishes
    return [*tools, _REQUEST]


class Talk:
    """Feeds a Brain; `said` and `called` are of the last reply."""

    def __init__(self, instructions: str = KOREAN, tools: list[dict[str, Any]] | None = None) -> None:
        self.brain = Brain()
        self.items: list[Item] = []
        self.parts: list[Part] = []
        self._instructions = instructions
        self._tools = tools_with() if tools is None else tools
        self._numbers = itertools.count(1)

    @property
    def said(self) -> str:
        return " ".join(part.text for part in self.parts if isinstance(part, Say))

    @property
    def called(self) -> list[tuple[str, dict[str, Any]]]:
        return [(part.name, part.arguments) for part in self.parts if isinstance(part, Call)]

    def hear(self, words: str) -> Talk:
        """The resident says this and the model replies."""
        self._message("user", words)
        return self.reply()

    def tell(self, text: str) -> Talk:
        """The client inserts a system message and asks for a reply."""
        self._message("system", text)
        return self.reply()

    def put(self, text: str) -> None:
        """The client inserts words as the assistant's own."""
        self._message("assistant", text)

    def result(self, **output: Any) -> Talk:
        """The last function called gives this, and the model replies."""
        call = next(item for item in reversed(self.items) if item.kind == "function_call")
        self._add({"type": "function_call_output", "call_id": call.shown["call_id"], "output": json.dumps(output)})
        return self.reply()

    def reply(self, order: str | None = None) -> Talk:
        """One response, with instructions of its own if given; what it says joins the conversation."""
        self.parts = self.brain.reply(
            self.items, instructions=self._instructions, for_this_response=order, tools=self._tools
        )
        for part in self.parts:
            if isinstance(part, Say):
                self._message("assistant", part.text)
            else:
                self._add({"type": "function_call", "name": part.name, "call_id": f"call_{next(self._numbers)}"})
        return self

    def _message(self, role: str, words: str) -> None:
        self._add({"type": "message", "role": role, "content": []}, words)

    def _add(self, shown: dict[str, Any], words: str = "") -> None:
        self.items.append(Item({"id": f"item_{next(self._numbers)}", **shown}, words=words))
