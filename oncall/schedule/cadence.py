"""When to call next: windows, holidays, cadence and the resident's wished hour, all on the resident's own clock.

Pure: nothing here asks the time or the database. Every answer lies inside a window by the wall clock, is never before
`now`, and calls moved by a holiday do not shift the calls after them (the series counts from the day of enrolment).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from oncall.models.holiday import is_public_holiday
from oncall.schedule.cron import Cron

_DAY = timedelta(days=1)
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_FARTHEST = 5 * 366  # days looked ahead before a plan counts as never due


class NeverDue(Exception):
    """This plan never comes round: its cron line and its windows have no day in common within five years."""


@dataclass(frozen=True, slots=True)
class Window:
    """Hours in which calls may start, on some weekdays (0 is Monday); minutes of the day, `closes` not included."""

    days: frozenset[int]
    opens: int
    closes: int

    @classmethod
    def parse(cls, text: str) -> "Window":
        """Read "mon-fri 10:00-12:00", "sat,sun 10:00-11:30" or "daily 00:00-24:00". Raises ValueError saying what is wrong."""
        days, _, hours = text.strip().lower().rpartition(" ")
        opens, dash, closes = hours.partition("-")
        if not days or not dash:
            raise ValueError(f"{text!r} must look like 'mon-fri 10:00-12:00'")
        window = cls(_weekdays(days), _minutes(opens), _minutes(closes))
        if window.closes <= window.opens:
            raise ValueError(f"{text!r} closes before it opens; write a night as two windows")
        return window

    def holds(self, moment: datetime) -> bool:
        """Whether a wall-clock moment falls in it."""
        return moment.weekday() in self.days and self.opens <= moment.hour * 60 + moment.minute < self.closes


@dataclass(frozen=True, slots=True)
class Plan:
    """How often and in which hours one resident is called. Exactly one of `every` and `cron` is set."""

    windows: tuple[Window, ...]  # in the order they open
    zone: str
    starts: date
    joined: datetime
    every: timedelta | None = None
    cron: Cron | None = None
    on_holidays: bool = False
    preferred: time | None = None

    @property
    def anchor(self) -> datetime:
        """Where the series begins: enrolment, or the campaign's first day if that is later."""
        return max(self.joined, _at(self.starts, 0, self.zone))


def is_open(plan: Plan, moment: datetime) -> bool:
    """Whether a call to this resident may start at `moment` (C-09)."""
    wall = moment.astimezone(ZoneInfo(plan.zone))
    return _callable_day(plan, wall.date()) and any(window.holds(wall) for window in plan.windows)


def next_open(plan: Plan, moment: datetime) -> datetime:
    """The earliest moment not before `moment` at which a call may start, in UTC. Raises NeverDue."""
    today = moment.astimezone(ZoneInfo(plan.zone)).date()
    for day in _days_from(today - _DAY):
        for window in _windows_on(plan, day):
            candidate = max(_at(day, window.opens, plan.zone), moment)
            if window.opens > _minute_of(candidate, plan.zone) and candidate > _at(day, window.opens, plan.zone):
                # The hour that comes twice in autumn: the wall clock fell back out of the window; wait for it again.
                candidate = max(_at(day, window.opens, plan.zone, again=True), moment)
            if is_open(plan, candidate) and candidate < _at(day, window.closes, plan.zone, again=True):
                return candidate.astimezone(UTC)
    raise NeverDue("no window opens within five years")


def next_due(plan: Plan, last: datetime | None, *, now: datetime) -> datetime:
    """When to call next, in UTC: inside a window, not before `now`, after `last` (the slot before; None for the first).

    Moves forward into calling hours and past public holidays, never backwards (C-09), and keeps at least half a period
    between two slots. Raises NeverDue.
    """
    soonest = max(now, plan.anchor)
    if last is None and plan.every is not None and plan.preferred is None:
        return next_open(plan, soonest)  # nobody has called yet: as soon as the hours allow
    apart = plan.every / 2 if plan.every else timedelta(microseconds=1)
    for nominal in _series(plan, last, now):
        due = next_open(plan, nominal)
        if due >= soonest and (last is None or due >= last + apart):
            return due
    raise NeverDue("nothing falls due within five years")


def _series(plan: Plan, last: datetime | None, now: datetime) -> Iterator[datetime]:
    """The moments the cadence itself names, in order, from about `last` or `now` on."""
    since = max(last or plan.anchor, now - 14 * _DAY, plan.anchor)
    if plan.cron is not None:
        for day in _days_from(since.astimezone(ZoneInfo(plan.zone)).date()):
            times = plan.cron.times_on(day)
            if plan.preferred and len(times) == 1:
                yield _wished(plan, day)
            else:
                yield from (_at(day, fire.hour * 60 + fire.minute, plan.zone) for fire in times)
        return
    assert plan.every is not None, "a plan has a cadence"
    if plan.every % _DAY:
        steps = max(0, (since - plan.anchor) // plan.every)
        yield from (plan.anchor + step * plan.every for step in range(steps, steps + _FARTHEST * 24))
        return
    first = plan.anchor.astimezone(ZoneInfo(plan.zone))
    apart = plan.every.days if last else 1  # a first call waits for the next day it fits, not for a whole period
    passed = max(0, (since.astimezone(ZoneInfo(plan.zone)).date() - first.date()).days // apart)
    for step in range(passed, passed + _FARTHEST):
        day = first.date() + step * apart * _DAY
        if plan.preferred:
            yield _wished(plan, day)
        else:
            # The wall-clock time of the enrolment is kept across clock changes.
            yield plan.anchor if step == 0 else _at(day, first.hour * 60 + first.minute, plan.zone)


def _wished(plan: Plan, day: date) -> datetime:
    """The wished hour on the first day from `day` on that has windows; the nearest opening when no window holds it."""
    assert plan.preferred is not None, "asked for a wish that was not made"
    wish = plan.preferred.hour * 60 + plan.preferred.minute
    for open_day in _days_from(day):
        windows = _windows_on(plan, open_day)
        if windows:
            later = [max(wish, window.opens) for window in windows if wish < window.closes]
            return _at(open_day, min(later) if later else windows[-1].opens, plan.zone)
    raise NeverDue("no window opens within five years")


def _callable_day(plan: Plan, day: date) -> bool:
    return plan.on_holidays or not is_public_holiday(day, plan.zone)


def _windows_on(plan: Plan, day: date) -> list[Window]:
    if not _callable_day(plan, day):
        return []
    return [window for window in plan.windows if day.weekday() in window.days]


def _days_from(day: date) -> Iterator[date]:
    return (day + ahead * _DAY for ahead in range(_FARTHEST))


def _at(day: date, minute: int, zone: str, *, again: bool = False) -> datetime:
    """The instant the wall clock first shows `minute` of `day`, or (`again`) shows it last, when it shows it twice.

    In the hour a clock leaps over there is no such instant: then the first one after the leap.
    """
    wall = datetime.combine(day, time()) + timedelta(minutes=minute)
    instant = wall.replace(tzinfo=ZoneInfo(zone), fold=int(again)).astimezone(UTC)
    if instant.astimezone(ZoneInfo(zone)).replace(tzinfo=None) == wall:
        return instant
    before = wall.replace(tzinfo=ZoneInfo(zone), fold=1).astimezone(UTC)
    after = wall.replace(tzinfo=ZoneInfo(zone), fold=0).astimezone(UTC)
    while after - before > timedelta(seconds=1):
        middle = before + (after - before) // 2
        leapt = middle.astimezone(ZoneInfo(zone)).replace(tzinfo=None) >= wall
        before, after = (before, middle) if leapt else (middle, after)
    return after.replace(microsecond=0)


def _minute_of(moment: datetime, zone: str) -> int:
    wall = moment.astimezone(ZoneInfo(zone))
    return wall.hour * 60 + wall.minute


def _weekdays(text: str) -> frozenset[int]:
    if text == "daily":
        return frozenset(range(7))
    days: set[int] = set()
    for part in text.replace(" ", "").split(","):
        first, dash, last = part.partition("-")
        if first not in _DAYS or (dash and last not in _DAYS):
            raise ValueError(f"{part!r} is not a weekday or a span of them (mon tue wed thu fri sat sun)")
        start, end = _DAYS.index(first), _DAYS.index(last or first)
        days.update(day % 7 for day in range(start, (end if end >= start else end + 7) + 1))
    return frozenset(days)


def _minutes(text: str) -> int:
    hour, colon, minute = text.partition(":")
    if not colon or not (hour + minute).isascii() or not (hour + minute).isdigit() or len(minute) != 2:
        raise ValueError(f"{text!r} is not a time such as 10:00")
    total = int(hour) * 60 + int(minute)
    if int(minute) > 59 or total > 24 * 60:
        raise ValueError(f"{text!r} is not a time of day")
    return total
