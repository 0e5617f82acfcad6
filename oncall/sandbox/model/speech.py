"""POST /v1/audio/speech: text spoken, with its words in the samples."""

from __future__ import annotations

import binascii
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from oncall.sandbox import voice
from oncall.sandbox.model.audio_format import AudioFormat, from_ulaw
from oncall.sandbox.model.briefing import language_of
from oncall.sandbox.model.model_list import Job, known_model
from oncall.sandbox.model.refusal import Refusal
from oncall.sandbox.model.wav import write_wav


class SpeechRequest(BaseModel):
    """The body; `mulaw` is the stand-in's own addition to OpenAI's formats."""

    model_config = ConfigDict(extra="forbid")

    model: str
    input: Annotated[str, Field(max_length=4096)]
    voice: str | dict[str, Any]
    instructions: str | None = None
    response_format: Literal["mp3", "opus", "aac", "flac", "wav", "pcm", "mulaw"] = "mp3"
    speed: Annotated[float, Field(ge=0.25, le=4.0)] = 1.0
    stream_format: Literal["sse", "audio"] = "audio"


async def speak(body: Any) -> Response:
    """The whole sound at once: 24 kHz for wav and pcm as OpenAI's, 8 kHz for mulaw."""
    try:
        wanted = SpeechRequest.model_validate(body)
    except ValidationError as invalid:
        first = invalid.errors(include_url=False)[0]
        param = ".".join(str(part) for part in first["loc"])
        raise Refusal(f"Invalid '{param}': {first['msg']}.", code="invalid_value", param=param) from None
    known_model(wanted.model, Job.SPEECH)
    if wanted.stream_format == "sse":
        raise Refusal("The stand-in speaks in one piece only.", code="unsupported_value", param="stream_format")
    if wanted.response_format not in ("wav", "pcm", "mulaw"):
        raise Refusal(
            f"The stand-in has no {wanted.response_format} encoder. Use 'wav', 'pcm' or 'mulaw' instead.",
            code="unsupported_value",
            param="response_format",
        )
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
