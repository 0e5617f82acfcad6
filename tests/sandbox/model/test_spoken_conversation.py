"""A check-in spoken with the stand-in: questions, answers, alarms, wishes and goodbyes."""

import base64
from typing import Any

import pytest

from oncall.sandbox.sound import read_words
from tests.sandbox.model.line import QUICK, Line, line_to, stand_in


async def _answer(line: Line, text: str, done: int) -> dict[str, Any]:
    """Say something and wait for the n-th response to be done."""
    await line.speak(text, utterance=done)
    event = await line.until("response.done", done)
    assert event["response"]["status"] == "completed"
    return dict(event["response"])


async def test_the_checklist_is_asked_noted_and_closed(line: Line) -> None:
    await line.settle()
    first = await _answer(line, "네, 여보세요. 맞아요.", 1)
    assert "식사는 잘 챙겨 드시고 계세요?" in line.said()[-1]
    assert first["output"][0]["content"][0]["transcript"] == line.said()[-1]
    done = 1
    for words, code in (
        ("밥은 잘 먹고 있어요.", "meals"),
        ("잠을 통 못 자요.", "sleep"),
        ("네, 방은 따뜻해요.", "heating"),
    ):
        response = await _answer(line, words, done + 1)
        call = response["output"][0]
        assert line.calls()[-1] == ("note_fact", {"fact": code, "status": "answered", "words": words})
        await line.return_output(call, ok=True)
        done += 2
        await line.until("response.done", done)
    last = line.events.of("response.done")[-1]["response"]["output"]
    assert [item["type"] for item in last] == ["message", "function_call"]
    assert line.said()[-1].endswith("말씀 나눠 주셔서 고맙습니다. 안녕히 계세요.")
    assert line.calls()[-1][0] == "end_call"


async def test_events_of_a_spoken_turn_come_in_the_order_of_the_real_api(line: Line) -> None:
    await line.settle()
    await line.speak("네, 여보세요. 맞아요.")
    await line.until("conversation.item.input_audio_transcription.completed")
    await line.until("rate_limits.updated")
    order: list[str] = []
    for kind in line.events.types[2:]:
        if not order or order[-1] != kind:
            order.append(kind)
    spoken = [kind for kind in order if "transcription" not in kind and "delta" not in kind]
    assert spoken == [
        "input_audio_buffer.speech_started",
        "input_audio_buffer.speech_stopped",
        "input_audio_buffer.committed",
        "conversation.item.added",
        "conversation.item.done",
        "response.created",
        "response.output_item.added",
        "conversation.item.added",
        "response.content_part.added",
        "response.output_audio.done",
        "response.output_audio_transcript.done",
        "response.content_part.done",
        "response.output_item.done",
        "conversation.item.done",
        "response.done",
        "rate_limits.updated",
    ]
    assert order.index("conversation.item.input_audio_transcription.completed") > order.index("response.created")
    completed = line.events.of("conversation.item.input_audio_transcription.completed")[0]
    assert completed["transcript"] == "네, 여보세요. 맞아요."
    assert completed["item_id"] == line.events.of("input_audio_buffer.committed")[0]["item_id"]


async def test_audio_leaves_in_pieces_of_100_to_400_ms_that_together_are_the_words(line: Line) -> None:
    await line.settle()
    await line.send(type="response.create", response={"instructions": 'Say exactly: "오늘은 날이 참 좋습니다."'})
    response = (await line.until("response.done"))["response"]
    deltas = line.events.of("response.output_audio.delta")
    sizes = [len(base64.b64decode(delta["delta"])) // 8 for delta in deltas]
    assert len(sizes) > 2
    assert all(100 <= size <= 400 for size in sizes[:-1])
    assert len(set(sizes)) > 1
    told = "".join(event["delta"] for event in line.events.of("response.output_audio_transcript.delta"))
    assert told == "오늘은 날이 참 좋습니다."
    assert line.said() == ["오늘은 날이 참 좋습니다."]
    assert response["usage"]["output_token_details"]["audio_tokens"] > 0


async def test_the_next_question_is_the_one_the_function_output_names(line: Line) -> None:
    await line.settle()
    await _answer(line, "네 맞아요.", 1)
    response = await _answer(line, "밥은 잘 먹어요.", 2)
    await line.return_output(response["output"][0], ok=True, next="heating")
    await line.until("response.done", 3)
    assert line.said()[-1].endswith("방은 따뜻하세요?")
    response = await _answer(line, "네, 따뜻해요.", 4)
    assert line.calls()[-1][1]["fact"] == "heating"
    await line.return_output(response["output"][0], ok=True, next=None)
    await line.until("response.done", 5)
    assert line.calls()[-1][0] == "end_call"


async def test_a_fall_raises_the_alarm_and_then_the_holding_words_are_spoken(line: Line) -> None:
    await line.settle()
    await _answer(line, "네 맞아요.", 1)
    response = await _answer(line, "아이고, 화장실에서 넘어졌는데 못 일어나겠어요.", 2)
    assert line.calls() == [
        ("raise_alarm", {"code": "fall", "words": "아이고, 화장실에서 넘어졌는데 못 일어나겠어요."})
    ]
    await line.return_output(response["output"][0], ok=True)
    await line.until("response.done", 3)
    assert "끊지 마시고" in line.said()[-1]


@pytest.mark.parametrize(
    ("words", "what"),
    [
        ("다시는 전화하지 마세요.", "stop_calling"),
        ("아닌데요, 전화 잘못 거셨어요.", "wrong_person"),
        ("지금 바빠요. 나중에 다시 전화해 주세요.", "later"),
        ("기계 말고 사람하고 통화하고 싶어요. 담당자 바꿔 주세요.", "person"),
        ("녹음은 하지 마세요.", "do_not_record"),
    ],
)
async def test_a_wish_about_the_call_is_passed_on_under_the_tools_own_name(line: Line, words: str, what: str) -> None:
    await line.settle()
    await _answer(line, "네 맞아요.", 1)
    response = await _answer(line, words, 2)
    assert line.calls() == [("resident_says", {"what": what})]
    await line.return_output(response["output"][0], ok=True)
    await line.until("response.done", 3)
    ended = [name for name, _ in line.calls()] == ["resident_says", "end_call"]
    assert ended is (what in ("stop_calling", "wrong_person", "later"))


async def test_a_question_not_heard_is_asked_again_without_a_note(line: Line) -> None:
    await line.settle()
    await _answer(line, "네 맞아요.", 1)
    await _answer(line, "네? 뭐라고요? 잘 안 들려요.", 2)
    assert line.calls() == []
    assert line.said()[-1].endswith("식사는 잘 챙겨 드시고 계세요?")


async def test_sound_without_words_is_not_understood(line: Line) -> None:
    await line.settle()
    await _answer(line, "네 맞아요.", 1)
    hum = bytes(0x90 if n // 20 % 2 else 0x10 for n in range(8000)) + b"\xff" * 8000
    await line.play(hum)
    await line.until("response.done", 2)
    assert line.calls() == []
    assert line.said()[-1].endswith("식사는 잘 챙겨 드시고 계세요?")
    transcripts = line.events.of("conversation.item.input_audio_transcription.completed")
    assert (await line.until("conversation.item.input_audio_transcription.completed", 2))["transcript"] == ""
    assert transcripts is not None


async def test_without_tools_the_questions_are_asked_in_order_and_the_closing_said(line: Line) -> None:
    await line.settle(tools=False)
    for done, words in enumerate(["네 맞아요.", "잘 먹어요.", "잘 자요.", "따뜻해요."], 1):
        await _answer(line, words, done)
    said = line.said()
    assert "식사" in said[0]
    assert "주무세요" in said[1]
    assert "따뜻하세요" in said[2]
    assert said[3].endswith("안녕히 계세요.")
    assert line.calls() == []


async def test_a_stranger_to_the_checklist_is_answered_in_their_own_language(line: Line) -> None:
    await line.settle(tools=False, instructions="You are a friendly caller.")
    await _answer(line, "Hello, this is Martha speaking.", 1)
    await _answer(line, "I am feeling fine.", 2)
    assert line.said()[0].endswith("How have you been feeling lately?")
    assert "eating well" in line.said()[1]


async def test_every_third_answer_is_two_message_items() -> None:
    from dataclasses import replace

    async with stand_in(replace(QUICK, two_items_every=2)) as url, line_to(url) as line:
        await line.settle(tools=False)
        await _answer(line, "네 맞아요.", 1)
        two = await _answer(line, "잘 먹어요.", 2)
        assert [item["type"] for item in two["output"]] == ["message", "message"]
        first, second = two["output"]
        assert read_words(line.sound_of(second["id"])) == "밤에 잠은 잘 주무세요?"
        added = [event for event in line.events.of("conversation.item.added") if event["item"]["id"] == second["id"]]
        assert added[0]["previous_item_id"] == first["id"]
        indexes = {event["output_index"] for event in line.events.of("response.output_audio.delta")}
        assert indexes == {0, 1}


async def test_a_text_session_writes_instead_of_speaking(line: Line) -> None:
    await line.settle(tools=False, output_modalities=["text"])
    await line.send(
        type="conversation.item.create",
        item={"type": "message", "role": "user", "content": [{"type": "input_text", "text": "네, 맞아요."}]},
    )
    await line.send(type="response.create")
    done = await line.until("response.done")
    text = done["response"]["output"][0]["content"][0]["text"]
    assert "식사는" in text
    assert "".join(event["delta"] for event in line.events.of("response.output_text.delta")) == text
    assert line.events.of("response.output_audio.delta") == []


async def test_an_answer_about_something_else_is_noted_as_unclear(line: Line) -> None:
    await line.settle()
    await _answer(line, "네 맞아요.", 1)
    await _answer(line, "한 달째 아무도 못 만났어요.", 2)
    assert line.calls()[-1][1] == {"fact": "meals", "status": "unclear", "words": "한 달째 아무도 못 만났어요."}


async def test_a_relative_is_asked_after_the_resident_before_the_call_is_given_up(line: Line) -> None:
    await line.settle()
    await _answer(line, "여보세요? 저 손자인데요.", 1)
    assert line.calls() == []
    assert "괜찮으신가요" in line.said()[0]
    await _answer(line, "할머니가 안 일어나요.", 2)
    assert line.calls()[0][0] == "raise_alarm"


async def test_a_refused_goodbye_goes_back_to_the_open_question(line: Line) -> None:
    await line.settle()
    await _answer(line, "네 맞아요.", 1)
    response = await _answer(line, "이제 끊을게요.", 2)
    assert line.calls()[-1][0] == "end_call"
    await line.return_output(response["output"][-1], ok=False, error="questions are open", next="sleep")
    await line.until("response.done", 3)
    assert line.said()[-1].endswith("밤에 잠은 잘 주무세요?")


async def test_the_words_of_an_alarm_that_the_output_gives_are_spoken_verbatim(line: Line) -> None:
    await line.settle()
    response = await _answer(line, "가스 냄새가 나요.", 1)
    await line.return_output(response["output"][0], ok=True, say="지금 사람에게 알리고 있어요. 끊지 마세요.")
    await line.until("response.done", 2)
    assert line.said()[-1] == "지금 사람에게 알리고 있어요. 끊지 마세요."
    await _answer(line, "네, 알겠어요.", 3)
    assert "식사" not in line.said()[-1]
