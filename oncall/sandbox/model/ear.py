"""The far end of one session: sound appended, turns that begin and end in it, and what each turn sets going."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from oncall.sandbox.model.client_events import OutputClear, read_client_event
from oncall.sandbox.model.hearing import Hearing, Turn
from oncall.sandbox.model.items import Item
from oncall.sandbox.model.refusal import Refusal
from oncall.sandbox.model.turn_transcript import tell_transcript
from oncall.sandbox.model.vad import Change
from oncall.sandbox.model.wire import sound_in

if TYPE_CHECKING:
    from oncall.sandbox.model.session import Session

_LARGEST_APPEND = 15 * 1024 * 1024


class Ear:
    """The `input_audio_buffer` events of a session, both ways."""

    def __init__(self, session: Session, hearing: Hearing) -> None:
        self._session = session
        self._hearing = hearing
        self._turn_id: str | None = None
        self.heard_ms = 0
        """How much sound became turns."""

    def append(self, event: dict[str, Any]) -> None:
        """Sound as it came; refused when it is not base64 or too much at once."""
        audio = event.get("audio")
        if not isinstance(audio, str):
            read_client_event(event)
        assert isinstance(audio, str)
        sound = sound_in(audio, "audio")
        if len(sound) > _LARGEST_APPEND:
            raise Refusal("Audio chunk is larger than 15 MiB.", code="invalid_value", param="audio")
        for change, at_ms in self._hearing.append(sound):
            if change is Change.STARTED:
                self._speech_started(at_ms)
            elif change is Change.STOPPED:
                self._speech_stopped(at_ms)
            else:
                self._idle(at_ms)

    def _speech_started(self, at_ms: int) -> None:
        self._turn_id = self._session.new_id("item")
        self._session.emit("input_audio_buffer.speech_started", audio_start_ms=at_ms, item_id=self._turn_id)
        if self._detection("interrupt_response"):
            self._session.interrupt()

    def _speech_stopped(self, at_ms: int) -> None:
        item_id = self._turn_id or self._session.new_id("item")
        self._session.emit("input_audio_buffer.speech_stopped", audio_end_ms=at_ms, item_id=item_id)
        self._take_turn(self._hearing.take_spoken(), item_id)
        if self._detection("create_response"):
            self._session.respond_by_itself()

    def _idle(self, at_ms: int) -> None:
        item_id = self._session.new_id("item")
        turn = self._hearing.take(from_ms=max(0, at_ms - int(self._detection("idle_timeout_ms") or 0)))
        self._session.emit(
            "input_audio_buffer.timeout_triggered",
            audio_start_ms=turn.start_ms,
            audio_end_ms=turn.end_ms,
            item_id=item_id,
        )
        self._take_turn(turn, item_id, idle=True)
        self._session.respond_by_itself()

    def commit(self) -> None:
        """The client ends the turn itself."""
        self._take_turn(self._hearing.commit(), self._turn_id or self._session.new_id("item"))

    def _take_turn(self, turn: Turn, item_id: str, *, idle: bool = False) -> None:
        self._turn_id = None
        self.heard_ms += turn.end_ms - turn.start_ms
        item = Item(
            {
                "id": item_id,
                "object": "realtime.item",
                "type": "message",
                "status": "completed",
                "role": "user",
                "content": [{"type": "input_audio", "transcript": None}],
            },
            words=turn.words,
            idle=idle,
        )
        self._session.emit(
            "input_audio_buffer.committed", item_id=item_id, previous_item_id=self._session.conversation.last_id()
        )
        self._session.add_item(item)
        self._session.emit_item("conversation.item.done", item)
        self._session.diary.turns.append({"speaker": "user", "text": turn.words})
        wanted = self._session.shown["audio"]["input"]["transcription"]
        if wanted is not None:
            self._session.keep(tell_transcript(self._session, item, turn, wanted))

    def clear(self) -> None:
        """The client wants the sound so far forgotten."""
        self._hearing.clear()
        self._session.emit("input_audio_buffer.cleared")

    def refuse_output_clear(self, _event: OutputClear) -> None:
        """There is no output buffer on a websocket."""
        raise Refusal(
            "The 'output_audio_buffer.clear' event is only available over WebRTC and SIP.",
            code="invalid_value",
            param="type",
        )

    def _detection(self, key: str) -> Any:
        detection = self._session.shown["audio"]["input"]["turn_detection"]
        return detection.get(key) if detection is not None else None
