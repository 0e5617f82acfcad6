"""Somebody is in danger: screen, telephone and a person within seconds, whoever fails to answer; and the line that drops.

At the telephone's own speed, so that the seconds are real ones. Each resident says one thing a release must never miss.
"""

import re
from datetime import timedelta

import httpx2
import pytest
from sqlmodel import Session, col, select

from oncall.call import lines
from oncall.call.emergency import FACTS
from oncall.models import (
    Alarm,
    AlarmState,
    Attempt,
    AttemptKind,
    Case,
    Channel,
    CheckIn,
    CheckInState,
    Language,
    Page,
    PageState,
    Staff,
)
from tests.journeys.city import City
from tests.journeys.duty import DUTY_SAYS, REFUSED
from tests.journeys.people import CRIES, ELSEWHERE
from tests.journeys.screen import Screen
from tests.journeys.waiting import raised, until

pytestmark = pytest.mark.xdist_group("cities")

NEVER_MISSED = [story for story in CRIES if story not in ELSEWHERE]


def pages(session: Session, alarm: Alarm) -> list[tuple[int, str, Channel, PageState]]:
    rows = session.exec(
        select(Page, Staff.login).join(Staff).where(Page.alarm_id == alarm.id).order_by(col(Page.step), Page.channel)
    )
    return [(page.step, login, page.channel, page.state) for page, login in rows]


def heard_on(city: City, sid: str) -> str:
    """Everything the stand-in's person on a call has understood of us and of whoever was in the room."""
    told = httpx2.get(f"{city.sandbox['ONCALL_TWILIO_URL']}/sandbox/calls/{sid}").json()
    return " ".join(str(one) for one in told["conversation"])


@pytest.mark.parametrize("story", NEVER_MISSED)
def test_what_must_never_be_missed_is_on_the_duty_screen_in_seconds(
    city_in_real_time: tuple[City, Screen], story: str
) -> None:
    city, _ = city_in_real_time
    alarm = raised(city)[story]

    def screen() -> Page:
        with city.session() as session:
            return session.exec(
                select(Page).where(Page.alarm_id == alarm.id, Page.channel == Channel.SCREEN, Page.step == 0)
            ).one()

    until(lambda: screen().state is not PageState.SENT, 10, lambda: screen().state)
    assert (screen().changed_at - alarm.raised_at).total_seconds() < 10
    with city.session() as session:
        assert session.get_one(CheckIn, city.found(story).check_in.id).state is not CheckInState.CANCELLED


def test_nearly_all_are_on_screen_within_three_seconds(city_in_real_time: tuple[City, Screen]) -> None:
    city, _ = city_in_real_time
    told = httpx2.get(f"{city.url}/metrics").text.splitlines()
    measured = dict(line.split(" ") for line in told if line.startswith("oncall_alarm_to_screen_seconds{"))
    print("alarm to screen, seconds:", measured)
    assert float(measured['oncall_alarm_to_screen_seconds{quantile="0.95"}']) < 3


def test_the_duty_person_and_the_resident_hear_each_other(city_in_real_time: tuple[City, Screen]) -> None:
    city, _ = city_in_real_time

    def joined() -> Alarm | None:
        alarm = raised(city)["fallen"]
        return alarm if alarm.state is AlarmState.JOINED else None

    until(lambda: joined() is not None, 90, lambda: raised(city)["fallen"].state)

    def theirs() -> bool:
        with city.session() as session:
            alarm = raised(city)["fallen"]
            return session.get_one(Case, alarm.case_id).taken_by == alarm.acknowledged_by

    until(theirs, 30)
    sid = city.found("fallen").attempts[0].call_sid
    assert sid
    until(lambda: "담당자 연결됐습니다" in heard_on(city, sid), 30, lambda: heard_on(city, sid))
    until(lambda: DUTY_SAYS[:6] in heard_on(city, sid), 60, lambda: heard_on(city, sid))


def test_who_stays_alone_on_the_line_is_asked_the_four_facts_one_at_a_time(
    city_in_real_time: tuple[City, Screen],
) -> None:
    """C-29: where, awake, alone, door; what they answer is before whoever has the alarm."""
    city, _ = city_in_real_time
    sid = city.found("nobody_comes").attempts[0].call_sid
    assert sid
    facts = [lines.line(f"fact_{fact}", Language.KO) for fact in FACTS]
    until(lambda: all(fact in heard_on(city, sid) for fact in facts), 90, lambda: heard_on(city, sid))
    said = heard_on(city, sid)
    assert [said.count(fact) for fact in facts] == [1, 1, 1, 1]
    assert sorted(facts, key=said.index) == facts


def test_the_board_says_how_long_they_wait_for_our_answers(city_in_real_time: tuple[City, Screen]) -> None:
    """C-18: of the calls that go on now, and over the last hour; the same figure for machines."""
    city, screen = city_in_real_time
    board = " ".join(screen.client.get("/board").text.split())
    assert re.search(r"응답 [\d.]+초", board), board
    assert re.search(r"절반은 [\d.]+초", board), board
    measured = httpx2.get(f"{city.url}/metrics").text.splitlines()
    waits = [float(line.split()[-1]) for line in measured if line.startswith("oncall_turn_latency_seconds{")]
    assert waits
    assert all(0 < wait < 8 for wait in waits), waits


def test_the_second_is_asked_when_the_first_does_not_pick_up(city_in_real_time: tuple[City, Screen]) -> None:
    city, _ = city_in_real_time
    alarm = raised(city)["unanswered"]

    def lee_has_it() -> bool:
        with city.session() as session:
            return any(one[1] == "lee" and one[3] is PageState.JOINED for one in pages(session, alarm))

    until(lee_has_it, 120, lambda: pages(city.session(), alarm))
    with city.session() as session:
        found = pages(session, alarm)
    assert (0, "kim", Channel.CALL, PageState.FAILED) in found


def test_with_one_notifier_down_the_next_person_is_asked_within_fifteen_seconds(
    city_in_real_time: tuple[City, Screen],
) -> None:
    city, _ = city_in_real_time
    alarm = raised(city)["notifier_down"]
    with city.session() as session:
        calls = session.exec(
            select(Page).where(Page.alarm_id == alarm.id, Page.channel == Channel.CALL).order_by(col(Page.step))
        ).all()
    assert (calls[0].state, calls[0].error) == (PageState.FAILED, REFUSED)
    assert calls[1].wanted_at - alarm.raised_at < timedelta(seconds=15)


def test_when_nobody_takes_it_the_next_is_asked_every_minute_and_the_city_last(
    city_in_real_time: tuple[City, Screen],
) -> None:
    """E4, R-20: the second after 60 s at most, the supervisor after 120 s, the last-resort number after 180 s."""
    city, _ = city_in_real_time
    alarm = raised(city)["nobody_comes"]

    def asked() -> dict[str, float]:
        with city.session() as session:
            rows = session.exec(
                select(Page, Staff.login).outerjoin(Staff)
                .where(Page.alarm_id == alarm.id, Page.channel == Channel.CALL).order_by(col(Page.step).desc())
            ).all()  # fmt: skip
        return {login or "last resort": (page.wanted_at - alarm.raised_at).total_seconds() for page, login in rows}

    until(lambda: len(asked()) == 4, 200, asked)
    print("asked after seconds:", asked())
    order = ["choi", "jung", "seo", "last resort"]
    assert sorted(asked(), key=asked().__getitem__) == order
    assert [asked()[who] <= most for who, most in zip(order, (5, 63, 123, 183), strict=True)] == [True] * 4
    sid = city.found("nobody_comes").attempts[0].call_sid
    assert sid
    until(lambda: "일일구를 누르셔도" in heard_on(city, sid), 30, lambda: heard_on(city, sid))
    assert city.found("nobody_comes").attempts[0].ended_at is None, "we stay on the line"


def test_a_line_that_drops_is_rung_again_once_within_thirty_seconds(city_in_real_time: tuple[City, Screen]) -> None:
    city, _ = city_in_real_time

    def redialled() -> list[Attempt]:
        return [one for one in city.found("drops").attempts if one.kind is AttemptKind.REDIAL]

    until(lambda: len(redialled()) == 1 and redialled()[0].placed_at is not None, 60)
    (first, *_), (again,) = (
        [one for one in city.found("drops").attempts if one.kind is not AttemptKind.REDIAL],
        redialled(),
    )
    assert first.ended_at
    assert again.placed_at
    assert again.placed_at - first.ended_at < timedelta(seconds=30)
    assert raised(city)["drops"].state is not AlarmState.CLOSED
    assert city.found("drops").case is not None
    assert city.found("drops").case.closed_at is None


def test_the_banner_sounded_and_named_nobody_in_full(city_in_real_time: tuple[City, Screen]) -> None:
    _, screen = city_in_real_time
    assert any("data-sounding" in shown for shown in screen.shown)
    assert not any("김fallen" in shown for shown in screen.shown)


def test_only_a_person_closes_it_and_then_it_sounds_no_more(city_in_real_time: tuple[City, Screen]) -> None:
    """C-28, E4: with an outcome; the case stays for what follows."""
    city, screen = city_in_real_time
    alarm = raised(city)["fallen"]
    screen.look()
    assert str(alarm.id) in screen.shown[-1]
    where = f"/alarms/{alarm.id}/closure"
    assert screen.client.post(where, data={"reason": "emergency_services", "outcome": ""}).status_code == 422
    assert raised(city)["fallen"].state is not AlarmState.CLOSED
    answer = screen.client.post(where, data={"reason": "emergency_services", "outcome": "구급대와 함께 병원에 모셨음"})
    assert answer.status_code == 303
    closed = raised(city)["fallen"]
    with city.session() as session:
        who = session.get_one(Staff, closed.closed_by).login
        case = session.get_one(Case, closed.case_id)
    assert (closed.state, who, case.closed_at) == (AlarmState.CLOSED, "han", None)
    screen.look()
    assert str(alarm.id) not in screen.shown[-1]
