"""The campaign pages, as the scheduler and the caseworker see them."""

import pytest
from sqlmodel import Session, select

from oncall import clock
from oncall.models import Campaign, CampaignState, CheckInState, Enrolment, Role
from oncall.schedule.pages import router
from tests.desk import Desk
from tests.makers import make_campaign, make_check_in, make_city, make_resident

FORM = {
    "name": "겨울 안부", "purpose": "cold", "every": "2 days", "windows": "mon-fri 10:00-12:00\r\nsat 10:00-11:00",
    "starts": "2026-12-01", "attempts": "2", "retry_after": "30 min, 2 h", "busy_retry_after": "10 min", "lines": "5",
    "facts": ["meals", "heating"], "language": "ko",
}  # fmt: skip


def test_the_scheduler_makes_a_campaign_by_form(session: Session, desk: Desk) -> None:
    area = make_city(session)["원미구"]
    client = desk(router, role=Role.SCHEDULER, area="부천시")
    answer = client.post("/campaigns", data=FORM | {"area": area.id, "holidays": "true"})
    assert answer.status_code == 303
    made = session.exec(select(Campaign)).one()
    assert (made.every_seconds, made.windows, made.holidays) == (
        172800,
        ["mon-fri 10:00-12:00", "sat 10:00-11:00"],
        True,
    )
    assert (made.retry_after_seconds, made.facts, made.area_id) == ([1800, 7200], ["meals", "heating"], area.id)
    assert "겨울 안부" in client.get(answer.headers["location"]).text


@pytest.mark.parametrize(("change", "said"), [
    ({"every": ""}, "둘 중 하나만"), ({"cron": "0 10 * * *"}, "둘 중 하나만"), ({"windows": "언제나"}, "한 줄에 하나씩"), ({"windows": ""}, "한 줄에 하나씩"),
    ({"attempts": "0"}, "1부터 10까지"), ({"starts": ""}, "날짜"), ({"facts": []}, "질문을 하나 이상"), ({"area": ""}, "지역을 골라"),
    ({"retry_after": "나중에"}, "30 min, 2 h"), ({"name": ""}, "이름을 80자"),
])  # fmt: skip
def test_a_wrong_field_says_what_is_wanted_and_keeps_the_rest(
    session: Session, desk: Desk, change: dict[str, object], said: str
) -> None:
    form = FORM | {"area": make_city(session)["부천시"].id} | change
    answer = desk(router, role=Role.SCHEDULER, area="부천시").post("/campaigns", data=form)
    assert answer.status_code == 422
    assert said in answer.text
    assert 'value="10 min"' in answer.text
    assert session.exec(select(Campaign)).first() is None


def test_changing_a_campaign_by_form_keeps_its_people(session: Session, desk: Desk) -> None:
    campaign, resident = make_campaign(session), make_resident(session)
    session.add(Enrolment(campaign_id=campaign.id, resident_id=resident.id, joined_at=clock.now()))
    client = desk(router, role=Role.SUPERVISOR, area="부천시")
    assert 'value="1 week"' in client.get(f"/campaigns/{campaign.id}/correction").text
    client.post(f"/campaigns/{campaign.id}/correction", data=FORM | {"area": campaign.area_id})
    assert campaign.name == "겨울 안부"
    assert resident.name in client.get(f"/campaigns/{campaign.id}").text


def test_the_name_of_another_campaign_is_refused(session: Session, desk: Desk) -> None:
    make_campaign(session, "겨울 안부")
    other = make_campaign(session, "여름 안부")
    client = desk(router, role=Role.SCHEDULER, area="부천시")
    answer = client.post(f"/campaigns/{other.id}/correction", data=FORM | {"area": other.area_id})
    assert answer.status_code == 422
    assert "같은 이름" in answer.text


def test_pausing_and_going_on(session: Session, desk: Desk) -> None:
    campaign = make_campaign(session)
    client = desk(router, role=Role.SCHEDULER, area="부천시")
    client.post(f"/campaigns/{campaign.id}/state", data={"state": "paused"})
    assert campaign.state is CampaignState.PAUSED
    assert "다시 진행" in client.get("/campaigns").text
    client.post(f"/campaigns/{campaign.id}/state", data={"state": "running"})
    assert campaign.state is CampaignState.RUNNING


def test_a_caseworker_sees_the_campaign_and_cannot_change_it(session: Session, desk: Desk) -> None:
    campaign, client = make_campaign(session), desk(router)
    page = client.get(f"/campaigns/{campaign.id}")
    assert page.status_code == 200
    assert "멈추기" not in page.text
    for path, form in [("state", {"state": "paused"}), ("correction", FORM), ("everybody", {})]:
        assert client.post(f"/campaigns/{campaign.id}/{path}", data=form).status_code == 403
    assert campaign.state is CampaignState.RUNNING


def test_a_scheduler_of_one_district_does_not_change_the_citys_campaign(session: Session, desk: Desk) -> None:
    campaign = make_campaign(session)
    client = desk(router, role=Role.SCHEDULER, area="원미구")
    assert client.post(f"/campaigns/{campaign.id}/state", data={"state": "paused"}).status_code == 403
    elsewhere = make_campaign(session, "소사구만", area_id=make_city(session)["소사구"].id)
    assert client.get(f"/campaigns/{elsewhere.id}").status_code == 404
    assert "소사구만" not in client.get("/campaigns").text


def test_the_preview_names_only_residents_of_ones_own_area(session: Session, desk: Desk) -> None:
    campaign = make_campaign(session)
    for name, dong in (("김가람", "중동"), ("이나루", "소사동")):
        resident = make_resident(session, name, dong=dong)
        session.add(Enrolment(campaign_id=campaign.id, resident_id=resident.id, joined_at=clock.now()))
    session.flush()
    text = desk(router).get(f"/campaigns/{campaign.id}").text
    assert "김가람" in text
    assert "이나루" not in text


def test_progress_shows_todays_round_and_who_is_not_accounted_for(session: Session, desk: Desk) -> None:
    campaign, now = make_campaign(session), clock.now()
    for state in (CheckInState.ASSESSED, CheckInState.UNREACHED, CheckInState.DUE):
        make_check_in(session, campaign=campaign, slot=now, state=state)
    text = desk(router).get("/campaigns").text
    assert "2 / 3" in text
    assert "확인되지 않음 1명" in text


def test_everybody_of_the_area_is_taken_in(session: Session, desk: Desk) -> None:
    campaign = make_campaign(session)
    make_resident(session)
    desk(router, role=Role.SCHEDULER, area="부천시").post(f"/campaigns/{campaign.id}/everybody")
    assert len(session.exec(select(Enrolment)).all()) == 1


def test_an_english_reader_sees_english(session: Session, desk: Desk) -> None:
    campaign = make_campaign(session)
    text = desk(router, role=Role.SCHEDULER, area="부천시", language="en").get(f"/campaigns/{campaign.id}").text
    assert "How it calls" in text
    assert "전화 방식" not in text
