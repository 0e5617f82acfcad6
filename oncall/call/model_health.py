"""Whether the model is worth trying: known to be down, or today's minutes used up, and the check is made by keypad."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlmodel import Session, col, or_, select

from oncall.models import Attempt, Path
from oncall.models.check_in import talked_seconds
from oncall.settings import settings

DOWN = "model_down"
FAILURES = 3  # newest conversations in a row that the model did not come to, or left
LOOKED_BACK = timedelta(minutes=10)
TRIED_AGAIN_AFTER = timedelta(seconds=60)


def usable(session: Session, now: datetime) -> bool:
    """Whether to begin a conversation with the model at `now`; read from the rows, so every node knows the same."""
    return not is_down(session, now) and not over_budget(session, now)


def is_down(session: Session, now: datetime) -> bool:
    """The newest conversations all failed for want of the model, the last one within a minute; after that one call
    tries it again."""
    newest = session.exec(
        select(Attempt.end_reason, Attempt.error, Attempt.answered_at)
        .where(col(Attempt.answered_at) > now - LOOKED_BACK, Attempt.end_reason != "")
        .where(or_(col(Attempt.path) == Path.TALK, Attempt.error == DOWN))
        .order_by(col(Attempt.answered_at).desc())
        .limit(FAILURES)
    ).all()
    if len(newest) < FAILURES or any(DOWN not in {reason, error} for reason, error, _ in newest):
        return False
    last = newest[0][2]
    return last is not None and now - last < TRIED_AGAIN_AFTER


def over_budget(session: Session, now: datetime) -> bool:
    """The city's day has used up ONCALL_MODEL_MINUTES_A_DAY; calls going on count up to `now`."""
    config = settings()
    if not config.model_minutes_a_day:
        return False
    zone = ZoneInfo(config.timezone)
    midnight = datetime.combine(now.astimezone(zone).date(), time(), zone).astimezone(UTC)
    return talked_seconds(session, midnight, now) >= config.model_minutes_a_day * 60
