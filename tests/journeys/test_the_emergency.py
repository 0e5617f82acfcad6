"""Somebody is in danger: screen, telephone and a person within seconds, whoever fails to answer; and the line that drops.

At the telephone's own speed, so that the seconds are real ones. Each resident says one thing a release must never miss.
"""

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import httpx2
import pytest
from sqlalchemy.exc import NoResultFound
from sqlmodel import Session, col, select

from oncall.models import (
    Alarm,
    AlarmState,
    Attempt,
    AttemptKind,
    Channel,
    CheckIn,
    CheckInState,
    Duty,
    Page,
    PageState,
    Role,
    Staff,
    TurnSource,
)
from oncall.web.login import hashed
from tests.journeys.city import City, running
from tests.journeys.screen import PASSWORD, Screen, watching
from tests.makers import make_city, make_staff

pytestmark = pytest.mark.xdist_group("emergency city")

HAN, KIM, LEE, PARK = "+821055590000", "+821055590100", "+821055590200", "+821055590300"
DUTY_SAYS = "복지과 담당입니다. 지금 바로 가겠습니다."
AT_A_DESK = {"like": "desk", "ring_seconds": 2, "greeting": "", "keys": [{"when": "1번", "press": ["1", ""]}],
             "fallbacks": [DUTY_SAYS], "hangs_up_after": None, "patience": 3}  # fmt: skip


def says(*words: str, **more: object) -> dict[str, object]:
    """A resident who says this whatever they are asked, and stays on the line."""
    return {"first": list(words), "common": False, "fallbacks": ["네."], "ring_seconds": 1, "patience": 40} | more  # fmt: skip


PEOPLE = {
    "fallen": says("넘어졌는데 못 일어나겠어. 지금 바닥이야."),
    "neighbour": says("옆집 사람이 쓰러졌어."),
    "grandchild": says("할머니가 안 일어나요.", voice="child"),
    "farewell": says("전화하지 마. 다 끝낼 거니까. 약을 모아놨어. 오늘 밤에 다 먹으려고."),
    "scam": says("검사라는 사람이 돈 보내래요, 지금 은행이에요."),
    "chest": says("가슴이 꽉 조이고 숨이 차서 말을 못 하겠어."),
    "husband": says("며칠 전부터 남편이 안 움직여. 냄새가 나."),
    "drops": says("넘어져서 못 일어나겠어. 피가 안 멈춰.", hangs_up_after=2),
    "unanswered": says("숨이 차서 말을 못 하겠어. 가슴이 꽉 조여."),
    "notifier_down": says("넘어졌는데 못 일어나겠어. 지금 바닥이야."),
}
DONGS = {"unanswered": "소사동", "notifier_down": "상동"}
NEVER_MISSED = [story for story in PEOPLE if story not in DONGS]


def put_on_duty(city: City) -> None:
    """Han for Jung-dong; in Sosa-dong Kim does not pick up and Lee does; in Sang-dong Park's number is refused."""
    now, secret = datetime.now(UTC), hashed(PASSWORD)
    with city.session() as session, session.begin():
        areas = make_city(session)
        for login, area, place, phone in [
            ("han", "중동", 1, HAN), ("kim", "소사동", 1, KIM), ("lee", "소사동", 2, LEE), ("park", "상동", 1, PARK),
            ("lee2", "상동", 2, LEE),
        ]:  # fmt: skip
            person = make_staff(session, Role.CASEWORKER, area=area, login=login, password_hash=secret, name=login)
            person.reachable_at(phone)
            session.add(Duty(area_id=areas[area].id, staff_id=person.id, place=place, acknowledged_at=now,
                             starts_at=now - timedelta(hours=1), ends_at=now + timedelta(hours=8)))  # fmt: skip
    city.give_numbers({HAN: AT_A_DESK, KIM: AT_A_DESK | {"tries": ["no-answer"]}, LEE: AT_A_DESK, PARK: AT_A_DESK})
    faults = {"calls_refused_to": [PARK], "calls_refused_code": 21216}
    httpx2.post(f"{city.sandbox['ONCALL_TWILIO_URL']}/sandbox/faults", json=faults).raise_for_status()


@pytest.fixture(scope="module")
def emergency_city(city_database: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[City, Screen]]:
    """Ten people in danger, called at once at real speed, and Ms Han before her screen."""
    folder = tmp_path_factory.mktemp("danger")
    stories = dict.fromkeys(PEOPLE, 0)
    with running(folder, stories, speed=1, dongs=DONGS, people=PEOPLE, prepare=put_on_duty, until_done=False) as city:
        until(lambda: httpx2.get(f"{city.url}/healthz").status_code == 200, 30)
        with watching(city.url, "han") as screen:
            until(
                lambda: len(raised(city)) == len(PEOPLE),
                90,
                lambda: (sorted(set(PEOPLE) - set(raised(city))), said(city)),
            )
            yield city, screen


def until(holds: Callable[[], bool], seconds: float, seen: Callable[[], object] = lambda: "") -> None:
    """Wait until something holds; what was seen instead is in the failure."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            if holds():
                return
        except (httpx2.HTTPError, LookupError, NoResultFound):
            pass
        time.sleep(0.25)
    pytest.fail(f"did not come in {seconds} s; seen: {seen()}")


def raised(city: City) -> dict[str, Alarm]:
    """The first alarm of each resident who has one, by story."""
    names = {resident: story for story, resident in city.residents.items()}
    with city.session() as session:
        rows = session.exec(select(Alarm).order_by(col(Alarm.raised_at).desc())).all()
    return {names[alarm.resident_id]: alarm for alarm in rows}


def said(city: City) -> list[str]:
    """What was heard of each resident so far; for the failure that says who was not raised."""
    return [f"{story}: {city.found(story).heard(TurnSource.LIVE)}" for story in PEOPLE]


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
    emergency_city: tuple[City, Screen], story: str
) -> None:
    city, _ = emergency_city
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


def test_nearly_all_are_on_screen_within_three_seconds(emergency_city: tuple[City, Screen]) -> None:
    city, _ = emergency_city
    lines = httpx2.get(f"{city.url}/metrics").text.splitlines()
    measured = dict(line.split(" ") for line in lines if line.startswith("oncall_alarm_to_screen_seconds{"))
    print("alarm to screen, seconds:", measured)
    assert float(measured['oncall_alarm_to_screen_seconds{quantile="0.95"}']) < 3


def test_the_duty_person_and_the_resident_hear_each_other(emergency_city: tuple[City, Screen]) -> None:
    city, _ = emergency_city

    def joined() -> Alarm | None:
        alarm = raised(city)["fallen"]
        return alarm if alarm.state is AlarmState.JOINED else None

    until(lambda: joined() is not None, 90, lambda: raised(city)["fallen"].state)
    sid = city.found("fallen").attempts[0].call_sid
    assert sid
    until(lambda: "담당자 연결됐습니다" in heard_on(city, sid), 30, lambda: heard_on(city, sid))
    until(lambda: DUTY_SAYS[:6] in heard_on(city, sid), 60, lambda: heard_on(city, sid))


def test_the_second_is_asked_when_the_first_does_not_pick_up(emergency_city: tuple[City, Screen]) -> None:
    city, _ = emergency_city
    alarm = raised(city)["unanswered"]

    def lee_has_it() -> bool:
        with city.session() as session:
            return any(one[1] == "lee" and one[3] is PageState.JOINED for one in pages(session, alarm))

    until(lee_has_it, 120, lambda: pages(city.session(), alarm))
    with city.session() as session:
        found = pages(session, alarm)
    assert (0, "kim", Channel.CALL, PageState.FAILED) in found


def test_with_one_notifier_down_the_next_person_is_asked_within_fifteen_seconds(
    emergency_city: tuple[City, Screen],
) -> None:
    city, _ = emergency_city
    alarm = raised(city)["notifier_down"]
    with city.session() as session:
        calls = session.exec(
            select(Page).where(Page.alarm_id == alarm.id, Page.channel == Channel.CALL).order_by(col(Page.step))
        ).all()
    assert (calls[0].state, calls[0].error) == (PageState.FAILED, "21216")
    assert calls[1].wanted_at - alarm.raised_at < timedelta(seconds=15)


def test_a_line_that_drops_is_rung_again_once_within_thirty_seconds(emergency_city: tuple[City, Screen]) -> None:
    city, _ = emergency_city

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


def test_the_banner_sounded_and_named_nobody_in_full(emergency_city: tuple[City, Screen]) -> None:
    _, screen = emergency_city
    assert any("data-sounding" in shown for shown in screen.shown)
    assert not any("김fallen" in shown for shown in screen.shown)
