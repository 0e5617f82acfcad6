"""The same check by keys: whom a question is spared, the season of it, and whether what was arranged has come."""

# ruff: noqa: F811 (a fixture is imported, and asked for by its name)

from datetime import timedelta

import pytest
from fastapi.testclient import TestClient
from sqlmodel import Session

from oncall import clock
from oncall.listen import arrival, keys
from oncall.listen.hearing import call_of
from oncall.models import (
    Attempt,
    ConsentScope,
    FactNote,
    FactState,
    HelpRequest,
    Language,
    Manner,
    RequestState,
    Resident,
)
from tests.call.test_keyed_danger import said
from tests.call.test_keypad import (  # noqa: F401 (a fixture)
    HOME,
    NOON,
    Telephone,
    broken_talk,
    called,
    carrier,
    ko,
    notes_of,
)

EVERYTHING = tuple(ConsentScope)
REMEMBERED = (*HOME, ConsentScope.MEMORY)
PROMISED = "금요일에 선풍기를 고쳐 드립니다"


@pytest.fixture
def in_summer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOON.replace(month=7))


def arranged(session: Session, attempt: Attempt, words: str = PROMISED) -> HelpRequest:
    resident = session.get_one(Resident, attempt.resident_id)
    made = clock.now() - timedelta(days=3)
    request = HelpRequest(resident_id=resident.id, area_id=resident.area_id, state=RequestState.ARRANGED,
                          words_sealed=b"", asked_at=made, changed_at=made)  # fmt: skip
    request.write(resident.seal, "선풍기가 고장 났어요")
    request.answer(resident.seal, words)
    session.add(request)
    session.flush()
    return request


def test_what_is_known_of_them_and_the_season_spare_questions_and_the_notes_say_why(
    carrier: TestClient, session: Session, in_summer: None
) -> None:
    attempt = called(session, facts=["heating", "medication", "meals"])
    session.add(Manner(resident_id=attempt.resident_id, circumstances=["takes_no_medicine"], changed_at=NOON))
    session.flush()
    phone = Telephone(carrier, attempt).pick_up()
    spared = {
        "heating": (FactState.NOT_ASKED, "season"), "medication": (FactState.NOT_ASKED, "known:takes_no_medicine"),
    }  # fmt: skip
    assert notes_of(session, attempt) == spared
    assert "식사" in phone.presses("1").heard
    assert phone.presses("1").is_over
    assert notes_of(session, attempt) == spared | {"meals": (FactState.ANSWERED, "key_1")}


def test_in_its_season_and_of_whom_nothing_is_known_everything_is_asked(carrier: TestClient, session: Session) -> None:
    attempt = called(session, facts=["heating", "medication"])
    phone = Telephone(carrier, attempt).pick_up()
    assert "집이" in phone.presses("1").heard
    assert "약을" in phone.presses("1").heard


def test_a_check_that_goes_on_by_keys_spares_the_same_and_asks_again_who_is_there(
    carrier: TestClient, session: Session, in_summer: None
) -> None:
    attempt = broken_talk(session)
    session.add(Manner(resident_id=attempt.resident_id, circumstances=["lives_with_family"], changed_at=NOON))
    session.flush()
    phone = Telephone(carrier, attempt).stream_breaks()
    assert "김순자" in phone.heard, "a question that is spared is no answer of theirs"
    assert notes_of(session, attempt) == {"contact": (FactState.NOT_ASKED, "known:lives_with_family")}


@pytest.mark.parametrize(("key", "line", "state"), [
    ("1", "keypad_noted", RequestState.ARRIVED), ("2", "keypad_worse", RequestState.MISSING),
])  # fmt: skip
def test_whether_what_was_arranged_has_come_is_asked_second_and_noted(
    carrier: TestClient, session: Session, key: str, line: str, state: RequestState
) -> None:
    attempt = called(session, consents=REMEMBERED, facts=["meals", "sleep"])
    request = arranged(session, attempt)
    phone = Telephone(carrier, attempt).pick_up().presses("1")
    assert "식사" in phone.heard
    assert phone.presses("1").heard.endswith(ko("keypad_arrived"))
    assert "선풍기" not in phone.heard, "what it was is between them and the city"
    action = phone.action
    first = phone.presses(key).twiml
    assert phone.heard.startswith(ko(line))
    assert "잠을" in phone.heard
    phone.action = action
    assert phone.presses(key).twiml == first
    assert phone.presses("1").is_over
    session.flush()
    call = call_of(session, attempt.check_in_id)
    arrival.write_down(session, arrival.heard(call.promises, keys.arrived(call), []), attempt.id, clock.now())
    assert request.state is state
    assert notes_of(session, attempt).keys() == {"meals", "sleep"}, "it is no fact of the campaign"


def test_what_was_arranged_since_the_call_was_not_what_they_were_asked(carrier: TestClient, session: Session) -> None:
    attempt = called(session, consents=REMEMBERED, facts=["meals"])
    arranged(session, attempt)
    Telephone(carrier, attempt).pick_up().presses("1").presses("1").presses("1")
    later = arranged(session, attempt)
    later.changed_at = clock.now() + timedelta(minutes=1)
    session.flush()
    call = call_of(session, attempt.check_in_id)
    assert len(call.promises) == 2
    assert [call.promises[place].request_id != later.id for place in keys.arrived(call)] == [True]


@pytest.mark.parametrize(("consents", "words"), [(HOME, PROMISED), (REMEMBERED, "당뇨약을 가져다 드립니다")])
def test_nothing_is_asked_without_a_yes_to_notes_or_of_what_is_sensitive(
    carrier: TestClient, session: Session, consents: tuple[ConsentScope, ...], words: str
) -> None:
    """C-15: the rules of the talk."""
    attempt = called(session, consents=consents, facts=["meals", "sleep"])
    arranged(session, attempt, words)
    assert ko("keypad_arrived") not in Telephone(carrier, attempt).pick_up().presses("1").presses("1").heard


@pytest.mark.parametrize(("language", "yes", "no"), [
    (Language.KO, "네, 왔어요.", "아니요, 아직 안 왔어요."), (Language.EN, "Yes, it came.", "Not yet, no."),
])  # fmt: skip
def test_it_may_be_told_in_words(carrier: TestClient, session: Session, language: Language, yes: str, no: str) -> None:
    for words, line in ((yes, "keypad_noted"), (no, "keypad_worse")):
        attempt = called(session, consents=EVERYTHING, facts=["meals", "sleep"], language=language)
        arranged(session, attempt)
        phone = Telephone(carrier, attempt, sid=words[:2]).pick_up().presses("1").presses("1")
        assert phone.heard.endswith(said(language, "keypad_arrived"))
        assert phone.says(words).heard.startswith(said(language, line))


def test_who_does_not_answer_it_is_asked_once_more_and_then_the_next(carrier: TestClient, session: Session) -> None:
    attempt = called(session, consents=REMEMBERED, facts=["meals", "sleep"])
    arranged(session, attempt)
    phone = Telephone(carrier, attempt).pick_up().presses("1").presses("1")
    assert phone.says_nothing().heard == said(Language.KO, "keypad_again", "keypad_arrived")
    assert "잠을" in phone.presses("7").heard
    session.flush()
    assert keys.arrived(call_of(session, attempt.check_in_id)) == {}


def test_with_every_question_answered_in_the_talk_it_is_asked_all_the_same(
    carrier: TestClient, session: Session
) -> None:
    attempt = broken_talk(session)
    for fact in ("meals", "sleep", "contact"):
        session.add(FactNote(check_in_id=attempt.check_in_id, attempt_id=attempt.id, resident_id=attempt.resident_id,
                             campaign_id=attempt.campaign_id, fact=fact, state=FactState.ANSWERED, noted_at=NOON))  # fmt: skip
    arranged(session, attempt)
    phone = Telephone(carrier, attempt).stream_breaks()
    assert phone.heard.endswith(ko("keypad_arrived"))
    assert phone.presses("1").is_over
