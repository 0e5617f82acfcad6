"""When the next call falls due: inside a window on the resident's clock, never in the past, never backwards."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oncall.schedule.cadence import NeverDue, Plan, Window, is_open, next_due, next_open
from oncall.schedule.cron import Cron
from oncall.schedule.plan import windows_of

SEOUL = "Asia/Seoul"
OFFICE = windows_of(("mon-fri 10:00-12:00", "mon-fri 14:00-17:00"))


def seoul(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(SEOUL))


def plan(**changes: object) -> Plan:
    values = {
        "windows": OFFICE, "zone": SEOUL, "starts": date(2026, 11, 1), "joined": seoul("2026-11-24 11:00"),
        "every": timedelta(weeks=1),
    } | changes  # fmt: skip
    if values.get("cron"):
        values["every"] = None
    return Plan(**values)  # type: ignore[arg-type]  # test values by name


def test_someone_enrolled_in_calling_hours_is_called_at_once() -> None:
    assert next_due(plan(), None, now=seoul("2026-11-24 11:00")) == seoul("2026-11-24 11:00")


def test_someone_enrolled_at_night_is_called_when_the_window_opens() -> None:
    late = seoul("2026-11-24 22:10")
    assert next_due(plan(joined=late), None, now=late) == seoul("2026-11-25 10:00")


def test_between_two_windows_the_call_waits_for_the_second() -> None:
    assert next_open(plan(), seoul("2026-11-24 12:00")) == seoul("2026-11-24 14:00")
    assert not is_open(plan(), seoul("2026-11-24 12:00"))
    assert is_open(plan(), seoul("2026-11-24 11:59"))


def test_someone_nobody_has_called_yet_is_called_when_planning_comes_round_to_them() -> None:
    assert next_due(plan(), None, now=seoul("2026-11-26 15:20")) == seoul("2026-11-26 15:20")


def test_a_late_first_call_is_not_followed_by_the_next_within_half_a_period() -> None:
    late = seoul("2026-11-30 16:00")  # enrolled on a Tuesday, first called on the Monday after
    assert next_due(plan(), late, now=late) == seoul("2026-12-08 11:00")


def test_nobody_is_called_before_the_campaign_starts() -> None:
    assert next_due(plan(starts=date(2026, 12, 1)), None, now=seoul("2026-11-24 11:00")) == seoul("2026-12-01 10:00")


def test_the_week_after_keeps_its_day_and_hour() -> None:
    assert next_due(plan(), seoul("2026-11-24 11:00"), now=seoul("2026-11-24 11:05")) == seoul("2026-12-01 11:00")


@pytest.mark.parametrize(
    ("day", "name"),
    [("2026-12-25", "Christmas"), ("2027-02-09", "the substitute day of Seollal"), ("2026-05-25", "a substitute day")],
)
def test_a_public_holiday_is_passed_over(day: str, name: str) -> None:
    due = next_open(plan(), seoul(f"{day} 00:00"))
    assert due.astimezone(ZoneInfo(SEOUL)).date() > date.fromisoformat(day), name
    assert next_open(plan(on_holidays=True), seoul(f"{day} 00:00")) == seoul(f"{day} 10:00")


def test_a_call_moved_by_a_holiday_does_not_move_the_ones_after_it() -> None:
    friday = plan(joined=seoul("2026-12-18 10:30"))
    moved = next_due(friday, seoul("2026-12-18 10:30"), now=seoul("2026-12-18 10:31"))
    assert moved == seoul("2026-12-28 10:00")  # Christmas is a Friday: the next open hour is Monday's
    # New Year's Day is the Friday after that.
    assert next_due(friday, moved, now=moved) == seoul("2027-01-04 10:00")
    assert next_due(friday, seoul("2027-01-04 10:00"), now=seoul("2027-01-04 10:00")) == seoul("2027-01-08 10:30")


def test_the_wished_hour_is_kept_and_a_first_call_waits_only_until_tomorrow_for_it() -> None:
    wish = plan(preferred=time(10, 30))
    assert next_due(wish, None, now=seoul("2026-11-24 11:00")) == seoul("2026-11-25 10:30")
    assert next_due(wish, seoul("2026-11-25 10:30"), now=seoul("2026-11-25 10:30")) == seoul("2026-12-01 10:30")


def test_a_wish_no_window_holds_becomes_the_nearest_opening() -> None:
    assert next_due(plan(preferred=time(13)), None, now=seoul("2026-11-24 11:00")) == seoul("2026-11-24 14:00")
    assert next_due(plan(preferred=time(20)), None, now=seoul("2026-11-24 11:00")) == seoul("2026-11-24 14:00")
    night = seoul("2026-11-23 23:00")
    assert next_due(plan(preferred=time(7), joined=night), None, now=night) == seoul("2026-11-24 10:00")


def test_cron_counts_sunday_as_zero_like_every_cron() -> None:
    assert Cron.parse("0 10 * * 2,5") == Cron.parse("0 10 * * tue,fri")
    assert Cron.parse("0 10 * * 7") == Cron.parse("0 10 * * sun")
    assert Cron.parse("0 10 * * fri-sun").weekdays == frozenset({5, 6, 0})
    tuesdays = plan(cron=Cron.parse("0 10 * * tue,fri"))
    first = next_due(tuesdays, None, now=seoul("2026-11-24 11:00"))
    assert first == seoul("2026-11-27 10:00")
    assert next_due(tuesdays, first, now=first) == seoul("2026-12-01 10:00")


@pytest.mark.parametrize(
    "line", ["", "* * * *", "61 * * * *", "0 10 * * xyz", "*/0 * * * *", "5-1 * * * *", "０ 10 * * *"]
)
def test_a_wrong_cron_line_is_refused(line: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  # the field's own name is in the text
        Cron.parse(line)


def test_a_plan_that_never_comes_round_says_so() -> None:
    with pytest.raises(NeverDue):
        next_due(plan(cron=Cron.parse("0 10 30 feb *")), None, now=seoul("2026-11-24 11:00"))


@pytest.mark.parametrize("text", ["", "mon-fri", "10:00-12:00", "mon 12:00-10:00", "mon 10:00-10:00", "xyz 10:00-11:00",
                                  "mon 10-12", "mon 10:00-25:00", "mon 10:60-12:00"])  # fmt: skip
def test_a_wrong_window_is_refused(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  # the text that is wrong is named in it
        Window.parse(text)


def test_a_window_in_the_hour_the_clock_leaps_over_opens_after_the_leap() -> None:
    berlin = plan(windows=windows_of(("daily 02:30-04:00",)), zone="Europe/Berlin", every=timedelta(days=1))
    before = datetime(2027, 3, 28, 0, 0, tzinfo=UTC)  # 01:00 in Berlin; the clock leaps from 02:00 to 03:00
    assert next_open(berlin, before) == datetime(2027, 3, 28, 1, 0, tzinfo=UTC)  # 03:00 on the wall


def test_in_the_hour_that_comes_twice_a_call_waits_until_the_wall_clock_is_back_in_the_window() -> None:
    berlin = plan(windows=windows_of(("daily 02:15-04:00",)), zone="Europe/Berlin", every=timedelta(days=1))
    fell_back = datetime(2026, 10, 25, 1, 5, tzinfo=UTC)  # 02:05 for the second time
    assert not is_open(berlin, fell_back)
    assert next_open(berlin, fell_back) == datetime(2026, 10, 25, 1, 15, tzinfo=UTC)


windows = st.lists(
    st.builds(
        lambda days, opens, length: Window(frozenset(days), opens, min(opens + length, 1440)),
        st.sets(st.integers(0, 6), min_size=1), st.integers(0, 1435), st.integers(5, 720),
    ),
    min_size=1, max_size=3,
).map(lambda made: tuple(sorted(made, key=lambda window: (window.opens, window.closes))))  # fmt: skip
moments = st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001  # bounds
cadences = st.one_of(
    st.integers(1, 400).map(lambda hours: {"every": timedelta(hours=hours)}),
    st.integers(1, 40).map(lambda days: {"every": timedelta(days=days)}),
    st.sampled_from(["0 10 * * tue,fri", "30 2 * * *", "*/15 8-20 1,15 * mon", "0 0 * * 0"]).map(
        lambda line: {"every": None, "cron": Cron.parse(line)}
    ),
)
plans = st.builds(
    lambda windows, zone, joined, cadence, on_holidays, preferred: Plan(
        windows=windows, zone=zone, starts=date(2026, 1, 1), joined=joined, on_holidays=on_holidays,
        preferred=preferred, **cadence,
    ),
    windows,
    st.sampled_from([SEOUL, "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "UTC"]),
    moments, cadences, st.booleans(), st.none() | st.times(),
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(plans, moments)
def test_every_slot_is_inside_a_window_not_in_the_past_and_after_the_one_before(drawn: Plan, now: datetime) -> None:
    last = None
    for _ in range(4):
        due = next_due(drawn, last, now=now)
        assert due >= now
        assert due >= drawn.anchor
        assert due.tzinfo is UTC
        assert is_open(drawn, due)
        assert last is None or due > last
        last, now = due, due + timedelta(seconds=1)


@settings(max_examples=150, deadline=None)
@given(plans, moments)
def test_the_next_opening_is_the_earliest_one(drawn: Plan, moment: datetime) -> None:
    opening = next_open(drawn, moment)
    assert opening >= moment
    assert is_open(drawn, opening)
    if opening > moment:
        for minutes in (1, 7, 31, 61, 24 * 60):
            earlier = opening - timedelta(minutes=minutes)
            assert earlier < moment or not is_open(drawn, earlier)
