"""Planned against done, and the preview before it: everybody is named, with the reason."""

from datetime import date, timedelta
from zoneinfo import ZoneInfo

from sqlmodel import Session

from oncall.models import (
    AttemptState,
    CampaignState,
    Case,
    CaseEntry,
    CaseKind,
    CheckInState,
    ConsentScope,
    Enrolment,
    EntryKind,
    Level,
    Outcome,
    Standing,
)
from oncall.schedule import membership
from oncall.schedule.capacity import Capacity
from oncall.schedule.preview import foresee, open_minutes
from oncall.schedule.round import rounds
from tests.makers import NOON, make_attempt, make_campaign, make_check_in, make_city, make_resident

DAY = date(2026, 11, 24)


def test_every_planned_check_in_is_there_with_its_tries_and_its_case(session: Session) -> None:
    resident = make_resident(session, external_id="A-1")
    check_in = make_check_in(session, resident, state=CheckInState.UNREACHED, reason="no_answer")
    for number in range(2):
        make_attempt(session, check_in, state=AttemptState.ENDED, outcome=Outcome.NO_ANSWER, token=f"token-{number}",
                     call_sid=f"CA{number}", placed_at=NOON)  # fmt: skip
    case = Case(household_id=resident.household_id, resident_id=resident.id, area_id=resident.area_id,
                kind=CaseKind.UNREACHED, level=Level.CONCERN, level_rank=2, opened_at=NOON, raised_at=NOON, due_at=NOON)  # fmt: skip
    session.add(case)
    session.flush()
    session.add(
        CaseEntry(case_id=case.id, resident_id=resident.id, kind=EntryKind.UNREACHED, at=NOON, check_in_id=check_in.id)
    )
    session.flush()
    (found,) = rounds(session, DAY, NOON)
    told = found.as_json()
    assert (told["campaign"], told["date"]) == ("안부 확인", "2026-11-24")
    (row,) = told["check_ins"]
    assert (row["external_id"], row["state"], row["case_id"]) == ("A-1", "unreached", str(case.id))
    assert [attempt["call_sid"] for attempt in row["attempts"]] == ["CA0", "CA1"]
    assert {"token", "call_sid", "outcome", "placed_at"} <= set(row["attempts"][0])
    assert [person["external_id"] for person in told["unaccounted"]] == ["A-1"]


def test_only_the_understood_and_the_withdrawn_are_accounted_for(session: Session) -> None:
    for state in CheckInState:
        make_check_in(session, make_resident(session, external_id=f"A-{state}"), state=state)
    (found,) = rounds(session, DAY, NOON)
    unaccounted = {person["external_id"] for person in found.as_json()["unaccounted"]}
    assert unaccounted == {f"A-{state}" for state in CheckInState} - {"A-assessed", "A-cancelled"}
    assert (found.done, found.unaccounted) == (5, 3)


def test_somebody_whose_moment_passed_without_a_check_in_is_missed_not_forgotten(session: Session) -> None:
    campaign, late = make_campaign(session), make_resident(session, external_id="A-late")
    session.add(
        Enrolment(campaign_id=campaign.id, resident_id=late.id, joined_at=NOON, next_at=NOON - timedelta(hours=1))
    )
    session.flush()
    (found,) = rounds(session, DAY, NOON)
    assert [(person["external_id"], person["state"]) for person in found.as_json()["unaccounted"]] == [
        ("A-late", "missed")
    ]


def test_a_round_is_of_the_citys_day_not_of_utc(session: Session) -> None:
    first = NOON.astimezone(ZoneInfo("Asia/Seoul")).replace(hour=0, minute=0)
    make_check_in(session, slot=first)
    make_check_in(session, slot=first - timedelta(minutes=1))
    assert [len(found.planned) for found in rounds(session, DAY, NOON)] == [1]
    assert rounds(session, date(2026, 11, 20), NOON) == []


def test_the_preview_says_who_when_and_who_not_and_why(session: Session) -> None:
    campaign = make_campaign(session)
    people = {
        "called": make_resident(session),
        "no_service_consent": make_resident(session, consents=()),
        "by_keypad": make_resident(session, consents=(ConsentScope.SERVICE,)),
        "deceased": make_resident(session, standing=Standing.DECEASED),
    }
    for resident in people.values():
        session.add(Enrolment(campaign_id=campaign.id, resident_id=resident.id, joined_at=NOON))
    session.flush()
    seen = foresee(session, campaign, NOON, lines=10, cps=1)
    by_id = {one.resident_id: one for one in seen.people}
    assert by_id[people["called"].id].at == NOON + timedelta(hours=2)
    assert {one.why_not for one in seen.people} == {"", "no_service_consent", "deceased"}
    assert (seen.called, seen.by_keypad, seen.not_called) == (2, 1, 2)
    assert {one.resident_id for one in seen.people if one.by_keypad} == {people["by_keypad"].id}
    campaign.state = CampaignState.PAUSED
    assert foresee(session, campaign, NOON, lines=10, cps=1).called == 2


def test_capacity_is_the_tighter_of_lines_and_pace_and_says_when_a_day_is_not_enough() -> None:
    few = Capacity(calls=240, open_minutes=300, lines=10, cps=1)
    assert (few.calls_an_hour, few.minutes, few.fits) == (240, 60, True)
    assert not Capacity(calls=2000, open_minutes=300, lines=10, cps=1).fits
    assert Capacity(calls=10, open_minutes=300, lines=1000, cps=0.5).calls_an_hour == 1800
    assert few.say("ko") != few.say("en")


def test_overlapping_windows_are_not_counted_twice(session: Session) -> None:
    campaign = make_campaign(session, windows=["mon-fri 10:00-12:00", "mon-wed 11:00-13:00", "sat 10:00-10:30"])
    assert open_minutes(campaign) == 30


def test_everybody_of_an_area_joins_once_and_those_who_left_come_back(session: Session) -> None:
    city = make_city(session)
    campaign = make_campaign(session, area_id=city["원미구"].id)
    make_resident(session, dong="중동")
    make_resident(session, dong="소사동")
    gone = make_resident(session, dong="상동")
    left = Enrolment(campaign_id=campaign.id, resident_id=gone.id, joined_at=NOON, left_at=NOON)
    session.add(left)
    session.flush()
    assert membership.take_everybody_in(session, campaign, NOON) == 2
    assert membership.take_everybody_in(session, campaign, NOON) == 0
    assert left.left_at is None
    assert membership.people(session, [campaign.id])[campaign.id] == (2, None)
