"""Review: blind first, chance nobody can steer, one verdict a call, and a miss that is found gets its case."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa
from fastapi.testclient import TestClient
from sqlmodel import Session, select

from oncall import clock
from oncall.follow_up import cases
from oncall.listen import review_pages, reviewing
from oncall.models import (
    AnsweredBy,
    Assessment,
    CaseEntry,
    CaseKind,
    CheckInState,
    Event,
    Evidence,
    Level,
    Review,
    Role,
    Signal,
    SignalCode,
    Verb,
)
from oncall.models.review import DRAWN_SHARE, _place, is_drawn
from oncall.models.risk import Detector
from tests.desk import Desk
from tests.makers import make_attempt, make_check_in, make_resident, make_turns

WORDS = "밥은 그저께 먹었나 모르겠네"


def make_assessed(session: Session, level: str = "concern", *, quote: str = WORDS, said: str = WORDS, dong: str = "중동",
                  code: str = "nutrition", **columns: Any) -> Assessment:  # fmt: skip
    """An assessed call with one signal (none below watch) resting on its only far-end turn."""
    now = clock.now()
    resident = make_resident(session, dong=dong)
    check_in = make_check_in(session, resident, state=CheckInState.ASSESSED, slot=now - timedelta(hours=1))
    attempt = make_attempt(session, check_in)
    _, turn = make_turns(session, attempt, ("agent", "식사는 하셨어요?"), ("resident", said))
    assessment = Assessment(check_in_id=check_in.id, attempt_id=attempt.id, resident_id=resident.id, level=Level(level),
                            answered_by=AnsweredBy.RESIDENT, made_at=columns.pop("made_at", now), **columns)  # fmt: skip
    session.add(assessment)
    session.flush()
    if level != "none":
        signal = Signal(assessment_id=assessment.id, resident_id=resident.id, code=SignalCode(code), level=Level(level),
                        detector=Detector.MODEL)  # fmt: skip
        session.add(signal)
        session.flush()
        if quote:
            evidence = Evidence(
                signal_id=signal.id, turn_id=turn.id, starts_at=0, ends_at=len(quote), quote_sealed=b"", second=5.0
            )
            evidence.write(resident.seal, quote)
            session.add(evidence)
    session.flush()
    return assessment


@pytest.fixture
def seo(desk: Desk) -> TestClient:
    """Mr Seo, supervisor of the city, at his desk."""
    return desk(review_pages.router, role=Role.SUPERVISOR, area="부천시")


def judge(client: TestClient, assessment: Assessment, level: str = "concern", **more: Any) -> Any:
    return client.post(f"/review/{assessment.id}/verdict", data={"level": level} | more)


def test_the_machines_judgement_is_not_on_the_page_before_the_persons(session: Session, seo: TestClient) -> None:
    """Two calls with the same words, judged differently by the machine, look the same."""
    pages = []
    for level, code in (("concern", "nutrition"), ("emergency", "fall"), ("none", "fall")):
        assessment = make_assessed(session, level, code=code, drawn=level == "none")
        text = seo.get(f"/review/{assessment.id}").text
        assert WORDS in text
        assert "data-evidence" not in text
        assert "<mark" not in text
        pages.append(text.replace(str(assessment.id), "").split('<div class="review-grid">')[1].split("</form>")[0])
    assert pages[0] == pages[1] == pages[2]


def test_after_the_verdict_both_stand_side_by_side(session: Session, seo: TestClient) -> None:
    assessment = make_assessed(session, "concern")
    answer = judge(seo, assessment, "urgent", code=["medication"], note="약도 없다고 함")
    assert (answer.status_code, answer.headers["location"]) == (303, f"/review/{assessment.id}")
    text = seo.get(f"/review/{assessment.id}").text
    assert "나와 기계의 판단이 다릅니다" in text
    assert "약도 없다고 함" in text
    assert f"<q>{WORDS}</q>" in text
    review = session.exec(select(Review)).one()
    assert (review.level, review.agreed, review.staff_id) == (Level.URGENT, [SignalCode.MEDICATION], seo.staff.id)
    assert "약도" not in str(review.note_sealed)


def test_the_note_and_the_words_are_in_no_event(session: Session, seo: TestClient) -> None:
    judge(seo, make_assessed(session), note="비밀")
    events = session.exec(select(Event).where(Event.verb == Verb.REVIEWED)).all()
    assert [event.detail["what"] for event in events] == ["judged"]
    assert "비밀" not in str([event.detail for event in events])


def test_one_call_is_judged_once(session: Session, seo: TestClient) -> None:
    assessment = make_assessed(session)
    judge(seo, assessment)
    assert judge(seo, assessment, "none").status_code == 409
    assert session.exec(select(Review)).one().level is Level.CONCERN


def test_a_verdict_can_be_taken_back_and_the_call_waits_again(session: Session, seo: TestClient, desk: Desk) -> None:
    assessment = make_assessed(session)
    judge(seo, assessment)
    other = desk(review_pages.router, role=Role.SUPERVISOR, area="부천시")
    assert other.post(f"/review/{assessment.id}/undoing").status_code == 409
    assert seo.post(f"/review/{assessment.id}/undoing").status_code == 303
    assert session.exec(select(Review)).all() == []
    assert seo.get("/review").headers["location"] == f"/review/{assessment.id}"


def test_the_list_holds_flagged_doubtful_and_drawn_calls_and_no_others(session: Session, seo: TestClient) -> None:
    wanted = {make_assessed(session, "urgent").id, make_assessed(session, "none", for_review=True).id,
              make_assessed(session, "watch", drawn=True).id}  # fmt: skip
    make_assessed(session, "none")
    make_assessed(session, "concern", failed="http_500")
    make_assessed(session, "concern", made_at=clock.now() - timedelta(days=90))
    seen = set()
    while (to := seo.get("/review").headers.get("location")) is not None:
        seen.add(UUID(to.rsplit("/", 1)[1]))
        seo.post(f"{to}/verdict", data={"level": "watch"})
        seo.post(f"{to}/usefulness", data={"useful": "false"})
    assert seen == wanted
    assert "기다리는 통화가 없습니다" in seo.get("/review").text
    assert [review.useful for review in session.exec(select(Review))] == [False] * 3


def test_the_order_tells_nothing_of_the_level(session: Session) -> None:
    """Neither by time nor by level: both orders of two calls come about."""
    ids = [uuid4() for _ in range(400)]
    places = sorted(range(400), key=lambda number: reviewing.order(ids[number]))
    assert 70 < sum(number < 200 for number in places[:200]) < 130


def test_one_calm_call_in_fifty_is_drawn_and_always_the_same_ones(session: Session) -> None:
    ids = [uuid4() for _ in range(20_000)]
    drawn = [one for one in ids if _place(one) < DRAWN_SHARE]
    assert 0.016 < len(drawn) / len(ids) < 0.024
    assert drawn == [one for one in ids if _place(one) < DRAWN_SHARE]


def test_only_calm_calls_of_the_resident_are_drawn(session: Session) -> None:
    lucky = next(one for one in iter(uuid4, None) if _place(one) < DRAWN_SHARE)
    assessment = make_assessed(session, "none")
    session.expunge(assessment)
    assessment.check_in_id = lucky
    assert is_drawn(assessment)
    for changed in ({"level": Level.CONCERN}, {"failed": "x"}, {"for_review": True}, {"answered_by": AnsweredBy.OTHER}):
        before = {name: getattr(assessment, name) for name in changed}
        for name, value in changed.items():
            setattr(assessment, name, value)
        assert not is_drawn(assessment)
        for name, value in before.items():
            setattr(assessment, name, value)


def test_a_supervisor_sees_their_own_areas_alone(session: Session, desk: Desk) -> None:
    elsewhere = make_assessed(session, dong="소사동")
    client = desk(review_pages.router, role=Role.SUPERVISOR, area="원미구")
    assert client.get(f"/review/{elsewhere.id}").status_code == 404
    assert judge(client, elsewhere).status_code == 404
    assert "기다리는 통화가 없습니다" in client.get("/review").text


@pytest.mark.parametrize("role", [Role.CASEWORKER, Role.SCHEDULER, Role.ADMIN])
def test_review_is_the_supervisors(desk: Desk, role: Role) -> None:
    assert desk(review_pages.router, role=role).get("/review").status_code == 403


def test_reading_a_call_for_review_is_written_down(session: Session, seo: TestClient) -> None:
    assessment = make_assessed(session)
    seo.get(f"/review/{assessment.id}")
    assert session.exec(
        select(Event).where(Event.verb == Verb.READ, Event.about == f"assessment:{assessment.id}")
    ).one()


def test_a_verdict_without_a_level_is_asked_for_again(session: Session, seo: TestClient) -> None:
    assessment = make_assessed(session)
    assert judge(seo, assessment, "calm").status_code == 422
    assert session.exec(select(Review)).all() == []


def test_a_miss_that_a_person_finds_becomes_a_case(session: Session, seo: TestClient) -> None:
    assessment = make_assessed(session, "none", drawn=True)
    judge(seo, assessment, "urgent")
    waiting = (
        session.execute(sa.text("SELECT args FROM procrastinate_jobs WHERE task_name = 'found_on_review'"))
        .scalars()
        .all()
    )
    review = session.exec(select(Review)).one()
    assert waiting == [{"review": str(review.id)}]
    for _ in range(2):
        case = cases.found_on_review(session, review, clock.now())
    assert (case.kind, case.level) == (CaseKind.FLAGGED, Level.URGENT)
    assert [entry.code for entry in session.exec(select(CaseEntry))] == ["found_on_review"]


def test_a_verdict_no_graver_than_the_machines_opens_nothing(session: Session, seo: TestClient) -> None:
    judge(seo, make_assessed(session, "urgent"), "concern")
    assert (
        session.execute(sa.text("SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'found_on_review'")).scalar()
        == 0
    )


def test_markup_read_into_the_line_is_shown_as_text(session: Session, seo: TestClient) -> None:
    from tests.listen.corpus import injections

    for one in [one for one in injections() if one.kind in {"html", "formula", "sql", "json"}]:
        assessment = make_assessed(session, "concern", quote=one.text, said=one.text)
        judge(seo, assessment, note=one.text)
        text = seo.get(f"/review/{assessment.id}").text
        body = text.split('<div class="review-grid">')[1]
        for tag in ("<script", "<img", "<iframe", "<svg", '<input type="text"', "<b>Level", "onerror=alert(1)>"):
            assert tag not in body, one.id
        session.delete(session.exec(select(Review).where(Review.assessment_id == assessment.id)).one())
