"""Speech as it comes, and settings changed in the middle of a call."""

import base64
from typing import Any

import pytest

from tests.sandbox.model.line import KOREAN, Line

LONG = "오늘은 날이 참 좋습니다. 창문을 조금 열어 두시면 좋겠습니다."


async def _say(line: Line, text: str, done: int) -> int:
    """Have it said word for word; how many milliseconds it took."""
    await line.send(type="response.create", response={"instructions": f'Say exactly: "{text}"'})
    response = (await line.until("response.done", done))["response"]
    return len(line.sound_of(response["output"][0]["id"])) // 8


async def test_the_transcript_comes_in_small_pieces_before_the_sound_it_belongs_to(line: Line) -> None:
    await line.settle()
    total = await _say(line, LONG, 1)
    told, heard_ms = "", 0
    for event in line.events:
        if event["type"] == "response.output_audio_transcript.delta":
            assert 1 <= len(event["delta"]) <= 6
            told += event["delta"]
        elif event["type"] == "response.output_audio.delta":
            heard_ms += len(base64.b64decode(event["delta"])) // 8
            assert len(told) >= len(LONG) * heard_ms // total
    assert told == LONG


@pytest.mark.parametrize(("speed", "least", "most"), [(0.5, 1.5, 3.0), (1.5, 0.4, 0.85)])
async def test_another_speed_changes_how_long_the_next_words_take(
    line: Line, speed: float, least: float, most: float
) -> None:
    await line.settle()
    before = await _say(line, LONG, 1)
    await _update(line, audio={"output": {"speed": speed}})
    after = await _say(line, LONG, 2)
    assert least < after / before < most


async def test_another_silence_ends_the_next_turn_sooner(line: Line) -> None:
    await line.settle(detection={"silence_duration_ms": 2000, "create_response": False})
    await line.speak("네, 맞아요.", pause_ms=1000)
    await line.until("input_audio_buffer.speech_started")
    assert line.events.of("input_audio_buffer.speech_stopped") == []
    await line.speak("잘 지내요.", pause_ms=2200)
    await line.until("input_audio_buffer.speech_stopped")
    detection = {"type": "server_vad", "silence_duration_ms": 500, "create_response": False}
    await _update(line, audio={"input": {"turn_detection": detection}})
    await line.speak("밥도 먹었어요.", pause_ms=700, utterance=3)
    await line.until("input_audio_buffer.speech_stopped", 2)


async def test_other_instructions_are_followed_from_the_next_answer_on(line: Line) -> None:
    await line.settle(tools=False)
    await line.speak("네, 맞아요.")
    await line.until("response.done")
    await _update(line, instructions=KOREAN.replace("3. [heating] 방은 따뜻하세요?", "3. [knee] 무릎은 좀 어떠세요?"))
    for done, words in enumerate(["잘 먹어요.", "잘 자요."], 2):
        await line.speak(words, utterance=done)
        await line.until("response.done", done)
    assert line.said()[-1].endswith("무릎은 좀 어떠세요?")


async def test_words_the_client_puts_in_as_the_assistants_count_as_said(line: Line) -> None:
    await line.settle(tools=False)
    await line.send(
        type="conversation.item.create",
        item={
            "type": "message",
            "role": "assistant",
            "content": [{"type": "output_text", "text": "식사는 잘 챙겨 드시고 계세요?"}],
        },
    )
    await line.speak("네, 잘 먹어요.")
    await line.until("response.done")
    assert line.said()[-1].endswith("밤에 잠은 잘 주무세요?")


async def _update(line: Line, **session: Any) -> None:
    count = len(line.events.of("session.updated")) + 1
    await line.send(type="session.update", session={"type": "realtime", **session})
    await line.until("session.updated", count)
