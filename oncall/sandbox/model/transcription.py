"""POST /v1/audio/transcriptions: the words in the samples, in the formats and within the limits of each model."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData, UploadFile
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response, StreamingResponse

from oncall.sandbox.model.briefing import language_of
from oncall.sandbox.model.faults import Faults, TranscriptionsMode
from oncall.sandbox.model.model_list import Job, known_model
from oncall.sandbox.model.refusal import Refusal, server_trouble
from oncall.sandbox.model.wav import Recording, read_wav

LARGEST_FILE = 25 * 1024 * 1024
_ENDINGS = ("flac", "m4a", "mp3", "mp4", "mpeg", "mpga", "oga", "ogg", "wav", "webm")
_FORMATS = {
    "whisper-1": ("json", "text", "srt", "vtt", "verbose_json"),
    "gpt-4o-transcribe-diarize": ("json", "text", "diarized_json"),
}
_PLAIN_FORMATS = ("json", "text")
_FIELDS = {
    "model", "file", "language", "languages", "prompt", "keywords", "response_format", "temperature", "include",
    "timestamp_granularities", "chunking_strategy", "known_speaker_names", "known_speaker_references", "stream",
}  # fmt: skip
WHISPER_ON_SILENCE = {"ko": "시청해 주셔서 감사합니다.", "en": "Thank you for watching."}
"""What whisper-1 is known to hear where nobody speaks."""


async def transcribe(request: Request, faults: Faults) -> Response:
    """One upload in, one transcript out."""
    _strike(faults)
    async with request.form(max_part_size=LARGEST_FILE + 1) as form:
        upload = form.get("file")
        if not isinstance(upload, UploadFile):
            raise Refusal("Missing required parameter: 'file'.", code="missing_required_parameter", param="file")
        model, wanted = _check(form)
        content = await upload.read()
        recording = await run_in_threadpool(_open, upload.filename or "", content)
        language = form.get("language")
        stream = form.get("stream") == "true" and model != "whisper-1"
    text = "" if faults.transcriptions_mode is TranscriptionsMode.EMPTY else await run_in_threadpool(recording.words)
    if not text and model == "whisper-1":
        text = WHISPER_ON_SILENCE.get(str(language or "en"), WHISPER_ON_SILENCE["en"])
    said = str(language) if isinstance(language, str) and language else language_of(text)
    if stream:
        return StreamingResponse(_stream(model, text, recording, said), media_type="text/event-stream")
    return _answer(wanted, model, text, recording, said)


def _strike(faults: Faults) -> None:
    if faults.transcriptions_mode is TranscriptionsMode.HTTP_500:
        raise server_trouble(500)
    if faults.transcriptions_mode is TranscriptionsMode.HTTP_429:
        raise server_trouble(429, retry_after=faults.retry_after)


def _check(form: FormData) -> tuple[str, str]:
    """The model and the response format, both known to go together."""
    for name in form:
        if name.split("[")[0] not in _FIELDS:
            raise Refusal(f"Unknown parameter: '{name}'.", code="unknown_parameter", param=name)
    given = form.get("model")
    if not isinstance(given, str) or not given:
        raise Refusal("you must provide a model parameter", param="model")
    model = known_model(given, Job.TRANSCRIPTION).id
    if form.get("language") and form.getlist("languages[]"):
        raise Refusal("Only one of 'language' and 'languages' may be given.", code="invalid_value", param="languages")
    wanted = str(form.get("response_format") or "json")
    allowed = _FORMATS.get(model, _PLAIN_FORMATS)
    if wanted not in allowed:
        raise Refusal(
            f"response_format '{wanted}' is not compatible with model '{model}'. Use "
            f"{' or '.join(repr(form) for form in allowed)} instead.",
            code="unsupported_value",
            param="response_format",
        )
    if form.getlist("timestamp_granularities[]") and wanted != "verbose_json":
        raise Refusal(
            "timestamp_granularities need response_format 'verbose_json'.",
            code="unsupported_value",
            param="timestamp_granularities",
        )
    return model, wanted


def _open(filename: str, content: bytes) -> Recording:
    if len(content) > LARGEST_FILE:
        raise Refusal(
            f"Maximum content size limit ({LARGEST_FILE}) exceeded ({len(content)} bytes read)", status=413, code=None
        )
    ending = filename.rpartition(".")[2].lower()
    if ending not in _ENDINGS:
        raise Refusal(f"Unrecognized file format. Supported formats: {list(_ENDINGS)}", param="file")
    recording = read_wav(content)
    if recording.seconds < 0.1:
        raise Refusal(
            "Audio file is too short. Minimum audio length is 0.1 seconds.", code="audio_too_short", param="file"
        )
    return recording


def _answer(wanted: str, model: str, text: str, recording: Recording, language: str | None) -> Response:
    seconds = recording.seconds
    if wanted == "text":
        return PlainTextResponse(f"{text}\n")
    if wanted == "srt":
        return PlainTextResponse(f"1\n00:00:00,000 --> {_clock(seconds, ',')}\n{text}\n\n")
    if wanted == "vtt":
        return PlainTextResponse(f"WEBVTT\n\n00:00:00.000 --> {_clock(seconds, '.')}\n{text}\n\n")
    body: dict[str, Any] = {"text": text, "usage": _usage(model, text, seconds)}
    if wanted == "json" and model == "gpt-transcribe":
        body["languages"] = [{"code": language}] if language and text else []
    if wanted == "verbose_json":
        name = {"ko": "korean", "en": "english"}.get(language or "en", language or "english")
        body |= {"language": name, "duration": seconds, "segments": [_segment(text, seconds)]}
    if wanted == "diarized_json":
        body |= {"task": "transcribe", "duration": seconds, "segments": _speakers(recording)}
    return JSONResponse(body)


def _usage(model: str, text: str, seconds: float) -> dict[str, Any]:
    if "4o" not in model:
        return {"type": "duration", "seconds": max(1, round(seconds))}
    heard, written = int(seconds * 10), len(text) // 2
    return {
        "type": "tokens",
        "input_tokens": heard,
        "input_token_details": {"text_tokens": 0, "audio_tokens": heard},
        "output_tokens": written,
        "total_tokens": heard + written,
    }


def _segment(text: str, seconds: float) -> dict[str, Any]:
    return {
        "id": 0,
        "seek": 0,
        "start": 0.0,
        "end": seconds,
        "text": text,
        "tokens": [],
        "temperature": 0.0,
        "avg_logprob": -0.2,
        "compression_ratio": 1.0,
        "no_speech_prob": 0.0,
    }


def _speakers(recording: Recording) -> list[dict[str, Any]]:
    segments = []
    for index, channel in enumerate(recording.channels):
        text = Recording(recording.rate, (channel,)).words()
        if text:
            segments.append(
                {
                    "type": "transcript.text.segment",
                    "id": f"seg_{index}",
                    "start": 0.0,
                    "end": recording.seconds,
                    "text": text,
                    "speaker": "AB"[index % 2],
                }
            )
    return segments


def _stream(model: str, text: str, recording: Recording, language: str | None) -> Iterator[str]:
    words = text.split(" ") if text else []
    for index, word in enumerate(words):
        yield _sse({"type": "transcript.text.delta", "delta": word if index == 0 else f" {word}"})
    done: dict[str, Any] = {"type": "transcript.text.done", "text": text}
    usage = _usage(model, text, recording.seconds)
    if usage["type"] == "tokens":
        done["usage"] = usage
    if model == "gpt-transcribe":
        done["languages"] = [{"code": language}] if language and text else []
    yield _sse(done)


def _sse(event: dict[str, Any]) -> str:
    return f"event: {event['type']}\ndata: {json.dumps(event, ensure_ascii=False)}\n\n"


def _clock(seconds: float, point: str) -> str:
    milliseconds = round(seconds * 1000)
    hours, rest = divmod(milliseconds, 3600_000)
    minutes, rest = divmod(rest, 60_000)
    return f"{hours:02}:{minutes:02}:{rest // 1000:02}{point}{rest % 1000:03}"
