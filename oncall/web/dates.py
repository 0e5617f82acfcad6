"""Times as the office writes them: the civil clock of the city, `2026. 11. 20. (금) 14:05`, `38분 전`."""

from datetime import date, datetime, timedelta

from babel.dates import format_date, format_datetime, format_timedelta

from oncall.clock import civil

_MOMENT = {"ko": "yyyy. M. d. (E) HH:mm", "en": "EEE d MMM y HH:mm"}
_DAY = {"ko": "yyyy. M. d. (E)", "en": "EEE d MMM y"}


def moment(language: str, zone: str, at: datetime | None) -> str:
    """Day and time; empty for None."""
    return format_datetime(civil(at, zone), _MOMENT[language], locale=language) if at else ""


def day(language: str, zone: str, on: date | datetime | None) -> str:
    """The day alone; a moment is first put on the city's clock."""
    if on is None:
        return ""
    return format_date(civil(on, zone) if isinstance(on, datetime) else on, _DAY[language], locale=language)


def hour(language: str, zone: str, at: datetime | None) -> str:
    """The time alone, 24-hour; empty for None."""
    return format_datetime(civil(at, zone), "HH:mm", locale=language) if at else ""


def ago(language: str, at: datetime, now: datetime) -> str:
    """`38분 전`, `in 2 hours`."""
    return format_timedelta(at - now, add_direction=True, threshold=1.0, locale=language)


def span(language: str, length: timedelta) -> str:
    """A length in its two largest units, `1시간 17분`; the sign left out."""
    minutes = int(abs(length).total_seconds() // 60)
    if minutes == 0:
        return {"ko": "1분 미만", "en": "under 1 min"}[language]
    days, rest = divmod(minutes, 24 * 60)
    hours, left = divmod(rest, 60)
    units = [("day", days), ("hour", hours), ("minute", left)]
    first = next(place for place, (_, count) in enumerate(units) if count)
    parts = [(unit, count) for unit, count in units[first : first + 2] if count]
    return " ".join(_counted(language, unit, count) for unit, count in parts)


def seconds(count: float) -> str:
    """A place in a recording, `1:05`."""
    return f"{int(count) // 60}:{int(count) % 60:02d}"


def _counted(language: str, unit: str, count: int) -> str:
    if language == "ko":
        return f"{count}{ {'day': '일', 'hour': '시간', 'minute': '분'}[unit] }"
    return f"{count} { {'day': 'd', 'hour': 'h', 'minute': 'min'}[unit] }"
