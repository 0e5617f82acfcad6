"""One realtime response in the making: thinks, then speaks or calls functions, faster than real time."""

from __future__ import annotations

import asyncio
import base64
import copy
import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import structlog

from oncall.sandbox import voice
from oncall.sandbox.model.audio_format import AudioFormat, from_ulaw
from oncall.sandbox.model.items import Item
from oncall.sandbox.model.output import Output
from oncall.sandbox.model.parts import Call, Part, Say
from oncall.sandbox.model.session_shapes import ResponseSettings
from oncall.sandbox.model.usage import TOKENS_PER_AUDIO_SECOND, usage_of

if TYPE_CHECKING:
    from oncall.sandbox.model.session import Session

log = structlog.get_logger()


class Answer:
    """Lives from response.created to response.done; everything it emits goes through its session."""

    def __init__(self, session: Session, settings: ResponseSettings) -> None:
        self.session = session
        self.settings = settings
        self.id = session.new_id("resp")
        self.in_conversation = settings.conversation != "none"
        self.audio_ms = 0
        self.done = False
        self._output = Output(session, self.id, in_conversation=self.in_conversation)
        self._text_tokens = 0
        audio = session.shown["audio"]["output"]
        chosen = settings.audio.output if settings.audio and settings.audio.output else None
        self._format = chosen.format.model_dump() if chosen and chosen.format else audio["format"]
        self._voice = audio["voice"] if chosen is None or chosen.voice is None else session.voice_named(chosen.voice)
        self._modalities: list[str] = list(settings.output_modalities or session.shown["output_modalities"])
        limit = settings.max_output_tokens or session.shown["max_output_tokens"]
        self._max_tokens: int | None = None if limit == "inf" else int(limit)
        self._shown_limit = limit
        self._task: asyncio.Task[None] | None = None

    def begin(self) -> None:
        """Announce the response and start thinking."""
        self.session.emit("response.created", response=self._shown("in_progress"))
        self._task = asyncio.create_task(self._run())

    def cancel(self, reason: str) -> None:
        """Stop at once; `reason` is turn_detected or client_cancelled."""
        if self.done:
            return
        if self._task is not None:
            self._task.cancel()
        if self._output.open is not None:
            self._output.close_open("incomplete")
        self._finish("cancelled", {"type": "cancelled", "reason": reason})

    async def stop(self) -> None:
        """The session is gone: nothing more is emitted."""
        self.done = True
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self) -> None:
        try:
            await self._respond()
        except Exception as problem:
            # A fault of the stand-in's own must not look like a model that fell silent.
            log.exception("sandbox_response_failed", response=self.id)
            if self._output.open is not None:
                self._output.close_open("incomplete")
            trouble = {"type": "server_error", "code": "server_error", "message": type(problem).__name__}
            self._finish("failed", {"type": "failed", "error": trouble})

    async def _respond(self) -> None:
        session = self.session
        await asyncio.sleep(session.config.thinking_seconds / session.config.speed)
        if session.mute:
            await asyncio.Event().wait()
        if session.faults.garbage_event:
            session.emit("response.telepathy.delta", response_id=self.id, thought="?", weight=session.chance.random())
        if session.faults.slow_first_delta_seconds:
            await asyncio.sleep(session.faults.slow_first_delta_seconds)
        if session.faults.response_error:
            code = session.faults.response_error
            trouble = {"type": "invalid_request_error", "code": code, "message": f"The response failed: {code}."}
            self._finish("failed", {"type": "failed", "error": trouble})
            return
        for part in session.think(self.settings, in_conversation=self.in_conversation):
            complete = await self._produce(part)
            if not complete:
                self._finish("incomplete", {"type": "incomplete", "reason": "max_output_tokens"})
                return
        self._finish("completed", None)

    async def _produce(self, part: Part) -> bool:
        if isinstance(part, Call):
            await self._call(part)
            return True
        if self._modalities == ["text"]:
            return await self._write(part)
        return await self._say(part)

    async def _say(self, part: Say) -> bool:
        session = self.session
        utterance = session.next_utterance()
        ulaw = await asyncio.to_thread(
            voice.say,
            part.text,
            part.language,
            voice.AGENT,
            utterance,
            session.shown["audio"]["output"]["speed"],
        )
        form = AudioFormat(self._format["type"])
        self._output.open_message({"type": "output_audio", "transcript": ""}, {"type": "audio", "transcript": ""})
        item = self._output.open
        assert item is not None
        where = self._output.where(item)
        total_ms = len(ulaw) // 8
        session.has_spoken = True
        spoken_ms = 0
        for length_ms in self._lengths(total_ms):
            if self._max_tokens is not None and self._tokens() >= self._max_tokens:
                self._output.close_open("incomplete")
                return False
            # The transcript runs a little ahead of the sound, as OpenAI's does.
            self._tell(part.text, min(len(part.text), len(part.text) * (spoken_ms + 2 * length_ms) // total_ms), where)
            chunk = from_ulaw(ulaw[spoken_ms * 8 : (spoken_ms + length_ms) * 8], form)
            session.emit("response.output_audio.delta", **where, delta=base64.b64encode(chunk).decode())
            spoken_ms += length_ms
            item.audio_ms = spoken_ms
            self.audio_ms += length_ms
            await asyncio.sleep(length_ms / 1000 / session.config.audio_pace / session.config.speed)
        self._tell(part.text, len(part.text), where)
        self._output.close_open("completed")
        return True

    def _lengths(self, total_ms: int) -> Iterator[int]:
        """Pieces of 100 to 400 ms, whole frames, never alike."""
        left = total_ms
        while left > 0:
            length = min(left, self.session.chance.randrange(100, 401, 20))
            yield length
            left -= length

    def _tell(self, text: str, upto: int, where: dict[str, Any]) -> None:
        """The transcript up to this character, a few characters at a time."""
        while (told := len(self._output.said)) < upto:
            piece = text[told : min(upto, told + self.session.chance.randint(2, 6))]
            self._output.said += piece
            self.session.emit("response.output_audio_transcript.delta", **where, delta=piece)

    async def _write(self, part: Say) -> bool:
        self._output.open_message({"type": "output_text", "text": ""}, {"type": "text", "text": ""})
        assert self._output.open is not None
        where = self._output.where(self._output.open)
        words = part.text.split(" ")
        for index, word in enumerate(words):
            if self._max_tokens is not None and self._tokens() >= self._max_tokens:
                self._output.close_open("incomplete")
                return False
            piece = word if index == len(words) - 1 else f"{word} "
            self._output.said += piece
            self._text_tokens += 2
            self.session.emit("response.output_text.delta", **where, delta=piece)
            await asyncio.sleep(0)
        self._output.close_open("completed")
        return True

    async def _call(self, call: Call) -> None:
        session = self.session
        item = Item(
            {
                "id": session.new_id("item"),
                "object": "realtime.item",
                "type": "function_call",
                "status": "in_progress",
                "name": call.name,
                "call_id": session.new_id("call"),
                "arguments": "",
            }
        )
        self._output.announce(item)
        arguments = json.dumps(call.arguments, ensure_ascii=False)
        where = {
            "response_id": self.id,
            "item_id": item.id,
            "output_index": len(self._output.items) - 1,
            "call_id": item.shown["call_id"],
        }
        for at in range(0, len(arguments), 24):
            session.emit("response.function_call_arguments.delta", **where, delta=arguments[at : at + 24])
            await asyncio.sleep(0)
        item.shown |= {"arguments": arguments, "status": "completed"}
        self._text_tokens += len(arguments) // 4 + 5
        session.emit("response.function_call_arguments.done", **where, name=call.name, arguments=arguments)
        self._output.open = None
        self._output.retire(item)

    def _finish(self, status: str, details: dict[str, Any] | None) -> None:
        self.done = True
        self.session.emit(
            "response.done",
            response=self._shown(
                status, details, usage=usage_of(self.session.tokens_heard(), self._text_tokens, self.audio_ms)
            ),
        )
        self.session.answered(self)

    def _tokens(self) -> int:
        return self._text_tokens + self.audio_ms * TOKENS_PER_AUDIO_SECOND // 1000

    def _shown(
        self, status: str, details: dict[str, Any] | None = None, usage: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        return {
            "object": "realtime.response",
            "id": self.id,
            "status": status,
            "status_details": details,
            "output": [copy.deepcopy(item.shown) for item in self._output.items],
            "conversation_id": self.session.conversation_id if self.in_conversation else None,
            "output_modalities": self._modalities,
            "max_output_tokens": self._shown_limit,
            "audio": {"output": {"format": self._format, "voice": self._voice}},
            "usage": usage,
            "metadata": self.settings.metadata,
        }
