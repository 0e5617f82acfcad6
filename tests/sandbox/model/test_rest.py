"""Transcriptions, responses, speech and the list of models, asked for with OpenAI's own client."""

import json
from typing import Any, Literal

import httpx2 as httpx
import openai
import pytest
from openai.types import Model
from openai.types.audio import Transcription, TranscriptionDiarized, TranscriptionVerbose
from openai.types.responses import Response
from pydantic import BaseModel, ConfigDict

from oncall.sandbox import voice
from oncall.sandbox.model.audio_format import AudioFormat, from_ulaw
from oncall.sandbox.model.wav import write_wav
from oncall.sandbox.sound import SILENCE, to_pcm16
from tests.sandbox.model.line import client_of
from tests.sandbox.model.strict import check_object

WORDS = "어제부터 아무것도 못 먹었어요."
SPOKEN = voice.say(WORDS, "ko", voice.WOMAN, 5)
WAV = write_wav(to_pcm16(SPOKEN), 8000)


async def _faults(url: str, **faults: object) -> None:
    async with httpx.AsyncClient() as client:
        (await client.post(f"{url}/sandbox/faults", json=faults)).raise_for_status()


# Transcriptions


@pytest.mark.parametrize("rate", [8000, 24000])
async def test_a_recording_is_written_down(url: str, rate: int) -> None:
    wav = WAV if rate == 8000 else write_wav(from_ulaw(SPOKEN, AudioFormat.PCM), 24000)
    raw = await client_of(url).audio.transcriptions.with_raw_response.create(
        model="gpt-transcribe", file=("turn.wav", wav, "audio/wav"), language="ko"
    )
    body = json.loads(raw.content)
    check_object(body, Transcription)
    assert body["text"] == WORDS
    assert body["languages"] == [{"code": "ko"}]
    assert body["usage"]["type"] == "duration"
    assert raw.headers["x-request-id"].startswith("req_")


async def test_silence_is_written_down_as_nothing_but_whisper_imagines_words(url: str) -> None:
    silence = ("quiet.wav", write_wav(to_pcm16(SILENCE * 100), 8000), "audio/wav")
    client = client_of(url)
    assert (await client.audio.transcriptions.create(model="gpt-transcribe", file=silence)).text == ""
    imagined = await client.audio.transcriptions.create(model="whisper-1", file=silence, language="ko")
    assert imagined.text == "시청해 주셔서 감사합니다."


async def test_each_model_has_its_own_formats(url: str) -> None:
    client = client_of(url)
    file = ("turn.wav", WAV, "audio/wav")
    text = await client.audio.transcriptions.create(model="gpt-transcribe", file=file, response_format="text")
    assert text.strip() == WORDS
    verbose = await client.audio.transcriptions.with_raw_response.create(
        model="whisper-1", file=file, response_format="verbose_json", timestamp_granularities=["segment"]
    )
    check_object(json.loads(verbose.content), TranscriptionVerbose)
    diarized = await client.audio.transcriptions.with_raw_response.create(
        model="gpt-4o-transcribe-diarize", file=file, response_format="diarized_json", chunking_strategy="auto"
    )
    check_object(json.loads(diarized.content), TranscriptionDiarized)
    with pytest.raises(openai.BadRequestError) as refused:
        await client.audio.transcriptions.create(model="gpt-transcribe", file=file, response_format="verbose_json")
    assert refused.value.param == "response_format"


async def test_a_transcript_can_be_streamed(url: str) -> None:
    stream = await client_of(url).audio.transcriptions.create(
        model="gpt-transcribe", file=("turn.wav", WAV, "audio/wav"), language="ko", stream=True
    )
    events = [event async for event in stream]
    assert "".join(event.delta for event in events[:-1]) == WORDS
    assert events[-1].text == WORDS


@pytest.mark.parametrize(
    ("name", "content", "status"),
    [
        ("turn.txt", WAV, 400),
        ("turn.wav", b"RIFF", 400),
        ("turn.mp3", b"\xff\xfb\x90\x00" * 100, 400),
        ("short.wav", write_wav(bytes(1000), 8000), 400),
        ("long.wav", write_wav(bytes(26 * 1024 * 1024), 8000), 413),
    ],
    ids=[
        "no sound by its name",
        "no sound",
        "no mp3",
        "too short",
        "too long",
    ],  # sound differs from process to process
)
async def test_what_cannot_be_transcribed_is_refused(url: str, name: str, content: bytes, status: int) -> None:
    with pytest.raises(openai.APIStatusError) as refused:
        await client_of(url).audio.transcriptions.create(model="gpt-transcribe", file=(name, content, "audio/wav"))
    assert refused.value.status_code == status


async def test_transcription_trouble_comes_as_ordered_and_the_client_tries_again(url: str) -> None:
    file = ("turn.wav", WAV, "audio/wav")
    await _faults(url, transcriptions_mode="http_500")
    with pytest.raises(openai.InternalServerError):
        await client_of(url).audio.transcriptions.create(model="gpt-transcribe", file=file)
    await _faults(url, transcriptions_mode="http_429", retry_after="0", times=1)
    patient = client_of(url).with_options(max_retries=1)
    assert (await patient.audio.transcriptions.create(model="gpt-transcribe", file=file)).text == WORDS
    await _faults(url, transcriptions_mode="empty")
    assert (await client_of(url).audio.transcriptions.create(model="gpt-transcribe", file=file)).text == ""


# Responses


class Evidence(BaseModel):
    model_config = ConfigDict(extra="forbid")
    turn: int
    text: str


class Signal(BaseModel):
    model_config = ConfigDict(extra="forbid")
    code: str
    level: Literal["watch", "concern", "urgent", "emergency"]
    subject: Literal["resident", "household", "third_party"]
    tense: Literal["now", "recent", "past"]
    confidence: float
    evidence: list[Evidence]


class Fact(BaseModel):
    model_config = ConfigDict(extra="forbid")
    code: Literal["meals", "medication", "sleep"]
    status: Literal["answered", "unclear", "not_asked"]
    words: str | None


class Report(BaseModel):
    model_config = ConfigDict(extra="forbid")
    level: Literal["none", "watch", "concern", "urgent", "emergency"]
    unknown: bool
    signals: list[Signal]
    wants_human: bool
    opt_out: bool
    later: bool
    answered_by: Literal["resident", "other", "machine", "unknown"]
    requests: list[str]
    summary: str
    facts: list[Fact]
    something_else: int | None


def _prompt(*turns: tuple[str, str]) -> str:
    lines = [
        json.dumps({"turn": turn, "speaker": speaker, "text": text}, ensure_ascii=False)
        for turn, (speaker, text) in enumerate(turns)
    ]
    return "\n".join(["<transcript>", *lines, "</transcript>"])


HUNGRY = _prompt(
    ("agent", "식사는 잘 챙겨 드시고 계세요?"),
    ("resident", "어제부터 아무것도 못 먹었어요. 쌀이 떨어졌어요."),
    ("agent", "약은 잘 드시고 계세요?"),
    ("resident", "네, 약은 먹어요."),
)


def _form(schema: dict[str, Any] | None = None) -> dict[str, Any]:
    schema = schema or openai.pydantic_function_tool(Report)["function"]["parameters"]
    return {"format": {"type": "json_schema", "name": "report", "strict": True, "schema": schema}}


async def test_a_transcript_is_judged_into_the_callers_schema(url: str) -> None:
    raw = await client_of(url).responses.with_raw_response.create(
        model="gpt-6-luna",
        instructions="Assess.",
        input=[{"role": "user", "content": HUNGRY}],
        text=_form(),
        store=False,
        max_output_tokens=4000,
        reasoning={"effort": "low"},
    )
    check_object(json.loads(raw.content), Response)
    report = Report.model_validate_json(raw.parse().output_text)
    assert (report.level, report.unknown, report.answered_by) == ("urgent", False, "resident")
    assert [signal.code for signal in report.signals] == ["nutrition"]
    assert report.signals[0].evidence[0].turn == 1
    assert report.signals[0].evidence[0].text in "어제부터 아무것도 못 먹었어요. 쌀이 떨어졌어요."
    assert [(fact.code, fact.status) for fact in report.facts] == [
        ("meals", "answered"),
        ("medication", "answered"),
        ("sleep", "not_asked"),
    ]
    assert report.something_else is None


async def test_the_clients_own_parsing_of_a_pydantic_model_works(url: str) -> None:
    response = await client_of(url).responses.parse(model="gpt-6-luna", input=HUNGRY, text_format=Report)
    assert response.output_parsed is not None
    assert response.output_parsed.level == "urgent"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda schema: schema.pop("additionalProperties"), "additionalProperties"),
        (lambda schema: schema["required"].remove("unknown"), "Missing 'unknown'"),
        (lambda schema: schema["properties"]["unknown"].update(default=False), "'default' is not permitted"),
        (lambda schema: schema["$defs"]["Signal"]["required"].pop(), "required"),
        (lambda schema: schema["properties"]["signals"].pop("items"), "array schema missing items"),
        (lambda schema: schema.update(anyOf=[]), "anyOf"),
        (lambda schema: schema.update(type="array"), "type"),
    ],
)
async def test_a_schema_that_is_not_strict_is_refused(url: str, change: Any, said: str) -> None:
    schema = json.loads(json.dumps(openai.pydantic_function_tool(Report)["function"]["parameters"]))
    change(schema)
    with pytest.raises(openai.BadRequestError) as refused:
        await client_of(url).responses.create(model="gpt-6-luna", input=HUNGRY, text=_form(schema))
    assert refused.value.code == "invalid_json_schema"
    assert said in refused.value.message


@pytest.mark.parametrize("mode", ["refusal", "incomplete", "content_filter", "failed", "invalid_json"])
async def test_a_response_goes_wrong_in_every_way_it_can(url: str, mode: str) -> None:
    await _faults(url, responses_mode=mode, times=1)
    raw = await client_of(url).responses.with_raw_response.create(model="gpt-6-luna", input=HUNGRY, text=_form())
    check_object(json.loads(raw.content), Response)
    response = raw.parse()
    if mode == "refusal":
        assert response.output[0].content[0].type == "refusal"
        assert response.output_text == ""
    elif mode == "failed":
        assert response.status == "failed"
        assert response.error is not None
    elif mode == "invalid_json":
        assert response.status == "completed"
        with pytest.raises(ValueError, match="JSON"):
            Report.model_validate_json(response.output_text)
    else:
        reason = "content_filter" if mode == "content_filter" else "max_output_tokens"
        assert (response.status, response.incomplete_details.reason) == ("incomplete", reason)
    calm = await client_of(url).responses.create(model="gpt-6-luna", input=HUNGRY, text=_form())
    assert calm.status == "completed"


@pytest.mark.parametrize(("mode", "status"), [("http_500", 500), ("http_429", 429)])
async def test_response_trouble_has_its_status(url: str, mode: str, status: int) -> None:
    await _faults(url, responses_mode=mode)
    with pytest.raises(openai.APIStatusError) as refused:
        await client_of(url).responses.create(model="gpt-6-luna", input=HUNGRY, text=_form())
    assert refused.value.status_code == status


async def test_a_request_openai_would_refuse_is_refused(url: str) -> None:
    client = client_of(url)
    with pytest.raises(openai.NotFoundError):
        await client.responses.create(model="gpt-3", input="x")
    with pytest.raises(openai.BadRequestError):
        await client.responses.create(model="gpt-6-luna", input="x", temperature=0.1)
    with pytest.raises(openai.BadRequestError):
        await client.responses.create(model="gpt-6-luna", input="x", extra_body={"mood": 1})
    with pytest.raises(openai.AuthenticationError):
        await client.responses.create(model="gpt-6-luna", input="x", extra_headers={"Authorization": openai.Omit()})


# Models


async def test_the_models_are_listed_with_their_last_day(url: str) -> None:
    page = await client_of(url).models.list()
    days = {model.id: model.shutdown_date for model in page.data}
    assert days["gpt-realtime"] == "2027-01-20"
    assert days["gpt-realtime-2.1-mini"] is None
    model = await client_of(url).models.with_raw_response.retrieve("gpt-transcribe")
    check_object(json.loads(model.content), Model)
