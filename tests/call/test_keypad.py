"""The keypad check: the same check without a model, step by step, every answer stored before the next question."""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from urllib.parse import urldefrag
from xml.etree import ElementTree

import pytest
import sqlalchemy as sa
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlmodel import Session, select
from twilio.request_validator import RequestValidator

from oncall import clock, db
from oncall.call import keying, keypad, keys, lines, model_health, progress, taking, webhooks
from oncall.call.ears import Ears
from oncall.call.emergency import FACTS
from oncall.call.keypad import Check, Kind, Step
from oncall.gateways import phone
from oncall.listen.back_channel import back_channel, interrupts
from oncall.listen.ear import Ear
from oncall.listen.identity import identity
from oncall.models import (
    Alarm,
    AlarmState,
    AnsweredBy,
    Attempt,
    AttemptKind,
    AttemptState,
    CheckIn,
    CheckInState,
    ConsentScope,
    FactNote,
    FactState,
    Keyed,
    Language,
    Level,
    Outcome,
    Path,
    Resident,
    SignalCode,
    Speaker,
    Standing,
    Turn,
)  # fmt: skip
from oncall.models.risk import Detector
from oncall.settings import settings
from tests.makers import NOON, make_attempt, make_campaign, make_check_in, make_resident, make_turns

TOKEN = "12345"
CITY = "https://oncall.example.org"
HOME = (ConsentScope.SERVICE, ConsentScope.RECORDING)  # no processing abroad


@pytest.fixture
def carrier(session: Session, monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:
    """The routes of the carrier, on this test's session."""
    monkeypatch.setenv("TWILIO_AUTH_TOKEN", TOKEN)
    monkeypatch.setenv("ONCALL_PUBLIC_URL", CITY)
    settings.cache_clear()
    app = FastAPI()
    app.state.ears = Ears(Ear, identity, back_channel, interrupts)
    for router in (webhooks.spoken, webhooks.router, keys.router):
        app.include_router(router)
    app.dependency_overrides[db._request_transaction] = lambda: session
    with TestClient(app, base_url="http://inside.local") as client:
        yield client
    monkeypatch.undo()
    settings.cache_clear()


class Telephone:
    """The resident's telephone: hears TwiML and presses or says what the test says."""

    def __init__(self, carrier: TestClient, attempt: Attempt, sid: str = "CA1") -> None:
        self._carrier, self._attempt, self._sid = carrier, attempt, sid
        self.heard = self.action = ""
        self.takes = ""

    def pick_up(self) -> "Telephone":
        return self._ask(f"/voice/{self._attempt.token}/answer", {"CallSid": self._sid})

    def stream_breaks(self) -> "Telephone":
        return self._ask(f"/voice/{self._attempt.token}/after", {"CallSid": self._sid})

    def presses(self, key: str) -> "Telephone":
        return self._ask(self.action, {"CallSid": self._sid, "Digits": key})

    def says(self, words: str) -> "Telephone":
        return self._ask(self.action, {"CallSid": self._sid, "SpeechResult": words, "Confidence": "0.9"})

    def says_nothing(self) -> "Telephone":
        return self._ask(self.action, {"CallSid": self._sid, "Digits": ""})

    @property
    def is_over(self) -> bool:
        return not self.action

    def _ask(self, path: str, fields: dict[str, str]) -> "Telephone":
        signature = RequestValidator(TOKEN).compute_signature(CITY + path, fields)
        answer = self._carrier.post(path, data=fields, headers={"X-Twilio-Signature": signature})
        assert answer.status_code == 200
        self.twiml = answer.text
        document = ElementTree.fromstring(answer.text)
        self.heard = " ".join("".join(say.itertext()) for say in document.iter("Say"))
        gather = document.find("Gather")
        action, asked_again = urldefrag(gather.get("action") or "") if gather is not None else ("", phone.ASKED_AGAIN)
        assert asked_again == phone.ASKED_AGAIN, "a key that meets a dying node is told to the next (R-08)"
        self.action = action.removeprefix(CITY)
        self.takes = (gather.get("input") or "") if gather is not None else ""
        assert gather is not None or document.find("Hangup") is not None, "never an end without a goodbye"
        return self


def called(session: Session, *, consents: tuple[ConsentScope, ...] = HOME, facts: list[str] | None = None,
           path: Path = Path.KEYPAD, **columns: object) -> Attempt:  # fmt: skip
    """A call about to be answered."""
    campaign = make_campaign(
        session, f"안부 {clock.now().timestamp()}", facts=facts or ["meals", "sleep", "contact"], attempts=1
    )
    resident = make_resident(session, "김순자", consents=consents, **columns)
    check_in = make_check_in(session, resident, campaign, state=CheckInState.DIALLING)
    return make_attempt(session, check_in, state=AttemptState.RINGING, path=path)


def notes_of(session: Session, attempt: Attempt) -> dict[str, tuple[FactState, str]]:
    session.flush()
    rows = session.exec(select(FactNote).where(FactNote.check_in_id == attempt.check_in_id))
    return {note.fact: (note.state, note.reason) for note in rows}


def said_by(session: Session, attempt: Attempt, speaker: Speaker = Speaker.RESIDENT) -> list[str]:
    seal = session.get_one(Resident, attempt.resident_id).seal
    rows = session.exec(
        select(Turn).where(Turn.attempt_id == attempt.id, Turn.speaker == speaker).order_by(Turn.position)
    )  # type: ignore[arg-type]  # a column
    return [turn.words(seal) for turn in rows]


def ko(key: str, turn: int = 0) -> str:
    return lines.line(key, Language.KO, turn=turn)


def test_a_whole_check_by_keys_notes_every_fact_and_says_goodbye(carrier: TestClient, session: Session) -> None:
    attempt = called(session)
    phone = Telephone(carrier, attempt).pick_up()
    assert phone.heard.startswith(ko("opening"))
    assert "김순자" in phone.heard
    assert ko("not_recorded") in phone.heard
    for word in ("복지", "기초수급", "고독사", "위험", "독거", "식사"):
        assert word not in phone.heard, "C-02"
    phone.presses("1")
    assert phone.heard.startswith(ko("keypad_purpose"))
    assert "식사" in phone.heard
    assert "잠을" in phone.presses("1").heard
    assert "이웃" in phone.presses("2").heard
    assert ko("keypad_worse", 1) in phone.heard
    assert phone.presses("1").heard.endswith(ko("closing"))
    assert phone.is_over
    assert notes_of(session, attempt) == {
        "meals": (FactState.ANSWERED, "key_1"), "sleep": (FactState.ANSWERED, "key_2"),
        "contact": (FactState.ANSWERED, "key_1"),
    }  # fmt: skip
    assert (attempt.answered_by, attempt.end_reason) == (AnsweredBy.RESIDENT, "goodbye")
    assert said_by(session, attempt) == ["[1번 누름]", "[1번 누름]", "[2번 누름]", "[1번 누름]"]
    progress.carrier_says(session, attempt, "completed", NOON)
    progress.settle(session, attempt, NOON)
    assert attempt.outcome is Outcome.SPOKEN
    assert session.get_one(CheckIn, attempt.check_in_id).state is CheckInState.HEARD


def test_who_refused_processing_abroad_is_neither_recorded_nor_listened_to(
    carrier: TestClient, session: Session
) -> None:
    """P-08: keys alone; whatever comes as words all the same is not kept."""
    attempt = called(session)
    phone = Telephone(carrier, attempt).pick_up()
    assert phone.takes == "dtmf"
    assert "<Recording" not in phone.twiml
    phone.says("살려 주세요")
    assert said_by(session, attempt) == []


def test_a_step_answered_ten_times_is_answered_once_and_the_same_each_time(
    carrier: TestClient, session: Session
) -> None:
    attempt = called(session)
    phone = Telephone(carrier, attempt).pick_up().presses("1")
    action = phone.action
    first = phone.presses("2").twiml
    for _ in range(9):
        phone.action = action
        assert phone.presses("2").twiml == first
    phone.presses("1")
    phone.action = action
    assert phone.presses("2").twiml == first, "also when the call has moved on"
    assert said_by(session, attempt) == ["[1번 누름]", "[2번 누름]", "[1번 누름]"]
    assert len(said_by(session, attempt, Speaker.AGENT)) == 4
    assert notes_of(session, attempt)["meals"] == (FactState.ANSWERED, "key_2")


def test_two_that_could_be_grave_is_asked_whether_somebody_is_needed_now(carrier: TestClient, session: Session) -> None:
    attempt = called(session, facts=["meals", "sleep"])
    phone = Telephone(carrier, attempt).pick_up().presses("1").presses("2")
    assert phone.heard == f"{ko('keypad_worse')} {ko('keypad_is_it_urgent')}"
    assert "잠을" in phone.presses("1").heard
    assert ko("closing") in phone.presses("2").heard, "a bad night is no emergency"


@pytest.mark.parametrize("before", [[], ["1"], ["1", "2"], ["1", "1", "2"], ["2"]])
def test_nine_at_any_step_raises_an_alarm_once_and_the_line_is_held(
    carrier: TestClient, session: Session, before: list[str]
) -> None:
    attempt = called(session)
    phone = Telephone(carrier, attempt).pick_up()
    for key in before:
        phone.presses(key)
    action = phone.action
    first = phone.presses("9").twiml
    assert phone.heard.startswith(ko("hold"))
    phone.action = action
    assert phone.presses("9").twiml == first
    for _ in range(2 * len(FACTS)):
        assert not phone.says_nothing().is_over, "C-28: we never end it"
    for turn in range(4):
        assert phone.heard == ko("stay", turn)
        assert not phone.says_nothing().is_over
    (alarm,) = session.exec(select(Alarm)).all()
    resident = session.get_one(Resident, attempt.resident_id)
    assert (alarm.detector, alarm.code.value, alarm.level.value) == (Detector.KEYPAD, "health_acute", "emergency")
    assert alarm.quote(resident.seal) == "[9번 누름]"
    jobs = session.scalars(sa.text("SELECT args FROM procrastinate_jobs WHERE task_name = 'alarmed'")).all()
    assert jobs == [{"alarm": str(alarm.id)}]


def test_a_nine_told_of_after_the_end_of_the_call_is_an_alarm_all_the_same(
    carrier: TestClient, session: Session
) -> None:
    """Found by `scripts/chaos`: they press 9 and drop the receiver, and the news of the end is the first to come."""
    attempt = called(session)
    phone = Telephone(carrier, attempt).pick_up().presses("1")
    action = phone.action
    progress.carrier_says(session, attempt, "completed", clock.now())
    session.flush()
    assert attempt.state is AttemptState.ENDED
    for _ in range(3):
        phone.action = action
        assert phone.presses("9").heard == ko("already_over")
    (alarm,) = session.exec(select(Alarm)).all()
    assert (alarm.attempt_id, alarm.detector, alarm.level) == (attempt.id, Detector.KEYPAD, Level.EMERGENCY)
    redials = session.exec(select(Attempt).where(Attempt.kind == AttemptKind.REDIAL)).all()
    assert [one.check_in_id for one in redials] == [attempt.check_in_id], "and they are rung again, once (R-21)"


def test_while_nobody_comes_for_a_minute_the_resident_is_told_so_plainly(carrier: TestClient, session: Session) -> None:
    attempt = called(session)
    phone = Telephone(carrier, attempt).pick_up().presses("9")
    for turn in session.exec(select(Turn).where(Turn.attempt_id == attempt.id)):
        turn.said_at -= timedelta(minutes=2)
    assert phone.says_nothing().heard.startswith(ko("nobody_yet"))
    for _ in range(8):
        assert ko("nobody_yet") not in phone.says_nothing().heard, "and not again for two minutes"
    assert phone.heard == ko("stay", 1)


def test_nobody_is_said_to_be_looked_for_once_a_person_has_it(carrier: TestClient, session: Session) -> None:
    attempt = called(session)
    phone = Telephone(carrier, attempt).pick_up().presses("9")
    for turn in session.exec(select(Turn).where(Turn.attempt_id == attempt.id)):
        turn.said_at -= timedelta(minutes=2)
    session.exec(select(Alarm)).one().state = AlarmState.ACKNOWLEDGED
    session.flush()
    assert ko("nobody_yet") not in phone.says_nothing().heard


def test_zero_is_a_wish_for_a_person_stored_before_the_goodbye(carrier: TestClient, session: Session) -> None:
    attempt = called(session)
    phone = Telephone(carrier, attempt).pick_up().presses("1").presses("0")
    assert (phone.heard, phone.is_over, attempt.end_reason) == (ko("wish_person"), True, "asked_for_person")


def test_silence_repeats_the_question_once_then_asks_whether_they_hear_us_and_any_sign_goes_on(
    carrier: TestClient, session: Session
) -> None:
    attempt = called(session, consents=tuple(ConsentScope), facts=["meals", "sleep", "mood", "contact"])
    phone = Telephone(carrier, attempt).pick_up().presses("1")
    again = phone.says_nothing().heard
    assert again.startswith(ko("keypad_again"))
    assert "식사" in again
    assert phone.says_nothing().heard == ko("keypad_still_there")
    assert "잠을" in phone.presses("7").heard
    assert "마음" in phone.presses("1").heard
    assert phone.says_nothing().says_nothing().heard == ko("keypad_still_there")
    assert "이웃" in phone.says("어어").heard
    assert phone.says_nothing().presses("1").is_over
    assert notes_of(session, attempt) == {
        "meals": (FactState.UNCLEAR, "no_key"), "sleep": (FactState.ANSWERED, "key_1"),
        "mood": (FactState.UNCLEAR, "no_key"), "contact": (FactState.ANSWERED, "key_1"),
    }  # fmt: skip
    assert not session.exec(select(Alarm)).all()


def test_a_line_on_which_nobody_says_anything_is_an_alarm_where_words_are_heard(
    carrier: TestClient, session: Session
) -> None:
    """H-39 from the first second; where only keys are taken they may be talking to us all the while, and it is a case."""
    phone = Telephone(carrier, called(session, consents=tuple(ConsentScope))).pick_up()
    phone.says_nothing()
    assert phone.says_nothing().heard == ko("keypad_still_there")
    assert phone.says_nothing().heard == f"{ko('keypad_unheard')} {ko('fact_where')}"
    assert session.exec(select(Alarm)).one().confidence == keying.NOT_CERTAIN
    assert not phone.is_over


def test_a_machine_that_says_nothing_is_no_alarm(carrier: TestClient, session: Session) -> None:
    attempt = called(session, consents=tuple(ConsentScope))
    attempt.answered_by = AnsweredBy.MACHINE
    phone = Telephone(carrier, attempt).pick_up().says_nothing().says_nothing()
    assert (phone.heard, phone.is_over) == (ko("keypad_nothing"), True)
    assert not session.exec(select(Alarm)).all()


def test_who_is_there_but_does_not_say_who_is_asked_once_more_and_told_goodbye(
    carrier: TestClient, session: Session
) -> None:
    attempt = called(session, consents=tuple(ConsentScope))
    phone = Telephone(carrier, attempt).pick_up().says_nothing().says_nothing().says("여기요")
    assert "김순자" in phone.heard
    assert (phone.says_nothing().heard, phone.is_over) == (ko("keypad_nothing"), True)
    assert not session.exec(select(Alarm)).all()


def test_a_child_is_asked_nothing_and_thanked(carrier: TestClient, session: Session) -> None:
    """C-33, H-23."""
    attempt = called(session, consents=tuple(ConsentScope))
    phone = Telephone(carrier, attempt).pick_up()
    action, first = phone.action, phone.says("할머니 자는데요.").twiml
    assert (phone.heard, phone.is_over, attempt.answered_by) == (ko("child"), True, AnsweredBy.OTHER)
    phone.action = action
    assert phone.says("할머니 자는데요.").twiml == first


def test_a_child_who_cannot_wake_somebody_is_an_alarm(carrier: TestClient, session: Session) -> None:
    """H-24."""
    phone = Telephone(carrier, called(session, consents=tuple(ConsentScope))).pick_up().says("할머니가 안 일어나요.")
    assert (phone.heard, phone.is_over) == (f"{ko('hold_child')} {ko('fact_where_child')}", False)


def test_who_says_that_they_are_somebody_else_is_asked_to_fetch_the_resident(
    carrier: TestClient, session: Session
) -> None:
    """C-32: in more words than yes and no."""
    attempt = called(session, consents=tuple(ConsentScope))
    phone = Telephone(carrier, attempt).pick_up()
    action, first = phone.action, phone.says("저는 딸인데요.").twiml
    assert ko("third_party") in phone.heard
    phone.action = action
    assert phone.says("저는 딸인데요.").twiml == first
    assert phone.says("지금 안 계세요.").is_over
    assert attempt.answered_by is AnsweredBy.OTHER


@pytest.mark.parametrize("consents", [HOME, tuple(ConsentScope)])
def test_who_was_there_and_gives_no_sign_any_more_is_an_alarm_that_is_not_certain(
    carrier: TestClient, session: Session, consents: tuple[ConsentScope, ...]
) -> None:
    """H-39: nobody hears the line here, so a moan and a silence are the same; the question, once more, and "can you
    hear me?" come first."""
    attempt = called(session, consents=consents)
    phone = Telephone(carrier, attempt).pick_up().presses("1").says_nothing().says_nothing()
    action = phone.action
    phone.says_nothing()
    assert phone.heard.startswith(ko("keypad_unheard"))
    phone.action = action
    assert phone.says_nothing().heard.startswith(ko("keypad_unheard"))
    alarm = session.exec(select(Alarm)).one()
    assert (alarm.detector, alarm.level, alarm.confidence) == (Detector.KEYPAD, Level.EMERGENCY, keying.NOT_CERTAIN)
    for _ in range(2 * len(FACTS) + 2):
        assert not phone.says_nothing().is_over, "C-28"
    assert phone.heard == ko("stay", 2)


def test_nobody_who_says_who_they_are_hears_what_it_is_about_and_a_person_is_told(
    carrier: TestClient, session: Session
) -> None:
    attempt = called(session)
    phone = Telephone(carrier, attempt).pick_up()
    phone.says_nothing()
    assert (phone.says_nothing().heard, phone.is_over) == (ko("keypad_nothing"), True)
    progress.carrier_says(session, attempt, "completed", NOON)
    progress.settle(session, attempt, NOON)
    check_in = session.get_one(CheckIn, attempt.check_in_id)
    assert (check_in.state, check_in.reason) == (CheckInState.NOT_ACCOUNTED, "nobody_spoke")


def test_somebody_else_is_asked_to_fetch_the_resident_and_learns_nothing(carrier: TestClient, session: Session) -> None:
    """C-32."""
    attempt = called(session)
    phone = Telephone(carrier, attempt).pick_up().presses("2")
    assert "바꿔 주시겠어요" in phone.heard
    fetched = Telephone(carrier, attempt)
    fetched.action = phone.action
    assert (phone.presses("2").heard, phone.is_over) == (ko("third_party_bye"), True)
    assert (attempt.answered_by, attempt.end_reason) == (AnsweredBy.OTHER, "other_person")


# -- the model is merely down: what they say is heard as well


def test_with_the_model_down_they_may_answer_in_words_and_the_words_are_kept(
    carrier: TestClient, session: Session
) -> None:
    attempt = called(session, consents=tuple(ConsentScope))
    phone = Telephone(carrier, attempt).pick_up()
    assert phone.takes == "dtmf speech"
    assert "<Recording" in phone.twiml
    assert phone.twiml.index(ko("recorded")) < phone.twiml.index("<Recording"), "C-03"
    assert "식사" in phone.says("네, 맞아요.").heard
    assert "잠을" in phone.says("어제 국수를 먹었어요").heard
    assert "이웃" in phone.says("이 번이요").heard
    assert notes_of(session, attempt) == {
        "meals": (FactState.UNCLEAR, "spoken"), "sleep": (FactState.ANSWERED, "key_2")
    }  # fmt: skip
    assert said_by(session, attempt) == ["네, 맞아요.", "어제 국수를 먹었어요", "이 번이요"]
    note = session.exec(select(FactNote).where(FactNote.fact == "meals")).one()
    assert note.words(session.get_one(Resident, attempt.resident_id).seal) == "어제 국수를 먹었어요"


def test_a_cry_for_help_in_words_is_an_alarm_of_the_net_and_holds_the_line(
    carrier: TestClient, session: Session
) -> None:
    attempt = called(session, consents=tuple(ConsentScope))
    phone = Telephone(carrier, attempt).pick_up().presses("1").says("넘어져서 못 일어나겠어요")
    assert phone.heard == f"{ko('hold')} {ko('fact_where')}"
    alarm = session.exec(select(Alarm)).one()
    assert alarm.detector is Detector.NET
    assert alarm.quote(session.get_one(Resident, attempt.resident_id).seal) == "넘어져서 못 일어나겠어요"


@pytest.mark.parametrize(
    ("words", "line", "standing"),
    [
        ("이제 전화하지 마세요", "wish_stop_calling", Standing.WITHDRAWN),
        ("잘못 거셨어요", "wrong_person", Standing.WRONG_NUMBER),
        ("그 사람 돌아가셨어요", "deceased", Standing.DECEASED),
        ("사람 바꿔줘요", "wish_person", Standing.ACTIVE),
        ("보이스피싱 아니에요?", "wish_scam_worry", Standing.ACTIVE),
    ],
)
def test_a_wish_in_words_is_honoured_confirmed_and_stored_with_the_model_dead(
    carrier: TestClient, session: Session, words: str, line: str, standing: Standing
) -> None:
    """C-10."""
    attempt = called(session, consents=tuple(ConsentScope))
    phone = Telephone(carrier, attempt).pick_up()
    action, first = phone.action, phone.says(words).twiml
    assert (phone.heard, phone.is_over) == (ko(line), True)
    assert session.get_one(Resident, attempt.resident_id).standing is standing
    phone.action = action
    assert phone.says(words).twiml == first


def test_a_wish_that_does_not_end_the_call_is_confirmed_and_the_question_repeated(
    carrier: TestClient, session: Session
) -> None:
    attempt = called(session, consents=tuple(ConsentScope))
    phone = Telephone(carrier, attempt).pick_up().presses("1").says("녹음하지 마세요")
    assert phone.heard.startswith(ko("wish_do_not_record"))
    assert "식사" in phone.heard


# -- when the keys are taken up


def failed(session: Session, count: int, *, ago: timedelta) -> None:
    for _ in range(count):
        made = make_attempt(
            session, make_check_in(session), state=AttemptState.ENDED, end_reason="model_down", outcome=Outcome.BROKEN
        )
        made.answered_at = clock.now() - ago
    session.flush()


def test_a_model_known_to_be_down_is_not_tried_and_a_minute_later_it_is(carrier: TestClient, session: Session) -> None:
    failed(session, model_health.FAILURES, ago=timedelta(seconds=20))
    attempt = called(session, consents=tuple(ConsentScope), path=Path.TALK)
    assert Telephone(carrier, attempt).pick_up().takes == "dtmf speech"
    assert attempt.path is Path.KEYPAD
    assert model_health.usable(session, clock.now() + timedelta(seconds=60))


@pytest.mark.parametrize("count", range(model_health.FAILURES))
def test_fewer_failures_do_not_close_the_model(session: Session, count: int) -> None:
    failed(session, count, ago=timedelta(seconds=20))
    assert model_health.usable(session, clock.now())


def test_minutes_used_up_today_are_used_up_and_yesterdays_are_not(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ONCALL_MODEL_MINUTES_A_DAY", "10")
    settings.cache_clear()
    try:
        long = make_attempt(session, make_check_in(session), state=AttemptState.ENDED, seconds=540)
        long.answered_at = NOON
        assert model_health.usable(session, NOON + timedelta(hours=1))
        going_on = make_attempt(session, make_check_in(session), state=AttemptState.ANSWERED)
        going_on.answered_at = NOON + timedelta(hours=1)
        assert not model_health.usable(session, NOON + timedelta(hours=1, seconds=61))
        assert model_health.usable(session, NOON + timedelta(hours=13)), "a new day in Seoul"
        long.path = Path.KEYPAD
        assert model_health.usable(session, NOON + timedelta(hours=1, seconds=61)), "keys cost no minutes"
    finally:
        monkeypatch.undo()
        settings.cache_clear()


def broken_talk(session: Session) -> Attempt:
    attempt = called(session, consents=tuple(ConsentScope), path=Path.TALK)
    attempt.state, attempt.answered_at, attempt.end_reason = AttemptState.ANSWERED, clock.now(), "model_down"
    make_turns(session, attempt, ("agent", "식사는 하셨어요?"), ("resident", "밥은 잘 먹어요"))
    return attempt


def test_when_the_model_dies_in_a_call_the_keys_go_on_with_what_is_open(carrier: TestClient, session: Session) -> None:
    attempt = broken_talk(session)
    session.add(FactNote(check_in_id=attempt.check_in_id, attempt_id=attempt.id, resident_id=attempt.resident_id,
                         campaign_id=attempt.campaign_id, fact="meals", state=FactState.ANSWERED, noted_at=NOON))  # fmt: skip
    session.flush()
    phone = Telephone(carrier, attempt).stream_breaks()
    assert phone.heard.startswith(ko("keypad_switch"))
    assert "잠을" in phone.heard
    assert "식사를" not in phone.heard
    phone.presses("1").presses("1")
    assert phone.is_over
    progress.carrier_says(session, attempt, "completed", NOON)
    progress.settle(session, attempt, NOON)
    assert (attempt.outcome, attempt.path) == (Outcome.SPOKEN, Path.KEYPAD)
    assert attempt.error == model_health.DOWN, "the failure is not forgotten by those who ask after the model's health"


def test_when_the_model_dies_before_anything_was_answered_the_right_person_is_asked_for_again(
    carrier: TestClient, session: Session
) -> None:
    phone = Telephone(carrier, broken_talk(session)).stream_breaks()
    assert "김순자" in phone.heard
    assert "식사" not in phone.heard


def test_who_has_said_who_they_are_is_not_asked_again_when_the_model_dies(
    carrier: TestClient, session: Session
) -> None:
    attempt = broken_talk(session)
    attempt.answered_by = AnsweredBy.RESIDENT
    phone = Telephone(carrier, attempt).stream_breaks()
    assert "김순자" not in phone.heard
    assert "식사" in phone.heard


def test_when_the_model_dies_after_danger_was_heard_we_stay(carrier: TestClient, session: Session) -> None:
    attempt = broken_talk(session)
    alarm = Alarm(attempt_id=attempt.id, resident_id=attempt.resident_id, code=SignalCode.FALL, level=Level.EMERGENCY,
                  detector=Detector.NET, quote_sealed=b"", second=1.0, raised_at=NOON)  # fmt: skip
    alarm.write(session.get_one(Resident, attempt.resident_id).seal, "못 일어나겠어")
    session.add(alarm)
    session.flush()
    phone = Telephone(carrier, attempt).stream_breaks()
    assert phone.heard == f"{ko('hold')} {ko('fact_where')}"
    assert not phone.says_nothing().is_over


# -- the steps themselves


def test_a_step_is_written_in_its_address_and_read_back() -> None:
    for kind in Kind:
        for number in (0, 7):
            for again in (0, 1, 2, 9):
                step = Step(kind, number, again)
                assert keypad.step_at(step.path) == step
    assert {
        keypad.step_at(path)
        for path in ("", "fact", "fact-x", "fact-1-again-1", "fact-1-again-10", "__class__-1", "fact-1000")
    } == {None}


def test_an_unknown_step_is_refused(carrier: TestClient, session: Session) -> None:
    path = f"/voice/{called(session).token}/keys/elsewhere-1"
    signature = RequestValidator(TOKEN).compute_signature(CITY + path, {"Digits": "1"})
    assert carrier.post(path, data={"Digits": "1"}, headers={"X-Twilio-Signature": signature}).status_code == 404
    assert carrier.post(path, data={"Digits": "1"}).status_code == 403


def test_every_check_ends_whatever_is_pressed() -> None:
    """Each key at each step leads on; no way through is longer than every question asked twice, with its urgency. Where
    no sign comes at all we stay on the line instead, with an alarm."""
    from oncall.models.fact import facts_in

    facts = list(facts_in(settings().prompts).values())
    for keys_pressed in (["1"], ["2"], [""], ["5"], ["2", "", "1"], ["", "1"], ["#"]):
        check, follows, count = Check(facts), Check(facts).first(), 0
        while follows.step is not None and not follows.alarm:
            follows = check.follow(
                follows.step, "1" if count == 0 and keys_pressed != ["2"] else keys_pressed[count % len(keys_pressed)]
            )
            count += 1
            assert count < 4 * len(facts) + 4
        assert follows.ends or (follows.alarm and keys_pressed == [""])


@pytest.mark.parametrize(("words", "language", "key"), [
    ("일 번이요.", Language.KO, "1"), ("2번", Language.KO, "2"), ("구번!", Language.KO, "9"), ("영 번", Language.KO, "0"),
    ("press two please", Language.EN, "2"), ("One.", Language.EN, "1"), ("이제 괜찮아", Language.KO, ""),
    ("일을 많이 했어", Language.KO, ""), ("nothing", Language.EN, ""),
])  # fmt: skip
def test_a_key_may_be_said(words: str, language: Language, key: str) -> None:
    assert keypad.key_said(words, language, Step(Kind.FACT)) == key


def test_every_reason_a_keypad_notes_is_known_to_those_who_listen_afterwards() -> None:
    assert all(re.fullmatch("[a-z_0-9]+", reason) for reason in Keyed)


def asked_by_carrier(carrier: TestClient, path: str, fields: dict[str, str]) -> ElementTree.Element:
    """What the carrier is told when it asks, signed."""
    signature = RequestValidator(TOKEN).compute_signature(CITY + path, fields)
    answer = carrier.post(path, data=fields, headers={"X-Twilio-Signature": signature})
    assert answer.status_code == 200
    return ElementTree.fromstring(answer.text)


def test_a_cry_for_help_by_key_outlives_a_database_that_is_away(
    carrier: TestClient, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The 9 is asked for again, with the 9, until it is taken: nobody is told goodbye over it. It lies on disk meanwhile,
    once, for they may drop the receiver."""
    attempt, kept = called(session), list[tuple[str, str, str]]()
    telephone = Telephone(carrier, attempt).pick_up().presses("1")

    def keep(token: str, step: str, key: str, _at: datetime) -> None:
        kept.append((token, step, key))

    with monkeypatch.context() as patch:
        patch.setattr(keys.scribe, "key_pressed", keep)
        patch.setattr(keying, "go_on", lambda *_, **__: (_ for _ in ()).throw(sa.exc.DBAPIError("", {}, OSError())))
        path, fields = telephone.action, {"CallSid": "CA1", "Digits": "9"}
        for _ in range(3):
            answer = asked_by_carrier(carrier, path, fields)
            assert [verb.tag for verb in answer] == ["Pause", "Redirect"]
            path, fields = (answer[1].text or "").removeprefix(CITY), {"CallSid": "CA1"}
        given_up = re.sub(r"tries=\d+", f"tries={keys.MOST_TRIES}", path)
        assert asked_by_carrier(carrier, given_up, fields).find("Hangup") is not None
    assert session.exec(select(Alarm).where(Alarm.attempt_id == attempt.id)).first() is None
    assert kept == [(attempt.token, telephone.action.rpartition("/")[2], "9")]
    held = asked_by_carrier(carrier, path, fields)
    assert ko("hold") in " ".join(say.text or "" for say in held.iter("Say"))
    assert session.exec(select(Alarm).where(Alarm.attempt_id == attempt.id)).one().detector is Detector.KEYPAD
    taking.take_kept(session, *kept[0], clock.now())
    assert session.exec(select(Alarm).where(Alarm.attempt_id == attempt.id)).one(), (
        "what was taken since stays as it is"
    )


def test_a_key_from_the_disk_is_taken_when_the_call_is_over_and_they_are_rung_again(
    carrier: TestClient, session: Session
) -> None:
    attempt = called(session)
    telephone = Telephone(carrier, attempt).pick_up().presses("1")
    progress.carrier_says(session, attempt, "completed", clock.now(), call_sid="CA1", answered_by=None, seconds=9)
    taking.take_kept(session, attempt.token, telephone.action.rpartition("/")[2], "9", clock.now())
    assert session.exec(select(Alarm).where(Alarm.attempt_id == attempt.id)).one().level is Level.EMERGENCY
    assert session.exec(select(Attempt).where(Attempt.kind == AttemptKind.REDIAL)).one()
    taking.take_kept(session, "of nobody", "fact-0", "9", clock.now())


def asks_the_fallback(carrier: TestClient, attempt: Attempt, failed: str, digits: str) -> ElementTree.Element:
    """What the carrier is told when it found nobody at the address `failed`, with what was pressed."""
    fields = {"CallSid": "CA1", "Digits": digits, "ErrorCode": "11200", "ErrorUrl": CITY + failed}
    return asked_by_carrier(carrier, f"/voice/{attempt.token}/fallback", fields)


@pytest.mark.parametrize("digits", ["9", ""])
def test_a_key_that_found_no_node_alive_is_taken_by_the_next(
    carrier: TestClient, session: Session, digits: str
) -> None:
    """The carrier asks the fallback address then, and says which address had failed; the check goes on from there."""
    attempt = called(session)
    telephone = Telephone(carrier, attempt).pick_up().presses("1")
    answer = asks_the_fallback(carrier, attempt, telephone.action, digits)
    assert answer.find("Gather") is not None
    assert attempt.end_reason == ""
    alarmed = session.exec(select(Alarm).where(Alarm.attempt_id == attempt.id)).first() is not None
    assert alarmed == (digits == "9")


def test_a_nine_that_found_no_node_alive_counts_when_the_line_has_gone_down_meanwhile(
    carrier: TestClient, session: Session
) -> None:
    attempt = called(session)
    telephone = Telephone(carrier, attempt).pick_up().presses("1")
    progress.carrier_says(session, attempt, "completed", clock.now(), call_sid="CA1", answered_by=None, seconds=9)
    assert asks_the_fallback(carrier, attempt, telephone.action, "9").find("Hangup") is not None
    assert session.exec(select(Alarm).where(Alarm.attempt_id == attempt.id)).one().level is Level.EMERGENCY
    assert session.exec(select(Attempt).where(Attempt.kind == AttemptKind.REDIAL)).one()


def test_any_other_failure_still_ends_with_an_apology(carrier: TestClient, session: Session) -> None:
    attempt = called(session)
    failed = {"CallSid": "CA1", "ErrorCode": "11200", "ErrorUrl": f"{CITY}/voice/{attempt.token}/answer"}
    answer = asked_by_carrier(carrier, f"/voice/{attempt.token}/fallback", failed)
    assert (answer.find("Hangup") is not None, attempt.end_reason) == (True, "broken")
