"""The duty screen: who sees what, what is written down, and what only a person does."""

from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlmodel import Session, select

from oncall import clock
from oncall.follow_up import acts, cases
from oncall.follow_up.alarm_pages import router
from oncall.follow_up.alarms import answer_for_case
from oncall.follow_up.escalation import escalate
from oncall.models import (
    Alarm,
    AlarmState,
    Attempt,
    AttemptState,
    Case,
    Channel,
    Event,
    Page,
    PageState,
    Resident,
    Role,
    SignalCode,
    Staff,
    Verb,
)  # fmt: skip
from oncall.models import alarm as alarms
from oncall.models.contact import contacts_in
from oncall.report.alarm_figures import to_a_person, to_screen
from oncall.settings import settings
from tests.desk import Desk
from tests.makers import make_alarm, make_attempt, make_check_in, make_duty, make_resident, make_staff

HAN_PHONE = "+821055590001"


@pytest.fixture
def han(session: Session) -> Staff:
    """On duty for Jung-dong."""
    staff = make_staff(session, login="han")
    staff.reachable_at(HAN_PHONE)
    make_duty(session, staff, now=clock.now())
    return staff


@pytest.fixture
def alarm(session: Session, han: Staff) -> Alarm:
    """Kim Sun-ja has fallen; Ms Han was asked two seconds ago, the call goes on."""
    now = clock.now()
    resident = make_resident(session, "김순자", address="중동로 12", notes="현관 번호 1234", phone="+821012345678",
                             birth_year="1940")  # fmt: skip
    resident.emergency_name, resident.emergency_phone = "딸 김미래", "+821077776666"
    attempt = make_attempt(session, make_check_in(session, resident), state=AttemptState.ANSWERED, call_sid="CA1",
                           answered_at=now)  # fmt: skip
    raised = make_alarm(session, attempt, at=now - timedelta(seconds=2))
    cases.alarmed(session, raised, now)
    escalate(session, raised.id, now)
    return raised


def screen(session: Session, alarm: Alarm) -> Page:
    session.expire_all()
    return session.exec(select(Page).where(Page.alarm_id == alarm.id, Page.channel == Channel.SCREEN)).one()


def test_the_banner_is_before_whoever_was_asked_and_notes_when_it_was_seen(
    session: Session, desk: Desk, han: Staff, alarm: Alarm
) -> None:
    other = desk(router).get("/alarms/banner").text
    assert "data-sounding" not in other
    assert screen(session, alarm).state is PageState.SENT
    mine = desk(router, staff=han).get("/alarms/banner", headers={"x-live": "1"}).text
    assert "data-sounding" in mine
    assert "김*자" in mine
    assert "김순자" not in mine
    seen = screen(session, alarm)
    assert seen.state is PageState.ANSWERED
    first = seen.changed_at
    desk(router, staff=han).get("/alarms/banner")
    assert screen(session, alarm).changed_at == first
    waits = to_screen(session, clock.now())
    assert len(waits.seconds) == 1
    assert 2 <= waits.seconds[0] < 10


def test_with_nobody_on_duty_everybody_in_reach_sees_and_hears_it(session: Session, desk: Desk) -> None:
    now = clock.now()
    alarm = make_alarm(session, make_attempt(session, make_check_in(session)), at=now)
    escalate(session, alarm.id, now)
    assert "data-sounding" in desk(router).get("/alarms/banner").text
    assert "data-sounding" not in desk(router, area="소사동").get("/alarms/banner").text


def test_the_card_shows_all_there_is_and_writes_down_who_looked(
    session: Session, desk: Desk, han: Staff, alarm: Alarm
) -> None:
    alarm.write_answers(session.get_one(Resident, alarm.resident_id).seal, {"where": "부엌 바닥", "awake": ""})
    session.add(alarm)
    session.flush()
    text = " ".join(desk(router, staff=han).get(f"/alarms/{alarm.id}").text.split())
    for shown in ("김순자", "중동로 12", "010-1234-5678", "딸 김미래", "010-7777-6666", "현관 번호 1234",
                  "넘어져서 못 일어나겠어", "부엌 바닥", "대답 없음", "아직 묻지 않음"):  # fmt: skip
        assert shown in text, shown
    assert f'href="tel:{contacts_in(settings().prompts).by_code["emergency"].number}"' in text
    looked = session.exec(select(Event).where(Event.verb == Verb.REVEALED)).one()
    assert (looked.staff_id, looked.about, looked.detail["reason"]) == (han.id, f"alarm:{alarm.id}", "alarm")
    desk(router, staff=han).get(f"/alarms/{alarm.id}", headers={"x-live": "1"})
    assert len(session.exec(select(Event).where(Event.verb == Verb.REVEALED)).all()) == 1


def test_the_numbers_fit_the_danger(session: Session, desk: Desk, han: Staff, alarm: Alarm) -> None:
    known = contacts_in(settings().prompts).by_code
    alarm.code = SignalCode.SUICIDAL_IDEATION
    session.add(alarm)
    session.flush()
    text = desk(router, staff=han).get(f"/alarms/{alarm.id}").text
    assert f'href="tel:{known["crisis"].number}"' in text
    assert f'href="tel:{known["scam"].number}"' not in text


@pytest.mark.parametrize(("code", "told"), [(SignalCode.ABUSE_NEGLECT, True), (SignalCode.FALL, False)])
def test_who_fears_somebody_at_home_is_not_to_be_rung_carelessly(
    session: Session, desk: Desk, han: Staff, alarm: Alarm, code: SignalCode, told: bool
) -> None:
    """A4: the one they fear may answer; nothing on the page asks for a call at once."""
    call = session.get_one(Attempt, alarm.attempt_id)
    call.state, alarm.code = AttemptState.ENDED, code
    session.add_all([call, alarm])
    session.flush()
    text = desk(router, staff=han).get(f"/alarms/{alarm.id}").text
    assert ("무서워하는 사람이 전화를 받거나" in text, "지금 전화해 주세요." in text) == (told, not told)
    assert ("자동으로 다시 걸지 않았습니다." in text) is told
    call.state = AttemptState.ANSWERED
    session.add(call)
    session.flush()
    text = desk(router, staff=han).get(f"/alarms/{alarm.id}").text
    assert ("무서워하는 사람이 전화를 받거나" in text) is told
    assert "자동으로 다시 걸지 않았습니다." not in text, "we are on the line"


def test_outside_the_area_an_alarm_does_not_exist_unless_one_was_asked(
    session: Session, desk: Desk, alarm: Alarm
) -> None:
    stranger = desk(router, area="소사동")
    for answer in (stranger.get(f"/alarms/{alarm.id}"), stranger.post(f"/alarms/{alarm.id}/acknowledgement"),
                   stranger.post(f"/alarms/{alarm.id}/joining"), stranger.post(f"/alarms/{alarm.id}/closure")):  # fmt: skip
        assert answer.status_code == 404
    session.add(Page(alarm_id=alarm.id, staff_id=stranger.staff.id, channel=Channel.SCREEN, step=1, state=PageState.SENT,
                     token="t", wanted_at=clock.now(), changed_at=clock.now()))  # fmt: skip
    session.flush()
    assert stranger.get(f"/alarms/{alarm.id}").status_code == 200
    assert desk(router, role=Role.SCHEDULER, area="부천시").get(f"/alarms/{alarm.id}").status_code == 403


def test_i_have_it_stops_the_paging_and_takes_the_case(session: Session, desk: Desk, han: Staff, alarm: Alarm) -> None:
    assert desk(router, staff=han).post(f"/alarms/{alarm.id}/acknowledgement").status_code == 303
    session.expire_all()
    assert (alarm.state, alarm.acknowledged_by) == (AlarmState.ACKNOWLEDGED, han.id)
    assert screen(session, alarm).state is PageState.ACKNOWLEDGED
    assert session.exec(select(Case.taken_by)).one() == han.id
    assert escalate(session, alarm.id, clock.now() + timedelta(minutes=5)) == []
    late = desk(router, role=Role.SUPERVISOR, area="부천시").post(f"/alarms/{alarm.id}/acknowledgement")
    assert late.status_code == 409
    assert "이미 맡았습니다" in late.text
    assert len(to_a_person(session, clock.now()).seconds) == 1
    assert "data-sounding" not in desk(router, staff=han).get("/alarms/banner").text
    assert "내가 맡음" in desk(router, staff=han).get("/alarms/banner").text


def test_what_i_have_is_one_strip_and_leaves_room_for_what_waits(
    session: Session, desk: Desk, han: Staff, alarm: Alarm
) -> None:
    others = [
        make_resident(session, name, phone=phone)
        for name, phone in (("이정희", "+821011110001"), ("박말례", "+821011110002"))
    ]
    for one in others:
        more = make_alarm(
            session, make_attempt(session, make_check_in(session, one), state=AttemptState.ANSWERED), at=clock.now()
        )
        escalate(session, more.id, clock.now())
        if one is others[0]:
            desk(router, staff=han).post(f"/alarms/{more.id}/acknowledgement")
    desk(router, staff=han).post(f"/alarms/{alarm.id}/acknowledgement")
    session.expire_all()
    banner = desk(router, staff=han).get("/alarms/banner").text
    assert banner.count('class="duty-alarm taken"') == 1
    assert banner.count("data-sounding") == 1
    assert banner.index("박*례") < banner.index("내가 맡음") < banner.index("이*희")
    assert banner.index("내가 맡음") < banner.index("김*자")


@pytest.mark.parametrize("colleague", [False, True])
def test_who_takes_it_by_telephone_has_the_case_unless_a_colleague_does(
    session: Session, han: Staff, alarm: Alarm, *, colleague: bool
) -> None:
    case = session.get_one(Case, alarm.case_id)
    seo = make_staff(session, login="seo")
    if colleague:
        acts.take(session, case, seo.id, clock.now())
    assert alarms.take(session, alarm, han.id, clock.now())
    answer_for_case(session, alarm, clock.now())
    answer_for_case(session, alarm, clock.now())
    session.expire_all()
    assert session.exec(select(Case.taken_by)).one() == (seo.id if colleague else han.id)
    taken = session.exec(select(Event.staff_id).where(Event.verb == Verb.CASE_TAKEN)).all()
    assert taken == [seo.id if colleague else han.id]


def test_join_by_telephone_rings_my_number_once(session: Session, desk: Desk, han: Staff, alarm: Alarm) -> None:
    client = desk(router, staff=han)
    for _ in range(2):
        assert client.post(f"/alarms/{alarm.id}/joining").status_code == 303
    mine = session.exec(select(Page).where(Page.step < 0)).all()
    assert [(page.staff_id, page.step, page.channel) for page in mine] == [(han.id, -1, Channel.CALL)]
    jobs = session.execute(sa.text("SELECT count(*) FROM procrastinate_jobs WHERE args->>'page' = :page"),
                           {"page": str(mine[0].id)})  # fmt: skip
    assert jobs.scalar_one() == 1
    nameless = desk(router, role=Role.SUPERVISOR, area="부천시")
    assert "먼저 당번 화면에서" in nameless.post(f"/alarms/{alarm.id}/joining").text


def test_only_a_person_closes_with_an_outcome_and_words(session: Session, desk: Desk, han: Staff, alarm: Alarm) -> None:
    client = desk(router, staff=han)
    assert client.post(f"/alarms/{alarm.id}/closure", data={"reason": "emergency_services"}).status_code == 422
    assert client.post(f"/alarms/{alarm.id}/closure", data={"outcome": "x"}).status_code == 422
    session.expire_all()
    assert alarm.state is AlarmState.RAISED
    done = {"reason": "emergency_services", "outcome": "119 도착 확인"}
    assert client.post(f"/alarms/{alarm.id}/closure", data=done).status_code == 303
    session.expire_all()
    assert (alarm.state, alarm.closed_by, alarm.close_reason) == (AlarmState.CLOSED, han.id, "emergency_services")
    event = session.exec(select(Event).where(Event.verb == Verb.ALARM_CLOSED)).one()
    assert (event.staff_id, event.detail) == (han.id, {"reason": "emergency_services"})
    assert client.post(f"/alarms/{alarm.id}/closure", data=done).status_code == 409
    assert session.exec(select(Case.closed_at)).one() is None
    closed = client.get(f"/alarms/{alarm.id}").text
    for hidden in ("중동로 12", "010-1234-5678", "010-7777-6666"):
        assert hidden not in closed
    assert "data-alarm" not in client.get("/alarms/banner").text
