"""One resident's plan in one campaign: the campaign's rows read into a cadence, on the resident's own clock."""

from datetime import datetime, timedelta
from functools import lru_cache

from oncall.models import Campaign, Resident
from oncall.schedule.cadence import NeverDue, Plan, Window, next_due
from oncall.schedule.cron import Cron
from oncall.settings import settings


def plan_of(campaign: Campaign, resident: Resident, joined_at: datetime) -> Plan:
    """When this campaign may call this resident, who joined it at `joined_at`."""
    return Plan(
        windows=windows_of(tuple(campaign.windows)),
        zone=resident.timezone or settings().timezone,
        starts=campaign.starts,
        joined=joined_at,
        every=timedelta(seconds=campaign.every_seconds) if campaign.every_seconds else None,
        cron=_cron(campaign.cron) if campaign.cron else None,
        on_holidays=campaign.holidays,
        preferred=resident.preferred_time,
    )


def falls_due(plan: Plan, last: datetime | None, now: datetime) -> datetime | None:
    """The next slot after `last` (None for the first); None when the plan never comes round."""
    try:
        return next_due(plan, last, now=now)
    except NeverDue:
        return None


@lru_cache(maxsize=512)
def windows_of(texts: tuple[str, ...]) -> tuple[Window, ...]:
    """The windows of a campaign, in the order they open. Raises ValueError saying which is wrong."""
    return tuple(sorted((Window.parse(text) for text in texts), key=lambda window: (window.opens, window.closes)))


@lru_cache(maxsize=512)
def _cron(line: str) -> Cron:
    return Cron.parse(line)
