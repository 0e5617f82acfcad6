"""Cron lines as people write them: five fields, weekday names or 0-7 with Sunday as 0 and 7, read into plain sets."""

from dataclasses import dataclass
from datetime import date, time

_WEEKDAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


@dataclass(frozen=True, slots=True)
class Cron:
    """When a cron line fires, on the wall clock."""

    minutes: frozenset[int]
    hours: frozenset[int]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]  # 0 is Sunday
    any_day: bool
    any_weekday: bool

    @classmethod
    def parse(cls, line: str) -> "Cron":
        """Read "minute hour day month weekday". Raises ValueError naming the field that is wrong."""
        fields = line.split()
        if len(fields) != 5:
            raise ValueError(f"{line!r} must have five fields: minute hour day month weekday")
        minute, hour, day, month, weekday = fields
        return cls(
            minutes=_read(minute, 0, 59, "minute"),
            hours=_read(hour, 0, 23, "hour"),
            days=_read(day, 1, 31, "day"),
            months=_read(month, 1, 12, "month", _MONTHS, 1),
            weekdays=frozenset(number % 7 for number in _read(weekday, 0, 7, "weekday", _WEEKDAYS, 0)),
            any_day=day.startswith("*"),
            any_weekday=weekday.startswith("*"),
        )

    def times_on(self, day: date) -> list[time]:
        """The wall-clock times at which it fires on `day`, in order; empty when it does not.

        As in every cron, a line that restricts both the day and the weekday fires when either fits.
        """
        by_day, by_weekday = day.day in self.days, day.isoweekday() % 7 in self.weekdays
        either = not self.any_day and not self.any_weekday
        fits = (by_day or by_weekday) if either else (by_day and by_weekday)
        if day.month not in self.months or not fits:
            return []
        return [time(hour, minute) for hour in sorted(self.hours) for minute in sorted(self.minutes)]


def _read(field: str, low: int, high: int, name: str, words: tuple[str, ...] = (), first: int = 0) -> frozenset[int]:
    def number(text: str) -> int:
        if text.lower() in words:
            return words.index(text.lower()) + first
        if not (text.isascii() and text.isdigit()) or not low <= int(text) <= high:
            raise ValueError(f"{text!r} is not a {name}")
        return int(text)

    chosen: set[int] = set()
    for part in field.split(","):
        span, _, step = part.partition("/")
        if step and (not (step.isascii() and step.isdigit()) or int(step) == 0):
            raise ValueError(f"{part!r} is not a step of {name}s")
        if span == "*":
            start, end = low, high
        elif "-" in span:
            start, end = (number(side) for side in span.split("-", 1))
            if end < start and words is _WEEKDAYS:
                end += 7
        else:
            start = number(span)
            end = high if step else start
        if end < start:
            raise ValueError(f"{part!r} runs backwards")
        values = range(start, end + 1, int(step or 1))
        chosen.update(value % 7 if words is _WEEKDAYS else value for value in values)
    return frozenset(chosen)
