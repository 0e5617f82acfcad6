"""The items one response puts out, and the events that open and close each of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from oncall.sandbox.model.items import Item

if TYPE_CHECKING:
    from oncall.sandbox.model.session import Session


class Output:
    """At most one item is open at a time; `said` is as much of its words as the client has been told."""

    def __init__(self, session: Session, response_id: str, *, in_conversation: bool) -> None:
        self._session = session
        self._response_id = response_id
        self._in_conversation = in_conversation
        self.items: list[Item] = []
        self.open: Item | None = None
        self.said = ""

    def open_message(self, content: dict[str, str], part: dict[str, str]) -> None:
        """A message begins: the item first, then its one content part."""
        item = Item(
            {
                "id": self._session.new_id("item"),
                "object": "realtime.item",
                "type": "message",
                "status": "in_progress",
                "role": "assistant",
                "content": [],
            }
        )
        self.said = ""
        self.announce(item)
        item.shown["content"] = [content]
        self._session.emit("response.content_part.added", **self.where(item), part=part)

    def announce(self, item: Item) -> None:
        """An item begins."""
        self.items.append(item)
        self.open = item
        index = len(self.items) - 1
        self._session.emit(
            "response.output_item.added", response_id=self._response_id, output_index=index, item=item.shown
        )
        if self._in_conversation:
            self._session.add_item(item)

    def close_open(self, status: str) -> None:
        """Say the last word about the item being produced: what of it exists now is all there will be."""
        item, self.open = self.open, None
        assert item is not None
        item.shown["status"] = status
        if item.kind == "message" and item.shown["content"]:
            where = self.where(item)
            item.words = self.said
            if item.shown["content"][0]["type"] == "output_audio":
                if not item.truncated:
                    item.shown["content"] = [{"type": "output_audio", "transcript": self.said}]
                self._session.emit("response.output_audio.done", **where)
                self._session.emit("response.output_audio_transcript.done", **where, transcript=self.said)
                part = {"type": "audio", "transcript": self.said}
            else:
                item.shown["content"] = [{"type": "output_text", "text": self.said}]
                self._session.emit("response.output_text.done", **where, text=self.said)
                part = {"type": "text", "text": self.said}
            self._session.emit("response.content_part.done", **where, part=part)
        self.retire(item)

    def retire(self, item: Item) -> None:
        """An item is done."""
        index = self.items.index(item)
        self._session.emit(
            "response.output_item.done", response_id=self._response_id, output_index=index, item=item.shown
        )
        if self._in_conversation:
            self._session.emit_item("conversation.item.done", item)
        self._session.note_said(item, self.said if item.kind == "message" else None)

    def where(self, item: Item) -> dict[str, Any]:
        """The fields by which every event about the item's content names it."""
        return {
            "response_id": self._response_id,
            "item_id": item.id,
            "output_index": self.items.index(item),
            "content_index": 0,
        }
