"""What was being said when the line went down, where a key was asked for: kept as it was heard, and judged (H-40)."""

import pytest
from fastapi.testclient import TestClient
from sqlmodel import Session, select
from twilio.request_validator import RequestValidator

from oncall import clock
from oncall.call import progress
from oncall.models import (
    Alarm,
    Attempt,
    AttemptKind,
    ConsentScope,
    Event,
    Level,
    Resident,
    Speaker,
    Standing,
    Turn,
    Verb,
)
from oncall.models.risk import Detector
from tests.call.test_keypad import CITY, TOKEN, Telephone, called, said_by
from tests.call.test_keypad import carrier as carrier  # a fixture

EVERYTHING = tuple(ConsentScope)
DANGER = "숨이 안 쉬어져요"


def asked(carrier: TestClient, session: Session) -> tuple[Attempt, Telephone]:
    """Somebody who may be heard abroad has said who they are, and the first question is on the line."""
    attempt = called(session, consents=EVERYTHING)
    return attempt, Telephone(carrier, attempt).pick_up().presses("1")


def told(carrier: TestClient, path: str, fields: dict[str, str]) -> int:
    """The carrier's news, signed: the status it is answered with."""
    signature = RequestValidator(TOKEN).compute_signature(CITY + path, fields)
    return carrier.post(path, data=fields, headers={"X-Twilio-Signature": signature}).status_code


def hears(carrier: TestClient, telephone: Telephone, words: str, number: int, *, stable: str = "") -> None:
    """The carrier tells what it has heard so far of the answer to the question now on the line."""
    path = telephone.action.replace("/keys/", "/words/")
    fields = {
        "CallSid": "CA1",
        "UnstableSpeechResult": words,
        "StableSpeechResult": stable,
        "SequenceNumber": str(number),
    }
    assert told(carrier, path, fields) == 204


def hangs_up(carrier: TestClient, attempt: Attempt) -> None:
    path, fields = f"/voice/{attempt.token}/status", {"CallSid": "CA1", "CallStatus": "completed", "CallDuration": "9"}
    assert told(carrier, path, fields) == 204


def alarms(session: Session, attempt: Attempt) -> list[Alarm]:
    return list(session.exec(select(Alarm).where(Alarm.attempt_id == attempt.id)))


def test_the_address_of_the_pieces_goes_with_every_question_that_takes_words(
    carrier: TestClient, session: Session
) -> None:
    attempt = called(session, consents=EVERYTHING)
    telephone = Telephone(carrier, attempt).pick_up()
    assert f'partialResultCallback="{CITY}/voice/{attempt.token}/words/who-0"' in telephone.twiml
    assert "partialResultCallback" not in Telephone(carrier, called(session)).pick_up().twiml, "keys alone, no words"


def test_danger_said_in_the_last_words_before_the_receiver_fell_is_an_alarm(
    carrier: TestClient, session: Session
) -> None:
    attempt, telephone = asked(carrier, session)
    hears(carrier, telephone, "숨이 안", 0)
    hears(carrier, telephone, "쉬어져요", 1, stable="숨이 안")
    assert alarms(session, attempt) == [], "nothing is judged while it is being said"
    hangs_up(carrier, attempt)
    (alarm,) = alarms(session, attempt)
    assert (alarm.level, alarm.detector) == (Level.EMERGENCY, Detector.NET)
    assert alarm.quote(session.get_one(Resident, attempt.resident_id).seal) == DANGER
    turn = session.exec(select(Turn).where(Turn.attempt_id == attempt.id, Turn.cut_off)).one()  # type: ignore[arg-type]  # a column
    assert turn.speaker is Speaker.RESIDENT
    hangs_up(carrier, attempt)
    assert len(alarms(session, attempt)) == 1
    progress.settle(session, attempt, clock.now())
    assert session.exec(select(Attempt).where(Attempt.kind == AttemptKind.REDIAL)).one()


def test_a_piece_that_comes_after_the_end_is_judged_at_once_and_they_are_rung_again(
    carrier: TestClient, session: Session
) -> None:
    attempt, telephone = asked(carrier, session)
    hears(carrier, telephone, "저기", 0)
    hangs_up(carrier, attempt)
    assert alarms(session, attempt) == []
    hears(carrier, telephone, DANGER, 1)
    assert len(alarms(session, attempt)) == 1
    assert session.exec(select(Attempt).where(Attempt.kind == AttemptKind.REDIAL)).one()


def test_the_answer_takes_the_place_of_its_pieces_and_late_ones_change_nothing(
    carrier: TestClient, session: Session
) -> None:
    attempt, telephone = asked(carrier, session)
    first = telephone.action
    hears(carrier, telephone, "넘어져서 못 일어나", 3)
    hears(carrier, telephone, "넘어져서", 1)
    assert said_by(session, attempt)[-1] == "넘어져서 못 일어나", "the later piece has more of the words"
    telephone.says("국수를 먹었어요")
    telephone.action = first
    hears(carrier, telephone, DANGER, 4)
    assert said_by(session, attempt)[1:] == ["국수를 먹었어요"]
    hangs_up(carrier, attempt)
    assert alarms(session, attempt) == []


def test_a_wish_in_the_last_words_is_honoured_once(carrier: TestClient, session: Session) -> None:
    attempt, telephone = asked(carrier, session)
    hears(carrier, telephone, "이제 전화하지 마세요", 0)
    progress.carrier_says(session, attempt, "completed", clock.now(), call_sid="CA1")  # the sweep asked sooner
    hangs_up(carrier, attempt)
    hangs_up(carrier, attempt)
    assert len(session.exec(select(Event).where(Event.verb == Verb.STANDING_CHANGED)).all()) == 1
    assert session.get_one(Resident, attempt.resident_id).standing is Standing.WITHDRAWN


@pytest.mark.parametrize("words", ["", "  "])
def test_no_words_are_no_piece(carrier: TestClient, session: Session, words: str) -> None:
    attempt, telephone = asked(carrier, session)
    hears(carrier, telephone, words, 0)
    assert not session.exec(select(Turn).where(Turn.attempt_id == attempt.id, Turn.cut_off)).all()  # type: ignore[arg-type]  # a column


def test_without_consent_to_processing_abroad_no_word_is_kept(carrier: TestClient, session: Session) -> None:
    attempt = called(session)
    telephone = Telephone(carrier, attempt).pick_up().presses("1")
    hears(carrier, telephone, DANGER, 0)
    assert not session.exec(select(Turn).where(Turn.attempt_id == attempt.id, Turn.cut_off)).all()  # type: ignore[arg-type]  # a column


def test_pieces_for_no_step_of_ours_are_refused(carrier: TestClient, session: Session) -> None:
    path, fields = f"/voice/{called(session).token}/words/elsewhere-1", {"CallSid": "CA1"}
    assert told(carrier, path, fields) == 404
    assert carrier.post(path, data=fields).status_code == 403
