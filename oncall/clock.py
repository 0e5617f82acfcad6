"""The one place that asks what time it is; whatever decides takes `now` instead."""

from datetime import UTC, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo, available_timezones


def now() -> datetime:
    """This moment, aware, in UTC."""
    return datetime.now(UTC)


def civil(moment: datetime, zone: str) -> datetime:
    """The same moment on the wall clock of `zone` (an IANA name)."""
    return moment.astimezone(ZoneInfo(zone))


@lru_cache
def zones() -> frozenset[str]:
    """The IANA names of the places a clock may hang, such as Asia/Seoul; not the abbreviations that mean several."""
    return frozenset(name for name in available_timezones() if "/" in name and not name.startswith("Etc/"))
