"""The quality page: every share with its denominator and bounds, and no figure where there is nothing to count."""

from datetime import timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlmodel import Session, select

from oncall import clock
from oncall.listen import card, quality, quality_pages, reviewed
from oncall.models import (
    Assessment,
    Case,
    CaseKind,
    CloseReason,
    ConsentScope,
    Level,
    Resident,
    Review,
    Role,
    SignalCode,
    Turn,
)
from oncall.web.access import Signed
from tests.desk import Desk
from tests.listen.test_review import make_assessed
from tests.makers import make_city, make_resident, make_staff

NOW = clock.now()


def signed_for(session: Session, area: str = "부천시") -> Signed:
    staff = make_staff(session, Role.SUPERVISOR, area=area)
    place = make_city(session)[area]
    return Signed(staff.id, staff.name, staff.login, staff.role, place.id, place.path, "ko", "", staff.id)


def review_as(session: Session, assessment: Assessment, level: str, *codes: str, useful: bool | None = None) -> Review:
    resident = session.get_one(Resident, assessment.resident_id)
    made = Review(assessment_id=assessment.id, resident_id=resident.id, area_id=resident.area_id, level=Level(level),
                  staff_id=make_staff(session, Role.SUPERVISOR).id, codes=list(codes), useful=useful, judged_at=NOW)  # fmt: skip
    session.add(made)
    session.flush()
    return made


def make_flag(
    session: Session, assessment: Assessment, *, hours: float | None, reason: CloseReason | None = None
) -> Case:
    resident = session.get_one(Resident, assessment.resident_id)
    opened = NOW - timedelta(days=2)
    worker = make_staff(session)
    case = Case(household_id=resident.household_id, resident_id=resident.id, area_id=resident.area_id, kind=CaseKind.FLAGGED,
                level=assessment.level, level_rank=assessment.level.rank, opened_at=opened, raised_at=opened, due_at=NOW)  # fmt: skip
    if hours is not None:
        case.taken_by, case.taken_at = worker.id, opened + timedelta(hours=hours / 2)
        case.closed_by, case.closed_at, case.close_reason = worker.id, opened + timedelta(hours=hours), reason
    session.add(case)
    session.flush()
    return case


def test_precision_is_what_people_agreed_with(session: Session) -> None:
    for machine, person in (
        ("emergency", "emergency"),
        ("emergency", "urgent"),
        ("urgent", "urgent"),
        ("concern", "none"),
    ):
        review_as(session, make_assessed(session, machine), person)
    make_assessed(session, "emergency")  # nobody has judged it yet
    found = quality.of(session, signed_for(session), NOW + timedelta(minutes=1)).precision
    assert {level.value: (one.hits, one.of) for level, one in found.items()} == {
        "emergency": (1, 2), "urgent": (3, 3), "concern": (3, 4),
    }  # fmt: skip
    assert found[Level.URGENT].low < 0.4


def test_misses_are_bounded_by_the_calm_calls_that_were_read(session: Session) -> None:
    for _ in range(10):
        review_as(session, make_assessed(session, "none", drawn=True), "none")
    for _ in range(40):
        make_assessed(session, "none")
    misses = quality.of(session, signed_for(session), NOW + timedelta(minutes=1)).misses
    assert (misses.found.hits, misses.found.of, misses.calm, misses.likely) == (0, 10, 50, 0)
    assert misses.at_most == round(0.3085 * 50)
    review_as(session, make_assessed(session, "watch", drawn=True), "urgent")
    misses = quality.of(session, signed_for(session), NOW + timedelta(minutes=1)).misses
    assert (misses.found.hits, misses.calm, misses.likely) == (1, 51, round(51 / 11))


def test_before_any_calm_call_was_read_nothing_is_said_about_misses(session: Session) -> None:
    make_assessed(session, "none")
    assert quality.of(session, signed_for(session), NOW + timedelta(minutes=1)).misses.at_most is None


def test_times_count_those_who_were_never_reached(session: Session) -> None:
    for hours, reason in (
        (1, CloseReason.HELPED),
        (3, CloseReason.REACHED_WELL),
        (9, CloseReason.NOT_NEEDED),
        (None, None),
    ):
        make_flag(session, make_assessed(session, "urgent"), hours=hours, reason=reason)
    found = quality.of(session, signed_for(session), NOW)
    assert (found.to_contact.hours, found.to_contact.never) == ((1.0, 3.0), 2)
    assert (found.to_taken.of, found.to_taken.never, found.flagged) == (4, 1, 4)
    assert found.to_contact.p90 == timedelta(hours=3)
    assert sum(count for _, count in found.per_worker) == 3
    assert [(area.name, count) for area, count in found.per_dong] == [("중동", 4)]


def test_a_signal_is_counted_with_how_often_people_heard_it_too(session: Session) -> None:
    review_as(session, make_assessed(session, "urgent"), "urgent", "nutrition")
    review_as(session, make_assessed(session, "urgent"), "urgent", "fall")
    make_assessed(session, "concern")
    [(code, count, share)] = quality.of(session, signed_for(session), NOW + timedelta(minutes=1)).per_signal
    assert (code, count, share.hits, share.of) == (SignalCode.NUTRITION, 3, 1, 2)


def read(level: str | None) -> dict[str, Any]:
    return {"by": "model", "level": level, "codes": [], "prompt": "", "failed": "" if level else "timeout"}


def test_flips_are_counted_among_calls_read_twice(session: Session) -> None:
    net = {"by": "net", "level": "none", "codes": [], "prompt": "", "failed": ""}
    for passes in ([net, read("concern"), read("concern")], [net, read("concern"), read("urgent")],
                   [net, read("none")], [net, read("concern"), read(None)], [net]):  # fmt: skip
        make_assessed(session, "concern", passes=passes)
    flips = quality.of(session, signed_for(session), NOW + timedelta(minutes=1)).flips
    assert (flips.hits, flips.of) == (1, 2)


def test_a_signal_without_a_sentence_is_counted(session: Session) -> None:
    make_assessed(session, "concern")
    make_assessed(session, "concern", quote="")
    ungrounded = quality.of(session, signed_for(session), NOW + timedelta(minutes=1)).ungrounded
    assert (ungrounded.hits, ungrounded.of) == (1, 2)


def test_figures_are_those_of_ones_own_areas(session: Session) -> None:
    review_as(session, make_assessed(session, "urgent", dong="소사동"), "none")
    assert quality.of(session, signed_for(session, "원미구"), NOW + timedelta(minutes=1)).reviewed == 0
    assert quality.of(session, signed_for(session, "소사구"), NOW + timedelta(minutes=1)).reviewed == 1


@pytest.fixture
def seo(desk: Desk) -> TestClient:
    return desk(quality_pages.router, role=Role.SUPERVISOR, area="부천시")


def test_an_empty_page_claims_nothing(seo: TestClient) -> None:
    text = seo.get("/quality").text
    assert "0 %" not in text.split('<div class="grid">')[1].split('id="card-title"')[0]
    assert text.count("아직 셀 것이 없음") >= 5
    assert "사람이 읽은 평온한 통화가 아직 없습니다" in text


def test_small_numbers_are_shown_as_such_with_their_bounds(session: Session, seo: TestClient) -> None:
    review_as(session, make_assessed(session, "urgent"), "urgent", useful=True)
    text = seo.get("/quality").text
    assert "1건 중 1건" in text
    assert "적은 수" in text
    assert "<svg" in text
    assert "2.5 % – 100 %" in text


FIGURES = {"calls": {"net": {"calls": 360, "all": {key: {"value": 0.9, "hits": 9, "of": 10, "low": 0.55, "high": 0.99} for key in (
    "emergency_sensitivity", "urgent_sensitivity", "false_emergencies_per_100_ordinary", "false_urgent_per_100_ordinary")}}}}  # fmt: skip


def test_the_card_says_synthetic_and_whether_it_is_of_what_is_in_use(session: Session, seo: TestClient) -> None:
    kept = card.keep(session, FIGURES, split="locked", net_only=True, synthetic=True, instructions=None, now=NOW)
    text = seo.get("/quality").text
    assert "합성" in text
    assert "지금 쓰는 것과 같음" in text
    kept.net_version = "0 deadbeef"
    session.flush()
    assert "그 뒤 바뀜" in seo.get("/quality").text


def test_a_changed_prompt_makes_the_card_one_of_before(session: Session, seo: TestClient) -> None:
    card.keep(session, FIGURES, split="all", net_only=False, synthetic=True, instructions="another", now=NOW)
    assert "그 뒤 바뀜" in seo.get("/quality").text


@pytest.mark.parametrize("role", [Role.CASEWORKER, Role.SCHEDULER, Role.ADMIN])
def test_quality_is_the_supervisors(desk: Desk, role: Role) -> None:
    assert desk(quality_pages.router, role=role).get("/quality").status_code == 403


def test_a_reviewed_call_is_a_labelled_one(session: Session) -> None:
    assessment = make_assessed(session, "concern")
    review = review_as(session, assessment, "urgent", "medication")
    [case] = reviewed.labelled(session, for_model=True)
    assert (case.id, case.level, [one.code for one in case.signals]) == (
        str(review.id),
        Level.URGENT,
        [SignalCode.MEDICATION],
    )
    assert [line.is_far_end for line in case.turns] == [False, True]
    assert (case.real, case.synthetic, case.may_be_read, case.facts) == (True, False, False, ["meals", "sleep"])


def test_nobodys_words_go_to_a_model_abroad_without_their_consent(session: Session) -> None:
    assessment = make_assessed(session, "concern")
    refuses = make_resident(session, consents=(ConsentScope.SERVICE, ConsentScope.RECORDING))
    assessment.resident_id = refuses.id
    for turn in session.exec(select(Turn)):
        turn.resident_id = refuses.id
        turn.write(refuses.seal, "안녕하세요")
    review_as(session, assessment, "urgent")
    assert list(reviewed.labelled(session, for_model=True)) == []
    assert len(list(reviewed.labelled(session, for_model=False))) == 1
