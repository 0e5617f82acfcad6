"""The pages of enrolment, as the people of the office see them."""

import csv
import io
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from sqlmodel import Session, select

from oncall import clock
from oncall.enrol.pages import router
from oncall.models import (
    CheckInState,
    Consent,
    ConsentScope,
    Enrolment,
    Event,
    Resident,
    Role,
    Standing,
    Verb,
)
from oncall.models.consent import scopes_given
from oncall.schedule.cadence import next_open
from oncall.schedule.plan import plan_of
from oncall.web.labels import label
from tests.desk import Desk
from tests.makers import make_campaign, make_check_in, make_city, make_resident

HEADER = "관리번호,성명,전화번호,동,통화동의\n"
FORM = {"external_id": "N-1", "name": "한별", "phone": "010-0123-4530", "language": "ko", "consent_service": "Y"}


def test_a_caseworker_sees_the_residents_of_her_dong_and_no_others(session: Session, desk: Desk) -> None:
    make_resident(session, "김가람", dong="중동", phone="+821012345678")
    make_resident(session, "이나루", dong="소사동")
    text = desk(router).get("/residents").text
    assert "김가람" in text
    assert "이나루" not in text
    assert "010-****-5678" in text
    assert "1234-5678" not in text


@pytest.mark.parametrize(
    ("asked", "found"), [("ㄱㄱㄹ", "김가람"), ("나루", "이나루"), ("5678", "김가람"), ("T-77", "이나루")]
)
def test_somebody_is_found_by_consonants_name_telephone_or_number(
    session: Session, desk: Desk, asked: str, found: str
) -> None:
    make_resident(session, "김가람", phone="+821012345678")
    make_resident(session, "이나루", external_id="T-77")
    text = desk(router).get("/residents", params={"q": asked}).text
    assert found in text
    assert ({"김가람", "이나루"} - {found}).pop() not in text


def test_looking_at_a_resident_is_written_down(session: Session, desk: Desk) -> None:
    resident = make_resident(session, "김가람", notes="무릎이 아프심", address="새봄로 1")
    text = desk(router).get(f"/residents/{resident.id}").text
    assert "무릎이 아프심" in text
    assert "새봄로 1" not in text
    event = session.exec(select(Event).where(Event.resident_id == resident.id, Event.verb == Verb.READ)).one()
    assert event.about == f"resident:{resident.id}"


def test_somebody_elsewhere_is_not_found_whatever_is_tried(session: Session, desk: Desk) -> None:
    resident, client = make_resident(session, dong="소사동"), desk(router)
    for method, path, form in [
        ("GET", "", {}), ("GET", "/correction", {}), ("POST", "/correction", FORM), ("POST", "/number", {"reason": "call"}),
        ("POST", "/standing", {"standing": "paused", "reason": "입원"}),
        ("POST", "/consents", {"scope": "service", "given": "false", "channel": "phone"}),
        ("POST", "/campaigns", {"campaign": str(make_campaign(session, str(uuid4())).id)}),
    ]:  # fmt: skip
        assert client.request(method, f"/residents/{resident.id}{path}", data=form or None).status_code == 404, path
    assert resident.standing is Standing.ACTIVE


def test_the_whole_number_is_shown_for_a_reason_and_noted(session: Session, desk: Desk) -> None:
    resident, client = make_resident(session, phone="+821012345678", address="새봄로 1"), desk(router)
    assert client.post(f"/residents/{resident.id}/number", data={}).status_code == 422
    text = client.post(f"/residents/{resident.id}/number", data={"reason": "call"}).text
    assert "010-1234-5678" in text
    assert "새봄로 1" in text
    assert session.exec(select(Event).where(Event.verb == Verb.REVEALED)).one().detail["reason"] == "call"


def test_a_scheduler_sees_neither_notes_nor_levels(session: Session, desk: Desk) -> None:
    resident = make_resident(session, notes="무릎이 아프심")
    client = desk(router, role=Role.SCHEDULER, area="부천시")
    assert "무릎이 아프심" not in client.get(f"/residents/{resident.id}").text
    assert "무릎이 아프심" not in client.get(f"/residents/{resident.id}/correction").text
    assert client.post(f"/residents/{resident.id}/number", data={"reason": "call"}).status_code == 403


def test_an_administrator_sees_no_residents(desk: Desk) -> None:
    assert desk(router, role=Role.ADMIN, area="부천시").get("/residents").status_code == 403


def test_somebody_new_is_entered_with_their_consents(session: Session, desk: Desk) -> None:
    dong = make_city(session)["중동"]
    answer = desk(router).post("/residents", data=FORM | {"dong": dong.id, "consent_overseas": "Y"})
    assert answer.status_code == 303
    resident = session.exec(select(Resident).where(Resident.external_id == "N-1")).one()
    assert (resident.name, resident.phone) == ("한별", "+821001234530")
    assert scopes_given(session, [resident.id])[resident.id] == {ConsentScope.SERVICE, ConsentScope.OVERSEAS}


def test_a_wrong_form_says_what_is_wrong_at_each_field_and_keeps_the_rest(session: Session, desk: Desk) -> None:
    dong = make_city(session)["중동"]
    answer = desk(router).post(
        "/residents", data=FORM | {"dong": dong.id, "phone": "060-700-1234", "birth_year": "470101"}
    )
    assert answer.status_code == 422
    assert "유료·대표·특수번호" in answer.text
    assert "올해 사이의 연도" in answer.text
    assert 'value="한별"' in answer.text
    assert session.exec(select(Resident)).first() is None


def test_a_number_that_is_taken_is_refused_on_the_form(session: Session, desk: Desk) -> None:
    make_resident(session, external_id="N-1")
    answer = desk(router).post("/residents", data=FORM | {"dong": make_city(session)["중동"].id})
    assert answer.status_code == 422
    assert "이미 다른 분이" in answer.text


def test_somebody_who_lives_on_another_clock_is_called_by_it(session: Session, desk: Desk) -> None:
    """R-10: windows and wished hours are read on the resident's own wall clock."""
    area = make_city(session)["중동"]
    client = desk(router)
    form = FORM | {"dong": str(area.id), "timezone": "America/New_York", "preferred_time": "10:30"}
    wrong = client.post("/residents", data=form | {"timezone": "Mars/Base"})
    assert wrong.status_code == 422
    assert "없는 시간대입니다" in wrong.text
    assert client.post("/residents", data=form).status_code == 303
    resident = session.exec(select(Resident).where(Resident.external_id == "N-1")).one()
    assert resident.timezone == "America/New_York"
    plan = plan_of(make_campaign(session, windows=["daily 10:00-11:00"], holidays=True), resident, clock.now())
    assert next_open(plan, datetime(2026, 11, 24, 2, 0, tzinfo=UTC)) == datetime(2026, 11, 24, 15, 0, tzinfo=UTC)
    assert "America/New_York" in client.get(f"/residents/{resident.id}").text
    assert client.post(f"/residents/{resident.id}/correction", data=form | {"timezone": ""}).status_code == 303
    session.refresh(resident)
    assert resident.timezone is None


def test_a_correction_keeps_what_it_does_not_show_and_forgets_what_was_emptied(session: Session, desk: Desk) -> None:
    resident = make_resident(session, phone="+821012345678", address="새봄로 1", notes="옛 메모", external_id="N-1")
    form = {"external_id": "N-1", "name": "새이름", "dong": resident.area_id, "language": "en", "notes": ""}
    assert desk(router).post(f"/residents/{resident.id}/correction", data=form).status_code == 303
    assert (resident.name, resident.phone, resident.address, resident.notes) == (
        "새이름",
        "+821012345678",
        "새봄로 1",
        None,
    )


def test_pausing_cancels_the_call_that_waits_and_needs_a_reason(session: Session, desk: Desk) -> None:
    resident = make_resident(session)
    check_in, client = make_check_in(session, resident), desk(router)
    assert client.post(f"/residents/{resident.id}/standing", data={"standing": "paused"}).status_code == 422
    done = client.post(f"/residents/{resident.id}/standing", data={"standing": "paused", "reason": "입원하심"})
    assert done.status_code == 303
    assert (resident.standing, check_in.state) == (Standing.PAUSED, CheckInState.CANCELLED)
    assert "입원하심" in client.get(f"/residents/{resident.id}").text
    assert (
        client.post(f"/residents/{resident.id}/standing", data={"standing": "active", "reason": "퇴원"}).status_code
        == 303
    )


def test_a_no_to_calls_stops_them_and_only_a_new_yes_brings_them_back(session: Session, desk: Desk) -> None:
    resident, client = make_resident(session), desk(router)
    client.post(f"/residents/{resident.id}/consents", data={"scope": "service", "given": "false", "channel": "phone"})
    assert resident.standing is Standing.WITHDRAWN
    back = client.post(f"/residents/{resident.id}/standing", data={"standing": "active", "reason": "괜찮을 듯"})
    assert back.status_code == 422
    assert resident.standing is Standing.WITHDRAWN
    client.post(f"/residents/{resident.id}/consents", data={"scope": "service", "given": "true", "channel": "paper"})
    assert resident.standing is Standing.ACTIVE
    rows = session.exec(select(Consent).where(Consent.resident_id == resident.id, Consent.scope == "service")).all()
    assert len(rows) == 3


def test_somebody_joins_and_leaves_a_campaign(session: Session, desk: Desk) -> None:
    resident, campaign, client = make_resident(session), make_campaign(session), desk(router)
    client.post(f"/residents/{resident.id}/campaigns", data={"campaign": str(campaign.id)})
    enrolment = session.exec(select(Enrolment).where(Enrolment.resident_id == resident.id)).one()
    assert campaign.name in client.get(f"/residents/{resident.id}").text
    client.post(f"/residents/{resident.id}/campaigns/{enrolment.id}/leaving")
    assert enrolment.left_at is not None


class TestImport:
    """Bringing a roster in through the page."""

    def upload(self, client: object, text: str, **form: str) -> str:
        answer = client.post(
            "/residents/import", data=form, files={"file": ("명단.csv", text.encode("cp949"), "text/csv")}
        )  # type: ignore[attr-defined]
        assert answer.status_code == 200, answer.text
        return str(answer.text)

    def ticket(self, text: str) -> str:
        return text.split('name="ticket" value="')[1].split('"')[0]

    def test_checking_writes_nothing_and_bringing_in_does(self, session: Session, desk: Desk) -> None:
        make_city(session)
        campaign, client = make_campaign(session), desk(router)
        text = self.upload(client, HEADER + "A-1,김가람,010-0123-4530,중동,Y\nA-2,,010-0123-4531,중동,Y\n",
                           campaign=str(campaign.id))  # fmt: skip
        assert "값이 없습니다" in text
        assert session.exec(select(Resident)).first() is None
        done = client.post("/residents/import/confirmation",
                           data={"ticket": self.ticket(text), "campaign": str(campaign.id)})  # fmt: skip
        assert "새로 1명" in done.text
        resident = session.exec(select(Resident)).one()
        assert session.exec(select(Enrolment)).one().resident_id == resident.id

    def test_rows_outside_the_area_are_refused(self, session: Session, desk: Desk) -> None:
        make_city(session)
        make_resident(session, dong="소사동", external_id="A-2", name="그대로")
        text = self.upload(desk(router), HEADER + "A-1,김가람,010-0123-4530,소사동,Y\nA-2,바뀜,010-0123-4531,중동,Y\n")
        assert text.count("담당 구역 밖의 대상자입니다") == 2
        assert "행 넣기" not in text

    def test_the_ticket_of_one_person_does_not_open_for_another(self, session: Session, desk: Desk) -> None:
        make_city(session)
        ticket = self.ticket(self.upload(desk(router), HEADER + "A-1,김가람,010-0123-4530,중동,Y\n"))
        other = desk(router)
        for ours in (ticket, ticket[:-4] + "AAA=", "nonsense", f"{uuid4()}.AAAA"):
            assert other.post("/residents/import/confirmation", data={"ticket": ours}).status_code == 404
        assert session.exec(select(Resident)).first() is None

    def test_the_refused_rows_come_back_as_a_file_no_spreadsheet_runs(self, session: Session, desk: Desk) -> None:
        make_city(session)
        client = desk(router)
        ticket = self.ticket(self.upload(client, HEADER + '=cmd|x,"@SUM(1)",+82 10-0123-4530,없는동,Y\n'))
        file = client.post("/residents/import/refused", data={"ticket": ticket})
        rows = list(csv.reader(io.StringIO(file.content.decode("utf-8-sig"))))
        assert rows[1][:3] == ["'=cmd|x", "'@SUM(1)", "'+82 10-0123-4530"]
        assert "수식" in rows[1][-1]
        assert session.exec(select(Event).where(Event.verb == Verb.EXPORTED)).one()

    @pytest.mark.parametrize("content", [b"", b"\x00\x01\x02", b"PK\x03\x04junk", "이름\n홍\n".encode(), b"a,b\n1,2\n"])
    def test_a_file_that_is_no_roster_says_so(self, session: Session, desk: Desk, content: bytes) -> None:
        answer = desk(router).post("/residents/import", files={"file": ("x.csv", content, "text/csv")})
        assert answer.status_code == 422
        assert 'class="error"' in answer.text

    def test_no_file_at_all_says_so(self, desk: Desk) -> None:
        assert desk(router).post("/residents/import", data={}).status_code == 422


def test_what_happened_lately_is_on_the_residents_page(session: Session, desk: Desk) -> None:
    resident = make_resident(session)
    make_check_in(
        session, resident, slot=clock.now() - timedelta(days=1), state=CheckInState.UNREACHED, reason="no_answer"
    )
    text = desk(router).get(f"/residents/{resident.id}").text
    assert label("ko", CheckInState.UNREACHED) in text
    assert label("ko", "no_answer") in text
