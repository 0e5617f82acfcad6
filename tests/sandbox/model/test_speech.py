"""Speech rendered on request: its words, its sameness, how often it was asked for, and its faults."""

import time
from typing import Any, Literal

import httpx2 as httpx
import openai
import pytest

from oncall.sandbox.model.wav import write_wav
from oncall.sandbox.sound import read_words
from tests.sandbox.model.line import client_of


@pytest.mark.parametrize("form", ["wav", "pcm"])
async def test_speech_carries_its_words(url: str, form: Literal["wav", "pcm"]) -> None:
    client = client_of(url)
    spoken = await client.audio.speech.create(
        model="gpt-4o-mini-tts", voice="marin", input="안녕히 계세요.", response_format=form
    )
    content = spoken.content if form == "wav" else write_wav(spoken.content, 24000)
    heard = await client.audio.transcriptions.create(
        model="gpt-transcribe", file=("spoken.wav", content, "audio/wav"), language="ko"
    )
    assert heard.text == "안녕히 계세요."


async def test_speech_can_be_had_as_telephone_sound(url: str) -> None:
    spoken = await client_of(url).audio.speech.create(
        model="tts-1", voice="alloy", input="Take care.", response_format="pcm", extra_body={"response_format": "mulaw"}
    )
    assert read_words(spoken.content).strip() == "Take care."


async def _mulaw(url: str, text: str = "안녕히 계세요.", **options: Any) -> bytes:
    wanted = {"model": "gpt-4o-mini-tts", "voice": "marin", **options}
    spoken = await client_of(url).audio.speech.create(
        input=text, response_format="pcm", extra_body={"response_format": "mulaw"}, **wanted
    )
    return bytes(spoken.content)


async def _of_sandbox(url: str, path: str, **faults: object) -> dict[str, Any]:
    async with httpx.AsyncClient() as client:
        answer = await (client.post(f"{url}{path}", json=faults) if faults else client.get(f"{url}{path}"))
        answer.raise_for_status()
        return dict(answer.json())


@pytest.mark.parametrize("model", ["gpt-4o-mini-tts", "gpt-4o-mini-tts-2025-12-15", "tts-1", "tts-1-hd"])
async def test_every_model_of_the_list_speaks(url: str, model: str) -> None:
    assert read_words(await _mulaw(url, model=model, instructions="Speak gently.")).strip() == "안녕히 계세요."


async def test_the_same_request_gives_the_same_bytes_and_another_speed_does_not(url: str) -> None:
    first = await _mulaw(url)
    assert await _mulaw(url) == first
    slow = await _mulaw(url, speed=0.6)
    assert len(slow) > 1.3 * len(first)
    assert read_words(slow).strip() == "안녕히 계세요."


async def test_calls_are_counted_by_what_was_asked(url: str) -> None:
    for text in ("안녕하세요.", "안녕히 계세요.", "안녕하세요."):
        await _mulaw(url, text)
    with pytest.raises(openai.BadRequestError):
        await _mulaw(url, voice="nobody")
    counted = await _of_sandbox(url, "/sandbox/speech")
    assert (counted["calls"], counted["refused"]) == (3, 1)
    assert [(request["input"], request["calls"]) for request in counted["requests"]] == [
        ("안녕하세요.", 2),
        ("안녕히 계세요.", 1),
    ]


async def test_speech_is_refused_and_slow_when_told_to_be(url: str) -> None:
    await _of_sandbox(url, "/sandbox/faults", speech_mode="http_429", retry_after="1", times=1)
    with pytest.raises(openai.RateLimitError):
        await _mulaw(url)
    await _of_sandbox(url, "/sandbox/faults", speech_delay_seconds=0.4)
    began = time.monotonic()
    await _mulaw(url)
    assert time.monotonic() - began > 0.4
    assert (await _of_sandbox(url, "/sandbox/speech"))["refused"] == 1
