"""Every planned fact of every call ends in a note: answered, unclear, or not asked and why (C-36)."""

from collections import Counter

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from sqlmodel import Session, select

from oncall.call import progress
from oncall.models import Alarm, Attempt, CheckIn, CheckInState, FactNote, FactState, Level, Resident, SignalCode
from oncall.models.risk import Detector
from tests.makers import NOON, make_attempt, make_campaign, make_check_in, make_turns

FACTS = ["meals", "sleep", "mood"]


def dialling(session: Session, tries: int = 1) -> tuple[CheckIn, Attempt]:
    campaign = make_campaign(session, facts=FACTS, attempts=tries, retry_after_seconds=[60])
    check_in = make_check_in(session, campaign=campaign, state=CheckInState.DIALLING)
    return check_in, make_attempt(session, check_in)


def notes_of(session: Session, check_in: CheckIn) -> dict[str, tuple[FactState, str]]:
    rows = session.exec(select(FactNote).where(FactNote.check_in_id == check_in.id))
    return {note.fact: (note.state, note.reason) for note in rows}


@pytest.mark.parametrize(("status", "reason"), [("no-answer", "no_answer"), ("busy", "busy"), ("failed", "failed")])
def test_the_last_miss_says_of_every_fact_why_it_was_not_asked_and_an_earlier_one_nothing(
    session: Session, status: str, reason: str
) -> None:
    check_in, attempt = dialling(session, tries=2)
    progress.carrier_says(session, attempt, status, NOON)
    assert notes_of(session, check_in) == {}, "there is another try"
    check_in.move(CheckInState.DIALLING, NOON)
    progress.carrier_says(session, make_attempt(session, check_in), status, NOON)
    assert notes_of(session, check_in) == dict.fromkeys(FACTS, (FactState.NOT_ASKED, reason))


@pytest.mark.parametrize(("end_reason", "reason"), [
    ("hung_up", "hung_up"), ("", "hung_up"), ("model_down", "broken"), ("wrong_person", "wrong_person"),
    ("asked_for_person", "unwilling"), ("silence", "silence"), ("goodbye", "skipped"),
])  # fmt: skip
def test_what_a_call_left_open_says_why_and_what_was_answered_stands(
    session: Session, end_reason: str, reason: str
) -> None:
    check_in, attempt = dialling(session)
    attempt.end_reason = end_reason
    make_turns(session, attempt, ("resident", "밥은 잘 먹어요"))
    session.add(FactNote(check_in_id=check_in.id, attempt_id=attempt.id, resident_id=attempt.resident_id, fact="meals",
                         campaign_id=attempt.campaign_id, state=FactState.ANSWERED, noted_at=NOON))  # fmt: skip
    session.flush()
    progress.carrier_says(session, attempt, "completed", NOON)
    progress.settle(session, attempt, NOON)
    left = (FactState.NOT_ASKED, reason)
    assert notes_of(session, check_in) == {"meals": (FactState.ANSWERED, ""), "sleep": left, "mood": left}


def test_danger_is_why_nothing_more_was_asked_however_the_call_ended(session: Session) -> None:
    check_in, attempt = dialling(session)
    attempt.end_reason = "hung_up"
    make_turns(session, attempt, ("resident", "못 일어나겠어요"))
    alarm = Alarm(attempt_id=attempt.id, resident_id=attempt.resident_id, code=SignalCode.FALL, level=Level.EMERGENCY,
                  detector=Detector.NET, quote_sealed=b"", second=1.0, raised_at=NOON)  # fmt: skip
    alarm.write(session.get_one(Resident, attempt.resident_id).seal, "못 일어나겠어요")
    session.add(alarm)
    progress.carrier_says(session, attempt, "completed", NOON)
    progress.settle(session, attempt, NOON)
    assert set(notes_of(session, check_in).values()) == {(FactState.NOT_ASKED, "emergency")}


@pytest.mark.parametrize(("code", "bad_number"), [("21211", True), ("withdrawn", False), ("deceased", False)])
def test_a_call_that_never_left_and_will_not_is_accounted_for_too(
    session: Session, code: str, bad_number: bool
) -> None:
    check_in, attempt = dialling(session)
    progress.not_placed(session, attempt, code, NOON, bad_number=bad_number)
    assert set(notes_of(session, check_in)) == set(FACTS)


@given(st.lists(st.tuples(
    st.sampled_from(["no-answer", "busy", "failed", "canceled", "completed"]),
    st.sampled_from(["", "goodbye", "hung_up", "model_down", "silence", "wrong_person", "asked_for_person"]),
    st.booleans(), st.sets(st.sampled_from(FACTS)),
), min_size=1, max_size=3))  # fmt: skip
@hypothesis_settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_becomes_of_its_calls_a_check_in_accounts_for_every_fact_once(
    session: Session, tries: list[tuple[str, str, bool, set[str]]]
) -> None:
    nested = session.begin_nested()
    check_in, attempt = dialling(session, tries=len(tries))
    for number, (status, end_reason, spoke, answered) in enumerate(tries):
        if number:
            if check_in.state is not CheckInState.DUE:
                break
            check_in.move(CheckInState.DIALLING, NOON)
            attempt = make_attempt(session, check_in)
        if status == "completed" and spoke:
            make_turns(session, attempt, ("resident", "네"))
            for fact in sorted(answered):
                session.add(FactNote(check_in_id=check_in.id, attempt_id=attempt.id, resident_id=attempt.resident_id,
                                     campaign_id=attempt.campaign_id, fact=fact, state=FactState.ANSWERED, noted_at=NOON))  # fmt: skip
            session.flush()
        attempt.end_reason = end_reason
        for _ in range(2):
            progress.carrier_says(session, attempt, status, NOON)
            if status == "completed":
                progress.settle(session, attempt, NOON)
    assert check_in.state is not CheckInState.DUE
    rows = session.exec(select(FactNote).where(FactNote.check_in_id == check_in.id)).all()
    assert Counter(note.fact for note in rows) == dict.fromkeys(FACTS, 1)
    assert all(note.reason for note in rows if note.state is FactState.NOT_ASKED)
    nested.rollback()
