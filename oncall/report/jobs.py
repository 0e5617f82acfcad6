"""The work queue as its rows show it: what waits, and what has waited too long."""

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlmodel import Session

LATE = timedelta(minutes=2)

# A job without a time of its own is due since it was put into the queue.
_due = (
    sa.text("""
        SELECT job.task_name, coalesce(job.scheduled_at, (
            SELECT min(event.at) FROM procrastinate_events event WHERE event.job_id = job.id AND event.type = 'deferred'
        )) AS at
        FROM procrastinate_jobs job WHERE job.status = 'todo'
    """)
    .columns(sa.column("task_name", sa.String), sa.column("at", sa.DateTime(timezone=True)))
    .subquery("due")
)


def late(session: Session, now: datetime) -> int:
    """How many jobs should have begun longer ago than `LATE`."""
    counted = sa.select(sa.func.count()).where(_due.c.at < now - LATE)
    return int(session.execute(counted).scalar_one())


def waiting(session: Session, now: datetime) -> dict[str, tuple[int, float]]:
    """By the job's name, how many should have begun by now, and for how many seconds the oldest has waited."""
    grouped = sa.select(_due.c.task_name, sa.func.count(), sa.func.min(_due.c.at)).where(_due.c.at <= now)
    rows = session.execute(grouped.group_by(_due.c.task_name))
    return {name: (count, (now - oldest).total_seconds()) for name, count, oldest in rows}
