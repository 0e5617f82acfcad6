"""The pages of follow-up as people meet them: who sees whom, what they read, and what is written down about it."""

from uuid import uuid4

import pytest
from sqlmodel import Session, select

from oncall import clock
from oncall.follow_up import acts
from oncall.follow_up.pages import router
from oncall.models import Case, CloseReason, Event, Role, Verb
from tests.browser.city import City, settle
from tests.desk import Desk


@pytest.fixture
def seeded(session: Session) -> City:
    return settle(session, clock.now())


def test_the_queue_names_the_gravest_first_with_their_own_words(desk: Desk, seeded: City) -> None:
    text = desk(router, staff=seeded.staff["seo"]).get("/cases").text
    order = [text.index(name) for name in ("홍광수", "이정희", "송정희", "장말순", "박금례")]
    assert order == sorted(order)
    assert "가슴이 꽉 조이고 식은땀이 나요" in text
    assert "받지 않음 ×3" in " ".join(text.split())
    assert "0101" not in text.replace("-", "")


def test_a_caseworker_sees_only_their_dong(session: Session, desk: Desk, seeded: City) -> None:
    han = desk(router, staff=seeded.staff["han"])
    text = han.get("/cases").text
    assert "이정희" in text
    for elsewhere in ("박광수", "장말순", "Grace Kim"):
        assert elsewhere not in text
    other = seeded.cases["장말순"].id
    for answer in (
        han.get(f"/cases/{other}"), han.post(f"/cases/{other}/taking"), han.post(f"/cases/{other}/number"),
        han.post(f"/cases/{other}/notes", data={"text": "x"}), han.post(f"/cases/{other}/closure"),
        han.get(f"/cases/{uuid4()}"), han.get("/cases/banana"),
    ):  # fmt: skip
        assert answer.status_code == 404
    han.post("/cases/taking", data={"case": [str(other)]})
    session.refresh(seeded.cases["장말순"])
    assert seeded.cases["장말순"].taken_by is None


@pytest.mark.parametrize("role", [Role.SCHEDULER, Role.ADMIN])
def test_planners_and_administrators_read_no_words(desk: Desk, seeded: City, role: Role) -> None:
    client = desk(router, role=role, area="부천시")
    case = seeded.cases["이정희"].id
    for answer in (client.get("/cases"), client.get(f"/cases/{case}"), client.post(f"/cases/{case}/taking")):
        assert answer.status_code == 403
        assert "이정희" not in answer.text


def test_nobody_unknown_reads_anything(desk: Desk, seeded: City) -> None:
    client = desk(router, role=None)
    assert client.get("/cases?tab=mine").headers["location"] == "/sign-in?onward=/cases%3Ftab%3Dmine"
    assert client.post(f"/cases/{seeded.cases['이정희'].id}/taking").status_code == 401


@pytest.mark.parametrize(("asked", "found", "not_found"), [
    ("정희", "이정희", "홍광수"), ("ㅎㄱㅅ", "홍광수", "이정희"), ("소사동", "장말순", "홍광수"), ("grace", "Grace Kim", "홍광수"),
])  # fmt: skip
def test_the_queue_finds_by_name_consonants_and_dong(
    desk: Desk, seeded: City, asked: str, found: str, not_found: str
) -> None:
    text = desk(router, staff=seeded.staff["seo"]).get("/cases", params={"q": asked}).text
    assert found in text
    assert not_found not in text


def test_the_tabs_count_and_hold_what_they_say(desk: Desk, seeded: City) -> None:
    han = desk(router, staff=seeded.staff["han"])
    mine = han.get("/cases?tab=mine").text
    assert "이정희" in mine
    assert "송정희" not in mine
    unassigned = han.get("/cases?tab=unassigned").text
    assert "송정희" in unassigned
    assert "이정희" not in unassigned
    assert "전체 <b>4</b>" in mine
    assert "내 담당 <b>1</b>" in mine
    assert han.get("/cases?tab=banana&level=x&page=-1").status_code == 200


def test_a_case_shows_the_words_marked_and_writes_down_who_read_them(
    session: Session, desk: Desk, seeded: City
) -> None:
    case = seeded.cases["이정희"]
    text = desk(router, staff=seeded.staff["han"]).get(f"/cases/{case.id}").text
    assert "어제 화장실 가다가 <mark" in text
    assert ">미끄러져서 허리를 좀 다쳤어</mark>." in text
    assert "점심 뒤에 다시 연락 예정" in text
    assert seeded.residents["이정희"].phone[-4:] in text
    assert "<title>" in text
    assert "이정희" not in text.split("</title>")[0]
    read = session.exec(select(Event).where(Event.verb == Verb.READ)).one()
    assert (read.staff_id, read.resident_id, read.about) == (
        seeded.staff["han"].id, case.resident_id, f"case:{case.id}",
    )  # fmt: skip


def test_what_a_resident_says_is_text_and_never_markup(session: Session, desk: Desk, seeded: City) -> None:
    from oncall.models import Level, SignalCode
    from tests.browser.city import heard

    attack = '<script>alert(1)</script><img src=x onerror="alert(2)">'
    heard(session, seeded, "김순자", clock.now(), Level.CONCERN, [("resident", attack)],
          [(SignalCode.SCAM, Level.CONCERN, attack)], summary=attack, requests=[attack])  # fmt: skip
    client = desk(router, staff=seeded.staff["seo"])
    for path in ("/cases", f"/cases/{seeded.cases['김순자'].id}"):
        text = client.get(path).text
        assert "<script>alert" not in text
        assert "<img src=x" not in text
        assert "&lt;script&gt;alert(1)" in text


def test_the_whole_number_costs_a_reason_and_leaves_an_event(session: Session, desk: Desk, seeded: City) -> None:
    client, case = desk(router, staff=seeded.staff["han"]), seeded.cases["이정희"]
    number = f"010-{seeded.residents['이정희'].phone[5:9]}-{seeded.residents['이정희'].phone[9:]}"
    assert number not in client.get(f"/cases/{case.id}").text
    refused = client.post(f"/cases/{case.id}/number", data={"reason": ""})
    assert refused.status_code == 422
    assert number not in refused.text
    assert session.exec(select(Event).where(Event.verb == Verb.REVEALED)).all() == []
    assert number in client.post(f"/cases/{case.id}/number", data={"reason": "call"}).text
    event = session.exec(select(Event).where(Event.verb == Verb.REVEALED)).one()
    assert (event.detail, event.resident_id) == ({"field": "contacts", "reason": "call"}, case.resident_id)


def test_a_case_is_taken_noted_closed_and_brought_back(session: Session, desk: Desk, seeded: City) -> None:
    client, case = desk(router, staff=seeded.staff["han"]), seeded.cases["송정희"]
    client.post(f"/cases/{case.id}/taking")
    client.post(f"/cases/{case.id}/notes", data={"text": "약국에 연락함"})
    unreasoned = client.post(f"/cases/{case.id}/closure", data={"reason": "", "outcome": "다녀왔습니다"})
    assert unreasoned.status_code == 422
    assert "다녀왔습니다" in unreasoned.text
    wordless = client.post(f"/cases/{case.id}/closure", data={"reason": "helped", "outcome": " "})
    assert wordless.status_code == 422
    assert "어떤 조치를 했는지" in wordless.text
    closed = client.post(f"/cases/{case.id}/closure", data={"reason": "helped", "outcome": "약 전달함"})
    assert closed.headers["location"] == f"/cases/{case.id}?done=closed"
    session.refresh(case)
    assert (case.close_reason, case.closed_by) == (CloseReason.HELPED, seeded.staff["han"].id)
    assert "송정희" not in client.get("/cases").text
    page = client.get(f"/cases/{case.id}?done=closed").text
    assert "되돌리기" in page
    assert "약 전달함" in page
    client.post(f"/cases/{case.id}/reopening")
    session.refresh(case)
    assert case.closed_at is None


def test_taking_several_says_how_many_were_too_late(session: Session, desk: Desk, seeded: City) -> None:
    client = desk(router, staff=seeded.staff["seo"])
    ids = [str(seeded.cases[name].id) for name in ("송정희", "박광수", "이정희")]
    answer = client.post("/cases/taking", data={"case": ids})
    assert answer.headers["location"] == "/cases?tab=mine&taken=2&missed=1"
    text = client.get(answer.headers["location"]).text
    assert "2건을 맡으셨습니다" in text
    assert "1건은 이미 다른 담당자가" in text
    assert session.get_one(Case, seeded.cases["이정희"].id).taken_by == seeded.staff["han"].id


def test_a_colleagues_case_is_given_back_by_them_or_a_supervisor(session: Session, desk: Desk, seeded: City) -> None:
    case = seeded.cases["이정희"]
    colleague = desk(router, role=Role.CASEWORKER, area="부천시")
    assert colleague.post(f"/cases/{case.id}/release").status_code == 403
    assert colleague.post(f"/cases/{case.id}/taking").status_code == 409
    assert desk(router, staff=seeded.staff["seo"]).post(f"/cases/{case.id}/release").status_code == 303
    session.refresh(case)
    assert case.taken_by is None


def test_an_empty_queue_says_so_kindly(session: Session, desk: Desk) -> None:
    assert "지금 기다리는 분이 없습니다." in desk(router).get("/cases").text
    assert "Nobody is waiting" in desk(router, language="en").get("/cases").text


def test_a_closed_case_is_found_under_closed(session: Session, desk: Desk, seeded: City) -> None:
    acts.close(session, seeded.cases["박광수"], seeded.staff["seo"].id, CloseReason.HELPED, "", clock.now())
    text = desk(router, staff=seeded.staff["seo"]).get("/cases?tab=closed").text
    assert "박광수" in text
    assert "홍광수" not in text


def test_an_emergency_nobody_answers_for_stands_above_every_page(session: Session, desk: Desk, seeded: City) -> None:
    seo = desk(router, staff=seeded.staff["seo"])
    strip = seo.get("/cases/alarms").text
    assert "홍*수" in strip
    assert str(seeded.cases["홍광수"].id) in strip
    assert "홍광수" not in strip
    assert "송" not in strip
    assert desk(router, role=Role.CASEWORKER, area="소사동").get("/cases/alarms").text.strip() == ""
    acts.take(session, seeded.cases["홍광수"], seeded.staff["seo"].id, clock.now())
    assert seo.get("/cases/alarms").text.strip() == ""
