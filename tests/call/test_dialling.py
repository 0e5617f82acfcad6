"""A call is placed at most once, whatever dies or is lost between us and the carrier; the carrier's ledger is the judge."""

from collections.abc import Iterator
from datetime import timedelta
from uuid import UUID

import httpx2
import pytest
import sqlalchemy as sa

from oncall import clock, db
from oncall.call import dialling, progress
from oncall.gateways import phone
from oncall.models import (
    Attempt,
    AttemptState,
    CheckIn,
    CheckInState,
    Consent,
    ConsentScope,
    Outcome,
    Resident,
    Standing,
)
from oncall.models import Path as CheckPath
from oncall.sandbox.phone.config import PhoneConfig
from oncall.sandbox.server import sandbox_in_thread
from oncall.settings import settings
from tests.makers import NOON, make_attempt, make_check_in, make_resident

LATER = NOON + timedelta(hours=1)  # than the consents that residents are made with


@pytest.fixture(scope="module")
def carrier_url() -> Iterator[str]:
    """A stand-in carrier of this module's own."""
    with sandbox_in_thread(PhoneConfig(cps=50, speed=10)) as addresses:
        yield addresses.phone_url


@pytest.fixture
def carrier(carrier_url: str, committed: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The carrier without faults, and settings that point at it."""
    httpx2.delete(f"{carrier_url}/sandbox/faults")
    config = PhoneConfig()
    for name, value in {"ONCALL_TWILIO_URL": carrier_url, "TWILIO_ACCOUNT_SID": config.account_sid,
                        "TWILIO_AUTH_TOKEN": config.auth_token, "ONCALL_CALLER_ID": "+82325550100"}.items():  # fmt: skip
        monkeypatch.setenv(name, value)
    settings.cache_clear()
    phone._client.cache_clear()
    yield carrier_url
    monkeypatch.undo()
    settings.cache_clear()
    phone._client.cache_clear()


@pytest.fixture
def attempt(committed: None) -> UUID:
    """A check-in just claimed, committed, for a number that rings and is never answered."""
    with db.transaction() as session:
        number = f"+8210{abs(hash(clock.now())) % 1_000_000:06d}08"
        check_in = make_check_in(session, make_resident(session, phone=number), state=CheckInState.DIALLING)
        return make_attempt(session, check_in, claimed_at=clock.now()).id


def now_of(attempt_id: UUID) -> Attempt:
    with db.transaction() as session:
        return session.get_one(Attempt, attempt_id)


def placed(carrier: str, attempt_id: UUID) -> int:
    """How many calls the carrier's own ledger holds for this attempt's token."""
    token = now_of(attempt_id).token
    return sum(token in str(call) for call in httpx2.get(f"{carrier}/sandbox/ledger").json())


def set_faults(carrier: str, **faults: object) -> None:
    httpx2.post(f"{carrier}/sandbox/faults", json=faults).raise_for_status()


def test_a_job_that_runs_twice_dials_once(carrier: str, attempt: UUID) -> None:
    dialling.place_call(attempt, clock.now())
    dialling.place_call(attempt, clock.now())
    assert placed(carrier, attempt) == 1
    assert now_of(attempt).call_sid


@pytest.mark.parametrize("fault", ["drop_reply_after_create", "error_500_after_create"])
def test_a_call_whose_answer_was_lost_is_found_again_and_never_placed_twice(
    carrier: str, attempt: UUID, fault: str
) -> None:
    """D5, R-02: creating a call is not idempotent; an unclear result is reconciled."""
    set_faults(carrier, **{fault: 1.0})
    dialling.place_call(attempt, clock.now())
    assert now_of(attempt).state is AttemptState.UNCERTAIN
    set_faults(carrier, **{fault: 0.0})
    dialling.place_call(attempt, clock.now())
    dialling.reconcile(clock.now() + timedelta(minutes=1))
    assert placed(carrier, attempt) == 1
    assert now_of(attempt).call_sid


def test_a_call_that_never_arrived_is_given_back_once_that_is_certain(carrier: str, attempt: UUID) -> None:
    set_faults(carrier, error_500=1.0)
    dialling.place_call(attempt, clock.now())
    assert now_of(attempt).state is AttemptState.UNCERTAIN
    dialling.reconcile(clock.now() + timedelta(minutes=1))
    assert now_of(attempt).state is AttemptState.UNCERTAIN, "the carrier's list may be behind"
    dialling.reconcile(clock.now() + timedelta(minutes=4))
    assert now_of(attempt).outcome is Outcome.NOT_PLACED
    with db.transaction() as session:
        assert session.get_one(CheckIn, now_of(attempt).check_in_id).state is CheckInState.DUE
    assert placed(carrier, attempt) == 0


def test_a_carrier_that_is_too_busy_is_asked_again_later(carrier: str, attempt: UUID) -> None:
    set_faults(carrier, http_429=1.0)
    dialling.place_call(attempt, clock.now())
    assert (now_of(attempt).outcome, now_of(attempt).error) == (Outcome.NOT_PLACED, "20429")


def test_who_withdraws_processing_abroad_between_claim_and_dial_is_called_by_keypad(
    carrier: str, attempt: UUID
) -> None:
    with db.transaction() as session:
        resident_id = session.get_one(Attempt, attempt).resident_id
        session.add(Consent(resident_id=resident_id, scope=ConsentScope.OVERSEAS, given=False, text_version="t",
                            text_sha256="0" * 64, channel="phone", given_at=LATER, recorded_at=LATER))  # fmt: skip
    dialling.place_call(attempt, clock.now())
    assert (placed(carrier, attempt), now_of(attempt).path) == (1, CheckPath.KEYPAD)


@pytest.mark.parametrize("change", ["standing", "service"])
def test_who_withdraws_between_claim_and_dial_is_not_called(carrier: str, attempt: UUID, change: str) -> None:
    """P-32."""
    with db.transaction() as session:
        resident = session.get_one(Resident, session.get_one(Attempt, attempt).resident_id)
        if change == "standing":
            resident.standing = Standing.DECEASED
        else:
            session.add(Consent(resident_id=resident.id, scope=ConsentScope(change), given=False, text_version="t",
                                text_sha256="0" * 64, channel="phone", given_at=LATER, recorded_at=LATER))  # fmt: skip
    dialling.place_call(attempt, clock.now())
    assert placed(carrier, attempt) == 0
    with db.transaction() as session:
        assert session.get_one(CheckIn, now_of(attempt).check_in_id).state is CheckInState.CANCELLED


def test_a_worker_that_slept_over_its_claim_does_not_dial(carrier: str, attempt: UUID) -> None:
    """R-12."""
    dialling.place_call(attempt, clock.now() + timedelta(minutes=10))
    assert placed(carrier, attempt) == 0
    assert (now_of(attempt).outcome, now_of(attempt).error) == (Outcome.NOT_PLACED, "claim_expired")


def looked_for_in_vain() -> None:
    """Others look at the carrier for as long as it takes to give a call up."""
    dialling.reconcile(clock.now() + timedelta(minutes=1))
    dialling.reconcile(clock.now() + timedelta(minutes=4))


def given_up(attempt_id: UUID) -> None:
    """The carrier knows nothing of this attempt for three minutes."""
    with db.transaction() as session:
        row = session.get_one(Attempt, attempt_id)
        row.state, row.placed_at = AttemptState.UNCERTAIN, row.claimed_at
    looked_for_in_vain()
    assert (now_of(attempt_id).outcome, now_of(attempt_id).error) == (Outcome.NOT_PLACED, "never_seen")


def live_calls(carrier: str, token: str) -> list[str]:
    """The states at the carrier of the calls placed with this token."""
    return [call["status"] for call in httpx2.get(f"{carrier}/sandbox/ledger").json() if call["token"] == token]


def test_a_worker_that_stood_still_in_the_middle_of_placing_lets_go_of_the_call_nobody_waits_for(
    carrier: str, attempt: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The others gave the call up and will call again: the telephone must not ring for both."""
    token, place = now_of(attempt).token, phone.place

    def stands_still(to: str, token: str) -> str:
        looked_for_in_vain()
        assert now_of(attempt).error == "never_seen"
        return place(to, token)

    monkeypatch.setattr(phone, "place", stands_still)
    dialling.place_call(attempt, clock.now())
    until = clock.now() + timedelta(seconds=5)
    while clock.now() < until and live_calls(carrier, token) != ["canceled"]:
        pass
    assert live_calls(carrier, token) == ["canceled"]


@pytest.mark.parametrize("given_up_as", ["never_seen", "never_clear", "called_back"])
def test_a_call_that_was_given_up_and_rings_after_all_is_hung_up_at_its_first_word(
    carrier: str, attempt: UUID, given_up_as: str
) -> None:
    with db.transaction() as session:
        row = session.get_one(Attempt, attempt)
        row.state = AttemptState.UNCERTAIN
        match given_up_as:
            case "never_seen":
                progress.not_placed(session, row, progress.NEVER_SEEN, clock.now())
            case "never_clear":
                progress.never_clear(session, row, clock.now())
            case "called_back":
                progress.let_go(session, row, clock.now())
        before = row.outcome
    with db.transaction() as session:
        row = session.get_one(Attempt, attempt, with_for_update=True)
        progress.carrier_says(session, row, "initiated", clock.now(), call_sid="CAlate")
    assert (now_of(attempt).call_sid, now_of(attempt).outcome) == ("CAlate", before)
    with db.transaction() as session:
        waiting = sa.text(
            "SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'hang_up' AND args->>'attempt' = :id"
        )
        assert session.execute(waiting, {"id": str(attempt)}).scalar_one() == 1


def test_a_call_that_came_after_all_counts_as_a_try_and_the_next_keeps_its_distance(
    carrier: str, attempt: UUID
) -> None:
    given_up(attempt)
    now = clock.now()
    with db.transaction() as session:
        row = session.get_one(Attempt, attempt, with_for_update=True)
        progress.carrier_says(session, row, "no-answer", now, call_sid="CAlate2")
        check_in = session.get_one(CheckIn, row.check_in_id)
        assert row.outcome is Outcome.NO_ANSWER
        assert check_in.due_at >= now + timedelta(minutes=30)


def test_before_a_call_never_seen_is_made_again_the_carrier_is_asked_once_more(carrier: str, attempt: UUID) -> None:
    """Its list is only eventually complete: what it did not show for three minutes it may show after eight."""
    given_up(attempt)
    with db.transaction() as session:
        first = session.get_one(Attempt, attempt)
        phone.place(session.get_one(Resident, first.resident_id).phone, "a-token-nobody-is-told-of")
        check_in = session.get_one(CheckIn, first.check_in_id)
        check_in.move(CheckInState.DIALLING, clock.now())
        second = make_attempt(session, check_in, claimed_at=clock.now()).id
    dialling.place_call(second, clock.now())
    assert placed(carrier, second) == 0
    assert (now_of(second).outcome, now_of(second).error) == (Outcome.NOT_PLACED, "seen_late")
    assert now_of(attempt).call_sid
    with db.transaction() as session:
        assert session.get_one(CheckIn, now_of(second).check_in_id).state is CheckInState.DUE


def test_a_call_never_seen_is_made_again_when_the_carrier_still_knows_nothing(carrier: str, attempt: UUID) -> None:
    given_up(attempt)
    with db.transaction() as session:
        check_in = session.get_one(CheckIn, session.get_one(Attempt, attempt).check_in_id)
        check_in.move(CheckInState.DIALLING, clock.now())
        second = make_attempt(session, check_in, claimed_at=clock.now()).id
    dialling.place_call(second, clock.now())
    assert placed(carrier, second) == 1
