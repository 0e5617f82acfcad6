"""Only the carrier is believed: signed, tokened, about this very call; and nobody on the line hears a 500."""

from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlmodel import Session
from twilio.request_validator import RequestValidator

from oncall import clock, db
from oncall.call import media_token, webhooks
from oncall.call.ears import Ears
from oncall.call.lines import line
from oncall.listen.back_channel import back_channel, interrupts
from oncall.listen.ear import Ear
from oncall.listen.identity import identity
from oncall.models import Attempt, AttemptState, CheckInState, Language
from oncall.settings import settings
from tests.makers import make_attempt, make_check_in, make_resident

TOKEN = "12345"


@pytest.fixture
def carrier(session: Session, monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:
    """The routes of the carrier, on this test's session."""
    monkeypatch.setenv("TWILIO_AUTH_TOKEN", TOKEN)
    monkeypatch.setenv("ONCALL_PUBLIC_URL", "https://oncall.example.org")
    settings.cache_clear()
    app = FastAPI()
    app.state.ears = Ears(Ear, identity, back_channel, interrupts)
    app.include_router(webhooks.spoken)
    app.include_router(webhooks.router)
    app.dependency_overrides[db._request_transaction] = lambda: session
    with TestClient(app, base_url="http://inside.local", raise_server_exceptions=False) as client:
        yield client
    monkeypatch.undo()
    settings.cache_clear()


def signed(
    path: str, fields: dict[str, str], *, token: str = TOKEN, host: str = "https://oncall.example.org"
) -> dict[str, str]:
    return {"X-Twilio-Signature": RequestValidator(token).compute_signature(host + path, fields)}


@pytest.fixture
def attempt(session: Session) -> Attempt:
    """A call being dialled."""
    check_in = make_check_in(session, make_resident(session, "김순자"), state=CheckInState.DIALLING)
    return make_attempt(session, check_in, state=AttemptState.UNCERTAIN)


def test_a_signed_status_finds_its_attempt_by_token_before_the_call_id_is_known(
    carrier: TestClient, attempt: Attempt
) -> None:
    path, fields = f"/voice/{attempt.token}/status", {"CallSid": "CA1", "CallStatus": "ringing"}
    answer = carrier.post(path, data=fields, headers=signed(path, fields))
    assert answer.status_code == 204
    assert (attempt.call_sid, attempt.state) == ("CA1", AttemptState.RINGING)


@pytest.mark.parametrize(
    "forgery", ["unsigned", "wrong_key", "changed_field", "other_host", "extra_query", "added_field"]
)
def test_a_forged_webhook_is_refused_and_nothing_is_written(
    carrier: TestClient, attempt: Attempt, forgery: str
) -> None:
    """TH-01."""
    path, fields = f"/voice/{attempt.token}/status", {"CallSid": "CA1", "CallStatus": "completed"}
    headers, sent, to = signed(path, fields), dict(fields), path
    match forgery:
        case "unsigned":
            headers = {}
        case "wrong_key":
            headers = signed(path, fields, token="54321")
        case "changed_field":
            sent["CallStatus"] = "busy"
        case "other_host":
            headers = signed(path, fields, host="http://inside.local")
        case "extra_query":
            to = path + "?x=1"
        case "added_field":
            sent["RecordingUrl"] = "http://169.254.169.254/"
    assert carrier.post(to, data=sent, headers=headers).status_code == 403
    assert (attempt.state, attempt.call_sid, attempt.outcome) == (AttemptState.UNCERTAIN, None, None)


def test_a_message_signed_for_another_call_changes_nothing(
    carrier: TestClient, session: Session, attempt: Attempt
) -> None:
    """TH-02: a signature has no time, so a message is bound to its own call."""
    attempt.call_sid = "CA1"
    session.flush()
    path, fields = f"/voice/{attempt.token}/status", {"CallSid": "CA2", "CallStatus": "completed"}
    assert carrier.post(path, data=fields, headers=signed(path, fields)).status_code == 403
    assert attempt.state is AttemptState.UNCERTAIN


def test_a_message_repeated_ten_times_ends_in_one_state(carrier: TestClient, attempt: Attempt) -> None:
    path, fields = f"/voice/{attempt.token}/status", {"CallSid": "CA1", "CallStatus": "no-answer"}
    for _ in range(10):
        assert carrier.post(path, data=fields, headers=signed(path, fields)).status_code == 204
    assert attempt.state is AttemptState.ENDED


def test_the_opening_says_who_calls_and_that_it_is_an_ai_before_it_asks_for_the_person(
    carrier: TestClient, attempt: Attempt
) -> None:
    """C-01, C-02: nothing of welfare or risk before the person has answered."""
    path, fields = f"/voice/{attempt.token}/answer", {"CallSid": "CA1", "CallStatus": "in-progress"}
    twiml = carrier.post(path, data=fields, headers=signed(path, fields)).text
    assert twiml.index("인공지능") < twiml.index("김순자") < twiml.index("<Connect>")
    for word in ("복지", "기초수급", "고독사", "위험", "독거"):
        assert word not in twiml


def test_the_carrier_is_told_to_record_nothing_before_its_announcement_can_be_heard(
    carrier: TestClient, attempt: Attempt
) -> None:
    """C-03: the tape is started from inside the stream (`call/tape.py`)."""
    path, fields = f"/voice/{attempt.token}/answer", {"CallSid": "CA1", "CallStatus": "in-progress"}
    twiml = carrier.post(path, data=fields, headers=signed(path, fields)).text
    assert "Record" not in twiml


def test_the_opening_can_be_heard_again_slowly_and_then_a_new_stream_may_open(
    carrier: TestClient, session: Session, attempt: Attempt
) -> None:
    """C-05."""
    fields = {"CallSid": "CA1", "CallStatus": "in-progress"}
    first = carrier.post(f"/voice/{attempt.token}/answer", data=fields,
                         headers=signed(f"/voice/{attempt.token}/answer", fields)).text  # fmt: skip
    assert media_token.spend(session, attempt.id, clock.now())
    path = f"/voice/{attempt.token}/again"
    again = carrier.post(path, data=fields, headers=signed(path, fields)).text
    assert 'rate="slow"' in again
    assert "김순자" in again
    assert first != again
    assert media_token.spend(session, attempt.id, clock.now())
    assert not media_token.spend(session, attempt.id, clock.now())


def test_when_our_side_breaks_the_carrier_is_given_a_kind_sentence(
    carrier: TestClient, attempt: Attempt, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> str:
        raise RuntimeError("a bug")

    monkeypatch.setattr("oncall.call.script.opening", broken)
    path, fields = f"/voice/{attempt.token}/answer", {"CallSid": "CA1"}
    answer = carrier.post(path, data=fields, headers=signed(path, fields))
    assert answer.status_code == 200
    assert "죄송합니다" in answer.text
    assert "<Hangup" in answer.text


@pytest.mark.parametrize(("setting", "heard", "job"), [
    ("nothing", "machine_start", "hang_up_on_machine"), ("nothing", "fax", "hang_up_on_machine"),
    ("name", "machine_end_beep", "leave_word"), ("name", "machine_end_silence", "leave_word"),
    ("name", "fax", "hang_up_on_machine"), ("name", "machine_start", "hang_up_on_machine"),
    ("name", "human", None), ("nothing", "unknown", None),
])  # fmt: skip
def test_a_machine_is_left_a_word_only_after_its_greeting_and_only_where_the_city_wants_it(
    carrier: TestClient, session: Session, attempt: Attempt, monkeypatch: pytest.MonkeyPatch, setting: str, heard: str,
    job: str | None,
) -> None:  # fmt: skip
    """C-31."""
    monkeypatch.setenv("ONCALL_VOICEMAIL", setting)
    settings.cache_clear()
    path, fields = f"/voice/{attempt.token}/machine", {"CallSid": "CA1", "AnsweredBy": heard}
    assert carrier.post(path, data=fields, headers=signed(path, fields)).status_code == 204
    tasks = session.scalars(sa.text("SELECT task_name FROM procrastinate_jobs")).all()
    assert tasks == ([job] if job else [])


@pytest.mark.parametrize("language", list(Language))
def test_what_a_machine_is_told_names_nobody_and_no_purpose(language: Language) -> None:
    """C-31: at most eight seconds, no name, nothing of welfare."""
    words = line("voicemail", language)
    assert len(words) < 60
    for word in ("{", "안부", "복지", "check", "welfare", "AI"):
        assert word not in words
