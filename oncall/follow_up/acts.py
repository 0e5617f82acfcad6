"""What people do with a case: take it, give it back, write a note, close it with a reason, undo the closing.

Only these lower what code raised, each under a name and in the case's history.
"""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, select

from oncall.errors import AlreadyTaken, BadInput, StaleMove
from oncall.follow_up.cases import open_case_of, write_down
from oncall.models import (
    Case,
    CaseEntry,
    CloseReason,
    EntryKind,
    Event,
    Household,
    Level,
    Resident,
    Standing,
    Verb,
)  # fmt: skip
from oncall.web.i18n import N_

# Closing so also says that this person must never be dialled by the machine again (E11).
_STANDING = {CloseReason.DECEASED: Standing.DECEASED, CloseReason.MOVED: Standing.MOVED}


def take(session: Session, case: Case, staff_id: UUID, now: datetime) -> None:
    """This person answers for the case from now on; taking one's own again changes nothing.

    Raises AlreadyTaken when a colleague was faster, StaleMove when it is closed.
    """
    taken = session.exec(
        sa.update(Case)
        .where(col(Case.id) == case.id, col(Case.taken_by).is_(None), col(Case.closed_at).is_(None))
        .values(taken_by=staff_id, taken_at=now)
        .execution_options(synchronize_session=False)
    )
    session.refresh(case)
    if case.closed_at:
        raise StaleMove
    if case.taken_by != staff_id:
        raise AlreadyTaken
    if taken.rowcount:
        _entered(session, case, EntryKind.TAKEN, Verb.CASE_TAKEN, staff_id, now)


def release(session: Session, case: Case, staff_id: UUID, now: datetime) -> None:
    """Nobody answers for the case any more; whether `staff_id` may do that to a colleague's is the page's question."""
    _lock(session, case)
    if case.closed_at or case.taken_by is None:
        raise StaleMove
    case.taken_by, case.taken_at = None, None
    _entered(session, case, EntryKind.RELEASED, Verb.CASE_RELEASED, staff_id, now)


def note(session: Session, case: Case, staff_id: UUID, text: str, now: datetime) -> None:
    """Write a note into the case's history, sealed. Notes may be added to a closed case too."""
    if not text.strip():
        raise BadInput(N_("Please write the note first."))
    _entered(session, case, EntryKind.NOTE, Verb.CASE_NOTED, staff_id, now, text=text)


def close(
    session: Session, case: Case, staff_id: UUID, reason: CloseReason | None, text: str, now: datetime
) -> None:  # fmt: skip
    """A person ends the follow-up and says how they found it; from urgent up also what was done, in words.

    Raises BadInput without these, StaleMove when it is closed already.
    """
    if reason is None:
        raise BadInput(N_("Please choose how you found the household."))
    _lock(session, case)
    if case.closed_at:
        raise StaleMove
    if case.level_rank >= Level.URGENT.rank and not text.strip():
        raise BadInput(N_("Please write what was done before closing an urgent case."))
    case.closed_at, case.closed_by, case.close_reason = now, staff_id, reason
    if reason in _STANDING:
        _set_standing(session, case, _STANDING[reason], staff_id, now)
    _entered(session, case, EntryKind.CLOSED, Verb.CASE_CLOSED, staff_id, now, text=text, code=reason.value)


def reopen(session: Session, case: Case, staff_id: UUID, now: datetime) -> None:
    """Undo the closing: the case stands where it stood, and the resident's standing with it.

    Raises StaleMove when it is open, or when the household has a newer open case.
    """
    _lock(session, case)
    if case.closed_at is None:
        raise StaleMove
    if open_case_of(session, case.household_id):
        raise StaleMove(N_("This household has a newer open case."))
    was = case.close_reason
    case.closed_at, case.closed_by, case.close_reason = None, None, None
    if was in _STANDING:
        _restore_standing(session, case, _STANDING[was], staff_id, now)
    _entered(session, case, EntryKind.REOPENED, Verb.CASE_REOPENED, staff_id, now)


def _lock(session: Session, case: Case) -> None:
    session.exec(select(Household.id).where(Household.id == case.household_id).with_for_update(key_share=True)).one()
    session.refresh(case)


def _entered(
    session: Session, case: Case, kind: EntryKind, verb: Verb, staff_id: UUID, now: datetime, *,
    text: str = "", code: str = "",
) -> None:  # fmt: skip
    entry = CaseEntry(case_id=case.id, resident_id=case.resident_id, kind=kind, at=now, staff_id=staff_id, code=code)
    if text.strip():
        entry.write(session.get_one(Resident, case.resident_id).seal, text.strip())
    session.add(entry)
    write_down(session, case, verb, now, staff_id, **({"reason": code} if code else {}))


def _set_standing(session: Session, case: Case, standing: Standing, staff_id: UUID, now: datetime) -> None:
    resident = session.get_one(Resident, case.resident_id)
    session.add(
        Event(at=now, verb=Verb.STANDING_CHANGED, staff_id=staff_id, resident_id=resident.id, about=f"case:{case.id}",
              detail={"from": resident.standing.value, "to": standing.value})
    )  # fmt: skip
    resident.standing, resident.standing_reason, resident.changed_at = standing, "case_closed", now


def _restore_standing(session: Session, case: Case, given: Standing, staff_id: UUID, now: datetime) -> None:
    """Back to what it was, unless somebody has changed it again since."""
    resident = session.get_one(Resident, case.resident_id)
    before = session.exec(
        select(Event)
        .where(Event.verb == Verb.STANDING_CHANGED, Event.about == f"case:{case.id}")
        .order_by(col(Event.id).desc())
    ).first()
    if before is not None and resident.standing is given:
        _set_standing(session, case, Standing(before.detail["from"]), staff_id, now)
        resident.standing_reason = "case_reopened"
