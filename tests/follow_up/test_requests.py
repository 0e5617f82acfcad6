"""Every request has somebody who can act, or the resident is told the truth; nothing of it is lost or doubled."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlmodel import Session, select

from oncall import clock
from oncall.errors import AlreadyTaken, BadInput, StaleMove
from oncall.follow_up import cases, requests
from oncall.follow_up.pages import router
from oncall.models import (
    Assessment,
    Case,
    CaseEntry,
    CaseKind,
    Event,
    HelpRequest,
    Level,
    RequestState,
    Resident,
    Role,
    Staff,
    Verb,
)
from oncall.models.working_day import a_working_day_before
from tests.desk import Desk
from tests.makers import NOON, make_attempt, make_check_in, make_resident, make_staff

SEOUL = "Asia/Seoul"


def make_request(session: Session, resident: Resident | None = None, words: str = "선풍기 좀 고쳐 주세요",
                 at: datetime = NOON, **columns: object) -> HelpRequest:  # fmt: skip
    resident = resident or make_resident(session)
    request = HelpRequest(resident_id=resident.id, area_id=resident.area_id, words_sealed=b"", asked_at=at, changed_at=at,
                          **columns)  # fmt: skip
    request.write(resident.seal, words)
    session.add(request)
    session.flush()
    return request


@pytest.fixture
def han(session: Session) -> Staff:
    return make_staff(session)


def answer_of(session: Session, request: HelpRequest) -> str:
    return request.answered(session.get_one(Resident, request.resident_id).seal)


def test_who_arranges_it_answers_for_it_and_says_so_in_words_for_the_resident(session: Session, han: Staff) -> None:
    request = make_request(session)
    with pytest.raises(BadInput):
        requests.move(session, request, RequestState.ARRANGED, han.id, NOON)
    requests.move(session, request, RequestState.ARRANGED, han.id, NOON, "화요일에 고치러 갑니다.")
    assert (request.state, request.owner_id) == (RequestState.ARRANGED, han.id)
    assert answer_of(session, request) == "화요일에 고치러 갑니다."
    event = session.exec(select(Event).where(Event.verb == Verb.REQUEST_CHANGED)).one()
    assert (event.detail["from"], event.detail["to"], event.staff_id) == ("open", "arranged", han.id)
    assert "화요일" not in str(event.detail)


def test_a_taken_request_is_not_taken_again(session: Session, han: Staff) -> None:
    request = make_request(session)
    requests.take(session, request, han.id, NOON)
    with pytest.raises(AlreadyTaken):
        requests.take(session, request, make_staff(session).id, NOON)
    requests.release(session, request, han.id, NOON)
    assert request.owner_id is None


@pytest.mark.parametrize(("state", "to"), [
    (RequestState.OPEN, RequestState.ARRIVED), (RequestState.DECLINED, RequestState.ARRANGED),
    (RequestState.ARRIVED, RequestState.MISSING), (RequestState.ARRANGED, RequestState.DECLINED),
])  # fmt: skip
def test_a_request_does_not_leap(session: Session, han: Staff, state: RequestState, to: RequestState) -> None:
    request = make_request(session, state=state)
    with pytest.raises(StaleMove):
        requests.move(session, request, to, han.id, NOON, "가능합니다")


def test_the_last_change_is_undone_with_its_words_and_once(session: Session, han: Staff) -> None:
    request = make_request(session)
    requests.move(session, request, RequestState.ARRANGED, han.id, NOON, "화요일에 갑니다.")
    requests.move(session, request, RequestState.MISSING, han.id, NOON)
    requests.move(session, request, RequestState.DECLINED, han.id, NOON, "부품이 없어 고칠 수 없습니다.")
    requests.undo(session, request, han.id, NOON)
    assert (request.state, answer_of(session, request)) == (RequestState.MISSING, "화요일에 갑니다.")
    with pytest.raises(StaleMove):
        requests.undo(session, request, han.id, NOON)


def test_undoing_the_first_taking_leaves_it_nobodys(session: Session, han: Staff) -> None:
    request = make_request(session)
    requests.take(session, request, han.id, NOON)
    requests.undo(session, request, han.id, NOON)
    assert (request.state, request.owner_id) == (RequestState.OPEN, None)


def test_what_has_not_come_raises_the_households_case(session: Session, han: Staff) -> None:
    request = make_request(session)
    requests.move(session, request, RequestState.ARRANGED, han.id, NOON, "화요일에 갑니다.")
    assert session.exec(select(Case)).first() is None
    requests.move(session, request, RequestState.MISSING, han.id, NOON)
    case = session.exec(select(Case)).one()
    assert (case.kind, case.level) == (CaseKind.ASKED, Level.CONCERN)
    assert session.exec(select(CaseEntry.code)).one() == "promise_missing"


def heard(session: Session, *, asked: list[str] | None = None) -> Assessment:
    attempt = make_attempt(session, make_check_in(session))
    assessment = Assessment(check_in_id=attempt.check_in_id, attempt_id=attempt.id, resident_id=attempt.resident_id,
                            level=Level.NONE, made_at=NOON)  # fmt: skip
    assessment.write(session.get_one(Resident, attempt.resident_id).seal, summary="", requests=asked or [])
    session.add(assessment)
    session.flush()
    return assessment


def test_a_request_taken_down_in_the_call_opens_the_case_even_when_the_judgement_missed_it(session: Session) -> None:
    assessment = heard(session)
    assert cases.follow_up(session, assessment, NOON) is None
    make_request(session, session.get_one(Resident, assessment.resident_id), attempt_id=assessment.attempt_id)
    case = cases.follow_up(session, assessment, NOON)
    assert case is not None
    assert (case.kind, case.level) == (CaseKind.ASKED, Level.WATCH)


def test_a_request_heard_twice_stands_in_the_case_once(session: Session) -> None:
    assessment = heard(session, asked=["선풍기"])
    make_request(session, session.get_one(Resident, assessment.resident_id), attempt_id=assessment.attempt_id)
    for _ in range(2):
        cases.follow_up(session, assessment, NOON)
    assert len(session.exec(select(CaseEntry)).all()) == 1


def test_what_the_call_told_is_missing_raises_the_case_of_that_call(session: Session) -> None:
    assessment = heard(session)
    resident = session.get_one(Resident, assessment.resident_id)
    make_request(session, resident, state=RequestState.MISSING, told_at=NOON - timedelta(days=2))
    assert requests.not_come(session, assessment, NOON) is None
    make_request(session, resident, state=RequestState.MISSING, told_at=assessment.made_at)
    case = requests.not_come(session, assessment, NOON)
    assert case is not None
    assert case.level is Level.CONCERN


@pytest.mark.parametrize(("now", "before"), [
    ("2026-11-24T12:00", "2026-11-23T12:00"), ("2026-11-23T10:00", "2026-11-20T10:00"),
    ("2026-11-22T15:00", "2026-11-20T00:00"), ("2026-12-28T10:00", "2026-12-24T10:00"),  # Christmas is a Friday
])  # fmt: skip
def test_a_working_day_leaves_out_what_the_office_is_closed(now: str, before: str) -> None:
    from zoneinfo import ZoneInfo

    def at(text: str) -> datetime:
        return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(SEOUL)).astimezone(UTC)

    assert a_working_day_before(at(now), SEOUL) == at(before)


def test_a_request_without_anybody_for_longer_than_a_working_day_stands_out(session: Session, desk: Desk) -> None:
    now = clock.now()
    old = make_request(session, words="쌀 좀 보내 주세요", at=now - timedelta(days=9))
    make_request(session, words="방금 부탁한 것", at=now)
    make_request(session, words="맡은 사람이 있는 것", at=now - timedelta(days=9), owner_id=make_staff(session).id)
    client = desk(router)
    text = client.get("/requests?tab=nobodys").text
    assert "쌀 좀 보내 주세요" in text
    assert "하루 넘게 담당자가 없음" in text
    assert "방금 부탁한 것" not in text
    assert "맡은 사람이 있는 것" not in text
    assert "/requests?tab=nobodys" in client.get("/cases").text
    client.post(f"/requests/{old.id}/taking")
    assert "/requests?tab=nobodys" not in client.get("/cases").text


def test_the_start_page_counts_them(session: Session, desk: Desk) -> None:
    from oncall.report.pages import router as today

    client = desk(today)
    assert "/requests?tab=nobodys" not in client.get("/").text
    make_request(session, at=clock.now() - timedelta(days=9))
    assert "/requests?tab=nobodys" in client.get("/").text


def test_a_caseworker_sees_and_changes_requests_of_her_dong_only(session: Session, desk: Desk) -> None:
    elsewhere = make_request(session, make_resident(session, dong="소사동"), "먼 동네 부탁")
    client = desk(router)
    assert "먼 동네 부탁" not in client.get("/requests?tab=all").text
    for path in ("taking", "release", "outcome", "undo"):
        assert client.post(f"/requests/{elsewhere.id}/{path}", data={"state": "arrived"}).status_code == 404


@pytest.mark.parametrize("role", [Role.SCHEDULER, Role.ADMIN])
def test_nobody_reads_requests_who_may_not_read_words(session: Session, desk: Desk, role: Role) -> None:
    request = make_request(session)
    client = desk(router, role=role, area="부천시")
    assert client.get("/requests").status_code == 403
    assert client.post(f"/requests/{request.id}/taking").status_code == 403


def test_a_request_is_worked_on_from_the_case_page(session: Session, desk: Desk) -> None:
    resident = make_resident(session)
    request = make_request(session, resident, words="병원 가는 차 좀 알아봐 주세요")
    case = cases.missed(session, resident, NOON)
    assert case is not None
    client = desk(router)
    assert "병원 가는 차" in client.get(f"/cases/{case.id}").text
    answer = client.post(f"/requests/{request.id}/outcome", data={
        "case": str(case.id), "state": "arranged", "answer": "병원 차량을 예약했습니다."})  # fmt: skip
    assert answer.headers["location"] == f"/cases/{case.id}?done=req_arranged#requests"
    text = client.get(answer.headers["location"]).text
    assert "병원 차량을 예약했습니다." in text
    assert "전화에서 먼저 꺼내지 않습니다" in text
    read = session.exec(select(Event).where(Event.verb == Verb.READ, Event.resident_id == resident.id)).first()
    assert read is not None


def test_a_sentence_is_asked_for(session: Session, desk: Desk) -> None:
    request = make_request(session)
    answer = desk(router).post(f"/requests/{request.id}/outcome", data={"state": "declined"})
    assert answer.headers["location"] == "/requests?done=req_words"
    assert request.state is RequestState.OPEN


def test_the_case_page_says_what_became_of_each_question(session: Session, desk: Desk) -> None:
    from oncall.models import FactNote, FactState, Outcome

    resident = make_resident(session)
    check_in = make_check_in(session, resident)
    attempt = make_attempt(session, check_in, outcome=Outcome.SPOKEN)
    for fact, state, reason in (("meals", FactState.ANSWERED, ""), ("sleep", FactState.NOT_ASKED, "hung_up")):
        note = FactNote(check_in_id=check_in.id, attempt_id=attempt.id, resident_id=resident.id,
                        campaign_id=check_in.campaign_id, fact=fact, state=state, reason=reason, noted_at=NOON)  # fmt: skip
        if state is FactState.ANSWERED:
            note.write(resident.seal, "아침에 죽을 먹었어요")
        session.add(note)
    case = cases.missed(session, resident, NOON)
    assert case is not None
    text = desk(router).get(f"/cases/{case.id}").text
    assert "아침에 죽을 먹었어요" in text
    assert "1 / 2" in text
    assert "여쭙지 않음" in text
