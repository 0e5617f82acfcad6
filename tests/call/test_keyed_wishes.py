"""Wishes about the call with the model dead: each one honoured, confirmed and kept, however many there are."""

# ruff: noqa: F811 (a fixture is imported, and asked for by its name)

import re

import pytest
from fastapi.testclient import TestClient
from sqlmodel import Session, select

from oncall.models import Consent, ConsentScope, Event, Language, Manner, Verb
from oncall.models.manner import SPEED
from tests.call.test_keypad import Telephone, called, carrier, ko  # noqa: F401 (a fixture)

EVERYTHING = tuple(ConsentScope)


def wished(session: Session) -> list[str]:
    session.flush()
    events = session.exec(select(Event).where(Event.verb == Verb.STANDING_CHANGED))
    return [str(event.detail["wish"]) for event in events if "wish" in event.detail]


def test_a_second_and_a_third_wish_are_honoured_and_confirmed_too(carrier: TestClient, session: Session) -> None:
    attempt = called(session, consents=EVERYTHING, facts=["meals"])
    phone = Telephone(carrier, attempt).pick_up().presses("1")
    for words, line in [("녹음하지 마세요", "wish_do_not_record"), ("그 얘기는 잊어 주세요", "wish_forget"),
                        ("다시 말해 줘요", "wish_say_again"), ("나에 대해 뭘 알고 있어요?", "wish_about_me")]:  # fmt: skip
        action = phone.action
        first = phone.says(words).twiml
        assert phone.heard.startswith(ko(line))
        assert "식사" in phone.heard
        phone.action = action
        assert phone.says(words).twiml == first
    assert wished(session) == ["do_not_record", "forget", "say_again", "about_me"]
    assert phone.presses("1").is_over


def test_who_wishes_the_same_again_is_answered_and_it_is_written_once(carrier: TestClient, session: Session) -> None:
    phone = Telephone(carrier, called(session, consents=EVERYTHING)).pick_up().presses("1")
    for _ in range(3):
        assert phone.says("녹음하지 마세요").heard.startswith(ko("wish_do_not_record"))
    refused = select(Consent).where(Consent.scope == ConsentScope.RECORDING, Consent.given == False)  # noqa: E712 (SQL)
    assert len(session.exec(refused).all()) == 1


def test_a_voice_that_wishes_without_end_is_not_answered_for_ever(carrier: TestClient, session: Session) -> None:
    phone = Telephone(carrier, called(session, consents=EVERYTHING)).pick_up().presses("1")
    for _ in range(20):
        phone.says("다시 말해 줘요")
        if not phone.heard.startswith(ko("wish_say_again")):
            break
    assert phone.heard == ko("keypad_still_there")
