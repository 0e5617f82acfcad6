"""POST /v1/audio/speech: text spoken, with its words in the samples."""

from __future__ import annotations

import asyncio
import binascii
from collections import Counter
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from oncall.sandbox import voice
from oncall.sandbox.model.audio_format import AudioFormat, from_ulaw
from oncall.sandbox.model.briefing import language_of
from oncall.sandbox.model.faults import Faults, SpeechMode
from oncall.sandbox.model.model_list import Job, known_model
from oncall.sandbox.model.refusal import Refusal, server_trouble
from oncall.sandbox.model.session_settings import VOICES
from oncall.sandbox.model.wav import write_wav

_MORE_VOICES = ("fable", "nova", "onyx")
"""Those that speech has and realtime has not."""
_KEY = ("model", "voice", "input", "instructions", "response_format", "speed")


class SpeechRequest(BaseModel):
    """The body; `mulaw` is the stand-in's own addition to OpenAI's formats."""

    model_config = ConfigDict(extra="forbid")

    model: str
    input: Annotated[str, Field(min_length=1, max_length=4096)]
    voice: str | dict[str, Any]
    instructions: str | None = None
    response_format: Literal["mp3", "opus", "aac", "flac", "wav", "pcm", "mulaw"] = "mp3"
    speed: Annotated[float, Field(ge=0.25, le=4.0)] = 1.0
    stream_format: Literal["sse", "audio"] = "audio"

    @property
    def key(self) -> tuple[str, ...]:
        """What makes two requests the same."""
        return tuple("" if (given := getattr(self, name)) is None else str(given) for name in _KEY)


class SpeechDesk:
    """Speaks for one stand-in and remembers what it was asked to speak, and how often."""

    def __init__(self) -> None:
        self._spoken: Counter[tuple[str, ...]] = Counter()
        self._refused = 0

    async def speak(self, body: Any, faults: Faults) -> Response:
        """The whole sound at once: 24 kHz for wav and pcm as OpenAI's, 8 kHz for mulaw; the same bytes each time."""
        await asyncio.sleep(faults.speech_delay_seconds)
        try:
            if faults.speech_mode is not SpeechMode.OK:
                raise server_trouble(int(faults.speech_mode.removeprefix("http_")), retry_after=faults.retry_after)
            wanted = _read(body)
        except Refusal:
            self._refused += 1
            raise
        self._spoken[wanted.key] += 1
        language = language_of(wanted.input) or "en"
        # Two lines of one call are told apart by their words: they may well be of one length.
        utterance = binascii.crc32(wanted.input.encode())
        ulaw = await run_in_threadpool(voice.say, wanted.input, language, voice.AGENT, utterance, wanted.speed)
        if wanted.response_format == "mulaw":
            return Response(ulaw, media_type="audio/basic")
        pcm = from_ulaw(ulaw, AudioFormat.PCM)
        if wanted.response_format == "pcm":
            return Response(pcm, media_type="audio/pcm")
        return Response(write_wav(pcm, 24000), media_type="audio/wav")

    def counted(self) -> dict[str, Any]:
        """How often each different request was spoken, in the order first made, and how many were refused."""
        return {
            "calls": self._spoken.total(),
            "refused": self._refused,
            "requests": [{**dict(zip(_KEY, key, strict=True)), "calls": n} for key, n in self._spoken.items()],
        }


def _read(body: Any) -> SpeechRequest:
    try:
        wanted = SpeechRequest.model_validate(body)
    except ValidationError as invalid:
        first = invalid.errors(include_url=False)[0]
        param = ".".join(str(part) for part in first["loc"])
        raise Refusal(f"Invalid '{param}': {first['msg']}.", code="invalid_value", param=param) from None
    known_model(wanted.model, Job.SPEECH)
    if isinstance(wanted.voice, str) and wanted.voice not in (*VOICES, *_MORE_VOICES):
        raise Refusal(f"Invalid value: '{wanted.voice}' is no voice.", code="invalid_value", param="voice")
    if wanted.stream_format == "sse":
        raise Refusal("The stand-in speaks in one piece only.", code="unsupported_value", param="stream_format")
    if wanted.response_format not in ("wav", "pcm", "mulaw"):
        raise Refusal(
            f"The stand-in has no {wanted.response_format} encoder. Use 'wav', 'pcm' or 'mulaw' instead.",
            code="unsupported_value",
            param="response_format",
        )
    return wanted
