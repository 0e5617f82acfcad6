"""Reviewing: which calls wait for a person's verdict, and the verdict itself, given before the machine's is shown.

The list holds calls from concern up, those marked for review and the calm ones that were drawn, in an order made by
chance, so that neither its place nor its page tells what the machine made of a call.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, func, select

from oncall import db
from oncall.errors import NotFound, StaleMove
from oncall.models import Assessment, Event, Level, Resident, Review, SignalCode, Verb
from oncall.models.review import order
from oncall.web.access import Signed, within

STILL_WORTH_IT = timedelta(days=60)  # older calls are not put before people any more
_MOST = 5000


@dataclass(frozen=True)
class Progress:
    """How many calls wait, and how many were judged in the last thirty days."""

    waiting: int
    judged: int


def next_one(session: Session, signed: Signed, now: datetime, *, after: UUID | None = None) -> UUID | None:
    """The assessment to judge next, or the one behind `after`; None when all is done."""
    ids = sorted(session.exec(_waiting(select(Assessment.id), signed, now).limit(_MOST)), key=order)
    if after is not None:
        ids = [one for one in ids if order(one) > order(after)] or [one for one in ids if one != after]
    return ids[0] if ids else None


def progress(session: Session, signed: Signed, now: datetime) -> Progress:
    """Where the work stands in this person's areas."""
    waiting = session.exec(_waiting(select(func.count()).select_from(Assessment), signed, now)).one()
    judged = select(func.count()).select_from(Review).where(col(Review.judged_at) > now - timedelta(days=30))
    return Progress(waiting, session.exec(within(judged, Review.area_id, signed)).one())


def to_review(session: Session, signed: Signed, assessment_id: UUID) -> tuple[Assessment, Resident, Review | None]:
    """One assessment of the list, judged or not. Raises NotFound for one outside the list or the person's areas."""
    found = session.exec(
        within(
            select(Assessment, Resident, Review)
            .join(Resident, col(Resident.id) == Assessment.resident_id)
            .outerjoin(Review, col(Review.assessment_id) == Assessment.id)
            .where(Assessment.id == assessment_id, listed()),
            Resident.area_id, signed,
        )
    ).first()  # fmt: skip
    if found is None:
        raise NotFound
    return found[0], found[1], found[2]


def judge(
    session: Session, signed: Signed, assessment: Assessment, resident: Resident, *,
    level: Level, codes: list[SignalCode], note: str, now: datetime,
) -> Review:  # fmt: skip
    """Keep this person's verdict. Raises StaleMove when a colleague was faster.

    Where they heard more than the machine did, the household gets its case: a miss found is somebody to be helped.
    """
    review = Review(
        assessment_id=assessment.id, resident_id=resident.id, area_id=resident.area_id, staff_id=signed.staff_id,
        level=level, codes=[code.value for code in dict.fromkeys(codes)], judged_at=now,
    )  # fmt: skip
    if note:
        review.write(resident.seal, note)
    try:
        with session.begin_nested():
            session.add(review)
            session.flush()
    except IntegrityError:
        raise StaleMove from None
    _write_down(session, review, now, "judged", level=level.value, same=level is assessment.level)
    if level.needs_follow_up and level.rank > assessment.level.rank:
        db.defer(session, "found_on_review", review=str(review.id))
    return review


def say_useful(session: Session, signed: Signed, review: Review, useful: bool, now: datetime) -> None:
    """Whether it was right to put this call before a person."""
    review.useful = useful
    _write_down(session, review, now, "useful", staff_id=signed.staff_id, value=useful)


def undo(session: Session, signed: Signed, review: Review, now: datetime) -> None:
    """Take one's verdict back; the call waits again. A case that was opened stays open: only a person closes it."""
    if review.staff_id != signed.staff_id:
        raise StaleMove
    _write_down(session, review, now, "undone")
    session.delete(review)
    session.flush()


def listed() -> sa.ColumnElement[bool]:
    """What is put before people."""
    levels = [level for level in Level if level.needs_follow_up]
    return sa.or_(col(Assessment.level).in_(levels), col(Assessment.for_review), col(Assessment.drawn))


def _waiting(statement: Any, signed: Signed, now: datetime) -> Any:
    return within(
        statement.join(Resident, col(Resident.id) == Assessment.resident_id)
        .outerjoin(Review, col(Review.assessment_id) == Assessment.id)
        .where(col(Review.id).is_(None), listed(), col(Assessment.failed) == "")
        .where(col(Assessment.made_at) > now - STILL_WORTH_IT),
        Resident.area_id, signed,
    )  # fmt: skip


def _write_down(
    session: Session, review: Review, now: datetime, what: str, staff_id: UUID | None = None, **detail: Any
) -> None:
    session.add(
        Event(at=now, verb=Verb.REVIEWED, staff_id=staff_id or review.staff_id, resident_id=review.resident_id,
              about=f"assessment:{review.assessment_id}", detail={"what": what, **detail})
    )  # fmt: skip
    session.flush()
