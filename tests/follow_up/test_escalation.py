"""Nobody is left unasked: who is rung at once, after one, two and three minutes, when a channel fails, and never twice."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import settings as of_hypothesis
from hypothesis import strategies as st
from sqlmodel import Session, col, select

from oncall import db
from oncall.follow_up.escalation import escalate
from oncall.follow_up.ladder import LEAST_STEPS, due_step, ladder
from oncall.models import Alarm, AlarmState, Attempt, Channel, Level, Page, PageState, Role, SignalCode, Staff
from oncall.models import alarm as alarms
from oncall.settings import settings
from tests.makers import NOON, make_alarm, make_attempt, make_check_in, make_duty, make_staff

LAST = "+821055599999"


@pytest.fixture(autouse=True)
def last_resort(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A city with a last-resort number and text messages."""
    monkeypatch.setenv("ONCALL_DUTY_LAST_RESORT", LAST)
    monkeypatch.setenv("ONCALL_SMS_FROM", "+82325550100")
    settings.cache_clear()
    yield
    monkeypatch.undo()
    settings.cache_clear()


@pytest.fixture
def alarm(session: Session) -> Alarm:
    """Somebody of Jung-dong has fallen."""
    return make_alarm(session, make_attempt(session, make_check_in(session)))


def asked(session: Session, alarm: Alarm) -> dict[int, list[str]]:
    """By step, who was asked by which channel."""
    names: dict[int, list[str]] = {}
    rows = session.exec(
        select(Page, Staff.login)
        .outerjoin(Staff, col(Staff.id) == Page.staff_id)
        .where(Page.alarm_id == alarm.id)
        .order_by(col(Page.step), Staff.login, Page.channel)
    )
    for page, login in rows:
        names.setdefault(page.step, []).append(f"{login or 'last'} {page.channel}")
    return names


def after(session: Session, alarm: Alarm, *seconds: int, confirmed: bool = True) -> None:
    """Look at these seconds; what is asked for is taken by the carrier, and rings."""
    for second in seconds:
        escalate(session, alarm.id, NOON + timedelta(seconds=second))
        for page in session.exec(select(Page).where(Page.alarm_id == alarm.id)) if confirmed else ():
            page.sid = "CA1"
            session.add(page)
        session.flush()


def every_channel(*logins: str) -> list[str]:
    return [f"{login} {channel}" for login in logins for channel in ("call", "screen", "sms")]


def fail(session: Session, alarm: Alarm, channel: Channel = Channel.CALL) -> None:
    for page in session.exec(select(Page).where(Page.alarm_id == alarm.id, Page.channel == channel)):
        page.state = PageState.FAILED
        session.add(page)
    session.flush()


def test_the_first_is_asked_at_once_then_the_second_the_supervisor_and_the_last_resort(
    session: Session, alarm: Alarm
) -> None:
    make_duty(session, make_staff(session, login="han"))
    make_duty(session, make_staff(session, login="kim"), place=2)
    make_staff(session, Role.SUPERVISOR, login="seo", area="부천시")
    make_staff(session, Role.SUPERVISOR, login="sosa", area="소사구")
    after(session, alarm, 0, 2, 58)
    assert asked(session, alarm) == {0: every_channel("han")}
    after(session, alarm, 60, 62, 120, 122, 180, 182)
    assert asked(session, alarm) == {
        0: every_channel("han"), 1: every_channel("kim"), 2: every_channel("seo"), 3: ["last call", "last sms"],
    }  # fmt: skip


def test_it_begins_again_until_somebody_has_it_and_then_is_quiet(session: Session, alarm: Alarm) -> None:
    han = make_staff(session, login="han")
    make_duty(session, han)
    after(session, alarm, 0, 60, 120)
    assert list(asked(session, alarm)) == [0, 1, 2]
    assert asked(session, alarm)[2] == every_channel("han")
    assert alarms.take(session, alarm, han.id, NOON)
    after(session, alarm, 180, 240)
    assert list(asked(session, alarm)) == [0, 1, 2]


def test_with_nobody_on_duty_supervisors_and_last_resort_are_asked_together_at_once(
    session: Session, alarm: Alarm
) -> None:
    make_staff(session, Role.SUPERVISOR, login="seo", area="부천시")
    after(session, alarm, 0)
    assert asked(session, alarm) == {0: [*every_channel("seo"), "last call", "last sms"]}


def test_a_telephone_that_fails_brings_the_next_person_within_one_look(session: Session, alarm: Alarm) -> None:
    make_duty(session, make_staff(session, login="han"))
    make_duty(session, make_staff(session, login="kim"), place=2)
    after(session, alarm, 0)
    fail(session, alarm)
    after(session, alarm, 3)
    assert asked(session, alarm)[1] == every_channel("kim")


def test_a_call_the_carrier_never_confirmed_counts_as_failed_after_fifteen_seconds(
    session: Session, alarm: Alarm
) -> None:
    make_duty(session, make_staff(session, login="han"))
    make_duty(session, make_staff(session, login="kim"), place=2)
    after(session, alarm, 0, 14, confirmed=False)
    assert list(asked(session, alarm)) == [0]
    after(session, alarm, 16)
    assert list(asked(session, alarm)) == [0, 1]


def test_failing_text_messages_alone_hurry_nobody(session: Session, alarm: Alarm) -> None:
    make_duty(session, make_staff(session, login="han"))
    after(session, alarm, 0)
    fail(session, alarm, Channel.SMS)
    after(session, alarm, 10)
    assert list(asked(session, alarm)) == [0]


def test_all_telephones_dead_does_not_flood_people_with_texts(session: Session, alarm: Alarm) -> None:
    make_duty(session, make_staff(session, login="han"))
    for second in range(0, 120, 2):
        after(session, alarm, second)
        fail(session, alarm)
    assert len(asked(session, alarm)) == 4  # two rungs a round, a round a minute


def test_urgent_is_shown_and_texted_but_rings_nobody_until_it_is_an_emergency(session: Session, alarm: Alarm) -> None:
    make_duty(session, make_staff(session, login="han"))
    alarm.level = Level.URGENT
    after(session, alarm, 0, 60)
    assert asked(session, alarm) == {0: ["han screen", "han sms"]}
    alarm.level = Level.EMERGENCY
    after(session, alarm, 62)
    assert asked(session, alarm) == {0: every_channel("han")}


def test_two_alarms_of_one_call_are_one_emergency(session: Session, alarm: Alarm) -> None:
    han = make_staff(session, login="han")
    make_duty(session, han)
    after(session, alarm, 0)
    chest = make_alarm(session, make_attempt(session, make_check_in(session)), code=SignalCode.CHEST_PAIN)
    chest.attempt_id, chest.resident_id, chest.raised_at = (
        alarm.attempt_id,
        alarm.resident_id,
        NOON + timedelta(seconds=5),
    )
    session.flush()
    after(session, chest, 5)
    assert asked(session, chest) == {}
    alarms.take(session, alarm, han.id, NOON)
    session.refresh(chest)
    assert (chest.state, chest.acknowledged_by) == (AlarmState.ACKNOWLEDGED, han.id)


def test_an_alarm_written_late_but_heard_earlier_asks_nobody_a_second_time(session: Session, alarm: Alarm) -> None:
    make_duty(session, make_staff(session, login="han"))
    after(session, alarm, 0)
    attempt = session.get_one(Attempt, alarm.attempt_id)
    early = make_alarm(session, attempt, code=SignalCode.CHEST_PAIN, at=NOON - timedelta(seconds=1))
    after(session, early, 1)
    assert asked(session, early) == {}
    after(session, alarm, 60)
    assert list(asked(session, alarm)) == [0, 1]


def test_of_two_who_take_it_at_once_one_has_it(session: Session, alarm: Alarm) -> None:
    han, kim = make_staff(session), make_staff(session)
    assert alarms.take(session, alarm, han.id, NOON)
    assert not alarms.take(session, alarm, kim.id, NOON)
    assert alarms.take(session, alarm, han.id, NOON)
    assert alarms.close(session, alarm, kim.id, "helped", NOON)
    assert not alarms.close(session, alarm, han.id, "helped", NOON)
    assert not alarms.take(session, alarm, han.id, NOON)


def test_two_nodes_ask_each_person_once(committed: None) -> None:
    from threading import Thread

    with db.transaction() as session:
        alarm = make_alarm(session, make_attempt(session, make_check_in(session)))
        make_duty(session, make_staff(session, login="han"))

    def look() -> None:
        for second in (0, 1, 60, 61):
            with db.transaction() as session:
                escalate(session, alarm.id, NOON + timedelta(seconds=second))

    nodes = [Thread(target=look) for _ in range(4)]
    for node in nodes:
        node.start()
    for node in nodes:
        node.join()
    with db.transaction() as session:
        pages = session.exec(select(Page)).all()
        assert len(pages) == len({(page.step, page.channel, page.staff_id) for page in pages})
        assert {page.step for page in pages} == {0, 1}


def test_two_alarms_looked_at_in_the_same_moment_ask_people_once(committed: None) -> None:
    from threading import Thread

    with db.transaction() as session:
        attempt = make_attempt(session, make_check_in(session))
        first, second = make_alarm(session, attempt), make_alarm(session, attempt, code=SignalCode.CHEST_PAIN)
        make_duty(session, make_staff(session, login="han"))

    def look_at_the_second() -> None:
        with db.transaction() as session:
            escalate(session, second.id, NOON)

    other = Thread(target=look_at_the_second)
    with db.transaction() as session:
        escalate(session, first.id, NOON)
        other.start()
        other.join(0.5)
        assert other.is_alive()
    other.join()
    with db.transaction() as session:
        assert len({page.alarm_id for page in session.exec(select(Page))}) == 1


@given(st.lists(st.tuples(st.integers(1, 30), st.booleans()), min_size=1, max_size=80), st.integers(1, 4))
@of_hypothesis(deadline=None)
def test_no_step_is_left_out_and_none_waits_longer_than_a_minute(looks: list[tuple[int, bool]], rungs: int) -> None:
    pages: list[Page] = []
    now, last = NOON, NOON
    for seconds, fails in looks:
        now += timedelta(seconds=seconds)
        step = due_step(pages, rungs, NOON, now)
        if step is not None:
            assert step == len(pages)
            pages.append(call_page(step, now))
            last = now
        else:
            assert now - last < timedelta(seconds=60) or (
                now - NOON > timedelta(minutes=60) and len(pages) > LEAST_STEPS
            )
        if fails:
            pages[-1].state = PageState.FAILED


def call_page(step: int, at: datetime) -> Page:
    return Page(channel=Channel.CALL, step=step, state=PageState.SENT, sid="CA1", token="", wanted_at=at, changed_at=at)


def test_the_ladder_of_an_area_nobody_answers_for_is_the_last_resort(session: Session, alarm: Alarm) -> None:
    area = make_staff(session).area_id
    assert ladder(session, area, NOON).rungs == ((None,),)
