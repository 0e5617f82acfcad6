"""The `conversation.item` events of one session: items a client adds, deletes, asks for or cuts short."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from oncall.sandbox.model import client_events
from oncall.sandbox.model.hearing import Hearing
from oncall.sandbox.model.item_shapes import FunctionCallOutput, ItemReference
from oncall.sandbox.model.items import Item
from oncall.sandbox.model.refusal import Refusal
from oncall.sandbox.model.wire import sound_in

if TYPE_CHECKING:
    from oncall.sandbox.model.session import Session


class ItemEvents:
    """Changes the session's conversation and tells so."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def create(self, event: client_events.ItemCreate) -> None:
        """A message or a function's output joins the conversation."""
        given = event.item
        if isinstance(given, FunctionCallOutput) and self._session.conversation.call_named(given.call_id) is None:
            raise Refusal(
                f"Tool call ID '{given.call_id}' not found in conversation.",
                code="invalid_tool_call_id",
                param="item.call_id",
            )
        item = self.item_from(given)
        previous = self._session.conversation.add(item, after=event.previous_item_id)
        self._session.emit_item("conversation.item.added", item, previous)
        self._session.emit_item("conversation.item.done", item, previous)

    def item_from(self, given: Any) -> Item:
        """An item as given, with an id, and with the words of its text and its sound."""
        shown = given.model_dump(exclude_none=True)
        shown |= {"id": given.id or self._session.new_id("item"), "object": "realtime.item", "status": "completed"}
        words = " ".join(part.get("text") or part.get("transcript") or "" for part in shown.get("content", [])).strip()
        for part in shown.get("content", []):
            if audio := part.pop("audio", None):
                turn = Hearing(self._session.hearing.form, None)
                turn.append(sound_in(audio, "item.content.audio"))
                words = f"{words} {turn.take().words}".strip()
        return Item(shown, words=words)

    def delete(self, event: client_events.ItemDelete) -> None:
        """The item was never there."""
        self._session.conversation.delete(event.item_id)
        self._session.emit("conversation.item.deleted", item_id=event.item_id)

    def retrieve(self, event: client_events.ItemRetrieve) -> None:
        """Show one item."""
        self._session.emit("conversation.item.retrieved", item=self._session.conversation.retrieve(event.item_id).shown)

    def truncate(self, event: client_events.ItemTruncate) -> None:
        """Only so much of an answer was heard; the idle timeout counts from now."""
        self._session.conversation.truncate(event.item_id, event.content_index, event.audio_end_ms)
        self._session.hearing.count_idle_from(self._session.hearing.now_ms)
        self._session.emit(
            "conversation.item.truncated",
            item_id=event.item_id,
            content_index=event.content_index,
            audio_end_ms=event.audio_end_ms,
        )

    def input_item(self, given: Any) -> Item | None:
        """An item of a response's own input; None for a reference to nothing."""
        if isinstance(given, ItemReference):
            return self._session.conversation.find(given.id)
        return self.item_from(given)
