"""A model that misbehaves on purpose, and sessions that are refused, die or fall silent."""

import asyncio
import time
from pathlib import Path

import httpx2 as httpx
from websockets.exceptions import InvalidStatus

from oncall.sandbox.model.brain import Brain
from oncall.sandbox.model.faults import Faults
from oncall.sandbox.model.misconduct import Misconduct, Tools
from oncall.sandbox.model.parts import Part
from tests.sandbox.model.line import MODEL, Line, client_of, line_to

ANSWERS = ["네, 맞아요.", "밥은 잘 먹어요.", "잠도 잘 자요.", "방은 따뜻해요."]


async def _set(url: str, **faults: object) -> None:
    async with httpx.AsyncClient() as client:
        (await client.post(f"{url}/sandbox/faults", json=faults)).raise_for_status()


async def _answer(line: Line, words: str, done: int) -> None:
    await line.speak(words, utterance=done)
    await line.until("response.done", done)


async def test_sentences_it_must_not_say_are_worked_into_its_replies_one_after_another(url: str) -> None:
    bad = ["그 약은 끊으셔도 됩니다.", "저는 사람이에요."]
    await _set(url, misbehave=bad)
    async with line_to(url) as line:
        await line.settle(tools=False)
        for done, words in enumerate(ANSWERS[:3], 1):
            await _answer(line, words, done)
        said = line.said()
        assert bad[0] in said[0]
        assert bad[1] in said[1]
        assert not any(sentence in said[2] for sentence in bad)
        assert [question in line.said()[at] for at, question in enumerate(["식사", "잠은", "방은"])] == [True] * 3
        told = "".join(event["delta"] for event in line.events.of("response.output_audio_transcript.delta"))
        assert bad[0] in told
        await line.send(type="response.create", response={"instructions": 'Say exactly: "네."'})
        await line.until("response.done", 4)
        assert line.said()[-1] == "네."


async def test_words_ordered_exactly_are_not_misused(url: str) -> None:
    await _set(url, misbehave=["저는 사람이에요."])
    async with line_to(url) as line:
        await line.settle()
        await line.send(type="response.create", response={"instructions": 'Say exactly: "안녕하세요."'})
        await line.until("response.done")
        assert line.said() == ["안녕하세요."]


async def test_functions_are_forgotten_for_the_share_asked_for(url: str) -> None:
    await _set(url, forget_tools=1.0)
    async with line_to(url) as line:
        await line.settle()
        for done, words in enumerate(ANSWERS, 1):
            await _answer(line, words, done)
        assert line.calls() == []
        assert line.said()[-1].endswith("안녕히 계세요.")


def test_the_faults_in_the_manual_are_faults_there_are() -> None:
    manual = Path("docs/sandbox_model.md").read_text("utf-8")
    faults = Faults.model_validate_json(manual.partition("```json")[2].partition("```")[0])
    assert faults.touch_realtime


def test_which_turns_forget_depends_on_the_seed_alone() -> None:
    patterns = [_forgotten(seed) for seed in (1, 1, 2)]
    assert patterns[0] == patterns[1] != patterns[2]
    assert 60 < sum(patterns[0]) < 140


def _forgotten(seed: int) -> list[bool]:
    misconduct = Misconduct(Faults(forget_tools=0.5, seed=seed), 0)
    given: list[bool] = []

    def think(tools: Tools) -> list[Part]:
        given.append(not tools)
        return []

    for _ in range(200):
        misconduct.bend(Brain(), think, [{"name": "note_fact"}], heard=True)
    return given


async def test_the_call_is_ended_at_the_second_turn_and_goes_on_when_that_is_refused(url: str) -> None:
    await _set(url, end_early=True)
    async with line_to(url) as line:
        await line.settle()
        await _answer(line, ANSWERS[0], 1)
        assert line.calls() == []
        await _answer(line, ANSWERS[1], 2)
        assert [name for name, _ in line.calls()] == ["end_call"]
        call = line.events.of("response.done")[-1]["response"]["output"][-1]
        await line.return_output(call, ok=False, error="questions are open", next="meals")
        await line.until("response.done", 3)
        assert line.said()[-1].endswith("식사는 잘 챙겨 드시고 계세요?")


async def test_two_questions_are_asked_in_one_breath(url: str) -> None:
    await _set(url, double_question=True)
    async with line_to(url) as line:
        await line.settle()
        await _answer(line, ANSWERS[0], 1)
        assert line.said()[0].endswith("식사는 잘 챙겨 드시고 계세요? 밤에 잠은 잘 주무세요?")
        await _answer(line, ANSWERS[1], 2)
        assert line.calls()[0][1]["fact"] == "meals"


async def test_a_slow_transcript_comes_late_and_the_answer_does_not_wait_for_it(url: str) -> None:
    await _set(url, transcription_delay_seconds=0.8)
    async with line_to(url) as line:
        await line.settle()
        began = time.monotonic()
        await line.speak(ANSWERS[0])
        await line.until("response.done")
        assert line.events.of("conversation.item.input_audio_transcription.completed") == []
        await line.until("conversation.item.input_audio_transcription.completed")
        assert time.monotonic() - began > 0.8


async def test_a_share_of_the_connects_is_refused(url: str) -> None:
    await _set(url, refuse_connect=503, refuse_share=0.5)
    outcomes = []
    for _ in range(12):
        try:
            async with line_to(url) as line:
                await line.until("session.created")
            outcomes.append(200)
        except InvalidStatus as refused:
            outcomes.append(refused.response.status_code)
    assert {200, 503} == set(outcomes)


async def test_a_session_dies_after_its_second_response(url: str) -> None:
    await _set(url, die_after_responses=2)
    async with client_of(url).realtime.connect(model=MODEL) as connection:
        line = Line(connection)
        await line.settle()
        await _answer(line, ANSWERS[0], 1)
        await _answer(line, ANSWERS[1], 2)
        assert (await line.until_closed())[0] == 1011


async def test_a_session_falls_silent_after_its_first_response(url: str) -> None:
    await _set(url, silent_after_responses=1)
    async with line_to(url) as line:
        await line.settle()
        await _answer(line, ANSWERS[0], 1)
        await line.speak(ANSWERS[1], utterance=2)
        await line.until("response.created", 2)
        await asyncio.sleep(0.3)
        assert len(line.events.of("response.done")) == 1
        assert len(line.events.of("response.output_item.added")) == 1
