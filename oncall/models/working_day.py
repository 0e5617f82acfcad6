"""Working days of the office: the clock of what may not lie for longer than one (C-40)."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from oncall.models.holiday import is_public_holiday

_DAY = timedelta(days=1)


def is_working_day(moment: datetime, zone: str) -> bool:
    """Whether the office is open on the civil day of `moment`: no weekend, no public holiday."""
    day = moment.astimezone(ZoneInfo(zone)).date()
    return day.weekday() < 5 and not is_public_holiday(day, zone)


def a_working_day_before(now: datetime, zone: str) -> datetime:
    """The moment one working day ago, in UTC: what lay there already has lain for more than one.

    Time on closed days does not count: on a Sunday it is the beginning of Friday, on a Monday at ten Friday at ten.
    """
    here = now.astimezone(ZoneInfo(zone))
    if not is_working_day(here, zone):
        here = datetime.combine(here.date(), time(), here.tzinfo)
        while not is_working_day(here - _DAY, zone):
            here -= _DAY
        return (here - _DAY).astimezone(now.tzinfo)
    before = here - _DAY
    while not is_working_day(before, zone):
        before -= _DAY
    return before.astimezone(now.tzinfo)
