"""A call is placed at most once, whatever dies or is lost between us and the carrier; the carrier's ledger is the judge."""

from datetime import timedelta
from uuid import UUID

import httpx2
import pytest
import sqlalchemy as sa
from sqlmodel import select

from oncall import clock, db
from oncall.call import dialling, progress
from oncall.follow_up import cases
from oncall.gateways import phone
from oncall.models import (
    Attempt,
    AttemptState,
    Case,
    CheckIn,
    CheckInState,
    Consent,
    ConsentScope,
    Outcome,
    Resident,
    Standing,
)
from oncall.models import Path as CheckPath
from tests.makers import NOON, make_attempt, make_check_in, make_resident
from tests.telephone import set_faults

LATER = NOON + timedelta(hours=1)  # than the consents that residents are made with


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
        row.phone_index = session.get_one(Resident, row.resident_id).phone_index
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


def test_a_number_corrected_while_it_was_dialled_a_little_before_its_second_is_not_dialled_twice(
    carrier: str, attempt: UUID
) -> None:
    """R-02, R-24: a claim's second lies ahead of the clock that dials; the call went to the number before."""
    now = clock.now()
    with db.transaction() as session:
        session.get_one(Attempt, attempt).claimed_at = now + timedelta(seconds=1)
    set_faults(carrier, drop_reply_after_create=1.0)
    dialling.place_call(attempt, now)
    set_faults(carrier, drop_reply_after_create=0.0)
    with db.transaction() as session:
        resident = session.get_one(Resident, now_of(attempt).resident_id)
        resident.reachable_at("+821044440004", None)
        resident.changed_at = now
    for minutes in (4, 8, 12):
        dialling.reconcile(now + timedelta(minutes=minutes))
    assert placed(carrier, attempt) == 1
    assert now_of(attempt).outcome is not Outcome.NOT_PLACED, "it was taken: else the slot would be dialled once more"


def test_a_number_that_cannot_be_opened_goes_to_a_person_and_is_asked_for_no_more(carrier: str, attempt: UUID) -> None:
    """R-25: a damaged row stops nobody else, and is not tried again every few minutes."""
    with db.transaction() as session:
        resident = session.get_one(Resident, now_of(attempt).resident_id)
        resident.phone_sealed = resident.phone_sealed[:-1] + bytes([resident.phone_sealed[-1] ^ 1])
    dialling.place_call(attempt, clock.now())
    assert placed(carrier, attempt) == 0
    ended = now_of(attempt)
    assert (ended.state, ended.outcome, ended.error) == (AttemptState.ENDED, Outcome.NOT_PLACED, "unreadable")
    with db.transaction() as session:
        check_in = session.get_one(CheckIn, ended.check_in_id)
        assert (check_in.state, check_in.reason) == (CheckInState.HELD, "unreadable")
        handed = "SELECT args FROM procrastinate_jobs WHERE task_name = 'hand_over'"
        assert session.scalars(sa.text(handed)).all() == [{"check_in": str(check_in.id)}]
        cases.held(session, check_in, clock.now())
        assert session.exec(select(Case)).one().household_id == resident.household_id
