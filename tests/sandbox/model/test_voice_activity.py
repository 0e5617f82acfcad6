"""Turns found in the sound, on the clock of the audio that was appended."""

from oncall.sandbox import voice
from oncall.sandbox.sound import SILENCE
from tests.sandbox.model.line import Line


def _loud(ms: int) -> bytes:
    return bytes(0x90 if n // 10 % 2 else 0x10 for n in range(ms * 8))


def _quiet(ms: int) -> bytes:
    return SILENCE * (ms // 20)


async def test_start_and_end_of_speech_are_told_on_the_appended_clock(line: Line) -> None:
    await line.settle(detection={"prefix_padding_ms": 200, "silence_duration_ms": 500, "create_response": False})
    await line.play(_quiet(3000) + _loud(1000) + _quiet(1000))
    started = await line.until("input_audio_buffer.speech_started")
    stopped = await line.until("input_audio_buffer.speech_stopped")
    committed = await line.until("input_audio_buffer.committed")
    assert started["audio_start_ms"] == 2800
    assert stopped["audio_end_ms"] == 4500
    assert started["item_id"] == stopped["item_id"] == committed["item_id"]
    await line.until("conversation.item.done")
    assert line.events.of("response.created") == []


async def test_pieces_of_any_size_give_the_same_clock(line: Line) -> None:
    await line.settle(detection={"prefix_padding_ms": 200, "silence_duration_ms": 500, "create_response": False})
    await line.play(_quiet(3000) + _loud(1000) + _quiet(1000), frame=777)
    assert (await line.until("input_audio_buffer.speech_started"))["audio_start_ms"] == 2800
    assert (await line.until("input_audio_buffer.speech_stopped"))["audio_end_ms"] == 4500


async def test_a_pause_shorter_than_the_silence_does_not_end_the_turn(line: Line) -> None:
    await line.settle(detection={"silence_duration_ms": 800, "create_response": False})
    await line.play(_loud(600) + _quiet(700) + _loud(600) + _quiet(1000))
    await line.until("input_audio_buffer.speech_stopped")
    assert len(line.events.of("input_audio_buffer.speech_started")) == 1


async def test_a_click_is_not_speech_and_a_high_threshold_needs_a_loud_voice(line: Line) -> None:
    await line.settle(detection={"silence_duration_ms": 300, "create_response": False})
    await line.play(_quiet(400) + _loud(20) + _quiet(1000))
    soft = bytes(0xC8 if n // 10 % 2 else 0x48 for n in range(8000))
    await line.send(
        type="session.update",
        session={"type": "realtime", "audio": {"input": {"turn_detection": {"type": "server_vad", "threshold": 1.0}}}},
    )
    await line.until("session.updated", 2)
    await line.play(soft + _quiet(1000))
    await line.send(
        type="session.update",
        session={"type": "realtime", "audio": {"input": {"turn_detection": {"type": "server_vad", "threshold": 0.1}}}},
    )
    await line.until("session.updated", 3)
    assert line.events.of("input_audio_buffer.speech_started") == []
    await line.play(soft + _quiet(1000))
    await line.until("input_audio_buffer.speech_started")


async def test_nobody_speaking_after_an_answer_brings_the_idle_timeout(line: Line) -> None:
    await line.settle(detection={"idle_timeout_ms": 5000})
    await line.play(_quiet(20000))
    await line.send(type="response.create")
    done = await line.until("response.done")
    spoken_ms = len(line.sound_of(done["response"]["output"][0]["id"])) // 8
    await line.play(_quiet(spoken_ms // 20 * 20 + 4000))
    await line.send(type="input_audio_buffer.clear")
    await line.until("input_audio_buffer.cleared")
    assert line.events.of("input_audio_buffer.timeout_triggered") == []
    await line.play(_quiet(1200))
    timeout = await line.until("input_audio_buffer.timeout_triggered")
    assert timeout["audio_end_ms"] > timeout["audio_start_ms"]
    assert (await line.until("input_audio_buffer.committed"))["item_id"] == timeout["item_id"]
    await line.until("response.done", 2)
    assert line.said()[-1].startswith("여보세요? 제 목소리 들리세요?")
    assert line.said()[-1].endswith("식사는 잘 챙겨 드시고 계세요?")


async def test_semantic_detection_waits_longer_after_an_unfinished_sentence(line: Line) -> None:
    await line.settle(audio={"input": {"format": {"type": "audio/pcmu"}}, "output": {"format": {"type": "audio/pcmu"}}})
    update = {"type": "semantic_vad", "eagerness": "high", "create_response": False}
    await line.send(
        type="session.update",
        session={"type": "realtime", "audio": {"input": {"turn_detection": update}}},
    )
    await line.until("session.updated", 2)
    whole = voice.say("밥은 먹었어요.", "ko", voice.WOMAN, 1)
    unfinished = voice.say("밥은 음", "ko", voice.WOMAN, 2)
    await line.play(whole + _quiet(4000))
    first = await line.until("input_audio_buffer.speech_stopped")
    await line.play(unfinished + _quiet(4000))
    second = await line.until("input_audio_buffer.speech_stopped", 2)
    waited_first = first["audio_end_ms"] - len(whole) // 8
    waited_second = second["audio_end_ms"] - 4000 - (len(whole) + len(unfinished)) // 8
    assert 0 < waited_first < 500
    assert 1800 < waited_second <= 2000


async def test_without_detection_the_client_commits_and_asks(line: Line) -> None:
    await line.settle()
    await line.send(type="session.update", session={"type": "realtime", "audio": {"input": {"turn_detection": None}}})
    await line.until("session.updated", 2)
    await line.speak("네, 맞아요.")
    await line.send(type="input_audio_buffer.commit")
    await line.until("conversation.item.done")
    assert "input_audio_buffer.speech_started" not in line.events.types
    await line.send(type="response.create")
    await line.until("response.done")
    transcript = await line.until("conversation.item.input_audio_transcription.completed")
    assert transcript["transcript"] == "네, 맞아요."
