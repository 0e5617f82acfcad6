"""What became of each question: answered, unclear, not asked and why, and what is simply missing is counted apart."""

from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import Session

from oncall import clock
from oncall.models import (
    Campaign,
    CheckIn,
    CheckInState,
    FactNote,
    FactState,
    Role,
)
from oncall.schedule.coverage import FactCoverage, coverage
from oncall.schedule.pages import router
from tests.desk import Desk
from tests.makers import NOON, make_campaign, make_check_in, make_resident


@pytest.fixture
def campaign(session: Session) -> Campaign:
    return make_campaign(session, facts=["meals", "sleep"], changed_at=NOON - timedelta(days=60))


def ended(session: Session, campaign: Campaign, state: CheckInState = CheckInState.ASSESSED, *, days_ago: int = 1,
          reason: str = "", dong: str = "중동", now: Any = NOON, **notes: tuple[FactState, str]) -> CheckIn:  # fmt: skip
    check_in = make_check_in(session, make_resident(session, dong=dong), campaign, slot=now - timedelta(days=days_ago),
                             state=state, reason=reason)  # fmt: skip
    for fact, (how, why) in notes.items():
        session.add(FactNote(check_in_id=check_in.id, resident_id=check_in.resident_id, campaign_id=campaign.id,
                             fact=fact, state=how, reason=why, noted_at=now))  # fmt: skip
    session.flush()
    return check_in


def of(found: list[FactCoverage], fact: str) -> FactCoverage:
    return next(one for one in found if one.fact == fact)


ANSWERED, UNCLEAR, NOT_ASKED = (
    (FactState.ANSWERED, ""),
    (FactState.UNCLEAR, "refused"),
    (FactState.NOT_ASKED, "hung_up"),
)


def test_every_question_is_counted_with_its_commonest_reasons(session: Session, campaign: Campaign) -> None:
    ended(session, campaign, meals=ANSWERED, sleep=ANSWERED)
    ended(session, campaign, meals=ANSWERED, sleep=NOT_ASKED)
    ended(session, campaign, meals=UNCLEAR, sleep=NOT_ASKED)
    seen = coverage(session, campaign, NOON)
    meals, sleep = of(seen.facts, "meals"), of(seen.facts, "sleep")
    assert [meals.counts[state] for state in FactState] == [2, 1, 0]
    assert [sleep.counts[state] for state in FactState] == [1, 0, 2]
    assert sleep.commonest == [("hung_up", 2)]
    assert (seen.planned, seen.missing, seen.check_ins) == (6, 0, 3)
    assert sum(width for _, _, width in sleep.bar()) == pytest.approx(100, abs=0.01)


def test_a_question_an_understood_call_says_nothing_of_is_missing(session: Session, campaign: Campaign) -> None:
    ended(session, campaign, meals=ANSWERED)
    seen = coverage(session, campaign, NOON)
    assert of(seen.facts, "sleep").missing == 1
    assert seen.missing == 1


@pytest.mark.parametrize(("state", "reason", "shown"), [
    (CheckInState.UNREACHED, "no_answer", "unreached"), (CheckInState.HELD, "no_number", "held"),
    (CheckInState.NOT_ACCOUNTED, "model_down", "model_down"),
])  # fmt: skip
def test_a_call_that_came_to_nothing_says_so_by_its_state(
    session: Session, campaign: Campaign, state: CheckInState, reason: str, shown: str
) -> None:
    ended(session, campaign, state, reason=reason)
    seen = coverage(session, campaign, NOON)
    assert seen.missing == 0
    assert of(seen.facts, "meals").reasons == {shown: 1}


def test_what_is_older_than_a_month_elsewhere_or_still_going_on_does_not_count(
    session: Session, campaign: Campaign
) -> None:
    ended(session, campaign, days_ago=31, meals=ANSWERED)
    ended(session, campaign, CheckInState.SPEAKING, meals=ANSWERED)
    ended(session, campaign, CheckInState.CANCELLED)
    ended(session, make_campaign(session, "다른 회차"), meals=ANSWERED)
    assert coverage(session, campaign, NOON).planned == 0


def test_a_question_added_later_is_not_missing_from_the_calls_before(session: Session, campaign: Campaign) -> None:
    ended(session, campaign, days_ago=5, meals=ANSWERED)
    campaign.facts, campaign.changed_at = ["meals", "sleep", "mood"], NOON - timedelta(days=2)
    assert coverage(session, campaign, NOON).missing == 0


def test_the_campaign_page_shows_it_for_ones_own_area(session: Session, desk: Desk, campaign: Campaign) -> None:
    now = clock.now()
    campaign.changed_at = now - timedelta(days=60)
    ended(session, campaign, now=now, meals=ANSWERED, sleep=(FactState.NOT_ASKED, "known:lives_with_family"))
    text = desk(router, role=Role.CASEWORKER).get(f"/campaigns/{campaign.id}").text
    assert "빠짐없이 확인됨 (100 %)" in text
    assert "이미 아는 사정: 가족과 함께 삶" in text
    ended(session, campaign, now=now, dong="소사동", meals=ANSWERED)
    assert "빠짐없이 확인됨 (100 %)" in desk(router, role=Role.CASEWORKER).get(f"/campaigns/{campaign.id}").text
    text = desk(router, role=Role.SCHEDULER, area="부천시").get(f"/campaigns/{campaign.id}").text
    assert "빠짐없이 확인됨 (100 %)" not in text
