"""A carrier that refuses call after call is left alone, tried again with growing pauses, and emergencies go out anyway."""

from datetime import datetime, timedelta
from uuid import UUID

import pytest
from sqlmodel import select

from oncall import clock, db
from oncall.call import breaker, dialling, paging, room
from oncall.follow_up.escalation import escalate
from oncall.gateways import phone
from oncall.models import (
    Attempt,
    AttemptKind,
    AttemptState,
    CarrierHealth,
    Channel,
    CheckIn,
    CheckInState,
    HoldReason,
    Outcome,
    Page,
    PageState,
)
from oncall.models import hold as holds
from tests.makers import make_alarm, make_attempt, make_check_in, make_duty, make_resident, make_staff
from tests.telephone import forget_settings, set_faults


@pytest.fixture
def carrier_settings() -> dict[str, str]:
    """Room on any disk."""
    return {"ONCALL_LEAST_FREE_MB": "1"}


def claimed(**columns: object) -> UUID:
    """A call just claimed, to a number that nobody answers."""
    with db.transaction() as session:
        check_in = make_check_in(session, make_resident(session), state=CheckInState.DIALLING)
        return make_attempt(session, check_in, claimed_at=clock.now(), **columns).id


def dial(**columns: object) -> Attempt:
    attempt = claimed(**columns)
    dialling.place_call(attempt, clock.now())
    with db.transaction() as session:
        return session.get_one(Attempt, attempt)


def held() -> list[tuple[HoldReason, str]]:
    with db.transaction() as session:
        return [(one.reason, one.code) for one in holds.standing(session)]


@pytest.mark.parametrize("fault", ["http_429", "error_500"])
def test_calls_that_fail_one_after_another_stop_the_calling(carrier: str, fault: str) -> None:
    set_faults(carrier, **{fault: 1.0})
    for _ in range(breaker.FAILURES - 1):
        dial()
    assert held() == []
    dial()
    assert [reason for reason, _ in held()] == [HoldReason.CARRIER]
    late = dial()
    assert (late.outcome, late.error, late.placed_at) == (Outcome.NOT_PLACED, "held:carrier", None), "not even asked"
    with db.transaction() as session:
        assert session.get_one(CheckIn, late.check_in_id).state is CheckInState.DUE


def test_one_call_that_went_makes_the_count_begin_anew(carrier: str) -> None:
    for faults in ({"http_429": 1.0}, {"http_429": 0.0}, {"http_429": 1.0}):
        set_faults(carrier, **faults)
        for _ in range(breaker.FAILURES - 1):
            dial()
    assert held() == []


def test_a_wrong_number_says_nothing_about_the_carrier(carrier: str) -> None:
    set_faults(carrier, http_429=1.0)
    for _ in range(breaker.FAILURES - 1):
        dial()
    with db.transaction() as session:
        breaker.refused(session, phone.NotPlaced(21211), clock.now())
    dial()
    assert held() == []


def test_a_refusal_that_only_an_operator_can_mend_stops_at_once_with_its_code(
    carrier: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TWILIO_AUTH_TOKEN", "another")
    forget_settings()
    dial()
    assert held() == [(HoldReason.CARRIER, "20003")]
    breaker.try_again(clock.now() + breaker.pause(0))
    assert held() == [(HoldReason.CARRIER, "20003")], "nobody has mended it"


def test_one_number_in_a_country_we_may_not_call_does_not_stop_the_city(carrier: str) -> None:
    """R-25: a poison record is isolated."""
    with db.transaction() as session:
        breaker.refused(session, phone.NotPlaced(21215), clock.now())
    assert held() == []


def test_the_carrier_is_tried_again_with_growing_pauses_and_trusted_slowly(carrier: str) -> None:
    set_faults(carrier, error_500=1.0, rest_error_500=1.0)
    for _ in range(breaker.FAILURES):
        dial()
    now = clock.now()
    breaker.try_again(now)
    assert tries() == 0, "its pause is not over"
    waits = []
    for _ in range(4):
        now = due_again()
        breaker.try_again(now)
        waits.append(due_again() - now)
    assert [len(held()), tries()] == [1, 4]
    assert waits == sorted(waits)
    assert waits[-1] >= 4 * waits[0]
    set_faults(carrier, rest_error_500=0.0)
    breaker.try_again(due_again())
    assert held() == []
    dial()  # it still fails
    assert [reason for reason, _ in held()] == [HoldReason.CARRIER], "one failure is enough now"
    set_faults(carrier, error_500=0.0)
    breaker.try_again(due_again())
    dial()
    assert (held(), tries()) == ([], 0)


@pytest.mark.parametrize("late", ["an emergency's call", "a moment nobody knows"])
def test_a_call_that_is_taken_while_the_others_are_held_does_not_hold_them_for_ever(carrier: str, late: str) -> None:
    """Found by `scripts/chaos`: what was asked for before the hold, and taken after it, made the next try forgotten."""
    set_faults(carrier, error_500=1.0)
    for _ in range(breaker.FAILURES):
        dial()
    set_faults(carrier, error_500=0.0)
    if late == "an emergency's call":
        assert dial(kind=AttemptKind.REDIAL).state is AttemptState.PLACED
        assert held() != []
    else:
        with db.transaction() as session:
            session.exec(select(CarrierHealth)).one().tried_again_at = None
    breaker.try_again(clock.now() + breaker.LONGEST_PAUSE)
    assert held() == []
    assert dial().state is AttemptState.PLACED


def test_an_emergency_is_not_held_by_the_breaker_or_by_anything_but_a_restored_copy(carrier: str) -> None:
    with db.transaction() as session:
        holds.hold(session, HoldReason.CARRIER, clock.now())
        holds.hold(session, HoldReason.NO_DUTY, clock.now())
    assert dial(kind=AttemptKind.REDIAL).state is AttemptState.PLACED
    assert page().state is PageState.SENT
    with db.transaction() as session:
        restored = holds.hold(session, HoldReason.RESTORED, clock.now() + timedelta(seconds=5))
    assert dial(kind=AttemptKind.REDIAL).error == "held:restored"
    assert page().state is PageState.WANTED, "an older copy's page was sent long since"
    with db.transaction() as session:
        assert page_of_alarm_after(session.get_one(type(restored), restored.id).since).state is PageState.SENT


def test_a_disk_nearly_full_stops_the_calls_and_room_lets_them_go_on(
    carrier: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R-09: long before anything breaks."""
    monkeypatch.setenv("ONCALL_LEAST_FREE_MB", "1000000000")
    forget_settings()
    assert dial().error == "held:disk", "even before the hold stands"
    with db.transaction() as session:
        room.look(session, clock.now())
        room.look(session, clock.now())
    assert [reason for reason, _ in held()] == [HoldReason.DISK]
    monkeypatch.setenv("ONCALL_LEAST_FREE_MB", "1")
    forget_settings()
    with db.transaction() as session:
        room.look(session, clock.now())
    assert held() == []
    assert dial().state is AttemptState.PLACED


def tries() -> int:
    with db.transaction() as session:
        return session.get_one(CarrierHealth, 1).pauses


def due_again() -> datetime:
    with db.transaction() as session:
        at = session.get_one(CarrierHealth, 1).tried_again_at
    assert at is not None
    return at


def page() -> Page:
    return page_of_alarm_after(clock.now())


def page_of_alarm_after(at: datetime) -> Page:
    """What became of the call page of an alarm of this moment."""
    with db.transaction() as session:
        han = make_staff(session)
        han.reachable_at("+821055590001")
        make_duty(session, han, now=at)
        alarm = make_alarm(session, make_attempt(session, make_check_in(session)), at=at)
    with db.transaction() as session:
        pages = escalate(session, alarm.id, at)
    with db.transaction() as session:
        called = next(one for one in pages if session.get_one(Page, one).channel is Channel.CALL)
    paging.send(called, at)
    with db.transaction() as session:
        return session.get_one(Page, called)
