"""Every planned fact of every call ends in a note: answered, unclear, or not asked and why (C-36)."""

import random
from collections import Counter

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from sqlmodel import Session, select

from oncall.call import progress
from oncall.call.entry import Noted
from oncall.models import Alarm, Attempt, CheckIn, CheckInState, FactNote, FactState, Level, Resident, SignalCode
from oncall.models.risk import Detector
from tests.call.test_talk import Call, Deaf
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


async def test_a_thousand_simulated_calls_leave_no_fact_unaccounted_for() -> None:
    """C-36: models that forget, muddle, invent or hang up early, and residents who wish, cry for help or are gone."""
    dice, ends, became = random.Random(36), Counter[str](), Counter[str]()
    for _ in range(1000):
        call = Call(ear=Deaf)
        facts = call.talk.line.facts
        call.resident_says("u0", "네, 맞아요.")
        for turn in range(dice.randrange(12)):
            call.resident_says(f"u{turn + 1}", dice.choice(["네", "잘 먹어요", "그저 그래요", "", "잘 모르겠네"]))
            name, given = dice.choice(TOOL_USES)
            output = (
                [] if name is None else [{"type": "function_call", "name": name, "call_id": "c", "arguments": given}]
            )
            call.model("response.created", response={"id": f"r{turn}"})
            call.model("response.done", response={"id": f"r{turn}", "status": "completed", "output": output})
            if call.over:
                break
        if not call.over:
            call.talk.phone_hung_up()
            if not call.over:
                call.talk._go()
        (reason,) = call.over
        last = {note.fact: note for note in call.of(Noted)}
        assert set(last) == set(facts), (reason, last)
        assert all(note.reason for note in last.values() if note.state is not FactState.ANSWERED)
        ends[reason] += 1
        became.update(note.state for note in last.values())
    print(f"1,000 calls, {sum(became.values())} facts, all accounted for: {dict(became)}; ends: {dict(ends)}")
    assert sum(became.values()) == 1000 * len(facts)
    assert len(ends) >= 5
    assert all(became[state] > 50 for state in FactState)


TOOL_USES: list[tuple[str | None, str]] = [
    *[("note_fact", f'{{"fact": "{fact}", "status": "{status}", "words": "잘 먹어요"}}')
      for fact in ("meals", "sleep") for status in ("answered", "answered", "unclear", "refused")],
    (None, ""), (None, ""), ("note_fact", '{"fact": "weather", "status": "answered"}'), ("note_fact", "{"),
    ("end_call", '{"reason": "done"}'), ("end_call", '{"reason": "done"}'), ("end_call", "{}"),
    ("resident_says", '{"what": "later"}'), ("resident_says", '{"what": "stop_calling"}'),
    ("resident_says", '{"what": "slower"}'), ("resident_says", '{"what": "person"}'),
    ("raise_alarm", '{"code": "fall", "words": "x"}'), ("request", '{"what": "전구"}'), ("dance", "{}"),
]  # fmt: skip
