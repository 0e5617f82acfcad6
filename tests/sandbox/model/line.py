"""A telephone line to the stand-in model for tests: the real client at one end, real sound, every event checked."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
from collections.abc import AsyncIterator, Callable
from typing import Any

from openai import AsyncOpenAI

from oncall.sandbox import voice
from oncall.sandbox.model.app import create_app
from oncall.sandbox.model.config import ModelConfig
from oncall.sandbox.server import running
from oncall.sandbox.sound import SILENCE, read_words
from tests.sandbox.model.strict import Recorder, check_client_event

MODEL = "gpt-realtime-2.1-mini"
QUICK = ModelConfig(thinking_seconds=0.02, transcription_seconds=0.05, audio_pace=200.0, two_items_every=0)

KOREAN = """# 할 일
어르신께 안부를 여쭙니다.

# 질문
1. [meals] 식사는 잘 챙겨 드시고 계세요?
2. [sleep] 밤에 잠은 잘 주무세요?
3. [heating] 방은 따뜻하세요?

# 마무리
모두 여쭌 뒤에는 이렇게 말합니다.
"말씀 나눠 주셔서 고맙습니다. 안녕히 계세요."
"""

TOOLS = [
    {
        "type": "function",
        "name": name,
        "description": name,
        "parameters": {
            "type": "object",
            "properties": properties,
            "required": list(properties),
            "additionalProperties": False,
        },
    }
    for name, properties in {
        "note_fact": {
            "fact": {"type": "string"},
            "status": {"type": "string", "enum": ["answered", "unclear", "refused"]},
            "words": {"type": "string"},
        },
        "resident_says": {
            "what": {"type": "string", "enum": ["person", "stop_calling", "later", "do_not_record", "wrong_person"]}
        },
        "raise_alarm": {"code": {"type": "string"}, "words": {"type": "string"}},
        "end_call": {"reason": {"type": "string"}},
    }.items()
]


@contextlib.asynccontextmanager
async def stand_in(config: ModelConfig = QUICK) -> AsyncIterator[str]:
    """The stand-in's base address, without /v1."""
    async with running(create_app(config), 0) as server:
        yield server.url


def client_of(url: str, key: str = "key") -> AsyncOpenAI:
    """OpenAI's client, pointed at the stand-in by its base address alone; it never tries anything twice."""
    return AsyncOpenAI(base_url=f"{url}/v1", api_key=key, max_retries=0)


class Line:
    """One realtime connection; `events` holds all that came, each checked against the client's types."""

    def __init__(self, connection: Any, unknown: tuple[str, ...] = ()) -> None:
        self.connection = connection
        self.events = Recorder(unknown=unknown)
        self._arrived = asyncio.Event()
        self._reader = asyncio.create_task(self._read())
        self.closed: tuple[int, str] | None = None
        self.trouble: BaseException | None = None

    async def _read(self) -> None:
        try:
            while True:
                self.events.record(await self.connection.recv_bytes())
                self._arrived.set()
        except AssertionError as unlike:
            self.trouble = unlike
        except Exception as closed:
            received = getattr(closed, "rcvd", None)
            self.closed = (received.code, received.reason) if received else (1006, "")
        finally:
            self._arrived.set()

    async def send(self, **event: Any) -> None:
        """One client event, checked like the server's."""
        await self.connection.send_raw(json.dumps(check_client_event(event)))

    async def send_anything(self, text: str) -> None:
        """Whatever, unchecked."""
        await self.connection.send_raw(text)

    async def settle(self, *, tools: bool = True, detection: dict[str, Any] | None = None, **session: Any) -> None:
        """Mu-law both ways, the Korean checklist, and server VAD unless told otherwise; waits for session.updated."""
        await self.until("session.created")
        turn_detection = {"type": "server_vad", "threshold": 0.5, "silence_duration_ms": 700, **(detection or {})}
        settings: dict[str, Any] = {
            "type": "realtime",
            "instructions": KOREAN,
            "tools": TOOLS if tools else [],
            "audio": {
                "input": {
                    "format": {"type": "audio/pcmu"},
                    "transcription": {"model": "gpt-transcribe", "language": "ko"},
                    "turn_detection": turn_detection,
                },
                "output": {"format": {"type": "audio/pcmu"}},
            },
        }
        settings.update(session)
        await self.send(type="session.update", session=settings)
        await self.until("session.updated")

    async def play(self, sound: bytes, *, frame: int = 160) -> None:
        """Append sound in frames of so many bytes, as fast as the socket takes it."""
        for at in range(0, len(sound), frame):
            audio = base64.b64encode(sound[at : at + frame]).decode()
            await self.connection.send_raw('{"type":"input_audio_buffer.append","audio":"' + audio + '"}')

    async def speak(self, text: str, *, pause_ms: int = 900, utterance: int = 1) -> None:
        """A person says this and is then quiet for a while."""
        language = "ko" if any("가" <= letter <= "힣" for letter in text) else "en"
        await self.play(voice.say(text, language, voice.WOMAN, utterance) + SILENCE * (pause_ms // 20))

    async def until(self, kind: str, count: int = 1, *, seconds: float = 5.0) -> dict[str, Any]:
        """Wait for the count-th event of this type since the start, and return it."""
        return await self.until_true(
            lambda: self.events.of(kind)[count - 1] if len(self.events.of(kind)) >= count else None, kind, seconds
        )

    async def until_true(self, found: Callable[[], Any], what: str, seconds: float = 5.0) -> Any:
        """Wait until `found` returns something; fails with the events so far."""
        try:
            async with asyncio.timeout(seconds):
                while (result := found()) is None:
                    if self.trouble is not None:
                        raise self.trouble
                    if self._reader.done():
                        raise AssertionError(f"closed {self.closed} before {what}; events: {self.events.types}")
                    self._arrived.clear()
                    await self._arrived.wait()
                return result
        except TimeoutError:
            raise AssertionError(f"no {what} within {seconds} s; events: {self.events.types}") from None

    async def until_closed(self, seconds: float = 5.0) -> tuple[int, str]:
        """Wait for the end of the connection: the close code and reason as received."""
        await asyncio.wait_for(asyncio.shield(self._reader), seconds)
        if self.trouble is not None:
            raise self.trouble
        assert self.closed is not None
        return self.closed

    async def return_output(self, call: dict[str, Any], **output: Any) -> None:
        """Answer a function call and ask for the next response."""
        await self.send(
            type="conversation.item.create",
            item={"type": "function_call_output", "call_id": call["call_id"], "output": json.dumps(output)},
        )
        await self.send(type="response.create")

    def sound_of(self, item_id: str) -> bytes:
        """The mu-law sent for one item."""
        deltas = (event for event in self.events.of("response.output_audio.delta") if event["item_id"] == item_id)
        return b"".join(base64.b64decode(event["delta"]) for event in deltas)

    def said(self) -> list[str]:
        """What was spoken, item by item, as a listener reads it from the sound."""
        items: dict[str, None] = {}
        for event in self.events.of("response.output_audio.delta"):
            items[event["item_id"]] = None
        return [read_words(self.sound_of(item)).strip() for item in items]

    def calls(self) -> list[tuple[str, dict[str, Any]]]:
        """Functions called, with their arguments."""
        done = self.events.of("response.function_call_arguments.done")
        return [(event["name"], json.loads(event["arguments"])) for event in done]

    async def hang_up(self) -> None:
        """Close from this side; raises what was wrong with an event, if anything was."""
        await self.connection.close()
        await asyncio.wait_for(asyncio.shield(self._reader), 5)
        if self.trouble is not None:
            raise self.trouble


@contextlib.asynccontextmanager
async def line_to(url: str, *, unknown: tuple[str, ...] = (), **options: Any) -> AsyncIterator[Line]:
    """A connected line, hung up at the end."""
    async with client_of(url).realtime.connect(model=MODEL, **options) as connection:
        line = Line(connection, unknown)
        try:
            yield line
        finally:
            await line.hang_up()
