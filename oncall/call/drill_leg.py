"""The telephone of somebody on duty in a drill: told so at once and again, 1 to say that they have it. Nobody is joined (R-27)."""

from datetime import datetime

from sqlmodel import Session

from oncall.call import duty_script
from oncall.call.paging import failed
from oncall.db import tell
from oncall.models import Drill, Language, Page, PageState
from oncall.models import drill as drills


def answered(session: Session, page: Page, language: Language, now: datetime) -> str:
    """Somebody picked up: what this is, or that it is over."""
    if page.state in {PageState.WANTED, PageState.SENT}:
        page.state, page.changed_at = PageState.ANSWERED, now
        tell(session, "alarms", drill=page.drill_id)
    if session.get_one(Drill, page.drill_id).ended_at is not None:
        return duty_script.told("drill_over", language)
    return duty_script.drill(page.token, language)


def pressed(session: Session, page: Page, language: Language, digits: str | None, now: datetime) -> str:
    """1 is what a drill asks for, 2 passes it on as in an emergency; any other key has it said again."""
    if digits == "2":
        failed(session, page, "passed", now)
        return duty_script.told("drill_passed", language)
    if digits != "1" or page.drill_id is None:
        return answered(session, page, language, now)
    drills.acknowledge(session, page.drill_id, now)
    if page.state is not PageState.FAILED:
        page.state, page.changed_at = PageState.ACKNOWLEDGED, now
    tell(session, "alarms", drill=page.drill_id)
    return duty_script.told("drill_over", language)
