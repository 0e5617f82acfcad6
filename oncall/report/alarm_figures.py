"""How fast people were there: from the words to a screen, and to a person who has it; read from the rows (§1.1, R-20)."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import Session, col, func, select

from oncall.models import Alarm, Level, Page, PageState
from oncall.models.page import Channel

WINDOW = timedelta(days=7)


@dataclass(frozen=True)
class Waits:
    """Seconds, sorted, of the emergencies of the window; `never` is how many have not got there (yet)."""

    seconds: tuple[float, ...]
    never: int

    def quantile(self, share: float) -> float | None:
        """The wait that `share` of them did not exceed (nearest rank); None when there were none."""
        if not self.seconds:
            return None
        return self.seconds[min(int(share * len(self.seconds)), len(self.seconds) - 1)]

    def within(self, limit: float) -> float | None:
        """The share that got there in `limit` seconds, those that never did counted; None when there were none."""
        whole = len(self.seconds) + self.never
        return sum(1 for one in self.seconds if one <= limit) / whole if whole else None


def to_screen(session: Session, now: datetime) -> Waits:
    """From the alarm to the first screen that showed it."""
    seen = (
        select(Page.alarm_id, func.min(Page.changed_at).label("at"))
        .where(Page.channel == Channel.SCREEN, col(Page.state).in_([PageState.ANSWERED, PageState.ACKNOWLEDGED]))
        .group_by(col(Page.alarm_id))
        .subquery()
    )
    asked = select(Page.alarm_id).where(Page.channel == Channel.SCREEN)
    rows = session.exec(
        select(Alarm.raised_at, seen.c.at)
        .outerjoin(seen, seen.c.alarm_id == Alarm.id)
        .where(Alarm.raised_at > now - WINDOW, Alarm.level == Level.EMERGENCY, col(Alarm.id).in_(asked))
    ).all()
    return _waits([(raised, at) for raised, at in rows])


def to_a_person(session: Session, now: datetime) -> Waits:
    """From the alarm to somebody who has it."""
    rows = session.exec(
        select(Alarm.raised_at, Alarm.acknowledged_at).where(
            Alarm.raised_at > now - WINDOW, Alarm.level == Level.EMERGENCY
        )
    ).all()
    return _waits([(raised, at) for raised, at in rows])


def _waits(rows: list[tuple[datetime, datetime | None]]) -> Waits:
    seconds = sorted(max((at - raised).total_seconds(), 0.0) for raised, at in rows if at is not None)
    return Waits(tuple(seconds), len(rows) - len(seconds))
