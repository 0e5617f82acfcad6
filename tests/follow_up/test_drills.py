"""Once a shift a marked emergency reaches the person on duty, or an incident says why not; it is never taken for a real one."""

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import httpx2
import pytest
import sqlalchemy as sa
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlmodel import Session, select
from twilio.request_validator import RequestValidator

from oncall import clock, db, worker
from oncall.call import drilling, duty_leg, paging
from oncall.call.spool import spool_folder
from oncall.follow_up import alarm_pages, drills, duty_pages, escalation
from oncall.listen import safety
from oncall.models import Alarm, Case, Channel, Drill, Page, PageState, Role, Staff
from oncall.models import drill as drill_rows
from oncall.report import alarm_figures, metrics
from oncall.settings import settings
from tests.desk import Desk
from tests.makers import NOON, make_alarm, make_attempt, make_check_in, make_duty, make_staff

HAN = "+821055590001"


@pytest.fixture
def carrier_settings() -> dict[str, str]:
    """A city that holds drills."""
    return {"ONCALL_DRILL": "true"}


def on_duty(*, number: str | None = HAN) -> Staff:
    """Ms Han has been there for an hour."""
    now = clock.now()
    with db.transaction() as session:
        han = make_staff(session, login="han")
        han.reachable_at(number)
        make_duty(session, han, now=now - timedelta(hours=1))
    return han


def work() -> None:
    """Do the jobs that a drill leaves, as the worker would."""
    while True:
        with db.transaction() as session:
            job = session.execute(sa.text(
                "DELETE FROM procrastinate_jobs WHERE id = (SELECT min(id) FROM procrastinate_jobs WHERE status = 'todo')"
                " RETURNING task_name, args"
            )).first()  # fmt: skip
        if job is None:
            return
        getattr(worker, job[0])(**job[1])


def newest() -> Drill:
    with Session(db.engine()) as session:
        return session.exec(select(Drill).order_by(sa.desc("started_at"))).first() or pytest.fail("no drill")


def call_page() -> Page:
    with Session(db.engine()) as session:
        return session.exec(select(Page).where(Page.channel == Channel.CALL)).one()


@pytest.fixture
def carrier_asks(carrier: str) -> TestClient:
    """What the carrier asks us while somebody's telephone rings."""
    app = FastAPI()
    for router in (duty_leg.spoken, duty_leg.router):
        app.include_router(router)
    return TestClient(app)


def ask(client: TestClient, what: str, **fields: str) -> str:
    path = f"/voice/duty/{call_page().token}/{what}"
    fields = {"CallStatus": "in-progress", "CallSid": call_page().sid or "CA1"} | fields
    config = settings()
    signature = RequestValidator(config.twilio_auth_token.get_secret_value()).compute_signature(
        config.public_url + path, fields
    )
    answer = client.post(path, data=fields, headers={"X-Twilio-Signature": signature})
    assert answer.status_code in {200, 204}, answer.text
    return answer.text


def test_from_the_words_to_a_person_by_telephone_with_the_time_of_each_step(carrier_asks: TestClient) -> None:
    on_duty()
    worker.hold_drill()
    work()
    page = call_page()
    assert page.state is PageState.SENT
    assert page.sid, "the carrier was really asked"
    said = ask(carrier_asks, "answer")
    assert said.count("연습입니다") == 4
    assert "위험한 어르신은 없습니다" in said
    assert "Conference" not in said
    assert "연습이 끝났습니다" in ask(carrier_asks, "key", Digits="1")
    drill = newest()
    assert (drill.failure, drill.heard_ms is not None, drill.written_ms is not None) == ("", True, True)
    assert drill.started_at <= drill.paged_at <= drill.acknowledged_at == drill.ended_at  # type: ignore[operator]  # none is None
    assert 0 < drill.heard_ms < drill.written_ms  # type: ignore[operator]
    assert list(spool_folder().glob("drills-*")) == []
    ask(carrier_asks, "status", CallStatus="completed")
    assert newest().failure == ""


def test_it_is_held_once_a_shift_and_by_one_node(carrier: str) -> None:
    on_duty()
    for _ in range(2):
        worker.hold_drill()
    with db.transaction() as session:
        drill_rows.acknowledge(session, newest().id, clock.now())
    worker.hold_drill()
    with Session(db.engine()) as session:
        assert len(session.exec(select(Drill)).all()) == 1


def test_nobody_says_that_they_have_it_and_that_is_an_incident(carrier: str) -> None:
    on_duty()
    worker.hold_drill()
    work()
    with db.transaction() as session:
        assert drills.end_late(session, clock.now() + timedelta(minutes=4)) == []
        assert len(drills.end_late(session, clock.now() + timedelta(minutes=6))) == 1
    assert newest().failure == "not_acknowledged"
    told = metrics.metrics().body.decode()
    assert 'oncall_drills{result="failed"} 1.0' in told
    assert "oncall_drill_failing 1.0" in told


@pytest.mark.parametrize("why", ["no number", "refused"])
def test_a_telephone_that_cannot_be_rung_is_an_incident_though_the_screen_was_seen(carrier: str, why: str) -> None:
    han = on_duty(number=None if why == "no number" else HAN)
    httpx2.post(f"{carrier}/sandbox/faults", json={"calls_refused_to": [HAN]}).raise_for_status()
    worker.hold_drill()
    work()
    assert call_page().state is PageState.FAILED
    with db.transaction() as session:
        drills.acknowledge(session, newest().id, han.id, clock.now())
    assert newest().failure == "not_paged"


def test_a_net_that_hears_nothing_is_an_incident_and_nobody_is_rung(carrier: str) -> None:
    on_duty()
    with db.transaction() as session:
        (drill,) = drills.begin(session, clock.now())
    assert not drilling.raise_alarm(drill, lambda words, language: [], clock.now())
    work()
    assert newest().failure == "net_silent"
    with Session(db.engine()) as session:
        assert session.exec(select(Page)).all() == []


def test_a_disk_that_takes_nothing_is_an_incident(
    carrier: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    on_duty()
    (tmp_path / "spool").write_text("in the way")
    monkeypatch.setattr(drilling, "spool_folder", lambda: tmp_path / "spool")
    worker.hold_drill()
    assert newest().failure == "not_spooled"


@pytest.mark.parametrize("language", list(drilling.WORDS))
def test_the_marked_words_are_an_emergency_to_the_net(language: str) -> None:
    assert any(hit.level.value == "emergency" for hit in safety.hear(drilling.WORDS[language], language))  # type: ignore[index]  # parametrized


@dataclass
class Shift:
    """Somebody at the head of their rung, who said an hour ago that they are there."""

    session: Session
    staff: Staff

    def begun(self) -> list[UUID]:
        return drills.begin(self.session, NOON)


@pytest.fixture
def shift(session: Session) -> Shift:
    han = make_staff(session, login="han")
    han.reachable_at(HAN)
    make_duty(session, han, now=NOON).acknowledged_at = NOON - timedelta(minutes=30)
    session.flush()
    return Shift(session, han)


def test_it_gives_way_to_a_real_emergency(shift: Shift) -> None:
    alarm = make_alarm(shift.session, make_attempt(shift.session, make_check_in(shift.session)))
    assert shift.begun() == []
    shift.session.delete(alarm)
    shift.session.flush()
    assert len(shift.begun()) == 1


def test_who_has_not_said_that_they_are_there_or_is_second_is_not_tried(session: Session) -> None:
    make_duty(session, make_staff(session, login="han"), there=False)
    assert drills.begin(session, NOON) == []
    first = make_staff(session, login="kim")
    for place, staff in ((1, first), (2, make_staff(session, login="lee"))):
        make_duty(session, staff, place=place).acknowledged_at = NOON - timedelta(minutes=5)
    session.flush()
    (begun,) = drills.begin(session, NOON)
    assert session.get_one(Drill, begun).staff_id == first.id
    drill_rows.acknowledge(session, begun, NOON)
    assert drills.begin(session, NOON) == []


def test_it_is_in_no_figure_of_emergencies_and_in_no_case(shift: Shift) -> None:
    (drill,) = shift.begun()
    drills.ask(shift.session, drill, NOON)
    assert shift.session.exec(select(Alarm)).all() == []
    assert shift.session.exec(select(Case)).all() == []
    assert escalation.standing(shift.session, NOON) == []
    drills.acknowledge(shift.session, drill, shift.staff.id, NOON)
    for waits in (alarm_figures.to_screen(shift.session, NOON), alarm_figures.to_a_person(shift.session, NOON)):
        assert (waits.seconds, waits.never) == ((), 0)


def test_the_screen_says_drill_and_a_touch_ends_it(shift: Shift, desk: Desk) -> None:
    (drill,) = shift.begun()
    drills.ask(shift.session, drill, NOON)
    client = desk(alarm_pages.router, duty_pages.router, staff=shift.staff)
    banner = client.get("/alarms/banner").text
    assert "연습입니다. 위험한 분은 없습니다." in banner
    assert 'class="duty-alarm drill"' in banner
    screen = shift.session.exec(select(Page).where(Page.channel == Channel.SCREEN)).one()
    shift.session.refresh(screen)
    assert screen.state is PageState.ANSWERED
    other = desk(duty_pages.router, role=Role.SUPERVISOR, area="부천시")
    assert other.post(f"/drills/{drill}/acknowledgement").status_code == 404
    assert client.post(f"/drills/{drill}/acknowledgement").status_code == 303
    assert "연습" not in client.get("/alarms/banner").text


def test_a_failed_drill_stands_above_the_duty_page_of_whoever_answers_for_them(shift: Shift, desk: Desk) -> None:
    shift.begun()
    drills.end_late(shift.session, NOON + timedelta(minutes=10))
    seo = desk(duty_pages.router, role=Role.SUPERVISOR, area="부천시", language="en")
    text = seo.get("/duty").text
    assert "The last drill failed." in text
    assert "The database did not take it" in text
    elsewhere = desk(duty_pages.router, role=Role.SUPERVISOR, area="소사동", language="en")
    assert "The last drill failed." not in elsewhere.get("/duty").text


def test_a_page_is_of_an_alarm_or_of_a_drill(session: Session) -> None:
    session.add(Page(channel=Channel.CALL, token="x", wanted_at=NOON, changed_at=NOON))
    with pytest.raises(sa.exc.IntegrityError):
        session.flush()


def test_a_drill_that_is_over_rings_nobody(carrier: str) -> None:
    on_duty()
    worker.hold_drill()
    with db.transaction() as session:
        drills.ask(session, newest().id, clock.now())
        drill_rows.acknowledge(session, newest().id, clock.now())
    paging.send(call_page().id, clock.now())
    assert (call_page().state, call_page().sid) == (PageState.FAILED, None)
