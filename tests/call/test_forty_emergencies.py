"""Forty scripted emergencies, each on an ordinary day, without a model, with late words and with one notifier down (C-30).

Without sound and cities, which the rows that must never be missed have (tests/journeys): the code of a call by hand, the
telephone's webhooks and the real ladder. Every one is an alarm, is answered by a hold, and is never ended by us.
"""

# ruff: noqa: F811 (a fixture is imported, and asked for by its name)

import time
import tomllib
from datetime import timedelta
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from sqlmodel import Session, col, select

from oncall.call import lines
from oncall.call.alarm_entry import Raised
from oncall.follow_up.escalation import escalate
from oncall.models import Alarm, Channel, ConsentScope, Language, Level, Page, PageState, Resident
from tests.call.test_keypad import Telephone, called, carrier  # noqa: F401 (a fixture)
from tests.call.test_talk import Call
from tests.makers import make_duty, make_staff

WRITTEN = tomllib.loads((Path(__file__).parent / "forty_emergencies.toml").read_text(encoding="utf-8"))
FORTY = [pytest.param(Language(language), words, id=f"{language}-{number}")
         for language, scripts in WRITTEN.items() for number, words in enumerate(scripts, 1)]  # fmt: skip
YES = {Language.KO: "네, 맞아요.", Language.EN: "Yes, speaking."}
HOLDS = ("hold", "hold_child", "hold_suicide", "hold_abuse", "hold_scam", "ask_dying", "ask_alone_to_talk")


def test_there_are_forty_and_no_two_alike() -> None:
    assert {language: len(set(scripts)) for language, scripts in WRITTEN.items()} == {"ko": 20, "en": 20}


def talking(language: Language) -> Call:
    """A call in which the right person has answered and the model has asked its first question."""
    call = Call(language)
    call.resident_says("u0", YES[language])
    model_answers(call)
    return call


def model_answers(call: Call) -> None:
    """Whatever the model was asked for is done, and so is what comes of that."""
    for number in range(6):
        call.model("response.created", response={"id": f"r{number}"})
        call.model("response.done", response={"id": f"r{number}", "status": "completed", "output": []})


def held(call: Call, language: Language) -> bool:
    """Whether the first thing said from now on is one of the lines that hold somebody in danger."""
    before = len(call.asks("response.create"))
    model_answers(call)
    texts = {lines.line(key, language) for key in HOLDS}
    said = [event.get("response", {}).get("instructions", "") for event in call.asks("response.create")[before - 1 :]]
    return any(text in one for one in said[:2] for text in texts)


def never_ended(call: Call) -> bool:
    """Whatever they say and whatever the model wants (C-28)."""
    end = {"type": "function_call", "name": "end_call", "call_id": "c", "arguments": '{"reason":"done"}'}
    for turn in range(12):
        call.resident_says(f"later{turn}", "네")
        call.model("response.created", response={"id": f"later{turn}"})
        call.model("response.done", response={"id": f"later{turn}", "status": "completed", "output": [end]})
    return call.over == [] and call.led == []


@pytest.mark.parametrize(("language", "words"), FORTY)
async def test_on_an_ordinary_day_it_is_raised_held_and_never_ended(language: Language, words: str) -> None:
    call = talking(language)
    began = time.monotonic()
    call.resident_says("u1", words)
    raised = call.of(Raised)
    assert raised
    assert time.monotonic() - began < 1
    assert (raised[0].level, raised[0].quote) == (Level.EMERGENCY, words)
    assert held(call, language)
    assert never_ended(call)


@pytest.mark.parametrize(("language", "words"), FORTY)
async def test_words_that_come_when_the_model_has_gone_on_stop_it_and_are_raised(
    language: Language, words: str
) -> None:
    """Recognition three seconds late: by then the model speaks of something else."""
    call = talking(language)
    at = call.bridge.heard_ms
    call.model("input_audio_buffer.speech_started", item_id="u1", audio_start_ms=at)
    call.frames(50)
    call.model("input_audio_buffer.speech_stopped", item_id="u1", audio_end_ms=at + 1000)
    call.model("input_audio_buffer.committed", item_id="u1")
    call.speaks("i1", 6000, response="r1")
    call.frames(150)
    assert not call.of(Raised)
    call.model("conversation.item.input_audio_transcription.completed", item_id="u1", transcript=words)
    (raised, *_) = call.of(Raised)
    assert raised.level is Level.EMERGENCY
    assert any(one["event"] == "clear" for one in call.to_phone), "our voice went on over it"
    call.model("response.done", response={"id": "r1", "status": "cancelled", "output": []})
    assert held(call, language)
    assert never_ended(call)


@pytest.mark.parametrize(("language", "words"), FORTY)
def test_without_a_model_it_is_raised_by_the_webhook_and_the_next_person_asked_when_the_first_cannot_be(
    carrier: TestClient,
    session: Session,
    language: Language,
    words: str,
) -> None:
    """R-06 and R-20: the row is there when the carrier has its answer; the first on duty fails, and the second is asked."""
    attempt = called(session, consents=tuple(ConsentScope), language=language)
    phone = Telephone(carrier, attempt).pick_up().says(YES[language]).says(words)
    assert phone.heard.startswith(tuple(lines.line(key, language) for key in HOLDS))
    alarm = session.exec(select(Alarm)).one()
    assert (alarm.level, alarm.quote(session.get_one(Resident, attempt.resident_id).seal)) == (Level.EMERGENCY, words)
    for _ in range(12):
        assert not phone.says_nothing().is_over
    assert phone.heard in [lines.line("stay", language, turn=turn) for turn in range(4)]
    make_duty(session, make_staff(session, login="han"), now=alarm.raised_at)
    make_duty(session, make_staff(session, login="kim"), place=2, now=alarm.raised_at)
    escalate(session, alarm.id, alarm.raised_at)
    (first,) = session.exec(select(Page).where(Page.channel == Channel.CALL)).all()
    first.state = PageState.FAILED
    session.flush()
    escalate(session, alarm.id, alarm.raised_at + timedelta(seconds=3))
    calls = session.exec(select(Page).where(Page.channel == Channel.CALL).order_by(col(Page.step))).all()
    assert [page.step for page in calls] == [0, 1]
    assert calls[1].wanted_at - alarm.raised_at <= timedelta(seconds=15)
