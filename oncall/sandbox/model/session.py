"""One realtime session: what the client sends in, what the stand-in says back, in the order OpenAI says it."""

from __future__ import annotations

import asyncio
import base64
import binascii
import json
import random
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from oncall.sandbox.model import shapes
from oncall.sandbox.model.answer import Answer
from oncall.sandbox.model.audio_format import AudioFormat
from oncall.sandbox.model.brain import Brain, Part
from oncall.sandbox.model.config import ModelConfig
from oncall.sandbox.model.faults import Faults
from oncall.sandbox.model.hearing import Hearing, Turn
from oncall.sandbox.model.items import Conversation, Item
from oncall.sandbox.model.refusal import Refusal
from oncall.sandbox.model.session_settings import known_voice, new_session, updated_session
from oncall.sandbox.model.turn_transcript import tell_transcript
from oncall.sandbox.model.vad import Change

_LARGEST_APPEND = 15 * 1024 * 1024
_dump = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


@dataclass
class Diary:
    """What a session heard and said, for `GET /sandbox/sessions`."""

    id: str
    model: str
    began_at: float
    turns: list[dict[str, str]] = field(default_factory=list)
    calls: list[dict[str, Any]] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    alive: bool = True
    close_code: int | None = None


class Session:
    """Synchronous inside: every client event is answered before the next one is read.

    `send` takes a finished JSON text and must not block; `close` ends the connection with a code and a reason.
    """

    def __init__(
        self,
        config: ModelConfig,
        model: str,
        faults: Faults,
        chance: random.Random,
        *,
        send: Callable[[str], None],
        close: Callable[[int, str], None],
    ) -> None:
        self.config = config
        self.faults = faults
        self.chance = chance
        self._send = send
        self._close = close
        self._id_number = 0
        self._id_stem = secrets.token_hex(6)
        self._utterance = chance.randrange(1 << 16)
        now = int(time.time())
        self.shown = new_session(self.new_id("sess"), model, now + int(config.session_seconds))
        self.conversation_id = self.new_id("conv")
        self.conversation = Conversation()
        self.hearing = Hearing(AudioFormat.PCM, self.shown["audio"]["input"]["turn_detection"])
        self.brain = Brain(two_items_every=config.two_items_every)
        self.diary = Diary(self.shown["id"], model, now)
        self.has_spoken = False
        self._answer: Answer | None = None
        self._asides: set[Answer] = set()
        self._turn_id: str | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._audio_in_ms = 0
        self._handlers: dict[type[Any], Callable[[Any], None]] = {
            shapes.SessionUpdate: self._update,
            shapes.Commit: lambda _event: self._commit(),
            shapes.Clear: lambda _event: self._clear(),
            shapes.OutputClear: self._refuse_output_clear,
            shapes.ItemCreate: self._create_item,
            shapes.ItemDelete: self._delete_item,
            shapes.ItemRetrieve: self._retrieve_item,
            shapes.ItemTruncate: self._truncate_item,
            shapes.ResponseCreate: lambda event: self._create_response(event.response or shapes.ResponseSettings()),
            shapes.ResponseCancel: self._cancel_response,
        }

    def open(self) -> None:
        """The first event of every session, and the timers that may end it."""
        self.emit("session.created", session=self.shown)
        self.later(self.config.session_seconds, self._expire)
        if self.faults.die_after_seconds is not None:
            self.later(self.faults.die_after_seconds, self._die)

    async def stop(self) -> None:
        """The connection is gone."""
        for answer in [self._answer, *self._asides]:
            if answer is not None:
                await answer.stop()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self.diary.alive = False

    # What comes in

    def receive(self, text: str | None) -> None:
        """One websocket message; None for a binary one."""
        event_id: str | None = None
        try:
            event = _parse(text)
            given_id = event.get("event_id")
            event_id = given_id if isinstance(given_id, str) else None
            if event.get("type") == "input_audio_buffer.append":
                self._append(event)
                return
            read = shapes.read_client_event(event)
            self._handlers[type(read)](read)
        except Refusal as refusal:
            self._tell_error(refusal, event_id)

    def _append(self, event: dict[str, Any]) -> None:
        audio = event.get("audio")
        if not isinstance(audio, str):
            shapes.read_client_event(event)
        assert isinstance(audio, str)
        sound = _decode(audio, "audio")
        if len(sound) > _LARGEST_APPEND:
            raise Refusal("Audio chunk is larger than 15 MiB.", code="invalid_value", param="audio")
        for change, at_ms in self.hearing.append(sound):
            if change is Change.STARTED:
                self._speech_started(at_ms)
            elif change is Change.STOPPED:
                self._speech_stopped(at_ms)
            else:
                self._idle(at_ms)

    def _speech_started(self, at_ms: int) -> None:
        self._turn_id = self.new_id("item")
        self.emit("input_audio_buffer.speech_started", audio_start_ms=at_ms, item_id=self._turn_id)
        if self._detection("interrupt_response") and self._answer is not None:
            self._answer.cancel("turn_detected")

    def _speech_stopped(self, at_ms: int) -> None:
        item_id = self._turn_id or self.new_id("item")
        self.emit("input_audio_buffer.speech_stopped", audio_end_ms=at_ms, item_id=item_id)
        self._take_turn(self.hearing.take_spoken(), item_id)
        if self._detection("create_response"):
            self._respond_by_itself()

    def _idle(self, at_ms: int) -> None:
        item_id = self.new_id("item")
        turn = self.hearing.take(from_ms=max(0, at_ms - int(self._detection("idle_timeout_ms") or 0)))
        self.emit(
            "input_audio_buffer.timeout_triggered",
            audio_start_ms=turn.start_ms,
            audio_end_ms=turn.end_ms,
            item_id=item_id,
        )
        self._take_turn(turn, item_id, idle=True)
        self._respond_by_itself()

    def _respond_by_itself(self) -> None:
        try:
            self._create_response(shapes.ResponseSettings())
        except Refusal as refusal:
            self._tell_error(refusal, None)

    def _commit(self) -> None:
        self._take_turn(self.hearing.commit(), self._turn_id or self.new_id("item"))

    def _take_turn(self, turn: Turn, item_id: str, *, idle: bool = False) -> None:
        self._turn_id = None
        self._audio_in_ms += turn.end_ms - turn.start_ms
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
        self.emit("input_audio_buffer.committed", item_id=item_id, previous_item_id=self.conversation.last_id())
        self.add_item(item)
        self.emit_item("conversation.item.done", item)
        self.diary.turns.append({"speaker": "user", "text": turn.words})
        wanted = self.shown["audio"]["input"]["transcription"]
        if wanted is not None:
            self.keep(tell_transcript(self, item, turn, wanted))

    def _clear(self) -> None:
        self.hearing.clear()
        self.emit("input_audio_buffer.cleared")

    def _refuse_output_clear(self, _event: shapes.OutputClear) -> None:
        raise Refusal(
            "The 'output_audio_buffer.clear' event is only available over WebRTC and SIP.",
            code="invalid_value",
            param="type",
        )

    def _update(self, event: shapes.SessionUpdate) -> None:
        self.shown = updated_session(self.shown, event.session, has_spoken=self.has_spoken)
        audio_in = self.shown["audio"]["input"]
        form = AudioFormat(audio_in["format"]["type"])
        if form is not self.hearing.form or audio_in["turn_detection"] != self.hearing.turn_detection:
            self.hearing.configure(form, audio_in["turn_detection"])
        self.emit("session.updated", session=self.shown)

    def _create_item(self, event: shapes.ItemCreate) -> None:
        given = event.item
        if isinstance(given, shapes.FunctionCallOutput) and self.conversation.call_named(given.call_id) is None:
            raise Refusal(
                f"Tool call ID '{given.call_id}' not found in conversation.",
                code="invalid_tool_call_id",
                param="item.call_id",
            )
        item = self._item_from(given)
        previous = self.conversation.add(item, after=event.previous_item_id)
        self.emit_item("conversation.item.added", item, previous)
        self.emit_item("conversation.item.done", item, previous)

    def _item_from(self, given: Any) -> Item:
        shown = given.model_dump(exclude_none=True)
        shown |= {"id": given.id or self.new_id("item"), "object": "realtime.item", "status": "completed"}
        words = " ".join(part.get("text") or part.get("transcript") or "" for part in shown.get("content", [])).strip()
        for part in shown.get("content", []):
            if audio := part.pop("audio", None):
                turn = Hearing(self.hearing.form, None)
                turn.append(_decode(audio, "item.content.audio"))
                words = f"{words} {turn.take().words}".strip()
        return Item(shown, words=words)

    def _delete_item(self, event: shapes.ItemDelete) -> None:
        self.conversation.delete(event.item_id)
        self.emit("conversation.item.deleted", item_id=event.item_id)

    def _retrieve_item(self, event: shapes.ItemRetrieve) -> None:
        self.emit("conversation.item.retrieved", item=self.conversation.retrieve(event.item_id).shown)

    def _truncate_item(self, event: shapes.ItemTruncate) -> None:
        self.conversation.truncate(event.item_id, event.content_index, event.audio_end_ms)
        self.hearing.count_idle_from(self.hearing.now_ms)
        self.emit(
            "conversation.item.truncated",
            item_id=event.item_id,
            content_index=event.content_index,
            audio_end_ms=event.audio_end_ms,
        )

    def _create_response(self, settings: shapes.ResponseSettings) -> None:
        if settings.conversation not in (None, "auto", "none"):
            raise Refusal(
                f"Invalid value: '{settings.conversation}'. Supported values are: 'auto' and 'none'.",
                code="invalid_value",
                param="response.conversation",
            )
        answer = Answer(self, settings)
        if not answer.in_conversation:
            self._asides.add(answer)
        elif self._answer is not None:
            raise Refusal(
                f"Conversation already has an active response in progress: {self._answer.id}. Wait until the response "
                "is finished before creating a new one.",
                code="conversation_already_has_active_response",
            )
        else:
            self._answer = answer
            self.hearing.stop_counting_idle()
        answer.begin()

    def _cancel_response(self, event: shapes.ResponseCancel) -> None:
        running = [answer for answer in [self._answer, *self._asides] if answer is not None]
        wanted = event.response_id or (self._answer.id if self._answer is not None else None)
        for answer in running:
            if answer.id == wanted:
                answer.cancel("client_cancelled")
                return
        raise Refusal("Cancellation failed: no active response found", code="response_cancel_not_active")

    # What goes out

    def emit(self, kind: str, **fields: Any) -> None:
        """Send one event, as it is at this moment."""
        self._send(_dump({"type": kind, "event_id": self.new_id("event"), **fields}))

    def emit_item(self, kind: str, item: Item, previous: str | None = None) -> None:
        """An event about an item of the conversation, with the id before it (looked up when not given)."""
        self.emit(kind, previous_item_id=previous or self.conversation.before(item), item=item.shown)

    def add_item(self, item: Item) -> None:
        """Append to the conversation and tell so."""
        previous = self.conversation.add(item)
        self.emit_item("conversation.item.added", item, previous)

    def _tell_error(self, refusal: Refusal, event_id: str | None) -> None:
        self.diary.errors.append(refusal.code or refusal.type)
        self.emit("error", error=refusal.event(event_id))

    # For the answers in the making

    def think(self, settings: shapes.ResponseSettings, *, in_conversation: bool) -> list[Part]:
        """What the brain says now; an out-of-band response thinks with a mind of its own and forgets it."""
        tools = [tool.model_dump() for tool in settings.tools] if settings.tools is not None else self.shown["tools"]
        choice = settings.tool_choice if settings.tool_choice is not None else self.shown["tool_choice"]
        if isinstance(choice, shapes.NamedFunction):
            choice = choice.model_dump()
        history = list(self.conversation)
        brain = self.brain
        if settings.input is not None:
            brain = Brain(two_items_every=0)
            history = [item for given in settings.input if (item := self._input_item(given)) is not None]
        elif not in_conversation:
            brain = self.brain.copy()
        return brain.reply(
            history,
            instructions=self.shown["instructions"],
            for_this_response=settings.instructions,
            tools=tools,
            tool_choice=choice,
        )

    def _input_item(self, given: Any) -> Item | None:
        if isinstance(given, shapes.ItemReference):
            return self.conversation.find(given.id)
        return self._item_from(given)

    def answered(self, answer: Answer) -> None:
        """The response has ended; the idle timeout counts from the end of its playing time."""
        self._asides.discard(answer)
        if self._answer is answer:
            self._answer = None
            self.hearing.count_idle_from(self.hearing.now_ms + answer.audio_ms)
        self.emit(
            "rate_limits.updated",
            rate_limits=[
                {"name": "requests", "limit": 10000, "remaining": 9999, "reset_seconds": 0.006},
                {"name": "tokens", "limit": 800000, "remaining": 795000, "reset_seconds": 0.375},
            ],
        )

    def note_said(self, item: Item, said: str | None) -> None:
        """Into the diary: words spoken, or a function called."""
        if said is not None:
            self.diary.turns.append({"speaker": "assistant", "text": said})
        else:
            self.diary.calls.append({"name": item.shown["name"], "arguments": item.shown["arguments"]})

    def tokens_heard(self) -> tuple[int, int]:
        """Text and audio tokens of the context, roughly: four characters, or a tenth of a second, each."""
        text = len(self.shown["instructions"] or "") + sum(len(item.words) for item in self.conversation)
        return text // 4 + 1, self._audio_in_ms // 100

    def voice_named(self, voice: str | shapes.VoiceId) -> str | dict[str, str]:
        return known_voice(voice, "response.audio.output.voice")

    def next_utterance(self) -> int:
        """A number for the words of one message, different from the one before."""
        self._utterance = (self._utterance + 1) & 0xFFFF
        return self._utterance

    def new_id(self, kind: str) -> str:
        """An id in OpenAI's manner, such as item_9f3c..., never given twice."""
        self._id_number += 1
        return f"{kind}_{self._id_stem}{self._id_number:08x}"

    # Time

    def keep(self, work: Any) -> None:
        """Run a coroutine for as long as the session lives."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def later(self, seconds: float, then: Callable[[], None]) -> None:
        async def wait() -> None:
            await asyncio.sleep(seconds)
            then()

        self.keep(wait())

    def _expire(self) -> None:
        reason = "Your session hit the maximum duration of 60 minutes."
        self._tell_error(Refusal(reason, code="session_expired"), None)
        self.end(1001, reason)

    def _die(self) -> None:
        self.end(self.faults.die_code, "keepalive ping timeout" if self.faults.die_code == 1011 else "")

    def end(self, code: int, reason: str) -> None:
        """Close the connection from this side; 1006 cuts it."""
        self.diary.close_code = code
        self._close(code, reason)

    def _detection(self, key: str) -> Any:
        detection = self.shown["audio"]["input"]["turn_detection"]
        return detection.get(key) if detection is not None else None


def _decode(audio: str, param: str) -> bytes:
    try:
        return base64.b64decode(audio, validate=True)
    except (binascii.Error, ValueError):
        raise Refusal(
            f"Invalid '{param}'. Expected base64-encoded audio bytes in the session's input format, but got an "
            "invalid value.",
            code="invalid_value",
            param=param,
        ) from None


def _parse(text: str | None) -> dict[str, Any]:
    try:
        event = json.loads(text or "")
    except ValueError:
        event = None
    if not isinstance(event, dict):
        raise Refusal(
            "We could not parse the JSON body of your request. The event should be a JSON object with a 'type'.",
            code="invalid_json",
        )
    return event
