"""The conversation of one session: its items in order, as OpenAI shows them and as they were truly heard."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from oncall.sandbox.model.refusal import Refusal


@dataclass(slots=True, eq=False)
class Item:
    """One conversation item: `shown` is the protocol's own object, the rest is what only the server knows."""

    shown: dict[str, Any]
    words: str = ""
    """User audio: the words in the samples. Other messages: their text."""
    audio_ms: int = 0
    """Assistant audio: how long it is, or was left by truncation."""
    idle: bool = False
    """A turn committed by the idle timeout, in which nothing was said."""
    truncated: bool = False

    @property
    def id(self) -> str:
        return str(self.shown["id"])

    @property
    def kind(self) -> str:
        """message, function_call or function_call_output."""
        return str(self.shown["type"])

    @property
    def role(self) -> str | None:
        """user, assistant or system for a message; None for calls."""
        return self.shown.get("role")


class Conversation:
    """Items in order; every change that OpenAI would refuse raises `Refusal`."""

    def __init__(self) -> None:
        self._items: list[Item] = []

    def __iter__(self) -> Iterator[Item]:
        return iter(self._items)

    def __len__(self) -> int:
        return len(self._items)

    def last_id(self) -> str | None:
        return self._items[-1].id if self._items else None

    def before(self, item: Item) -> str | None:
        """The id of the item that precedes this one; None when it is the first or no longer there."""
        at = self._items.index(item) if item in self._items else 0
        return self._items[at - 1].id if at else None

    def find(self, item_id: str) -> Item | None:
        return next((item for item in self._items if item.id == item_id), None)

    def call_named(self, call_id: str) -> Item | None:
        """The function call with this `call_id`."""
        return next(
            (item for item in self._items if item.kind == "function_call" and item.shown.get("call_id") == call_id),
            None,
        )

    def add(self, item: Item, *, after: str | None = None) -> str | None:
        """Insert after the named item ("root": first, None: last) and tell the id that now precedes it."""
        if self.find(item.id) is not None:
            raise Refusal(
                f"Error adding item: the item with id '{item.id}' already exists in the conversation.",
                code="item_create_duplicate_item_id",
                param="item.id",
            )
        at = len(self._items)
        if after == "root":
            at = 0
        elif after is not None:
            previous = self.find(after)
            if previous is None:
                raise Refusal(
                    f"Error creating item: the previous item with id '{after}' does not exist.",
                    code="item_create_invalid_previous_item_id",
                    param="previous_item_id",
                )
            at = self._items.index(previous) + 1
        self._items.insert(at, item)
        return self._items[at - 1].id if at else None

    def delete(self, item_id: str) -> None:
        item = self.find(item_id)
        if item is None:
            raise Refusal(
                f"Error deleting item: the item with id '{item_id}' does not exist.",
                code="item_delete_invalid_item_id",
            )
        self._items.remove(item)

    def retrieve(self, item_id: str) -> Item:
        item = self.find(item_id)
        if item is None:
            raise Refusal(
                f"Error retrieving item: the item with id '{item_id}' does not exist.",
                code="item_retrieve_invalid_item_id",
            )
        return item

    def truncate(self, item_id: str, content_index: int, audio_end_ms: int) -> None:
        """Keep only the first `audio_end_ms` of an assistant's audio; its transcript goes, the heard words stay."""
        item = self.find(item_id)
        if item is None:
            raise Refusal(
                f"Error truncating item: the item with id '{item_id}' does not exist.",
                code="item_truncate_invalid_item_id",
            )
        if item.role != "assistant":
            raise Refusal(
                "Error truncating item: only model output audio messages can be truncated.",
                code="item_truncate_invalid_item_id",
            )
        if (
            content_index >= len(item.shown["content"])
            or item.shown["content"][content_index]["type"] != "output_audio"
        ):
            raise Refusal(
                f"Error truncating item: content index {content_index} of item '{item_id}' is not audio.",
                code="invalid_value",
                param="content_index",
            )
        if audio_end_ms > item.audio_ms:
            raise Refusal(
                f"Audio content of {item.audio_ms}ms is already shorter than {audio_end_ms}ms", code="invalid_value"
            )
        if item.audio_ms:
            item.words = item.words[: len(item.words) * audio_end_ms // item.audio_ms]
        item.audio_ms = audio_end_ms
        item.truncated = True
        content = {key: value for key, value in item.shown["content"][content_index].items() if key != "transcript"}
        item.shown["content"][content_index] = content
