"""Opening, changing and ending a realtime session."""

import time
from dataclasses import replace
from typing import Any

import pytest
from openai import AsyncOpenAI
from websockets.exceptions import InvalidStatus

from oncall.sandbox import voice
from oncall.sandbox.model.audio_format import AudioFormat, from_ulaw
from oncall.sandbox.sound import SILENCE
from tests.sandbox.model.line import KOREAN, MODEL, QUICK, Line, client_of, line_to, stand_in


async def test_the_first_event_is_session_created_with_24_khz_pcm_both_ways(line: Line) -> None:
    created = await line.until("session.created")
    assert line.events.types[0] == "session.created"
    session = created["session"]
    assert session["audio"]["input"]["format"] == {"type": "audio/pcm", "rate": 24000}
    assert session["audio"]["output"]["format"] == {"type": "audio/pcm", "rate": 24000}
    assert session["id"].startswith("sess_")
    assert session["model"] == MODEL
    assert 3500 < session["expires_at"] - time.time() <= 3600


async def test_the_clients_own_helpers_work(url: str) -> None:
    async with client_of(url).realtime.connect(model=MODEL) as connection:
        assert (await connection.recv()).type == "session.created"
        await connection.session.update(
            session={"type": "realtime", "instructions": KOREAN, "output_modalities": ["text"]}
        )
        assert (await connection.recv()).type == "session.updated"
        await connection.conversation.item.create(
            item={"type": "message", "role": "user", "content": [{"type": "input_text", "text": "네, 맞아요."}]}
        )
        await connection.response.create()
        text = ""
        async for event in connection:
            if event.type == "response.output_text.delta":
                text += event.delta
            if event.type == "response.done":
                break
        assert "식사는" in text


async def test_words_survive_24_khz_pcm_in_and_out(line: Line) -> None:
    await line.until("session.created")
    await line.send(type="session.update", session={"type": "realtime", "instructions": KOREAN})
    await line.until("session.updated")
    sound = voice.say("네, 맞아요.", "ko", voice.WOMAN, 3) + SILENCE * 45
    await line.play(from_ulaw(sound, AudioFormat.PCM), frame=960)
    await line.until("response.done")
    assert [(turn.get("item") or {}).get("role") for turn in line.events.of("conversation.item.added")] == [
        "user",
        "assistant",
    ]
    item = line.events.of("response.done")[0]["response"]["output"][0]
    assert "식사는" in item["content"][0]["transcript"]
    total = sum(len(event["delta"]) for event in line.events.of("response.output_audio.delta"))
    assert total > 24000 * 2


async def test_an_update_changes_what_it_names_and_leaves_the_rest(line: Line) -> None:
    await line.settle()
    await line.send(
        type="session.update",
        session={"type": "realtime", "audio": {"input": {"turn_detection": None, "noise_reduction": None}}},
    )
    session = (await line.until("session.updated", 2))["session"]
    assert session["audio"]["input"]["turn_detection"] is None
    assert session["audio"]["input"]["transcription"] == {"model": "gpt-transcribe", "language": "ko"}
    assert session["audio"]["input"]["format"] == {"type": "audio/pcmu"}
    assert session["instructions"] == KOREAN


@pytest.mark.parametrize(
    ("session", "code", "param"),
    [
        (
            {"audio": {"input": {"format": {"type": "audio/pcmu", "rate": 8000}}}},
            "unknown_parameter",
            "session.audio.input.format.rate",
        ),
        ({"temperature": 0.8}, "unknown_parameter", "session.temperature"),
        ({"modalities": ["audio"]}, "unknown_parameter", "session.modalities"),
        ({"audio": {"output": {"voice": "sandy"}}}, "invalid_value", "session.audio.output.voice"),
        ({"audio": {"output": {"speed": 2.0}}}, "decimal_above_max_value", "session.audio.output.speed"),
        (
            {"audio": {"input": {"turn_detection": {"type": "server_vad", "idle_timeout_ms": 4000}}}},
            "integer_below_min_value",
            "session.audio.input.turn_detection.idle_timeout_ms",
        ),
        (
            {"audio": {"input": {"turn_detection": {"type": "semantic_vad", "threshold": 0.5}}}},
            "unknown_parameter",
            "session.audio.input.turn_detection.threshold",
        ),
        (
            {"audio": {"input": {"turn_detection": {"type": "guess"}}}},
            "invalid_value",
            "session.audio.input.turn_detection.type",
        ),
        (
            {"audio": {"input": {"transcription": {"model": "guess"}}}},
            "invalid_value",
            "session.audio.input.transcription.model",
        ),
        ({"model": "gpt-realtime-2"}, "invalid_value", "session.model"),
        ({"max_output_tokens": 5000}, "integer_above_max_value", "session.max_output_tokens"),
    ],
)
async def test_an_update_that_does_not_fit_changes_nothing(
    line: Line, session: dict[str, Any], code: str, param: str
) -> None:
    import json

    await line.until("session.created")
    wanted = {"type": "realtime", "instructions": "changed", **session}
    await line.send_anything(json.dumps({"type": "session.update", "event_id": "mine", "session": wanted}))
    error = (await line.until("error"))["error"]
    assert (error["code"], error["param"], error["event_id"]) == (code, param, "mine")
    await line.send(type="session.update", session={"type": "realtime"})
    assert (await line.until("session.updated"))["session"]["instructions"] != "changed"


async def test_the_session_type_is_required(line: Line) -> None:
    await line.until("session.created")
    await line.send_anything('{"type":"session.update","session":{"instructions":"x"}}')
    error = (await line.until("error"))["error"]
    assert (error["code"], error["param"]) == ("missing_required_parameter", "session.type")


async def test_reasoning_is_for_the_second_generation_only(url: str) -> None:
    async with client_of(url).realtime.connect(model="gpt-realtime-1.5") as connection:
        line = Line(connection)
        await line.until("session.created")
        await line.send(type="session.update", session={"type": "realtime", "reasoning": {"effort": "low"}})
        assert (await line.until("error"))["error"]["param"] == "session.reasoning"
        await line.hang_up()


async def test_the_voice_stays_once_it_was_heard(line: Line) -> None:
    await line.settle()
    await line.send(type="response.create")
    await line.until("response.done")
    await line.send(type="session.update", session={"type": "realtime", "audio": {"output": {"voice": "cedar"}}})
    assert (await line.until("error"))["error"]["code"] == "cannot_update_voice"


async def test_the_beta_header_is_told_off_and_closed_with_4000(url: str) -> None:
    headers = {"OpenAI-Beta": "realtime=v1"}
    async with client_of(url).realtime.connect(model=MODEL, extra_headers=headers) as connection:
        line = Line(connection)
        assert (await line.until_closed())[0] == 4000
        assert line.events.types == ["error"]
        assert line.events[0]["error"]["code"] == "beta_api_shape_disabled"


async def test_a_model_that_does_not_exist_is_refused_before_the_upgrade(url: str) -> None:
    with pytest.raises(InvalidStatus) as refused:
        await client_of(url).realtime.connect(model="gpt-4o-realtime-preview").enter()
    assert refused.value.response.status_code == 404


async def test_only_the_configured_key_is_let_in() -> None:
    async with stand_in(replace(QUICK, api_key="right")) as url:
        with pytest.raises(InvalidStatus) as refused:
            await client_of(url, "wrong").realtime.connect(model=MODEL).enter()
        assert refused.value.response.status_code == 401
        async with AsyncOpenAI(base_url=f"{url}/v1", api_key="right").realtime.connect(model=MODEL) as connection:
            assert (await connection.recv()).type == "session.created"


async def test_a_session_ends_with_1001_when_its_time_is_up() -> None:
    async with stand_in(replace(QUICK, session_seconds=0.2)) as url, line_to(url) as line:
        code, reason = await line.until_closed()
        assert (code, reason) == (1001, "Your session hit the maximum duration of 60 minutes.")
        assert line.events.of("error")[0]["error"]["code"] == "session_expired"
