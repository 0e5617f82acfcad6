"""The ladder: who is asked when a resident is in danger, rung by rung, and when the next rung is due (R-20).

Pure but for two reads. People first, nearest first; supervisors of the area after them; the city's last-resort number
at the end. A rung without anybody is left out, so that nobody waits a minute for an empty one; after the last rung it
begins again, until a person has it.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import Session, col, select

from oncall.models import Area, Page, PageState, Role, Staff
from oncall.models.duty import on_duty
from oncall.models.page import Channel
from oncall.settings import settings

APART = timedelta(seconds=60)
ASKED_WITHIN = timedelta(seconds=15)  # a call the carrier has not confirmed by then counts as failed
GIVES_UP = timedelta(minutes=60)
LEAST_STEPS = 30  # asked for before that counts
CLOCKS_DIFFER = timedelta(minutes=2)  # those of two nodes, at most; farther ahead means that a clock was set back
MOST_SUPERVISORS = 3

Rung = tuple[Staff | None, ...]  # None is the last-resort number


@dataclass(frozen=True)
class Ladder:
    """The rungs at this moment; `staffed` when somebody is on duty at all."""

    rungs: tuple[Rung, ...]
    staffed: bool

    def rung(self, step: int) -> Rung:
        """Who is asked at `step`; empty when there is nobody at all."""
        return self.rungs[step % len(self.rungs)] if self.rungs else ()


def ladder(session: Session, area_id: int, now: datetime) -> Ladder:
    """Who would be asked for a resident of this area at `now`.

    With nobody on duty the supervisors and the last resort are asked together, at once.
    """
    people: dict[object, Staff] = {}
    for shift in on_duty(session, area_id, now):
        people.setdefault(shift.staff_id, session.get_one(Staff, shift.staff_id))
    duty = list(people.values())
    supervisors = tuple(one for one in _supervisors(session, area_id) if one.id not in people)[:MOST_SUPERVISORS]
    last: Rung = (None,) if settings().duty_last_resort else ()
    if not duty:
        together: Rung = (*supervisors, *last)
        return Ladder((together,) if together else (), staffed=False)
    rungs: list[Rung] = [(duty[0],), tuple(duty[1:2]), (*duty[2:], *supervisors), last]
    return Ladder(tuple(rung for rung in rungs if rung), staffed=True)


def due_step(pages: list[Page], rungs: int, raised_at: datetime, now: datetime, *, rings: bool = True) -> int | None:
    """The step that is due now; None when nothing is.

    The next rung is due a minute after the newest one was asked, or at once when every call of that one has failed,
    was passed on or ended without an answer; but a whole round is never shorter than a minute. `rings` is whether
    telephones are rung for it: what was only shown so far is then rung at its own step.
    """
    asked = [page for page in pages if page.step >= 0]
    if not asked:
        return 0
    newest = max(page.step for page in asked)
    if now - min(page.wanted_at for page in asked) > GIVES_UP and newest >= LEAST_STEPS:
        # Counted from the first who was asked: an alarm that came late out of the spool is asked about as long. And in
        # steps: a clock set on by an hour, or nobody at work for one, is no hour of asking.
        return None
    if rings and rungs and not any(page.channel is Channel.CALL for page in asked):
        return newest
    of_newest = [page for page in asked if page.step == newest]
    waited = now - max(page.wanted_at for page in of_newest)
    if waited >= APART or waited < -CLOCKS_DIFFER:
        # Asked in the future: the clock was set back since, and nobody may wait for it to come round again.
        return newest + 1
    calls = [page for page in of_newest if page.channel is Channel.CALL]
    ends_round = rungs > 0 and (newest + 1) % rungs == 0
    if calls and not ends_round and all(_is_spent(page, now) for page in calls):
        return newest + 1
    return None


def _is_spent(page: Page, now: datetime) -> bool:
    """This call reached nobody, or is not known to have been placed."""
    unconfirmed = page.state in {PageState.WANTED, PageState.SENT} and page.sid is None
    waited = now - page.wanted_at
    return page.state is PageState.FAILED or (unconfirmed and not -CLOCKS_DIFFER <= waited <= ASKED_WITHIN)


def _supervisors(session: Session, area_id: int) -> list[Staff]:
    """Supervisors whose areas hold this one, the nearest first."""
    path = session.exec(select(Area.path).where(Area.id == area_id)).one()
    above = [int(part) for part in path.split(".") if part]
    rows = session.exec(
        select(Staff).where(
            Staff.role == Role.SUPERVISOR, col(Staff.area_id).in_(above), col(Staff.disabled_at).is_(None)
        )
    ).all()
    return sorted(rows, key=lambda one: (-above.index(one.area_id), one.login))
