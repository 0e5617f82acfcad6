"""News of a call in any order, any number of times, ends in the same state."""

import itertools
from datetime import timedelta

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from sqlmodel import Session, select

from oncall.call import call_back, progress, taped
from oncall.models import (
    AnsweredBy,
    Attempt,
    AttemptState,
    CheckIn,
    CheckInState,
    ConsentScope,
    Outcome,
    Path,
    Recording,
    RecordingState,
    Resident,
)  # fmt: skip
from tests.makers import NOON, make_attempt, make_campaign, make_check_in, make_resident, make_turns


def dialling(session: Session, **campaign: object) -> tuple[CheckIn, Attempt]:
    check_in = make_check_in(session, campaign=make_campaign(session, **campaign), state=CheckInState.DIALLING)
    return check_in, make_attempt(session, check_in)


NEWS = ["initiated", "ringing", "in-progress", "completed"]


@pytest.mark.parametrize("order", list(itertools.permutations(NEWS)))
def test_statuses_in_any_order_end_in_the_same_state(session: Session, order: tuple[str, ...]) -> None:
    check_in, attempt = dialling(session)
    make_turns(session, attempt, ("resident", "네, 잘 지내요"))
    for status in order:
        progress.carrier_says(session, attempt, status, NOON, call_sid="CA1")
    progress.settle(session, attempt, NOON)
    assert (attempt.state, attempt.outcome, attempt.call_sid) == (AttemptState.ENDED, Outcome.SPOKEN, "CA1")
    assert check_in.state is CheckInState.HEARD


@given(st.lists(st.sampled_from([*NEWS, "machine", "recording", "settle"]), max_size=14))
@hypothesis_settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_repeated_and_shuffled_news_never_leaves_a_terminal_state(session: Session, news: list[str]) -> None:
    nested = session.begin_nested()
    check_in, attempt = dialling(session)
    make_turns(session, attempt, ("resident", "네"))
    for word in [*news, "completed", "settle", *news]:
        if word == "machine":
            progress.machine_says(attempt, "machine_start")
        elif word == "recording":
            taped.recording_came(session, attempt, "RE1", RecordingState.READY, NOON)
        elif word == "settle":
            if attempt.state is AttemptState.ENDED:
                progress.settle(session, attempt, NOON)
        else:
            progress.carrier_says(session, attempt, word, NOON, call_sid="CA1")
    assert (attempt.state, attempt.outcome) == (AttemptState.ENDED, Outcome.SPOKEN)
    assert check_in.state is CheckInState.HEARD
    assert len(session.exec(select(Recording)).all()) == ("recording" in news)
    nested.rollback()


@pytest.mark.parametrize(("status", "outcome"), [("busy", Outcome.BUSY), ("no-answer", Outcome.NO_ANSWER),
                                                 ("failed", Outcome.FAILED), ("canceled", Outcome.CANCELLED)])  # fmt: skip
def test_an_unanswered_try_is_followed_by_the_next_after_its_delay(
    session: Session, status: str, outcome: Outcome
) -> None:
    check_in, attempt = dialling(session, attempts=3, retry_after_seconds=[1800, 7200], busy_retry_after_seconds=600)
    progress.carrier_says(session, attempt, status, NOON)
    assert attempt.outcome is outcome
    assert check_in.state is CheckInState.DUE
    assert check_in.due_at == NOON + timedelta(seconds=600 if status == "busy" else 1800)


def test_silence_after_the_last_try_is_a_finding(session: Session) -> None:
    check_in, attempt = dialling(session, attempts=1)
    progress.carrier_says(session, attempt, "no-answer", NOON)
    assert (check_in.state, check_in.reason) == (CheckInState.UNREACHED, "no_answer")


def test_a_machine_that_answered_was_not_a_resident_reached(session: Session) -> None:
    """C-31: voicemail never counts as reached."""
    check_in, attempt = dialling(session, attempts=1)
    progress.carrier_says(session, attempt, "in-progress", NOON)
    assert progress.machine_says(attempt, "machine_start")
    progress.carrier_says(session, attempt, "completed", NOON)
    progress.settle(session, attempt, NOON)
    assert attempt.outcome is Outcome.MACHINE
    assert check_in.state is CheckInState.UNREACHED


def test_words_from_the_far_end_outweigh_the_machine_detector(session: Session) -> None:
    check_in, attempt = dialling(session)
    progress.carrier_says(session, attempt, "in-progress", NOON)
    progress.machine_says(attempt, "machine_start")
    make_turns(session, attempt, ("resident", "여보세요, 누구세요?"))
    progress.carrier_says(session, attempt, "completed", NOON)
    progress.settle(session, attempt, NOON)
    assert (attempt.outcome, check_in.state) == (Outcome.SPOKEN, CheckInState.HEARD)


def test_a_call_our_side_broke_is_not_accounted_for(session: Session) -> None:
    check_in, attempt = dialling(session)
    attempt.end_reason = "model_down"
    progress.carrier_says(session, attempt, "completed", NOON)
    progress.settle(session, attempt, NOON)
    assert (attempt.outcome, check_in.state) == (Outcome.BROKEN, CheckInState.NOT_ACCOUNTED)


@pytest.mark.parametrize(
    ("path", "talked", "scopes", "waits"),
    [
        (Path.TALK, True, tuple(ConsentScope), False),
        (Path.KEYPAD, False, tuple(ConsentScope), True),
        (Path.KEYPAD, True, tuple(ConsentScope), False),  # the model died: the tape began in the talk, or never
        (Path.KEYPAD, False, tuple(set(ConsentScope) - {ConsentScope.RECORDING}), False),
        (Path.KEYPAD, False, tuple(set(ConsentScope) - {ConsentScope.OVERSEAS}), False),
    ],
)
def test_a_call_is_listened_to_at_once_unless_a_tape_may_still_come(
    session: Session, path: Path, scopes: tuple[ConsentScope, ...], *, talked: bool, waits: bool
) -> None:
    check_in = make_check_in(session, make_resident(session, consents=scopes), state=CheckInState.DIALLING)
    attempt = make_attempt(session, check_in, path=path, media_token_used_at=NOON if talked else None)
    make_turns(session, attempt, ("resident", "네, 잘 지내요"))
    progress.carrier_says(session, attempt, "completed", NOON)
    progress.settle(session, attempt, NOON)
    due = (
        session.execute(sa.text("SELECT scheduled_at FROM procrastinate_jobs WHERE task_name = 'listen'"))
        .scalars()
        .one()
    )
    assert (due is not None and due > NOON) == waits


def test_a_carrier_word_we_do_not_know_is_recorded_and_changes_nothing(session: Session) -> None:
    check_in, attempt = dialling(session)
    progress.carrier_says(session, attempt, "teleported", NOON)
    assert progress.machine_says(attempt, "martian") is False
    assert (attempt.state, check_in.state) == (AttemptState.INTENDED, CheckInState.DIALLING)
    assert attempt.error == "unknown_status:teleported"
    assert attempt.answered_by is AnsweredBy.UNKNOWN


def test_a_refused_call_does_not_use_up_a_try_and_a_bad_number_goes_to_people(session: Session) -> None:
    check_in, attempt = dialling(session)
    progress.not_placed(session, attempt, "20429", NOON)
    assert (attempt.outcome, check_in.state) == (Outcome.NOT_PLACED, CheckInState.DUE)
    other, again = dialling(session, name="다른 안부")
    progress.not_placed(session, again, "21211", NOON, bad_number=True)
    assert (other.state, other.reason) == (CheckInState.HELD, "bad_number")


@pytest.mark.parametrize("words_in", ["the first", "the second", "neither"])
def test_who_rings_back_before_their_call_was_settled_is_heard_in_either_call(session: Session, words_in: str) -> None:
    """Found by `test_histories`: the settling of the first call led the check-in away from the one that went on, so that
    what was said in it was never listened to, and they were called again."""
    check_in, first = dialling(session, attempts=1)
    progress.carrier_says(session, first, "in-progress", NOON, call_sid="CA1")
    if words_in == "the first":
        make_turns(session, first, ("resident", "네, 잘 지내요"))
    progress.carrier_says(session, first, "completed", NOON)
    second = call_back.take_up(session, [session.get_one(Resident, check_in.resident_id)], "CA2", NOON)
    assert second is not None
    progress.settle(session, first, NOON)
    assert check_in.state is CheckInState.SPEAKING, "they are talking with us"
    if words_in == "the second":
        make_turns(session, second, ("resident", "여보세요?"))
    progress.carrier_says(session, second, "completed", NOON)
    progress.settle(session, second, NOON)
    assert check_in.state is (CheckInState.UNREACHED if words_in == "neither" else CheckInState.HEARD)
