"""Public holidays of the country whose clock a resident lives by, substitute days included."""

from datetime import date
from functools import lru_cache
from importlib import resources

import holidays


def is_public_holiday(day: date, zone: str) -> bool:
    """Whether offices are closed on `day` where the clock is `zone` (an IANA name); False where no calendar is known."""
    country = _countries().get(zone)
    return country is not None and day in _calendar(country, day.year)


def name_of(day: date, zone: str, language: str) -> str:
    """What the holiday is called in `language` ("ko" or "en"); empty on an ordinary day."""
    country = _countries().get(zone)
    if country is None or day not in _calendar(country, day.year):
        return ""
    return _calendar(country, day.year, "en_US" if language == "en" else "ko").get(day) or ""


@lru_cache
def _countries() -> dict[str, str]:
    table = resources.files("tzdata").joinpath("zoneinfo/zone.tab").read_text("utf-8")
    rows = (line.split("\t") for line in table.splitlines() if line and not line.startswith("#"))
    return {row[2]: row[0] for row in rows}


@lru_cache
def _calendar(country: str, year: int, language: str | None = None) -> dict[date, str]:
    try:
        return dict(holidays.country_holidays(country, years=year, language=language))
    except NotImplementedError:
        return {}
