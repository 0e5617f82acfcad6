"""One realtime session: what the client sends in, what the stand-in says back, in the order OpenAI says it."""

from __future__ import annotations

import asyncio
import json
import random
import secrets
import time
from collections.abc import Callable
from typing import Any

from oncall.sandbox.model import client_events
from oncall.sandbox.model.answer import Answer
from oncall.sandbox.model.audio_format import AudioFormat
from oncall.sandbox.model.audio_shapes import VoiceId
from oncall.sandbox.model.brain import Brain
from oncall.sandbox.model.config import ModelConfig
from oncall.sandbox.model.diary import Diary
from oncall.sandbox.model.ear import Ear
from oncall.sandbox.model.faults import Faults
from oncall.sandbox.model.hearing import Hearing
from oncall.sandbox.model.item_events import ItemEvents
from oncall.sandbox.model.items import Conversation, Item
from oncall.sandbox.model.misconduct import Misconduct, Tools
from oncall.sandbox.model.parts import Part
from oncall.sandbox.model.refusal import Refusal
from oncall.sandbox.model.session_settings import known_voice, new_session, updated_session
from oncall.sandbox.model.session_shapes import NamedFunction, ResponseSettings
from oncall.sandbox.model.wire import event_in

_dump = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


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
        self._tasks: set[asyncio.Task[None]] = set()
        self._misconduct = Misconduct(faults, chance.getrandbits(32))
        self._responses_done = 0
        self._ear = Ear(self, self.hearing)
        self._item_events = ItemEvents(self)
        self._handlers: dict[type[Any], Callable[[Any], None]] = {
            client_events.SessionUpdate: self._update,
            client_events.Commit: lambda _event: self._ear.commit(),
            client_events.Clear: lambda _event: self._ear.clear(),
            client_events.OutputClear: self._ear.refuse_output_clear,
            client_events.ItemCreate: self._item_events.create,
            client_events.ItemDelete: self._item_events.delete,
            client_events.ItemRetrieve: self._item_events.retrieve,
            client_events.ItemTruncate: self._item_events.truncate,
            client_events.ResponseCreate: lambda event: self._create_response(event.response or ResponseSettings()),
            client_events.ResponseCancel: self._cancel_response,
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
            event = event_in(text)
            given_id = event.get("event_id")
            event_id = given_id if isinstance(given_id, str) else None
            if event.get("type") == "input_audio_buffer.append":
                self._ear.append(event)
                return
            read = client_events.read_client_event(event)
            self._handlers[type(read)](read)
        except Refusal as refusal:
            self._tell_error(refusal, event_id)

    def respond_by_itself(self) -> None:
        """A turn has ended and the session answers without being asked; a refusal is told as an error."""
        try:
            self._create_response(ResponseSettings())
        except Refusal as refusal:
            self._tell_error(refusal, None)

    def _update(self, event: client_events.SessionUpdate) -> None:
        self.shown = updated_session(self.shown, event.session, has_spoken=self.has_spoken)
        audio_in = self.shown["audio"]["input"]
        form = AudioFormat(audio_in["format"]["type"])
        if form is not self.hearing.form or audio_in["turn_detection"] != self.hearing.turn_detection:
            self.hearing.configure(form, audio_in["turn_detection"])
        self.emit("session.updated", session=self.shown)

    def _create_response(self, settings: ResponseSettings) -> None:
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

    def _cancel_response(self, event: client_events.ResponseCancel) -> None:
        running = [answer for answer in [self._answer, *self._asides] if answer is not None]
        wanted = event.response_id or (self._answer.id if self._answer is not None else None)
        for answer in running:
            if answer.id == wanted:
                answer.cancel("client_cancelled")
                return
        raise Refusal("Cancellation failed: no active response found", code="response_cancel_not_active")

    def interrupt(self) -> None:
        """The far end has begun to speak: whatever is being said stops."""
        if self._answer is not None:
            self._answer.cancel("turn_detected")

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

    def think(self, settings: ResponseSettings, *, in_conversation: bool) -> list[Part]:
        """What the brain says now; an out-of-band response thinks with a mind of its own and forgets it."""
        tools = [tool.model_dump() for tool in settings.tools] if settings.tools is not None else self.shown["tools"]
        choice = settings.tool_choice if settings.tool_choice is not None else self.shown["tool_choice"]
        if isinstance(choice, NamedFunction):
            choice = choice.model_dump()
        history = list(self.conversation)
        brain = self.brain
        if settings.input is not None:
            brain = Brain(two_items_every=0)
            history = [item for given in settings.input if (item := self._item_events.input_item(given)) is not None]
        elif not in_conversation:
            brain = self.brain.copy()

        def reply(tools: Tools) -> list[Part]:
            return brain.reply(
                history,
                instructions=self.shown["instructions"],
                for_this_response=settings.instructions,
                tools=tools,
                tool_choice=choice,
            )

        return (
            self._misconduct.bend(brain, reply, tools, heard=brain.hears(history)) if in_conversation else reply(tools)
        )

    @property
    def mute(self) -> bool:
        """By fault: nothing comes of any further response."""
        limit = self.faults.silent_after_responses
        return limit is not None and self._responses_done >= limit

    def answered(self, answer: Answer) -> None:
        """The response has ended; the idle timeout counts from the end of its playing time."""
        self._asides.discard(answer)
        if self._answer is answer:
            self._answer = None
            self._responses_done += 1
            self.hearing.count_idle_from(self.hearing.now_ms + answer.audio_ms)
        self.emit(
            "rate_limits.updated",
            rate_limits=[
                {"name": "requests", "limit": 10000, "remaining": 9999, "reset_seconds": 0.006},
                {"name": "tokens", "limit": 800000, "remaining": 795000, "reset_seconds": 0.375},
            ],
        )
        if self._responses_done == self.faults.die_after_responses:
            self._die()

    def note_said(self, item: Item, said: str | None) -> None:
        """Into the diary: words spoken, or a function called."""
        if said is not None:
            self.diary.turns.append({"speaker": "assistant", "text": said})
        else:
            self.diary.calls.append({"name": item.shown["name"], "arguments": item.shown["arguments"]})

    def tokens_heard(self) -> tuple[int, int]:
        """Text and audio tokens of the context, roughly: four characters, or a tenth of a second, each."""
        text = len(self.shown["instructions"] or "") + sum(len(item.words) for item in self.conversation)
        return text // 4 + 1, self._ear.heard_ms // 100

    def voice_named(self, voice: str | VoiceId) -> str | dict[str, str]:
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
