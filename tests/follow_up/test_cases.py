"""Findings become cases: one open case a household, raised and never lowered by code, whatever happens twice or at once."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlmodel import Session, select

from oncall import db
from oncall.follow_up import acts, cases
from oncall.models import (
    Alarm,
    AnsweredBy,
    Assessment,
    Case,
    CaseEntry,
    CaseKind,
    CheckIn,
    CheckInState,
    CloseReason,
    EntryKind,
    Event,
    Level,
    Resident,
    SignalCode,
    Verb,
)  # fmt: skip
from oncall.models.risk import Detector
from tests.makers import NOON, make_attempt, make_check_in, make_resident, make_staff

LATER = NOON + timedelta(hours=5)


def make_assessment(session: Session, check_in: CheckIn, level: Level = Level.NONE, *,
                    requests: tuple[str, ...] = (), made_at: datetime = NOON, **columns: Any) -> Assessment:  # fmt: skip
    attempt = make_attempt(session, check_in)
    made = Assessment(check_in_id=check_in.id, attempt_id=attempt.id, resident_id=check_in.resident_id, level=level,
                      made_at=made_at, answered_by=columns.pop("answered_by", AnsweredBy.RESIDENT), **columns)  # fmt: skip
    if requests:
        made.write(session.get_one(Resident, check_in.resident_id).seal, summary="", requests=list(requests))
    session.add(made)
    session.flush()
    return made


@pytest.mark.parametrize(("level", "opens"), [
    (Level.NONE, False), (Level.WATCH, False), (Level.CONCERN, True), (Level.URGENT, True), (Level.EMERGENCY, True),
])  # fmt: skip
def test_a_case_opens_from_concern_up(session: Session, level: Level, opens: bool) -> None:
    case = cases.follow_up(session, make_assessment(session, make_check_in(session), level), NOON)
    assert (case is not None) is opens
    if case:
        assert (case.kind, case.level, case.level_rank) == (CaseKind.FLAGGED, level, level.rank)
        assert case.due_at == NOON + level.contact_within
        assert session.exec(select(Event.verb).where(Event.about == f"case:{case.id}")).all() == [Verb.CASE_OPENED]


@pytest.mark.parametrize(("columns", "kind", "level", "code"), [
    ({"failed": "model_down"}, CaseKind.NOT_UNDERSTOOD, Level.CONCERN, "not_assessed"),
    ({"for_review": True}, CaseKind.NOT_UNDERSTOOD, Level.CONCERN, "for_review"),
    ({"wants_human": True}, CaseKind.ASKED, Level.CONCERN, "wants_human"),
    ({"opt_out": True}, CaseKind.ASKED, Level.CONCERN, "opt_out"),
    ({"requests": ("쌀을 받고 싶어요",)}, CaseKind.ASKED, Level.WATCH, "requests"),
])  # fmt: skip
def test_what_was_not_understood_or_was_asked_for_is_a_case_too(
    session: Session, columns: dict[str, Any], kind: CaseKind, level: Level, code: str
) -> None:
    case = cases.follow_up(session, make_assessment(session, make_check_in(session), **columns), NOON)
    assert case is not None
    assert (case.kind, case.level) == (kind, level)
    assert session.exec(select(CaseEntry.code).where(CaseEntry.case_id == case.id)).one() == code


def test_it_raises_the_open_case_instead_of_opening_a_second(session: Session) -> None:
    check_in = make_check_in(session)
    first = cases.unreached(session, check_in, NOON)
    second = cases.follow_up(session, make_assessment(session, check_in, Level.EMERGENCY), LATER)
    assert first is second
    assert second is not None
    assert (second.level, second.kind, second.raised_at) == (Level.EMERGENCY, CaseKind.FLAGGED, LATER)
    assert len(session.exec(select(Case)).all()) == 1


def test_another_person_of_the_household_shares_its_case(session: Session) -> None:
    one = make_resident(session, "김순자")
    other = make_resident(session, "박영호", phone="+821099998888")
    other.household_id = one.household_id
    session.flush()
    first = cases.unreached(session, make_check_in(session, one), NOON)
    assert cases.unreached(session, make_check_in(session, other), LATER) is first


def test_a_lesser_finding_lowers_nothing_and_renames_nothing(session: Session) -> None:
    check_in = make_check_in(session)
    case = cases.follow_up(session, make_assessment(session, check_in, Level.URGENT), NOON)
    assert case is not None
    due = case.due_at
    cases.not_understood(session, check_in, "model_down", LATER)
    cases.held(session, check_in, LATER)
    assert (case.level, case.kind, case.due_at) == (Level.URGENT, CaseKind.FLAGGED, due)
    assert len(session.exec(select(CaseEntry).where(CaseEntry.case_id == case.id)).all()) == 3


def test_a_raise_never_buys_time(session: Session) -> None:
    check_in = make_check_in(session)
    case = cases.not_understood(session, check_in, "nobody_spoke", NOON)
    assert case is not None
    overdue = case.due_at
    cases.follow_up(session, make_assessment(session, check_in, Level.URGENT), overdue + timedelta(days=1))
    assert case.due_at == overdue


def test_a_repeated_job_changes_nothing(session: Session) -> None:
    check_in = make_check_in(session)
    assessment = make_assessment(session, check_in, Level.CONCERN)
    for _ in range(3):
        cases.follow_up(session, assessment, NOON)
        cases.unreached(session, check_in, NOON)
        cases.held(session, check_in, NOON)
    assert sorted(session.exec(select(CaseEntry.kind)).all()) == ["flag", "held", "unreached"]
    case = session.exec(select(Case)).one()
    acts.close(session, case, make_staff(session).id, CloseReason.HELPED, "다녀옴", LATER)
    assert cases.follow_up(session, assessment, LATER) is None
    assert len(session.exec(select(Case)).all()) == 1


def test_silence_is_urgent_when_it_is_the_second_time_or_they_spoke_this_week(session: Session) -> None:
    silent, known, new = (make_resident(session, name) for name in ("김하나", "이두리", "박세찬"))
    before = make_check_in(session, silent, slot=NOON - timedelta(days=7))
    before.state = CheckInState.UNREACHED
    spoken = make_check_in(session, known, slot=NOON - timedelta(days=3))
    make_assessment(session, spoken, made_at=NOON - timedelta(days=3))
    session.flush()
    levels = [
        case.level for person in (silent, known, new)
        if (case := cases.unreached(session, make_check_in(session, person), NOON))
    ]  # fmt: skip
    assert levels == [Level.URGENT, Level.URGENT, Level.CONCERN]


def test_an_alarm_of_a_running_call_stands_on_a_case_at_once(session: Session) -> None:
    check_in = make_check_in(session)
    attempt = make_attempt(session, check_in)
    alarm = Alarm(attempt_id=attempt.id, resident_id=check_in.resident_id, code=SignalCode.FALL, level=Level.EMERGENCY,
                  detector=Detector.NET, quote_sealed=b"", second=4.0, raised_at=NOON)  # fmt: skip
    session.add(alarm)
    session.flush()
    assert cases.pick_up(session, NOON)
    assert not cases.pick_up(session, NOON)
    assert cases.pick_up(session, NOON) == 0
    case = session.exec(select(Case)).one()
    assert alarm.case_id == case.id
    assert (case.level, case.due_at) == (Level.EMERGENCY, NOON + timedelta(minutes=3))
    entry = session.exec(select(CaseEntry)).one()
    assert (entry.kind, entry.code, entry.check_in_id) == (EntryKind.ALARM, "fall", check_in.id)


@pytest.mark.usefixtures("committed")
def test_two_findings_at_the_same_moment_share_one_case() -> None:
    with db.transaction() as session:
        check_in = make_check_in(session, make_resident(session, "최동시"))
        assessment = make_assessment(session, check_in, Level.URGENT)

    def flag() -> None:
        with db.transaction() as session:
            cases.follow_up(session, session.get_one(Assessment, assessment.id), NOON)

    with ThreadPoolExecutor(1) as pool:
        with db.transaction() as session:
            cases.unreached(session, session.get_one(CheckIn, check_in.id), NOON)
            flagging = pool.submit(flag)
            with pytest.raises(TimeoutError):
                flagging.result(timeout=0.5)  # it waits for the first to be settled
        flagging.result(timeout=10)
    with db.transaction() as session:
        case = session.exec(select(Case)).one()
        assert case.level is Level.URGENT
        assert len(session.exec(select(CaseEntry).where(CaseEntry.case_id == case.id)).all()) == 2


def test_the_first_silence_of_who_always_answers_outranks_the_fourth_of_who_rarely_does(session: Session) -> None:
    """By habit, weekly calls: neither was spoken with in the last seven days."""
    levels = {}
    for name, ends in (("always", "AAAA"), ("rarely", "UUUAUUU"), ("neither", "AAUA")):
        resident = make_resident(session)
        for weeks, end in enumerate(ends, 1):
            state = CheckInState.ASSESSED if end == "A" else CheckInState.UNREACHED
            make_check_in(session, resident, state=state, slot=NOON - timedelta(weeks=weeks))
        case = cases.unreached(session, make_check_in(session, resident), NOON)
        assert case is not None
        levels[name] = case.level
    assert levels == {"always": Level.URGENT, "rarely": Level.CONCERN, "neither": Level.CONCERN}
