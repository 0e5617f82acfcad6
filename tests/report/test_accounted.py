"""Every planned slot is accounted for, or its person is named, twice a day (R-22)."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlmodel import Session, select

from oncall.follow_up import cases, gaps
from oncall.models import (
    Accounting,
    Assessment,
    AttemptState,
    CaseEntry,
    CheckIn,
    CheckInState,
    Enrolment,
    HoldReason,
    Level,
    Role,
)
from oncall.models import hold as holds
from oncall.report import accounted
from oncall.report import pages as report_pages
from oncall.schedule import left_over
from tests.desk import Desk
from tests.makers import make_attempt, make_campaign, make_check_in, make_resident

EVENING = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)  # a Tuesday, 18:00 in Seoul
MORNING = EVENING - timedelta(hours=8)


def report(session: Session, now: datetime = EVENING) -> Accounting:
    made = accounted.make(session, now, now)
    assert made is not None
    return made


def named(session: Session, now: datetime = EVENING) -> dict[str, str]:
    """Who the report names, and why."""
    return {resident.external_id: one.reason for one, resident in accounted.people(session, report(session, now).id)}


def slot(session: Session, name: str, state: CheckInState, at: datetime = MORNING, **columns: object) -> CheckIn:
    """One planned call of the morning, with the resident's number for it."""
    check_in = make_check_in(session, make_resident(session, external_id=name), slot=at, state=state, **columns)
    session.get_one(Enrolment, check_in.enrolment_id).next_at = EVENING + timedelta(days=7)
    check_in.changed_at = columns.get("changed", at)  # type: ignore[assignment]  # a moment
    session.flush()
    return check_in


def test_every_end_is_counted_and_silence_without_a_case_is_named(session: Session) -> None:
    slot(session, "well", CheckInState.ASSESSED)
    slot(session, "gone", CheckInState.CANCELLED)
    for name, state, put in (
        ("silent", CheckInState.UNREACHED, cases.unreached),
        ("held", CheckInState.HELD, cases.held),
    ):
        put(session, slot(session, name, state), MORNING)
    cases.not_understood(session, slot(session, "unclear", CheckInState.NOT_ACCOUNTED), "model_down", MORNING)
    slot(session, "lost", CheckInState.UNREACHED)
    made = report(session)
    assert made.counts == {"spoken": 1, "no_answer": 1, "held": 1, "human_list": 1, "cancelled": 1, "under_way": 0,
                           "waiting": 0, "unaccounted": 1}  # fmt: skip
    assert [(one.external_id, why.reason) for why, one in accounted.people(session, made.id)] == [("lost", "no_case")]


def test_a_call_of_an_hour_ago_is_under_way_and_one_without_news_for_longer_is_named(session: Session) -> None:
    talking = slot(session, "talking", CheckInState.SPEAKING)
    talking.changed_at = EVENING - timedelta(minutes=10)
    slot(session, "stuck", CheckInState.DIALLING)
    slot(session, "unheard", CheckInState.HEARD)
    assert named(session) == {"stuck": "no_news", "unheard": "no_news"}


def test_who_waits_for_the_next_try_is_not_named_and_who_was_never_tried_is_with_the_hold_that_kept_them(
    session: Session,
) -> None:
    retry = slot(session, "retry", CheckInState.DUE, due_at=EVENING + timedelta(hours=1))
    make_attempt(session, retry, state=AttemptState.ENDED)
    slot(session, "never", CheckInState.DUE, due_at=EVENING + timedelta(hours=15))
    slot(session, "long_ago", CheckInState.DUE, at=EVENING - timedelta(days=3), due_at=EVENING - timedelta(days=3))
    assert named(session) == {"never": "not_called", "long_ago": "not_called"}
    holds.hold(session, HoldReason.CARRIER, MORNING, code="20003")
    assert named(session, EVENING + timedelta(seconds=1))["never"] == "not_called_carrier"


def test_people_whose_moment_passed_or_is_not_known_are_named(session: Session) -> None:
    campaign = make_campaign(session, changed_at=MORNING)
    for name, next_at in (("passed", MORNING), ("never", None), ("later", EVENING + timedelta(days=1))):
        resident = make_resident(session, external_id=name)
        session.add(Enrolment(campaign_id=campaign.id, resident_id=resident.id, joined_at=MORNING, next_at=next_at))
    session.flush()
    assert named(session) == {"passed": "not_laid_out", "never": "never_due"}


@pytest.mark.parametrize(
    ("hour", "minute", "planned"), [(0, 1, 9), (8, 59, None), (9, 0, 18), (16, 0, 18), (23, 59, 9)]
)
def test_the_report_that_is_due(hour: int, minute: int, planned: int | None) -> None:
    """09:00 and 18:00 in Seoul are 00:00 and 09:00 UTC; a report is made once its moment came, if late, for some hours."""
    found = accounted.due_moment(datetime(2026, 11, 24, hour, minute, tzinfo=UTC))
    wanted = {(0, 1): 0, (8, 59): 0, (9, 0): 9, (16, 0): 9, (23, 59): None}[(hour, minute)]
    assert (found.astimezone(UTC).hour if found else None) == wanted


def test_one_report_is_made_once_over_all_nodes(session: Session) -> None:
    assert accounted.make_due(session, EVENING + timedelta(minutes=1)) is not None
    assert accounted.make_due(session, EVENING + timedelta(minutes=2)) is None
    assert len(session.exec(select(Accounting)).all()) == 1


def test_the_page_names_those_of_ones_own_area_only(session: Session, desk: Desk) -> None:
    make_check_in(session, make_resident(session, "김순자", dong="중동"), slot=MORNING, state=CheckInState.UNREACHED)
    make_check_in(session, make_resident(session, "박말순", dong="소사동"), slot=MORNING, state=CheckInState.UNREACHED)
    report(session)
    text = desk(report_pages.router, role=Role.CASEWORKER, area="원미구").get("/accounted").text
    assert "김순자" in text
    assert "박말순" not in text


def test_for_machines_outside_there_are_ids_alone(session: Session) -> None:
    slot(session, "R-1001", CheckInState.UNREACHED)
    assert "R-1001" not in str(accounted.as_json(session, report(session), ids_only=True))


# -- the gaps themselves are closed


def test_a_call_due_for_a_day_goes_to_a_person_by_name(session: Session) -> None:
    waits = slot(session, "waits", CheckInState.DUE, due_at=EVENING - timedelta(hours=25))
    young = slot(session, "young", CheckInState.DUE, due_at=EVENING - timedelta(hours=23))
    assert left_over.give_to_people(session, EVENING) == 1
    assert (waits.state, waits.reason, young.state) == (CheckInState.HELD, "not_called", CheckInState.DUE)


def test_silence_and_assessments_that_no_case_knows_are_found(session: Session) -> None:
    lost = slot(session, "lost", CheckInState.UNREACHED)
    heard = slot(session, "heard", CheckInState.ASSESSED)
    for level in (Level.NONE, Level.URGENT):
        session.add(Assessment(check_in_id=heard.id, attempt_id=make_attempt(session, heard).id,
                               resident_id=heard.resident_id, level=level, made_at=MORNING))  # fmt: skip
    session.flush()
    assert gaps.silent_without_case(session, EVENING) == [lost.id]
    assert gaps.assessed_without_case(session, EVENING) == 1
    assert gaps.assessed_without_case(session, EVENING) == 0
    assert len(session.exec(select(CaseEntry)).all()) == 1
