"""R-10: a clock set on or back never has anybody dialled twice, and nobody waits for it to come round again."""

from datetime import datetime, timedelta

import pytest
from sqlmodel import Session

from oncall.call import breaker, dialling, progress, sweep
from oncall.follow_up.escalation import escalate, standing, unsent
from oncall.gateways import phone
from oncall.models import (
    Alarm,
    Attempt,
    AttemptState,
    CarrierHealth,
    CheckIn,
    CheckInState,
    HoldReason,
    Outcome,
    Page,
    Resident,
)  # fmt: skip
from oncall.models import hold as holds
from tests.call.carrier import LISTED_AFTER, Answer, Carrier
from tests.makers import NOON, make_alarm, make_attempt, make_check_in, make_duty, make_resident, make_staff, make_turns

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
LATER = timedelta(minutes=5)


class Clock:
    """What our machine believes, and what it is."""

    def __init__(self) -> None:
        self.true, self.wrong_by = NOON, timedelta()

    def now(self) -> datetime:
        return self.true + self.wrong_by

    def passes(self, span: timedelta) -> datetime:
        self.true += span
        return self.now()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def carrier(clock: Clock, one_session: pytest.MonkeyPatch) -> Carrier:
    """A carrier whose own clock is right."""
    made = Carrier(now=lambda: clock.true)
    for name in ("place", "calls_to", "look_up", "hang_up", "reach"):
        one_session.setattr(phone, name, getattr(made, name))
    return made


def dialled(session: Session, clock: Clock, carrier: Carrier, answer: Answer) -> Attempt:
    resident = make_resident(session, now=clock.now() - HOUR)
    attempt = make_attempt(session, make_check_in(session, resident, slot=clock.now(), state=CheckInState.DIALLING))
    carrier.answer = answer
    dialling.place_call(attempt.id, clock.now())
    return attempt


@pytest.mark.parametrize("step", [HOUR, -HOUR, -DAY])
def test_a_lost_answer_is_found_whatever_the_clock_did_meanwhile(
    session: Session, clock: Clock, carrier: Carrier, step: timedelta
) -> None:
    attempt = dialled(session, clock, carrier, Answer.TAKEN_AND_LOST)
    clock.wrong_by += step
    dialling.reconcile(clock.passes(timedelta(seconds=5)))
    assert attempt.state is AttemptState.UNCERTAIN, "the carrier's list does not show it yet; nothing may be concluded"
    dialling.reconcile(clock.passes(LISTED_AFTER + timedelta(seconds=60)))
    assert (attempt.state, attempt.call_sid) == (AttemptState.PLACED, "CA1")


@pytest.mark.parametrize("wrong_by", [HOUR, DAY, -HOUR, -DAY])
def test_a_call_placed_by_a_clock_that_is_wrong_is_never_placed_again(
    session: Session, clock: Clock, carrier: Carrier, wrong_by: timedelta
) -> None:
    """The carrier's times are its own: a call that may be ours is one, or a person decides."""
    clock.wrong_by = wrong_by
    attempt = dialled(session, clock, carrier, Answer.TAKEN_AND_LOST)
    for _ in range(6):
        dialling.reconcile(clock.passes(LATER))
    assert attempt.outcome is not Outcome.NOT_PLACED
    for _ in range(3):
        sweep.sweep(clock.passes(HOUR))
    assert session.get_one(CheckIn, attempt.check_in_id).state is not CheckInState.DUE or attempt.call_sid


@pytest.mark.parametrize("step", [timedelta(), HOUR, -HOUR, -DAY])
def test_a_call_that_never_left_is_given_back_within_minutes_all_the_same(
    session: Session, clock: Clock, carrier: Carrier, step: timedelta
) -> None:
    attempt = dialled(session, clock, carrier, Answer.LOST)
    clock.wrong_by += step
    for _ in range(20):
        dialling.reconcile(clock.passes(timedelta(seconds=20)))
    assert (attempt.outcome, attempt.error) == (Outcome.NOT_PLACED, "never_seen")


def test_a_number_changed_while_it_rang_is_not_dialled_anew_for_the_same_try(
    session: Session, clock: Clock, carrier: Carrier
) -> None:
    """R-24: the call went to the old number, where nobody looks for it any more."""
    attempt = dialled(session, clock, carrier, Answer.TAKEN_AND_LOST)
    resident = session.get_one(Resident, attempt.resident_id)
    resident.reachable_at("+821099999999", None)
    resident.changed_at = clock.passes(timedelta(seconds=10))
    for _ in range(6):
        dialling.reconcile(clock.passes(LATER))
    assert attempt.state is AttemptState.UNCERTAIN
    sweep.sweep(clock.passes(2 * HOUR))
    row = session.get_one(CheckIn, attempt.check_in_id)
    assert (row.state, row.reason) == (CheckInState.NOT_ACCOUNTED, "never_clear")


@pytest.mark.parametrize("step", [HOUR, -HOUR, -DAY])
def test_a_claim_from_before_the_step_is_given_back_not_dialled(
    session: Session, clock: Clock, carrier: Carrier, step: timedelta
) -> None:
    attempt = make_attempt(session, make_check_in(session, state=CheckInState.DIALLING))
    clock.wrong_by += step
    dialling.place_call(attempt.id, clock.now())
    assert (carrier.calls, attempt.error) == ({}, "claim_expired")


def test_calls_claimed_before_the_clock_was_set_back_are_still_looked_after(
    session: Session, clock: Clock, carrier: Carrier
) -> None:
    intended = make_attempt(session, make_check_in(session, state=CheckInState.DIALLING))
    placed = dialled(session, clock, carrier, Answer.TAKEN)
    carrier.calls["CA1"].goes("no-answer")
    ended = make_attempt(session, make_check_in(session, state=CheckInState.SPEAKING), state=AttemptState.ANSWERED)
    make_turns(session, ended, ("resident", "네"))
    progress.carrier_says(session, ended, "completed", clock.now())
    clock.wrong_by = -DAY
    sweep.sweep(clock.passes(timedelta(minutes=2)))
    assert [intended.outcome, placed.outcome, ended.outcome] == [
        Outcome.NOT_PLACED, Outcome.NO_ANSWER, Outcome.SPOKEN
    ]  # fmt: skip
    sweep.sweep(clock.passes(timedelta(minutes=2)))
    assert jobs_waiting(session, "listen") == []


def test_a_carrier_left_alone_is_tried_again_after_the_clock_was_set_back(
    session: Session, clock: Clock, carrier: Carrier
) -> None:
    for _ in range(breaker.FAILURES):
        breaker.unclear(session, clock.now())
    assert [one.reason for one in holds.standing(session)] == [HoldReason.CARRIER]
    clock.wrong_by = -DAY
    breaker.try_again(clock.passes(timedelta(seconds=30)))
    session.expire_all()
    assert (holds.standing(session), session.get_one(CarrierHealth, 1).tried_again_at) == ([], None)


# -- alarms


@pytest.fixture
def alarm(session: Session) -> Alarm:
    for place, login in enumerate(("han", "seo"), start=1):
        who = make_staff(session, login=login)
        who.reachable_at("+821055590001")
        make_duty(session, who, place=place, starts=-30, ends=30)
    return make_alarm(session, make_attempt(session, make_check_in(session)))


@pytest.mark.parametrize("step", [HOUR, -HOUR, -DAY])
def test_an_alarm_goes_on_to_the_next_person_within_a_minute_of_true_time(
    session: Session, clock: Clock, alarm: Alarm, step: timedelta
) -> None:
    """R-20: nobody waits an hour for a clock to come round again, and a clock set on is no hour of asking."""
    first = escalate(session, alarm.id, clock.now())
    clock.wrong_by = step
    steps = set()
    for _ in range(61):
        now = clock.passes(timedelta(seconds=2))
        if alarm.id in standing(session, now):
            steps |= {session.get_one(Page, one).step for one in escalate(session, alarm.id, now)}
    assert steps >= {1, 2}
    assert first


def test_a_page_whose_job_is_lost_is_sent_after_the_clock_was_set_back(
    session: Session, clock: Clock, alarm: Alarm
) -> None:
    wanted = escalate(session, alarm.id, clock.now())
    clock.wrong_by = -HOUR
    assert set(unsent(session, clock.passes(timedelta(seconds=4)))) & set(wanted)


def jobs_waiting(session: Session, name: str) -> list[object]:
    """Jobs of this name that wait for a moment farther off than any does."""
    import sqlalchemy as sa

    far = NOON - DAY + timedelta(hours=1)
    return list(session.scalars(sa.text(
        "SELECT id FROM procrastinate_jobs WHERE task_name = :name AND status = 'todo' AND scheduled_at > :far"),
        {"name": name, "far": far}))  # fmt: skip
