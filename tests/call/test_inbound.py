"""Whoever missed us and rings back gets their check-in, once; everybody else hears who we are and nothing more."""

import threading
from collections.abc import Iterator
from datetime import timedelta
from uuid import UUID

import httpx2
import pytest
import sqlalchemy as sa
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlmodel import Session, select
from twilio.request_validator import RequestValidator

from oncall import clock, db
from oncall.call import call_back, dialling, inbound, keys, lines, progress, sweep, webhooks
from oncall.call.ears import Ears
from oncall.follow_up import cases
from oncall.gateways import phone
from oncall.listen.back_channel import back_channel, interrupts
from oncall.listen.ear import Ear
from oncall.listen.identity import identity
from oncall.models import (
    Alarm,
    AlarmState,
    Attempt,
    AttemptKind,
    AttemptState,
    CampaignState,
    Case,
    CaseKind,
    CheckIn,
    CheckInState,
    ConsentScope,
    Language,
    Level,
    Outcome,
    Path,
    Resident,
    SignalCode,
    Standing,
)  # fmt: skip
from oncall.models.risk import Detector
from oncall.sandbox.phone.config import PhoneConfig
from oncall.sandbox.server import sandbox_in_thread
from oncall.settings import settings
from tests.makers import make_attempt, make_campaign, make_check_in, make_resident, make_turns

TOKEN = "12345"
CITY = "https://oncall.example.org"
NUMBER = "+821055550007"


@pytest.fixture
def carrier(session: Session, monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:
    """The routes of the carrier, on this test's session."""
    monkeypatch.setenv("TWILIO_AUTH_TOKEN", TOKEN)
    monkeypatch.setenv("ONCALL_PUBLIC_URL", CITY)
    settings.cache_clear()
    app = FastAPI()
    app.state.ears = Ears(Ear, identity, back_channel, interrupts)
    for router in (inbound.spoken, inbound.router, webhooks.spoken, webhooks.router, keys.router):
        app.include_router(router)
    app.dependency_overrides[db._request_transaction] = lambda: session
    with TestClient(app, base_url="http://inside.local") as client:
        yield client
    monkeypatch.undo()
    settings.cache_clear()


def ring(
    carrier: TestClient, number: str = NUMBER, *, sid: str = "CA7", path: str = "", whole: str = "", **fields: str
) -> str:
    address = whole or "/voice/inbound" + path
    told = {
        "CallSid": sid,
        "From": number,
        "To": "+82325550100",
        "Direction": "inbound",
        "CallStatus": "ringing",
    } | fields
    headers = {"X-Twilio-Signature": RequestValidator(TOKEN).compute_signature(CITY + address, told)}
    answer = carrier.post(address, data=told, headers=headers)
    assert answer.status_code in {200, 204}
    return answer.text


def missed(session: Session, *, number: str = NUMBER, tries: int = 3, consents: tuple[ConsentScope, ...] = tuple(ConsentScope),
           **columns: object) -> CheckIn:  # fmt: skip
    """A check-in whose first try was not answered a while ago."""
    campaign = make_campaign(session, f"안부 {clock.now().timestamp()}", attempts=tries)
    resident = make_resident(session, "김순자", phone=number, consents=consents, **columns)
    at = clock.now() - timedelta(minutes=20)
    check_in = make_check_in(session, resident, campaign, slot=at, state=CheckInState.DIALLING)
    progress.carrier_says(session, make_attempt(session, check_in, call_sid="CA1"), "no-answer", at)
    return check_in


def attempts_of(session: Session, check_in: CheckIn) -> list[Attempt]:
    return list(session.exec(select(Attempt).where(Attempt.check_in_id == check_in.id).order_by(Attempt.number)))  # type: ignore[arg-type]  # a column


def jobs(session: Session, name: str) -> list[dict[str, object]]:
    return list(session.scalars(sa.text("SELECT args FROM procrastinate_jobs WHERE task_name = :n"), {"n": name}))


def test_who_missed_us_and_rings_back_gets_the_same_check_in(carrier: TestClient, session: Session) -> None:
    check_in = missed(session)
    twiml = ring(carrier)
    assert lines.line("opening", Language.KO) in twiml
    assert "<Connect>" in twiml
    _, back = attempts_of(session, check_in)
    assert (back.kind, back.state, back.call_sid, back.path) == (
        AttemptKind.CALL_BACK, AttemptState.ANSWERED, "CA7", Path.TALK
    )  # fmt: skip
    assert back.token in twiml
    assert check_in.state is CheckInState.SPEAKING
    make_turns(session, back, ("resident", "네, 잘 지내요"))
    ring(carrier, path="/status", CallStatus="completed", CallDuration="61")
    assert (back.state, back.seconds) == (AttemptState.ENDED, 61)
    progress.settle(session, back, clock.now())
    assert check_in.state is CheckInState.HEARD


def test_what_they_were_saying_when_the_receiver_fell_is_heard_in_a_call_of_theirs_too(
    carrier: TestClient, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    """H-40, with the model known to be down: the check goes by keys and words."""
    check_in = missed(session)
    monkeypatch.setattr(webhooks.model_health, "usable", lambda *_: False)
    ring(carrier)
    back = attempts_of(session, check_in)[-1]
    assert back.path is Path.KEYPAD
    ring(carrier, whole=f"/voice/{back.token}/words/who-0", SequenceNumber="0", UnstableSpeechResult="숨이 안 쉬어져요")
    ring(carrier, path="/status", CallStatus="completed", CallDuration="9")
    alarm = session.exec(select(Alarm).where(Alarm.attempt_id == back.id)).one()
    assert alarm.level is Level.EMERGENCY


@pytest.mark.parametrize("first", [0, 1])
def test_of_two_calls_settled_late_the_one_with_words_leads_whichever_is_settled_first(
    carrier: TestClient, session: Session, first: int
) -> None:
    """Otherwise the silent one would have them called again after they had spoken (R-01)."""
    check_in = missed(session)
    ring(carrier)
    ring(carrier, path="/status", CallStatus="completed", CallDuration="2")
    ring(carrier, sid="CA8")
    _, silent, spoken = attempts_of(session, check_in)
    make_turns(session, spoken, ("resident", "네, 잘 지내요"))
    ring(carrier, sid="CA8", path="/status", CallStatus="completed", CallDuration="61")
    both = [silent, spoken]
    progress.settle(session, both.pop(first), clock.now())
    progress.settle(session, both.pop(), clock.now())
    assert check_in.state is CheckInState.HEARD
    assert (silent.outcome, spoken.outcome) == (Outcome.HUNG_UP, Outcome.SPOKEN)


def test_who_may_not_be_heard_abroad_gets_the_keypad_check_when_they_ring_too(
    carrier: TestClient, session: Session
) -> None:
    missed(session, consents=(ConsentScope.SERVICE,))
    twiml = ring(carrier)
    assert "<Gather" in twiml
    assert 'input="dtmf"' in twiml


def test_a_repeated_webhook_is_one_call_back(carrier: TestClient, session: Session) -> None:
    check_in = missed(session)
    first = ring(carrier)
    assert [ring(carrier) for _ in range(9)] == [first] * 9
    assert len(attempts_of(session, check_in)) == 2


def test_a_second_caller_while_the_first_talks_is_not_given_the_same_check_in(
    carrier: TestClient, session: Session
) -> None:
    check_in = missed(session)
    ring(carrier)
    assert lines.line("call_back_closed", Language.KO) in ring(carrier, sid="CA8")
    assert len(attempts_of(session, check_in)) == 2


@pytest.mark.parametrize(
    "state", [AttemptState.INTENDED, AttemptState.UNCERTAIN, AttemptState.PLACED, AttemptState.RINGING]
)
def test_our_own_ringing_is_let_go_and_does_not_count_as_a_try(
    carrier: TestClient, session: Session, state: AttemptState
) -> None:
    check_in = missed(session, tries=2)
    check_in.move(CheckInState.DIALLING, clock.now())
    ours = make_attempt(
        session, check_in, state=state, call_sid="CA2" if state.rank >= AttemptState.PLACED.rank else None
    )
    ring(carrier)
    assert (ours.state, ours.outcome) == (AttemptState.ENDED, Outcome.CANCELLED)
    assert jobs(session, "hang_up") == ([{"attempt": str(ours.id)}] if ours.call_sid else [])
    progress.carrier_says(session, ours, "in-progress", clock.now(), call_sid="CA2")
    assert ours.state is AttemptState.ENDED, "late news does not take it up again"
    back = attempts_of(session, check_in)[-1]
    assert (back.kind, check_in.state) == (AttemptKind.CALL_BACK, CheckInState.SPEAKING)
    session.delete(back)  # had they not rung, this would have been the second try
    session.flush()
    assert progress._tries(session, check_in) == 1


def test_a_call_they_are_already_talking_in_is_left_alone(carrier: TestClient, session: Session) -> None:
    check_in = missed(session)
    check_in.state = CheckInState.SPEAKING
    ours = make_attempt(session, check_in, state=AttemptState.ANSWERED)
    make_turns(session, ours, ("resident", "여보세요"))
    assert lines.line("call_back_closed", Language.KO) in ring(carrier)
    assert ours.state is AttemptState.ANSWERED


def test_a_machine_that_took_our_call_is_let_go_for_the_person_who_rings(carrier: TestClient, session: Session) -> None:
    check_in = missed(session)
    check_in.state = CheckInState.SPEAKING
    ours = make_attempt(session, check_in, state=AttemptState.ANSWERED, call_sid="CA2")
    assert lines.line("opening", Language.KO) in ring(carrier)
    assert ours.outcome is Outcome.CANCELLED


@pytest.mark.parametrize("consents", [tuple(ConsentScope), (ConsentScope.SERVICE,)])
def test_who_was_cut_off_in_danger_and_rings_is_not_asked_questions(
    carrier: TestClient, session: Session, consents: tuple[ConsentScope, ...]
) -> None:
    """R-21 the other way round: they ring before we do."""
    check_in = missed(session, consents=consents)
    check_in.state = CheckInState.ASSESSED
    first = attempts_of(session, check_in)[0]
    alarm = Alarm(attempt_id=first.id, resident_id=first.resident_id, code=SignalCode.FALL, level=Level.EMERGENCY,
                  detector=Detector.NET, quote_sealed=b"", second=1.0, raised_at=clock.now())  # fmt: skip
    alarm.write(session.get_one(Resident, first.resident_id).seal, "못 일어나겠어요")
    session.add(alarm)
    ours = make_attempt(session, check_in, kind=AttemptKind.REDIAL, state=AttemptState.RINGING, call_sid="CA3")
    twiml = ring(carrier)
    assert lines.line("call_back_closed", Language.KO) not in twiml
    assert ours.outcome is Outcome.CANCELLED
    back = attempts_of(session, check_in)[-1]
    assert (back.kind, back.call_sid, back.state) == (AttemptKind.REDIAL, "CA7", AttemptState.ANSWERED)
    assert check_in.state is CheckInState.ASSESSED, "page and case stay as they are"
    if back.path is Path.KEYPAD:
        assert lines.line("call_again", Language.KO) in twiml
        assert "/keys/hold-0" in twiml
    alarm.state = AlarmState.CLOSED
    back.state = AttemptState.ENDED
    assert lines.line("call_back_closed", Language.KO) in ring(carrier, sid="CA9")


def test_who_rings_after_the_last_try_of_the_day_is_asked_all_the_same(
    carrier: TestClient, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    noon = clock.now().replace(hour=3, minute=0)  # in Seoul: twenty minutes before it is the same day
    monkeypatch.setattr(clock, "now", lambda: noon)
    check_in = missed(session, tries=1)
    assert check_in.state is CheckInState.UNREACHED
    assert lines.line("opening", Language.KO) in ring(carrier)
    again = session.exec(
        select(CheckIn).where(CheckIn.resident_id == check_in.resident_id, CheckIn.id != check_in.id)
    ).one()
    assert (again.state, again.enrolment_id) == (CheckInState.SPEAKING, check_in.enrolment_id)
    assert check_in.state is CheckInState.UNREACHED, "the case it became is a person's to close"


def test_who_was_not_reached_another_day_is_not_asked_about_it(carrier: TestClient, session: Session) -> None:
    check_in = missed(session, tries=1)
    check_in.changed_at -= timedelta(days=2)
    assert lines.line("call_back_closed", Language.KO) in ring(carrier)


def test_with_nothing_open_they_hear_so_and_zero_asks_for_a_person(carrier: TestClient, session: Session) -> None:
    check_in = missed(session)
    check_in.state = CheckInState.ASSESSED
    assert lines.line("call_back_closed", Language.KO) in ring(carrier)
    assert jobs(session, "asked") == []
    assert lines.line("wish_person", Language.KO) in ring(carrier, path="/person", Digits="0")
    assert jobs(session, "asked") == [{"resident": str(check_in.resident_id), "urgent": False}]
    resident = session.get_one(Resident, check_in.resident_id)
    cases.asked(session, resident, clock.now())
    cases.asked(session, resident, clock.now())
    case = session.exec(select(Case).where(Case.resident_id == resident.id)).one()
    assert (case.kind, case.level) == (CaseKind.ASKED, Level.CONCERN)
    cases.asked(session, resident, clock.now(), urgent=True)
    assert case.level is Level.URGENT


def test_a_paused_campaign_is_not_taken_up(carrier: TestClient, session: Session) -> None:
    check_in = missed(session)
    from oncall.models import Campaign

    session.get_one(Campaign, check_in.campaign_id).state = CampaignState.PAUSED
    assert lines.line("call_back_closed", Language.KO) in ring(carrier)


@pytest.mark.parametrize("who", ["unknown", "withheld", *(s for s in Standing if not s.may_be_called), "no_consent"])
def test_a_stranger_hears_who_we_are_and_nothing_more(carrier: TestClient, session: Session, who: str) -> None:
    number = NUMBER
    if who == "unknown":
        missed(session)
        number = "+821099998888"
    elif who == "withheld":
        number = "anonymous"
    elif who == "no_consent":
        missed(session, consents=())
    else:
        missed(session, standing=Standing(who))
    twiml = ring(carrier, number)
    assert lines.line("stranger", Language.KO) in twiml
    assert "<Gather" not in twiml
    assert "김순자" not in twiml
    assert session.exec(select(Attempt).where(Attempt.kind == AttemptKind.CALL_BACK)).first() is None
    assert lines.line("stranger", Language.KO) in ring(carrier, number, path="/person", Digits="0")
    assert jobs(session, "asked") == []


def test_of_two_who_share_a_telephone_the_one_with_an_open_check_in_is_asked(
    carrier: TestClient, session: Session
) -> None:
    make_resident(session, "박정수", phone=NUMBER, external_id="A-1")
    missed(session, external_id="B-1")
    assert "김순자" in ring(carrier)


def test_an_unsigned_ring_is_refused(carrier: TestClient, session: Session) -> None:
    for path in ("", "/person", "/status"):
        assert carrier.post(f"/voice/inbound{path}", data={"From": NUMBER}).status_code == 403


class TestWithTheCarrier:
    """Rows committed for real, and a stand-in carrier whose ledger is the judge."""

    @pytest.fixture
    def stand_in(self, committed: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
        with sandbox_in_thread(PhoneConfig(cps=50, speed=10)) as addresses:
            for name, value in addresses.environment.items():
                monkeypatch.setenv(name, value)
            monkeypatch.setenv("ONCALL_CALLER_ID", "+82325550100")
            monkeypatch.setenv("ONCALL_PUBLIC_URL", CITY)
            settings.cache_clear()
            phone._client.cache_clear()
            yield addresses.phone_url
            monkeypatch.undo()
            settings.cache_clear()
            phone._client.cache_clear()

    @pytest.fixture
    def open_one(self, committed: None) -> UUID:
        with db.transaction() as session:
            return missed(session).id

    def take_up(self, sid: str) -> Attempt | None:
        with db.transaction() as session:
            return call_back.take_up(session, call_back.callers(session, NUMBER), sid, clock.now())

    def test_our_number_is_led_here_when_it_is_asked_for(self, stand_in: str) -> None:
        assert phone.led_here() is False
        assert phone.lead_here()
        assert phone.led_here()

    def test_two_who_ring_at_once_are_taken_up_once(self, open_one: UUID) -> None:
        taken: list[Attempt | None] = []
        together = threading.Barrier(6)

        def one(sid: str) -> None:
            together.wait()
            taken.append(self.take_up(sid))

        threads = [threading.Thread(target=one, args=(f"CB{n}",)) for n in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sum(attempt is not None for attempt in taken) == 1
        assert len(taken) == 6, "nobody died of a deadlock"

    def test_a_call_being_placed_while_they_ring_is_hung_up(
        self, stand_in: str, open_one: UUID, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with db.transaction() as session:
            check_in = session.get_one(CheckIn, open_one)
            check_in.move(CheckInState.DIALLING, clock.now())
            ours = make_attempt(session, check_in, claimed_at=clock.now()).id
        place = phone.place

        def slowly(to: str, token: str) -> str:
            sid = place(to, token)
            assert self.take_up("CA7") is not None, "they ring just now"
            return sid

        monkeypatch.setattr(phone, "place", slowly)
        dialling.place_call(ours, clock.now())
        with db.transaction() as session:
            assert session.get_one(Attempt, ours).outcome is Outcome.CANCELLED
            token = session.get_one(Attempt, ours).token
        (call,) = [call for call in httpx2.get(f"{stand_in}/sandbox/ledger").json() if token in str(call)]
        assert call["status"] in {"completed", "canceled"}
        sweep.hang_up(ours)

    def test_an_intended_call_is_not_placed_any_more(self, stand_in: str, open_one: UUID) -> None:
        with db.transaction() as session:
            check_in = session.get_one(CheckIn, open_one)
            check_in.move(CheckInState.DIALLING, clock.now())
            ours = make_attempt(session, check_in, claimed_at=clock.now()).id
        assert self.take_up("CA7") is not None
        dialling.place_call(ours, clock.now())
        assert httpx2.get(f"{stand_in}/sandbox/ledger").json() == []
