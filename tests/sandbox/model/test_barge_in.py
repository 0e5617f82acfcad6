"""Speaking over the model, cutting off what was not heard, and the errors that come of being late."""

import json
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
import pytest_asyncio

from tests.sandbox.model.line import QUICK, Line, line_to, stand_in

SLOW = replace(QUICK, audio_pace=4.0)


@pytest_asyncio.fixture
async def line() -> AsyncIterator[Line]:
    """A session whose answers take long enough to be interrupted."""
    async with stand_in(SLOW) as url, line_to(url) as connected:
        yield connected


async def _speaking(line: Line) -> str:
    """Let it begin to say something long; the item's id."""
    await line.send(
        type="response.create",
        response={"instructions": 'Say exactly: "오늘은 날이 참 좋습니다. 밖에 잠깐 나가 걸으셔도 좋겠습니다."'},
    )
    await line.until("response.output_audio.delta", len(line.events.of("response.output_audio.delta")) + 2)
    return str(line.events.of("response.output_audio.delta")[-1]["item_id"])


async def test_speech_cancels_the_running_response_by_itself(line: Line) -> None:
    await line.settle()
    item_id = await _speaking(line)
    await line.speak("아니, 잠깐만요.")
    done = (await line.until("response.done"))["response"]
    assert done["status"] == "cancelled"
    assert done["status_details"] == {"type": "cancelled", "reason": "turn_detected"}
    assert done["output"][0]["status"] == "incomplete"
    types = line.events.types
    assert types.index("input_audio_buffer.speech_started") < types.index("response.done")
    sent_ms = len(line.sound_of(item_id)) // 8
    partial = done["output"][0]["content"][0]["transcript"]
    assert 0 < len(partial) < len("오늘은 날이 참 좋습니다. 밖에 잠깐 나가 걸으셔도 좋겠습니다.")
    assert sent_ms > 0
    first = line.events.index(line.events.of("response.done")[0])
    assert all(event.get("response_id") != done["id"] for event in line.events[first + 1 :])


async def test_with_interrupt_response_off_it_speaks_on(line: Line) -> None:
    await line.settle(detection={"interrupt_response": False, "create_response": False})
    await _speaking(line)
    await line.speak("아니, 잠깐만요.")
    await line.until("input_audio_buffer.committed")
    assert line.events.of("response.done") == []
    assert (await line.until("response.done"))["response"]["status"] == "completed"


async def test_with_interrupt_off_an_answer_of_its_own_to_the_interruption_is_refused(line: Line) -> None:
    await line.settle(detection={"interrupt_response": False, "create_response": True})
    await _speaking(line)
    await line.speak("아니, 잠깐만요.")
    assert (await line.until("error"))["error"]["code"] == "conversation_already_has_active_response"


async def test_a_client_cancels_once(line: Line) -> None:
    await line.settle()
    await _speaking(line)
    await line.send(type="response.cancel")
    done = (await line.until("response.done"))["response"]
    assert done["status_details"] == {"type": "cancelled", "reason": "client_cancelled"}
    await line.send(type="response.cancel", event_id="again")
    error = (await line.until("error"))["error"]
    assert (error["code"], error["event_id"]) == ("response_cancel_not_active", "again")


async def test_a_second_response_at_once_is_refused(line: Line) -> None:
    await line.settle()
    await _speaking(line)
    await line.send(type="response.create")
    error = (await line.until("error"))["error"]
    assert error["code"] == "conversation_already_has_active_response"
    assert (await line.until("response.done"))["response"]["status"] == "completed"


async def test_truncation_takes_the_transcript_and_shortens_the_audio(line: Line) -> None:
    await line.settle()
    item_id = await _speaking(line)
    await line.until("response.done")
    await line.send(type="conversation.item.truncate", item_id=item_id, content_index=0, audio_end_ms=600)
    truncated = await line.until("conversation.item.truncated")
    assert (truncated["item_id"], truncated["audio_end_ms"]) == (item_id, 600)
    await line.send(type="conversation.item.retrieve", item_id=item_id)
    item = (await line.until("conversation.item.retrieved"))["item"]
    assert "transcript" not in item["content"][0]
    await line.send(type="conversation.item.truncate", item_id=item_id, content_index=0, audio_end_ms=700)
    error = (await line.until("error"))["error"]
    assert error["message"] == "Audio content of 600ms is already shorter than 700ms"
    assert error["type"] == "invalid_request_error"


async def test_truncating_beyond_what_was_sent_is_an_error_that_changes_nothing(line: Line) -> None:
    await line.settle()
    item_id = await _speaking(line)
    await line.until("response.done")
    sent_ms = len(line.sound_of(item_id)) // 8
    await line.send(type="conversation.item.truncate", item_id=item_id, content_index=0, audio_end_ms=sent_ms + 1)
    assert f"Audio content of {sent_ms}ms" in (await line.until("error"))["error"]["message"]
    await line.send(type="conversation.item.truncate", item_id=item_id, content_index=0, audio_end_ms=sent_ms)
    await line.until("conversation.item.truncated")


@pytest.mark.parametrize(
    ("event", "code"),
    [
        (
            {"type": "conversation.item.truncate", "item_id": "no", "content_index": 0, "audio_end_ms": 0},
            "item_truncate_invalid_item_id",
        ),
        ({"type": "conversation.item.delete", "item_id": "no"}, "item_delete_invalid_item_id"),
        ({"type": "conversation.item.retrieve", "item_id": "no"}, "item_retrieve_invalid_item_id"),
        ({"type": "input_audio_buffer.commit"}, "input_audio_buffer_commit_empty"),
        ({"type": "response.cancel"}, "response_cancel_not_active"),
        ({"type": "output_audio_buffer.clear"}, "invalid_value"),
        ({"type": "conversation.dream"}, "invalid_value"),
        ({"type": "input_audio_buffer.append", "audio": "not base64!"}, "invalid_value"),
        ({"type": "input_audio_buffer.append"}, "missing_required_parameter"),
        (
            {
                "type": "conversation.item.create",
                "item": {"type": "function_call_output", "call_id": "no", "output": "{}"},
            },
            "invalid_tool_call_id",
        ),
        (
            {
                "type": "conversation.item.create",
                "item": {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "x"}]},
                "previous_item_id": "no",
            },
            "item_create_invalid_previous_item_id",
        ),
        (
            {
                "type": "conversation.item.create",
                "item": {"type": "message", "role": "user", "content": [{"type": "text", "text": "x"}]},
            },
            "invalid_value",
        ),
        ({"type": "response.create", "response": {"modalities": ["audio"]}}, "unknown_parameter"),
    ],
)
async def test_a_mistake_is_told_by_its_code_and_the_session_goes_on(line: Line, event: dict, code: str) -> None:
    await line.settle()
    await line.send_anything(json.dumps({**event, "event_id": "mine"}))
    error = (await line.until("error"))["error"]
    assert (error["type"], error["code"], error["event_id"]) == ("invalid_request_error", code, "mine")
    await line.send(type="response.create")
    assert (await line.until("response.done"))["response"]["status"] == "completed"


async def test_what_is_not_json_is_told_so(line: Line) -> None:
    await line.settle()
    await line.send_anything("{")
    assert (await line.until("error"))["error"]["code"] == "invalid_json"


async def test_a_response_out_of_band_leaves_the_conversation_alone(line: Line) -> None:
    await line.settle()
    await _speaking(line)
    await line.send(
        type="response.create",
        response={
            "conversation": "none",
            "metadata": {"purpose": "summary"},
            "output_modalities": ["text"],
            "instructions": 'Say exactly: "summary"',
        },
    )
    await line.until("response.done", 2)
    aside = next(e["response"] for e in line.events.of("response.done") if e["response"]["metadata"])
    assert aside["output"][0]["content"][0]["text"] == "summary"
    assert aside["conversation_id"] is None
    added = {event["item"]["id"] for event in line.events.of("conversation.item.added")}
    assert aside["output"][0]["id"] not in added


async def test_a_limit_on_tokens_cuts_the_answer_short(line: Line) -> None:
    await line.settle()
    await line.send(type="response.create", response={"max_output_tokens": 20})
    done = (await line.until("response.done"))["response"]
    assert done["status"] == "incomplete"
    assert done["status_details"] == {"type": "incomplete", "reason": "max_output_tokens"}
