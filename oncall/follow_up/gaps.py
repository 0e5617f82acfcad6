"""Closing follow-up's own gaps: what was found and stands on no case, whatever became of the job that should have put it there."""

from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa
import structlog
from sqlmodel import Session, col, select

from oncall.follow_up import cases
from oncall.models import Assessment, CaseEntry, CheckIn, CheckInState, Level
from oncall.settings import sooner

log = structlog.get_logger()

JOBS_TAKE = timedelta(minutes=2)
LOOKED_BACK = timedelta(days=7)
_WANT_ONE = [level for level in Level if level.needs_follow_up]
_SILENT = (CheckInState.UNREACHED, CheckInState.HELD, CheckInState.NOT_ACCOUNTED)


def silent_without_case(session: Session, now: datetime) -> list[UUID]:
    """Check-ins that ended in silence, by whatever name, of which no case knows."""
    return list(session.exec(
        select(CheckIn.id).where(
            col(CheckIn.state).in_(_SILENT), col(CheckIn.changed_at) < now - sooner(JOBS_TAKE),
            col(CheckIn.changed_at) > now - LOOKED_BACK,
            ~sa.exists().where(col(CaseEntry.check_in_id) == CheckIn.id),
        )
    ))  # fmt: skip


def assessed_without_case(session: Session, now: datetime) -> int:
    """Put on a case each assessment that asks for one and stands on none; how many there were."""
    waiting = session.exec(
        select(Assessment).where(
            col(Assessment.made_at) < now - sooner(JOBS_TAKE), col(Assessment.made_at) > now - LOOKED_BACK,
            sa.or_(
                col(Assessment.failed) != "", col(Assessment.for_review), col(Assessment.wants_human),
                col(Assessment.opt_out), col(Assessment.level).in_(_WANT_ONE),
            ),
            ~sa.exists().where(col(CaseEntry.assessment_id) == Assessment.id),
        )
    ).all()  # fmt: skip
    for assessment in waiting:
        log.warning("assessed_without_case", assessment=str(assessment.id))
        cases.follow_up(session, assessment, now)
    return len(waiting)
