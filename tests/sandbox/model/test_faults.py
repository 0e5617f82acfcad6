"""What goes wrong on purpose, and only when told to."""

import time

import httpx2 as httpx
import pytest
from websockets.exceptions import InvalidStatus

from tests.sandbox.model.line import MODEL, Line, client_of, line_to


async def _set(url: str, **faults: object) -> httpx.Response:
    async with httpx.AsyncClient() as client:
        return await client.post(f"{url}/sandbox/faults", json=faults)


async def test_connections_are_refused_with_the_status_asked_for_and_only_so_often(url: str) -> None:
    assert (await _set(url, refuse_connect=503, times=1)).status_code == 200
    with pytest.raises(InvalidStatus) as refused:
        await client_of(url).realtime.connect(model=MODEL).enter()
    assert refused.value.response.status_code == 503
    async with line_to(url) as line:
        await line.until("session.created")


async def test_a_session_dies_with_1011_in_the_middle(url: str) -> None:
    await _set(url, die_after_seconds=0.2)
    async with client_of(url).realtime.connect(model=MODEL) as connection:
        line = Line(connection)
        await line.settle()
        assert (await line.until_closed())[0] == 1011


async def test_a_session_is_cut_without_a_word(url: str) -> None:
    await _set(url, die_after_seconds=0.2, die_code=1006)
    async with client_of(url).realtime.connect(model=MODEL) as connection:
        line = Line(connection)
        await line.settle()
        assert await line.until_closed() == (1006, "")


async def test_an_event_nobody_knows_comes_and_the_session_goes_on(url: str) -> None:
    await _set(url, garbage_event=True)
    async with line_to(url, unknown=("response.telepathy.delta",)) as line:
        await line.settle()
        await line.send(type="response.create")
        assert (await line.until("response.done"))["response"]["status"] == "completed"
        assert len(line.events.of("response.telepathy.delta")) == 1


async def test_the_first_sound_can_be_slow(url: str) -> None:
    await _set(url, slow_first_delta_seconds=0.5)
    async with line_to(url) as line:
        await line.settle()
        began = time.monotonic()
        await line.send(type="response.create")
        await line.until("response.output_audio.delta")
        assert time.monotonic() - began > 0.5


async def test_a_transcription_fails_and_the_answer_comes_all_the_same(url: str) -> None:
    await _set(url, transcription_failed=True)
    async with line_to(url) as line:
        await line.settle()
        await line.speak("네, 맞아요.")
        failed = await line.until("conversation.item.input_audio_transcription.failed")
        assert failed["item_id"] == line.events.of("input_audio_buffer.committed")[0]["item_id"]
        await line.until("response.done")
        assert "식사는" in line.said()[0]


async def test_a_response_fails_with_the_code_asked_for(url: str) -> None:
    await _set(url, response_error="rate_limit_exceeded")
    async with line_to(url) as line:
        await line.settle()
        await line.send(type="response.create")
        done = (await line.until("response.done"))["response"]
        assert done["status"] == "failed"
        assert done["status_details"]["error"]["code"] == "rate_limit_exceeded"


async def test_a_fault_nobody_knows_is_refused_and_none_is_set(url: str) -> None:
    assert (await _set(url, drop_everything=True)).status_code == 422
    async with httpx.AsyncClient() as client:
        shown = (await client.get(f"{url}/sandbox/faults")).json()
    assert shown["refuse_connect"] is None
    assert shown["responses_mode"] == "ok"


async def test_the_sandbox_tells_what_a_session_heard_and_said_and_can_end_it(url: str) -> None:
    async with client_of(url).realtime.connect(model=MODEL) as connection:
        line = Line(connection)
        await line.settle()
        await line.speak("네, 맞아요.")
        await line.until("response.done")
        async with httpx.AsyncClient() as client:
            [session] = (await client.get(f"{url}/sandbox/sessions")).json()
            assert session["turns"][0] == {"speaker": "user", "text": "네, 맞아요."}
            assert session["turns"][1]["speaker"] == "assistant"
            ended = await client.delete(f"{url}/sandbox/sessions/{session['id']}", params={"code": 1012})
            assert ended.status_code == 204
        assert (await line.until_closed())[0] == 1012


async def test_a_fault_of_the_stand_ins_own_ends_the_response_as_failed(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_args: object, **_options: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("oncall.sandbox.model.brain.Brain.reply", broken)
    async with line_to(url) as line:
        await line.settle()
        await line.send(type="response.create")
        done = (await line.until("response.done"))["response"]
        assert (done["status"], done["status_details"]["error"]["type"]) == ("failed", "server_error")
