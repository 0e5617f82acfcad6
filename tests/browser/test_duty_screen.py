"""An emergency reaches an open page without a reload, sounds after the first touch, and is silenced by a key."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from oncall import clock, db
from oncall.models import Alarm, AlarmState, Channel, PageState
from oncall.models import Page as Asked
from tests.browser.conftest import Office, Visit
from tests.browser.test_desk_work import press
from tests.makers import make_alarm, make_attempt, make_check_in, make_resident

pytestmark = pytest.mark.browser


@pytest.fixture
def raised(office: Office) -> Iterator[object]:
    """A way to have Kelly asked about somebody's fall; it is nobody's any more afterwards."""
    made: list[Alarm] = []

    def go() -> Alarm:
        now = clock.now()
        with db.transaction() as session:
            attempt = make_attempt(
                session, make_check_in(session, make_resident(session, "탁정자", dong="소사동"), slot=now)
            )
            alarm = make_alarm(session, attempt, at=now)
            session.add(Asked(alarm_id=alarm.id, staff_id=office.city.staff["kelly"].id, channel=Channel.SCREEN,
                              state=PageState.SENT, token=str(alarm.id), wanted_at=now, changed_at=now))  # fmt: skip
            db.tell(session, "alarms", alarm=alarm.id)
        made.append(alarm)
        return alarm

    yield go
    with db.transaction() as session:
        for alarm in made:
            session.get_one(Alarm, alarm.id).state = AlarmState.CLOSED


def test_an_emergency_comes_to_an_open_page_and_is_silenced_by_a_key(visit: Visit, raised) -> None:  # type: ignore[no-untyped-def]  # a fixture's function
    page = visit("/campaigns", who="kelly")
    banner = page.locator("#duty-alarm")
    expect(page.locator("#keys-open")).to_be_visible()
    page.wait_for_timeout(500)
    alarm = raised()
    expect(banner).to_contain_text("Emergency: Fall")
    expect(banner).to_contain_text("탁*자")
    expect(banner).to_contain_text("Sound is off until you click")
    page.mouse.click(5, 300)
    expect(banner.locator("[data-no-sound]")).to_be_hidden()
    expect(banner).to_have_attribute("data-loud", "true")
    press(page, "KeyM", "ㅡ")
    expect(banner).to_have_attribute("data-loud", "false")
    page.reload()
    expect(banner).to_have_attribute("data-loud", "false")
    banner.get_by_role("link", name="Look now").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("탁정자")
    assert page.url.endswith(f"/alarms/{alarm.id}")


@pytest.mark.parametrize("dark", [False, True])
def test_the_card_fits_a_telephone_and_the_first_touch_counts(visit: Visit, raised, dark: bool) -> None:  # type: ignore[no-untyped-def]  # a fixture's function
    alarm = raised()
    page = visit(f"/alarms/{alarm.id}", who="kelly", width=360, dark=dark)
    expect(page.get_by_role("button", name="I have it")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    page.get_by_role("button", name="I have it").click()
    expect(page.locator("#alarm-head")).to_contain_text("A person has it")
    expect(page.locator("#duty-alarm")).to_contain_text("You have it")
