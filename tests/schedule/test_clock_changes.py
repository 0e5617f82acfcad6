"""R-10: summer time and clocks that jump, through laying out and claiming: no slot twice, none skipped, nobody out of hours."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlmodel import Session, col, select

from oncall.models import Attempt, AttemptState, CheckIn, CheckInState, Enrolment
from oncall.schedule.due import claim, lay_out
from tests.makers import make_campaign, make_resident

NEW_YORK, SEOUL = "America/New_York", "Asia/Seoul"
MINUTE = timedelta(minutes=1)


def live_through(session: Session, begin: datetime, end: datetime, step: timedelta) -> list[datetime]:
    """Let the clock tick from one moment to another, every call answered at once; when each call began."""
    now = begin
    while now < end:
        lay_out(session, now)
        for attempt in claim(session, now, lines=5, cps=100):
            attempt.state, attempt.ended_at = AttemptState.ENDED, now
            session.get_one(CheckIn, attempt.check_in_id).state = CheckInState.ASSESSED
        now += step
    session.flush()
    return list(session.exec(select(Attempt.claimed_at).order_by(col(Attempt.claimed_at))))


def in_campaign(session: Session, zone: str, joined: datetime, **columns: object) -> Enrolment:
    campaign = make_campaign(session, every_seconds=columns.pop("every_seconds", 86400), holidays=True,
                             starts=date(2026, 1, 1), **columns)  # fmt: skip
    enrolment = Enrolment(campaign_id=campaign.id, joined_at=joined,
                          resident_id=make_resident(session, timezone=zone).id)  # fmt: skip
    session.add(enrolment)
    session.flush()
    return enrolment


def at(zone: str, text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


@pytest.mark.parametrize(("changes", "cron", "windows"), [
    ("2026-11-01", "30 1 * * *", ["daily 01:00-03:00"]),  # 01:30 comes twice
    ("2027-03-14", "30 2 * * *", ["daily 02:00-04:00"]),  # 02:30 does not come
])  # fmt: skip
def test_in_new_york_there_is_one_call_on_the_day_the_clocks_change(
    session: Session, changes: str, cron: str, windows: list[str]
) -> None:
    """Each resident's own zone counts, not the city's, which is Seoul."""
    day = date.fromisoformat(changes)
    begin = at(NEW_YORK, f"{day - timedelta(days=1)} 00:00")
    in_campaign(session, NEW_YORK, begin, cron=cron, windows=windows)
    calls = live_through(session, begin, begin + timedelta(days=3), 15 * MINUTE)
    walls = [call.astimezone(ZoneInfo(NEW_YORK)) for call in calls]
    assert [wall.date() for wall in walls] == [day + timedelta(days=ahead) for ahead in (-1, 0, 1)]
    assert all(windows[0][6:11] <= f"{wall:%H:%M}" < windows[0][12:] for wall in walls), walls


@pytest.mark.parametrize("day", ["2026-11-01", "2027-03-14"])
def test_in_seoul_nothing_changes_on_those_days(session: Session, day: str) -> None:
    begin = at(SEOUL, f"{day} 00:00") - timedelta(days=1)
    in_campaign(session, SEOUL, begin, cron="30 10 * * *", windows=["daily 10:00-12:00"])
    calls = live_through(session, begin, begin + timedelta(days=3), 30 * MINUTE)
    assert [call - begin for call in calls] == [timedelta(days=ahead, hours=10, minutes=30) for ahead in (0, 1, 2)]


@pytest.mark.parametrize("step", [timedelta(hours=1), timedelta(hours=-1), timedelta(days=-1)])
def test_a_clock_that_jumps_lays_out_no_slot_twice_and_skips_none(session: Session, step: timedelta) -> None:
    """Three days of a daily campaign; in the middle of the second, just after the call, the clock jumps."""
    begin = at(SEOUL, "2026-11-23 09:00")
    in_campaign(session, SEOUL, begin, cron="30 10 * * *", windows=["daily 09:00-21:00"])
    jump = begin + timedelta(days=1, hours=2)
    live_through(session, begin, jump, 30 * MINUTE)
    live_through(session, jump + step, begin + timedelta(days=3), 30 * MINUTE)
    slots = session.exec(select(CheckIn.slot).order_by(col(CheckIn.slot))).all()
    expected = [begin + timedelta(days=ahead, hours=1, minutes=30) for ahead in (0, 1, 2)]
    assert slots == expected
    assert len(session.exec(select(Attempt)).all()) == 3


def test_a_clock_set_back_keeps_nobody_waiting_for_the_pace_of_the_time_before(session: Session) -> None:
    begin = at(SEOUL, "2026-11-23 11:00")
    first = in_campaign(session, SEOUL, begin, name="하나", windows=["daily 00:00-24:00"])
    live_through(session, begin, begin + MINUTE, MINUTE)
    set_back = begin - timedelta(hours=1)
    second = in_campaign(session, SEOUL, set_back, name="둘", windows=["daily 00:00-24:00"])
    live_through(session, set_back, set_back + MINUTE, MINUTE)
    called = set(session.exec(select(CheckIn.enrolment_id)))
    assert called == {first.id, second.id}, "else nobody is called for an hour"
