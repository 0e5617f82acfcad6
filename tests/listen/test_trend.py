"""Trend: against the person's own last calls, told only where it lies outside everything seen, never as a level."""

from datetime import timedelta

import pytest
from sqlmodel import Session

from oncall.listen import trend
from oncall.listen.trend import Call, changes
from oncall.models import (
    AnsweredBy,
    Assessment,
    CheckInState,
    FactNote,
    FactState,
    Level,
    Resident,
    SignalCode,
    TurnSource,
)
from oncall.models.answering import habit
from tests.makers import NOON, make_attempt, make_check_in, make_resident, make_turns

ANSWERED, UNCLEAR = (FactState.ANSWERED, ""), (FactState.UNCLEAR, "refused")


def week(number: int, **like: object) -> Call:
    return Call(NOON - timedelta(weeks=number), **like)  # type: ignore[arg-type]  # passed on as given


def kinds(now: Call, before: list[Call]) -> list[tuple[str, str]]:
    return [(one.kind, one.about) for one in changes(now, before)]


def test_answers_far_shorter_than_ever_are_told_with_their_numbers() -> None:
    before = [week(number, syllables=float(value)) for number, value in enumerate((12, 14, 10, 16), 1)]
    [change] = changes(week(0, syllables=5.0), before)
    assert (change.kind, change.now, change.usual, change.calls) == ("shorter_answers", 5.0, 13.0, 4)
    assert change.since == NOON - timedelta(weeks=4)
    assert changes(week(0, syllables=9.0), before) == []


def test_a_short_call_among_short_calls_is_nothing() -> None:
    before = [week(number, syllables=float(value)) for number, value in enumerate((12, 4, 14, 15), 1)]
    assert changes(week(0, syllables=4.0), before) == []


def test_longer_silences_are_told_in_seconds() -> None:
    before = [week(number, silence_ms=float(value)) for number, value in enumerate((900, 1100, 1000, 1200), 1)]
    [change] = changes(week(0, silence_ms=2600.0), before)
    assert (change.kind, change.now, change.usual) == ("longer_silences", 2.6, 1.1)
    assert changes(week(0, silence_ms=1500.0), before) == []


def test_a_topic_that_is_refused_now_and_was_not_before() -> None:
    before = [week(number, facts={"meals": ANSWERED, "mood": UNCLEAR}) for number in range(1, 6)]
    assert kinds(week(0, facts={"meals": UNCLEAR, "mood": UNCLEAR}), before) == [("refused", "meals")]
    assert kinds(week(0, facts={"meals": (FactState.UNCLEAR, "one_word")}), before) == [("no_longer_told", "meals")]
    assert kinds(week(0, facts={"meals": (FactState.NOT_ASKED, "hung_up")}), before) == []


def test_trouble_heard_for_the_first_time_is_told() -> None:
    before = [week(number, codes=frozenset({SignalCode.PAIN_CHRONIC})) for number in range(1, 6)]
    now = week(0, codes=frozenset({SignalCode.PAIN_CHRONIC, SignalCode.MOOD_LOW}))
    assert kinds(now, before) == [("new_signal", "mood_low")]


def test_without_a_history_there_is_no_trend() -> None:
    before = [week(number, syllables=12.0, codes=frozenset()) for number in range(1, 4)]
    assert changes(week(0, syllables=1.0, codes=frozenset({SignalCode.FALL})), before) == []


def test_only_the_last_eight_calls_count() -> None:
    before = [week(number, syllables=12.0) for number in range(1, 9)] + [
        week(number, syllables=1.0) for number in (9, 10)
    ]
    assert kinds(week(0, syllables=3.0), before) == [("shorter_answers", "")]


def make_call(session: Session, resident: Resident, weeks: int, answers: list[str], pause_ms: int) -> Assessment:
    at = NOON - timedelta(weeks=weeks)
    check_in = make_check_in(session, resident, state=CheckInState.ASSESSED, slot=at)
    attempt = make_attempt(session, check_in)
    turns = make_turns(session, attempt, *(line for said in answers for line in (("agent", "어떠세요?"), ("resident", said))),
                       source=TurnSource.LIVE)  # fmt: skip
    for turn in turns[1::2]:
        turn.starts_ms += pause_ms - 1000
    session.add(FactNote(check_in_id=check_in.id, resident_id=resident.id, campaign_id=check_in.campaign_id, fact="meals",
                         state=FactState.ANSWERED if weeks else FactState.UNCLEAR, reason="" if weeks else "refused", noted_at=at))  # fmt: skip
    made = Assessment(check_in_id=check_in.id, attempt_id=attempt.id, resident_id=resident.id, level=Level.NONE,
                      answered_by=AnsweredBy.RESIDENT, made_at=at)  # fmt: skip
    session.add(made)
    session.flush()
    return made


def test_a_call_is_compared_by_its_rows(session: Session) -> None:
    resident = make_resident(session)
    for weeks in range(5, 0, -1):
        make_call(
            session, resident, weeks, ["밥은 잘 먹고 다녀요", "어제는 경로당에 갔지요", "딸이 전화를 했어요"], 1200
        )
    now = make_call(session, resident, 0, ["응", "그래", "몰라"], 4000)
    found = {one.kind: one for one in trend.of(session, resident, now)}
    assert set(found) == {"shorter_answers", "longer_silences", "refused"}
    assert (found["shorter_answers"].now, found["longer_silences"].now) == (2.0, 4.0)
    assert "몰라" not in str([one.as_json() for one in found.values()])
    now.answered_by = AnsweredBy.OTHER
    assert trend.of(session, resident, now) == []


@pytest.mark.parametrize(("ends", "always", "rarely", "missed"), [
    ("AAAA", True, False, 0), ("AAA", False, False, 0), ("AAAU", False, False, 0), ("UUUAUUU", False, True, 3),
    ("UUAAAA", False, False, 2), ("", False, False, 0),
])  # fmt: skip
def test_a_habit_is_told_from_four_calls_on(ends: str, always: bool, rarely: bool, missed: int) -> None:
    states = [CheckInState.ASSESSED if one == "A" else CheckInState.UNREACHED for one in ends]
    found = habit([CheckInState.CANCELLED, *states])
    assert (found.always, found.rarely, found.missed) == (always, rarely, missed)
