"""A city that holds drills: the person on duty is rung by the clock itself, hears that it is one, presses 1, and it is over."""

import re
from datetime import UTC, datetime, timedelta

import httpx2
import pytest
from sqlmodel import select

from oncall.models import Alarm, Case, Channel, Drill, Duty, Page, PageState, Role
from tests.journeys.city import City, running
from tests.journeys.duty import HAN
from tests.journeys.waiting import until
from tests.makers import make_city, make_staff

pytestmark = pytest.mark.xdist_group("cities")

PRESSES_AT_DRILL = {
    "like": "desk",
    "ring_seconds": 2,
    "greeting": "",
    "keys": [{"when": "연습입니다", "press": ["1", ""]}],
}


def put_han_on_duty(city: City) -> None:
    now = datetime.now(UTC)
    with city.session() as session, session.begin():
        han = make_staff(session, Role.CASEWORKER, login="han", name="han")
        han.reachable_at(HAN)
        session.add(Duty(area_id=make_city(session)["중동"].id, staff_id=han.id, starts_at=now - timedelta(hours=1),
                         ends_at=now + timedelta(hours=8), acknowledged_at=now - timedelta(minutes=10)))  # fmt: skip
    city.give_numbers({HAN: PRESSES_AT_DRILL})


def test_the_clock_holds_a_drill_and_a_key_ends_it(
    city_database: None, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("drill")
    with running(
        folder, {"well": 0}, settings={"ONCALL_DRILL": "true"}, prepare=put_han_on_duty, until_done=False
    ) as city:

        def newest() -> Drill:
            with city.session() as session:
                return session.exec(select(Drill)).one()

        until(lambda: newest().ended_at is not None, 90, lambda: (folder / "oncall.log").read_text()[-2000:])
        drill = newest()
        assert (drill.failure, drill.acknowledged_at is not None) == ("", True)
        with city.session() as session:
            pages = {page.channel: page.state for page in session.exec(select(Page))}
            assert pages[Channel.CALL] is PageState.ACKNOWLEDGED
            assert not session.exec(select(Alarm)).all()
            assert not session.exec(select(Case)).all()

        def told() -> str:
            return httpx2.get(f"{city.url}/metrics").text

        assert 'oncall_drills{result="well"} 1.0' in told()
        assert "oncall_drill_failing 0.0" in told()
        # A process is heard of every ten seconds, and this city is hardly older.
        until(lambda: {'kind="worker"', 'kind="web"'} <= set(re.findall(r'kind="\w+"', told())), 30, told)
        print(f"drill: {drill.heard_ms:.1f} ms heard, {drill.written_ms:.0f} ms written, "
              f"{drill.after(drill.paged_at):.1f} s rung, {drill.after(drill.acknowledged_at):.1f} s acknowledged")  # fmt: skip
