"""The door to the model, against the SDK itself and against a server that speaks its protocol."""

import asyncio
from typing import Any

import pytest
from openai import AsyncOpenAI
from websockets.asyncio.server import ServerConnection, serve

from oncall.gateways import model
from oncall.gateways.model import ModelUnavailable
from oncall.sandbox import voice
from oncall.sandbox.model.app import create_app
from oncall.sandbox.model.config import ModelConfig
from oncall.sandbox.server import running
from oncall.sandbox.sound import read_words
from oncall.settings import settings
from tests.listen.conftest import Door, PointedAt
from tests.listen.test_cutting import quiet, two_channels


async def test_the_realtime_address_is_the_one_the_sdk_opens(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[tuple[str, dict[str, str]]] = []

    async def take_down(connection: ServerConnection) -> None:
        assert connection.request is not None
        seen.append((connection.request.path, dict(connection.request.headers.raw_items())))

    async with serve(take_down, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        with PointedAt(monkeypatch, model=f"http://127.0.0.1:{port}/some/v1", carrier="http://127.0.0.1:1"):
            client = AsyncOpenAI(api_key="sk-test", base_url=settings().openai_base_url)
            async with client.realtime.connect(model=settings().realtime_model):
                pass
            url, headers = model.realtime_address()
    path, sent = seen[0]
    assert url == f"ws://127.0.0.1:{port}{path}"
    of_the_socket = {"host", "upgrade", "connection", "sec-websocket-key", "sec-websocket-version",
                     "sec-websocket-extensions"}  # fmt: skip
    assert {name.lower(): value for name, value in sent.items() if name.lower() not in of_the_socket} == {
        name.lower(): value for name, value in headers.items()
    }


def test_the_address_of_the_provider_itself_is_secure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)
    monkeypatch.setenv("OPENAI_API_KEY", "sk-test")
    settings.cache_clear()
    try:
        url, headers = model.realtime_address()
    finally:
        monkeypatch.undo()
        settings.cache_clear()
    assert url.startswith("wss://api.openai.com/v1/realtime?model=gpt-realtime")
    assert headers["Authorization"] == "Bearer sk-test"


def test_without_a_key_nothing_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)
    monkeypatch.setenv("OPENAI_API_KEY", "")
    settings.cache_clear()
    try:
        with pytest.raises(ModelUnavailable) as refused:
            model.transcribe(b"", language="ko")
    finally:
        monkeypatch.undo()
        settings.cache_clear()
    assert (refused.value.reason, refused.value.permanent) == ("no_key", True)


def test_a_server_that_is_not_there_may_come_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model, "RETRIES", 0)
    with (
        PointedAt(monkeypatch, model="http://127.0.0.1:1/v1", carrier="http://127.0.0.1:1"),
        pytest.raises(ModelUnavailable) as away,
    ):
        model.transcribe(b"RIFF", language="ko")
    assert (away.value.reason, away.value.permanent) == ("unreachable", False)


async def test_words_and_answers_come_through_the_stand_in(monkeypatch: pytest.MonkeyPatch) -> None:
    from oncall.listen import answer, prompt, sound, transcribe
    from oncall.listen.transcript import Line, Transcript

    wav = two_channels(quiet(3) + voice.say("아무것도 못 먹었어요", "ko", voice.WOMAN, utterance=1),
                       quiet(1) + voice.say("식사는 하셨어요?", "ko", voice.AGENT, utterance=2))  # fmt: skip

    def ask() -> tuple[list[Any], str]:
        spoken = transcribe.transcribe(sound.read(wav), "ko")
        lines = [Line(speaker=turn.speaker, text=turn.words) for turn in spoken]
        given = model.answer(
            instructions=prompt.instructions(), material=prompt.material(Transcript(id="1", lang="ko", turns=lines)),
            schema_name=answer.SCHEMA_NAME, schema=answer.schema(), safety_identifier="x",
        )  # fmt: skip
        return [(turn.speaker.value, turn.words) for turn in spoken], given.text

    async with running(create_app(ModelConfig()), 0) as server:
        with PointedAt(monkeypatch, model=f"http://127.0.0.1:{server.port}/v1", carrier="http://127.0.0.1:1"):
            spoken, text = await asyncio.to_thread(ask)
    assert spoken == [("agent", "식사는 하셨어요?"), ("resident", "아무것도 못 먹었어요")]
    assert answer.ModelAnswer.model_validate_json(text).signals[0].code.value == "nutrition"


@pytest.mark.parametrize("form", ["mulaw", "pcm"])
async def test_a_line_is_spoken_in_the_format_that_was_set_and_slower_when_asked(
    monkeypatch: pytest.MonkeyPatch, form: str
) -> None:
    text = "안녕하세요, 부천시청에서 거는 인공지능 안부전화입니다."
    monkeypatch.setenv("ONCALL_SPEECH_FORMAT", form)
    async with running(create_app(ModelConfig()), 0) as server:
        with PointedAt(monkeypatch, model=f"{server.url}/v1", carrier="http://127.0.0.1:1"):
            sound, slow = (
                [await asyncio.to_thread(model.speech, text, language="ko", speed=speed) for speed in (0.9, 0.75)]
            )  # fmt: skip
    assert len(slow) > len(sound) > (8000 if form == "mulaw" else 48000)
    if form == "mulaw":
        assert read_words(sound) == text


def test_a_turn_in_text_is_words_and_functions_and_is_not_kept(door: Door) -> None:
    spoken = {"type": "message", "id": "msg_1", "role": "assistant", "status": "completed",
              "content": [{"type": "output_text", "text": " 네, 그러셨군요. ", "annotations": []}]}  # fmt: skip
    called = {"type": "function_call", "id": "fc_1", "call_id": "call_1", "name": "note_fact", "status": "completed",
              "arguments": '{"fact": "meals"}'}  # fmt: skip
    door.answers_text("", output=[spoken, called])
    tool = {"type": "function", "name": "note_fact", "description": "x", "parameters": {"type": "object"}}
    turn = model.converse(instructions="be kind", items=[{"type": "message", "role": "user", "content": "먹었어요"}],
                          tools=[tool], safety_identifier="rehearsal")  # fmt: skip
    assert turn.text == "네, 그러셨군요."
    assert turn.calls == (model.ToolCall("note_fact", '{"fact": "meals"}', "call_1"),)
    asked = door.asked[0]
    assert (asked["store"], asked["instructions"], asked["safety_identifier"]) == (False, "be kind", "rehearsal")
    assert (asked["tools"], asked["model"]) == ([tool], settings().assess_model)


def test_a_turn_in_text_may_be_silence_but_not_half_a_turn(door: Door) -> None:
    door.answers_text("")
    door.answers_text("네, 그", status="incomplete", incomplete_details={"reason": "max_output_tokens"})
    items = [{"type": "message", "role": "user", "content": "…"}]
    turn = model.converse(instructions="x", items=items, safety_identifier="rehearsal")
    assert (turn.text, turn.calls) == ("", ())
    with pytest.raises(ModelUnavailable, match="max_output_tokens"):
        model.converse(instructions="x", items=items, safety_identifier="rehearsal")
