"""One timeline of a household: calls and misses, findings, notes and what people did, newest first."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlmodel import Session, col, select

from oncall.models import (
    Attempt,
    AttemptState,
    Case,
    CaseEntry,
    CheckIn,
    EntryKind,
    Outcome,
    Resident,
    Staff,
    answering,
)
from oncall.models.answering import Answering

CALLS_SHOWN = 20


@dataclass(frozen=True)
class Moment:
    """One line of the timeline: a case entry, or an attempt that has words to look at (`call_id`) or none."""

    at: datetime
    what: EntryKind | Outcome | AttemptState
    code: str = ""
    text: str = ""
    who: str = ""
    call_id: UUID | None = None
    seconds: int | None = None


def timeline(session: Session, case: Case, resident: Resident) -> list[Moment]:
    """The whole history of `case`, and the resident's last calls around it."""
    moments = [
        Moment(entry.at, entry.kind, entry.code, entry.text(resident.seal) if entry.resident_id == resident.id else "",
               name or "")
        for entry, name in session.exec(
            select(CaseEntry, Staff.name)
            .outerjoin(Staff, col(Staff.id) == CaseEntry.staff_id)
            .where(CaseEntry.case_id == case.id)
        )
    ]  # fmt: skip
    for attempt in last_calls(session, resident):
        heard = attempt.outcome is not None and attempt.outcome.was_heard
        moments.append(
            Moment(attempt.claimed_at, attempt.outcome or attempt.state, attempt.error,
                   call_id=attempt.id if heard or attempt.state is AttemptState.ANSWERED else None,
                   seconds=attempt.seconds)
        )  # fmt: skip
    return sorted(moments, key=lambda moment: moment.at, reverse=True)


def last_calls(session: Session, resident: Resident) -> list[Attempt]:
    """The resident's newest attempts, newest first."""
    return list(
        session.exec(
            select(Attempt)
            .where(Attempt.resident_id == resident.id)
            .order_by(col(Attempt.claimed_at).desc())
            .limit(CALLS_SHOWN)
        )
    )


def habit(session: Session, case: Case) -> Answering | None:
    """How reliably they picked up before the newest call that reached nobody; None when there is no such call."""
    check_in_id = session.exec(
        select(CaseEntry.check_in_id)
        .where(CaseEntry.case_id == case.id, CaseEntry.kind == EntryKind.UNREACHED)
        .order_by(col(CaseEntry.at).desc())
    ).first()
    return answering.before(session, session.get_one(CheckIn, check_in_id)) if check_in_id else None
