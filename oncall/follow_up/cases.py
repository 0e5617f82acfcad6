"""Cases: findings open or raise a household's one open case; what people then do with it is in `acts`.

Code only ever raises a level (D2); a case leaves the queue by a named person's closing alone. Every function takes a
session and `now`, writes the case's history and an Event, and tells the live queue; none commits.
"""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, select

from oncall import db
from oncall.models import (
    Alarm,
    AnsweredBy,
    Assessment,
    Attempt,
    Case,
    CaseEntry,
    CaseKind,
    CheckIn,
    CheckInState,
    EntryKind,
    Event,
    HelpRequest,
    Household,
    Level,
    Resident,
    Review,
    Verb,
    answering,
)  # fmt: skip
from oncall.models.assessment import reason_of

RECENTLY = timedelta(days=7)

# The gravest kind names the case; a later, lesser finding does not rename it.
_GRAVITY = [CaseKind.HELD, CaseKind.ASKED, CaseKind.NOT_UNDERSTOOD, CaseKind.UNREACHED, CaseKind.FLAGGED]


def follow_up(session: Session, assessment: Assessment, now: datetime) -> Case | None:
    """What an assessed call asks of people: a case, raised or new, or None when it asks for nothing.

    A level from concern up flags; a failed assessment is a case of its own (never calm); a wish for a person, to stop,
    or for something is one too. Doing it twice for one assessment changes nothing.
    """
    resident = session.get_one(Resident, assessment.resident_id)
    asked = select(HelpRequest.id).where(HelpRequest.attempt_id == assessment.attempt_id)
    kind, entry, level, code = _asked_of_people(
        assessment, resident, wants_something=session.exec(asked).first() is not None
    )
    if kind is None or entry is None:
        return None
    return _stand(
        session, resident, kind, level, now, entry=entry, code=code,
        check_in_id=assessment.check_in_id, assessment_id=assessment.id,
        known=col(CaseEntry.assessment_id) == assessment.id,
    )  # fmt: skip


def unreached(session: Session, check_in: CheckIn, now: datetime) -> Case | None:
    """Nobody could be reached on the last try: silence is a finding (C-NOANS).

    Concern; urgent when the planned call before was not reached either, or when the resident was still spoken with in
    the last seven days, or was judged urgent in them. Measured by their own habit: the first miss of somebody who
    always answers is urgent, one more of somebody who rarely does is concern (`models.answering`).
    """
    resident = session.get_one(Resident, check_in.resident_id)
    level = Level.URGENT if _silence_is_new_or_long(session, check_in, now) else Level.CONCERN
    return _stand(
        session, resident, CaseKind.UNREACHED, level, now, entry=EntryKind.UNREACHED,
        code=check_in.reason or "no_answer", check_in_id=check_in.id, known=_once(EntryKind.UNREACHED, check_in),
    )  # fmt: skip


def not_understood(session: Session, check_in: CheckIn, reason: str, now: datetime) -> Case | None:
    """A call took place and what was said is not known: concern, whatever the reason code."""
    resident = session.get_one(Resident, check_in.resident_id)
    return _stand(
        session, resident, CaseKind.NOT_UNDERSTOOD, Level.CONCERN, now, entry=EntryKind.NOT_UNDERSTOOD,
        code=reason, check_in_id=check_in.id, known=_once(EntryKind.NOT_UNDERSTOOD, check_in),
    )  # fmt: skip


def held(session: Session, check_in: CheckIn, now: datetime) -> Case | None:
    """The machine may not call this person: somebody does, within the week of a watch."""
    resident = session.get_one(Resident, check_in.resident_id)
    return _stand(
        session, resident, CaseKind.HELD, Level.WATCH, now, entry=EntryKind.HELD, code=check_in.reason,
        check_in_id=check_in.id, known=_once(EntryKind.HELD, check_in),
    )  # fmt: skip


def asked(session: Session, resident: Resident, now: datetime, *, urgent: bool = False) -> Case | None:
    """Somebody rang us and asked for a person, outside any check-in; asked twice within the hour is asked once."""
    lately = sa.and_(
        col(CaseEntry.kind) == EntryKind.ASKED, col(CaseEntry.resident_id) == resident.id,
        col(CaseEntry.code) == "rang_us", col(CaseEntry.at) > now - timedelta(hours=1),
    )  # fmt: skip
    level = Level.URGENT if urgent else Level.CONCERN
    known = sa.false() if urgent else lately
    return _stand(session, resident, CaseKind.ASKED, level, now, entry=EntryKind.ASKED, code="rang_us", known=known)


def may_be_called_again(assessment: Assessment) -> bool:
    """They asked to be called later, left questions unanswered, and nothing was heard for which a person calls first."""
    waits = assessment.later and bool(assessment.unknown)
    return waits and not (assessment.opt_out or assessment.wants_human or assessment.level.rank >= Level.URGENT.rank)


def put_off(session: Session, assessment: Assessment, now: datetime) -> Case | None:
    """They said "later" once more, or the machine may not call again: a person finds a better hour."""
    resident = session.get_one(Resident, assessment.resident_id)
    known = sa.and_(_kind(EntryKind.ASKED, "later"), col(CaseEntry.check_in_id) == assessment.check_in_id)
    return _stand(session, resident, CaseKind.ASKED, Level.WATCH, now, entry=EntryKind.ASKED, code="later",
                  check_in_id=assessment.check_in_id, assessment_id=assessment.id, known=known)  # fmt: skip


def missed(session: Session, resident: Resident, now: datetime, check_in_id: UUID | None = None) -> Case | None:
    """What a person had promised has not come: somebody sees to it, and the household hears from us (C-40)."""
    return _stand(session, resident, CaseKind.ASKED, Level.CONCERN, now, entry=EntryKind.ASKED, code="promise_missing",
                  check_in_id=check_in_id, known=sa.false())  # fmt: skip


def found_on_review(session: Session, review: Review, now: datetime) -> Case | None:
    """A person who read the call found it graver than the machine had: a miss found is somebody to be helped."""
    resident = session.get_one(Resident, review.resident_id)
    assessment = session.get_one(Assessment, review.assessment_id)
    known = sa.and_(col(CaseEntry.assessment_id) == assessment.id, col(CaseEntry.code) == "found_on_review")
    return _stand(
        session, resident, CaseKind.FLAGGED, review.level, now, entry=EntryKind.FLAG, code="found_on_review",
        check_in_id=assessment.check_in_id, assessment_id=assessment.id, known=known,
    )  # fmt: skip


def alarmed(session: Session, alarm: Alarm, now: datetime) -> Case | None:
    """Put an alarm of a running call on the household's case; `alarm.case_id` says it stands there."""
    if alarm.case_id is not None:
        return session.get_one(Case, alarm.case_id)
    attempt = session.get_one(Attempt, alarm.attempt_id)
    resident = session.get_one(Resident, alarm.resident_id)
    case = _stand(
        session, resident, CaseKind.FLAGGED, alarm.level, now, entry=EntryKind.ALARM, code=alarm.code.value,
        check_in_id=attempt.check_in_id, known=sa.false(),
    )  # fmt: skip
    if case is not None:
        alarm.case_id = case.id
    return case


def _asked_of_people(
    assessment: Assessment, resident: Resident, *, wants_something: bool
) -> tuple[CaseKind | None, EntryKind | None, Level, str]:
    level = assessment.level
    if level.needs_follow_up:
        return CaseKind.FLAGGED, EntryKind.FLAG, level, ""
    if assessment.failed:
        return CaseKind.NOT_UNDERSTOOD, EntryKind.NOT_UNDERSTOOD, Level.CONCERN, reason_of(assessment.failed)
    if assessment.for_review:
        return CaseKind.NOT_UNDERSTOOD, EntryKind.NOT_UNDERSTOOD, Level.CONCERN, "for_review"
    for wish in ("wants_human", "opt_out"):
        if getattr(assessment, wish):
            return CaseKind.ASKED, EntryKind.ASKED, Level.CONCERN, wish
    if wants_something or assessment.words(resident.seal)["requests"]:
        return CaseKind.ASKED, EntryKind.ASKED, Level.WATCH, "requests"
    return None, None, level, ""


def _silence_is_new_or_long(session: Session, check_in: CheckIn, now: datetime) -> bool:
    before = session.exec(
        select(CheckIn.state)
        .where(CheckIn.resident_id == check_in.resident_id, CheckIn.slot < check_in.slot, CheckIn.id != check_in.id)
        .where(col(CheckIn.state).not_in([CheckInState.HELD, CheckInState.CANCELLED]))
        .order_by(col(CheckIn.slot).desc())
    ).first()
    spoken = session.exec(
        select(Assessment.id).where(
            Assessment.resident_id == check_in.resident_id,
            Assessment.failed == "",
            Assessment.answered_by == AnsweredBy.RESIDENT,
            Assessment.made_at > now - RECENTLY,
        )
    ).first()
    habit = answering.before(session, check_in)
    missed_again = before is CheckInState.UNREACHED and not habit.rarely
    return missed_again or spoken is not None or habit.always


def _kind(kind: EntryKind, code: str) -> sa.ColumnElement[bool]:
    return sa.and_(col(CaseEntry.kind) == kind, col(CaseEntry.code) == code)


def _once(kind: EntryKind, check_in: CheckIn) -> sa.ColumnElement[bool]:
    return sa.and_(col(CaseEntry.kind) == kind, col(CaseEntry.check_in_id) == check_in.id)


def _stand(
    session: Session, resident: Resident, kind: CaseKind, level: Level, now: datetime, *, entry: EntryKind,
    known: sa.ColumnElement[bool], code: str = "", check_in_id: UUID | None = None, assessment_id: UUID | None = None,
) -> Case | None:  # fmt: skip
    """Open or raise; `known` finds the line this finding would have left had it been here before (jobs are repeated)."""
    # Two findings at once queue here, so that the second sees the case the first opened.
    session.exec(
        select(Household.id).where(Household.id == resident.household_id).with_for_update(key_share=True)
    ).one()
    seen = session.exec(select(Case).join(CaseEntry, col(CaseEntry.case_id) == Case.id).where(known)).first()
    if seen is not None:
        return seen if seen.closed_at is None else None
    case = open_case_of(session, resident.household_id)
    if case is None:
        case = Case(household_id=resident.household_id, resident_id=resident.id, area_id=resident.area_id, kind=kind,
                    level=level, level_rank=level.rank, opened_at=now, raised_at=now,
                    due_at=now + level.contact_within)  # fmt: skip
        session.add(case)
        session.flush()
        verb = Verb.CASE_OPENED
    else:
        verb = Verb.CASE_RAISED
        if _GRAVITY.index(kind) > _GRAVITY.index(case.kind):
            case.kind = kind
        if level.rank > case.level_rank:
            # A raise never buys time: an overdue case stays overdue.
            due = case.due_at
            case.stand_at(level, now)
            case.due_at = min(due, case.due_at)
    session.add(
        CaseEntry(case_id=case.id, resident_id=resident.id, kind=entry, at=now, code=code, check_in_id=check_in_id,
                  assessment_id=assessment_id)
    )  # fmt: skip
    write_down(session, case, verb, now, finding=entry.value, level=level.value)
    return case


def open_case_of(session: Session, household_id: UUID) -> Case | None:
    """The household's one open case."""
    return session.exec(select(Case).where(Case.household_id == household_id, col(Case.closed_at).is_(None))).first()


def write_down(
    session: Session, case: Case, verb: Verb, now: datetime, staff_id: UUID | None = None, **detail: Any
) -> None:
    """The Event of what happened to a case, and word to the live queue; `detail` holds ids, codes and states only."""
    session.add(
        Event(at=now, verb=verb, staff_id=staff_id, resident_id=case.resident_id, about=f"case:{case.id}",
              detail=detail)
    )  # fmt: skip
    session.flush()
    db.tell(session, "queue", case_id=case.id)


def pick_up(session: Session, now: datetime) -> bool:
    """Put one alarm that no case carries yet on a case; False when there is none. The worker's net under NOTIFY.

    One a transaction: several households locked together in some other order would stop each other.
    """
    waiting = select(Alarm).where(col(Alarm.case_id).is_(None)).order_by(col(Alarm.raised_at)).limit(1)
    alarm = session.exec(waiting.with_for_update(skip_locked=True)).first()
    return alarm is not None and alarmed(session, alarm, now) is not None
