"""Somebody who asks to be called later is called once more for that slot, inside its hours, and then a person calls."""

from datetime import timedelta

import pytest
from sqlmodel import Session, select

from oncall.models import CheckIn, CheckInState, Enrolment, Standing
from oncall.schedule.later import AFTER, call_again
from tests.makers import NOON, make_campaign, make_check_in, make_resident


def others(session: Session, check_in: CheckIn) -> list[CheckIn]:
    return [row for row in session.exec(select(CheckIn)) if row.id != check_in.id]


def test_they_are_called_again_the_same_day_when_the_hours_allow_it(session: Session) -> None:
    check_in = make_check_in(session, campaign=make_campaign(session), state=CheckInState.ASSESSED)
    assert call_again(session, check_in, NOON) == NOON + AFTER  # 15:00 in Seoul, in the afternoon window
    [again] = others(session, check_in)
    assert (again.state, again.due_at, again.reason) == (CheckInState.DUE, NOON + AFTER, "later")
    assert again.enrolment_id == check_in.enrolment_id


def test_too_late_in_the_day_means_the_next_opening(session: Session) -> None:
    check_in = make_check_in(session, campaign=make_campaign(session), state=CheckInState.ASSESSED)
    at_16 = NOON + timedelta(hours=4)
    assert call_again(session, check_in, at_16) == NOON + timedelta(hours=22)  # 10:00 on Wednesday


def test_a_second_later_of_one_slot_is_for_a_person(session: Session) -> None:
    check_in = make_check_in(session, campaign=make_campaign(session), state=CheckInState.ASSESSED)
    call_again(session, check_in, NOON)
    [again] = others(session, check_in)
    again.move(CheckInState.DIALLING, NOON)
    again.move(CheckInState.HEARD, NOON)
    again.move(CheckInState.NOT_ACCOUNTED, NOON, "model_down")
    assert call_again(session, again, NOON + AFTER) is None
    assert len(others(session, check_in)) == 1


def test_a_regular_call_that_comes_sooner_serves(session: Session) -> None:
    check_in = make_check_in(session, campaign=make_campaign(session), state=CheckInState.ASSESSED)
    enrolment = session.get_one(Enrolment, check_in.enrolment_id)
    enrolment.next_at = NOON + timedelta(hours=2)
    assert call_again(session, check_in, NOON) == enrolment.next_at
    assert others(session, check_in) == []


@pytest.mark.parametrize("standing", [Standing.WITHDRAWN, Standing.DECEASED, Standing.WRONG_NUMBER])
def test_nobody_is_called_again_whom_the_machine_may_not_call(session: Session, standing: Standing) -> None:
    check_in = make_check_in(session, make_resident(session, standing=standing), make_campaign(session))
    assert call_again(session, check_in, NOON) is None
    assert others(session, check_in) == []
