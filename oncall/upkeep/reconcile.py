"""Comparing a restored copy with the carrier's log, so that nobody who was called since is called again (R-18).

Every call the carrier knows and the copy does not becomes an attempt of the check-in it belonged to, as far as can be
told by number and time. What was said in it is not known here: the resident goes to a person, not to the telephone.
"""

import secrets
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from sqlmodel import Session, col, or_, select

from oncall.db import defer, transaction
from oncall.gateways import phone
from oncall.models import (
    Attempt,
    AttemptState,
    Campaign,
    CampaignState,
    CheckIn,
    CheckInState,
    Enrolment,
    Hold,
    HoldReason,
    Outcome,
    Resident,
)
from oncall.models.seal import ring

log = structlog.get_logger()

SLACK = timedelta(minutes=5)  # a call of before the copy may be told a little later
REASON = "restored"
_WITHIN = timedelta(hours=36)  # a check-in due so long before a call may be what the call was for

# The carrier's words for a call that reached nobody; every other end may have been a conversation.
_UNANSWERED = {
    "busy": Outcome.BUSY,
    "no-answer": Outcome.NO_ANSWER,
    "failed": Outcome.FAILED,
    "canceled": Outcome.CANCELLED,
}


@dataclass
class Compared:
    """What the comparison came to: calls known on both sides, written down now by outcome, and those of nobody we know."""

    since: datetime
    known: int = 0
    written: Counter[str] = field(default_factory=Counter)
    strangers: list[str] = field(default_factory=list)  # the carrier's ids: staff on duty, or residents enrolled since
    running: list[str] = field(default_factory=list)  # going on this moment
    never_placed: int = 0  # here as being placed, and not known to the carrier

    @property
    def differences(self) -> int:
        """How many calls the copy did not know."""
        return self.written.total() + len(self.strangers)


def restored_at(session: Session) -> datetime | None:
    """The moment of the copy that holds the calls; None when none does."""
    held = session.exec(select(Hold).where(Hold.reason == HoldReason.RESTORED, col(Hold.released_at).is_(None))).first()
    return datetime.fromisoformat(held.code) if held is not None and held.code else None


def compare(since: datetime, now: datetime) -> Compared:
    """Ask the carrier for every call since `since` and write down those we do not know. A second time finds nothing new.

    Raises what the carrier's SDK raises: then nothing is known, and nothing must be released.
    """
    told = phone.calls_since(since - SLACK)
    found = Compared(since)
    for to, call in told:
        with transaction() as session:
            _compare_one(session, to, call, now, found)
    log.info("reconciled", known=found.known, written=found.written.total(), strangers=len(found.strangers))
    return found


def _compare_one(session: Session, to: str, call: phone.CarrierCall, now: datetime, found: Compared) -> None:
    if session.exec(select(Attempt.id).where(Attempt.call_sid == call.sid)).first() is not None:
        found.known += 1
        return
    index = ring().index_of("phone", to)
    residents = session.exec(
        select(Resident).where(or_(col(Resident.phone_index) == index, col(Resident.phone2_index) == index))
        .order_by(col(Resident.id)).with_for_update()
    ).all()  # fmt: skip
    if not residents:
        found.strangers.append(call.sid)
        return
    # Two people may share one telephone: whose turn it was cannot be told, so both are not called again by machine.
    for number, resident in enumerate(residents):
        check_in = _check_in_of(session, resident.id, call.placed_at, now)
        if check_in is None:
            found.strangers.append(call.sid)
            continue
        outcome = _write(session, check_in, resident.id, call, now, own_sid=number == 0)
        found.written[outcome] += 1
    if call.status in {"queued", "ringing", "in-progress", "initiated"}:
        found.running.append(call.sid)


def _check_in_of(session: Session, resident_id: UUID, placed_at: datetime, now: datetime) -> CheckIn | None:
    """The check-in the call was for: the open one nearest before it, else the slot that was planned next, laid out now."""
    open_one = session.exec(
        select(CheckIn).where(
            CheckIn.resident_id == resident_id, CheckIn.slot <= placed_at + SLACK, CheckIn.slot > placed_at - _WITHIN,
            or_(col(CheckIn.state).in_([CheckInState.DUE, CheckInState.DIALLING, CheckInState.SPEAKING]),
                CheckIn.reason == REASON),
        ).order_by(col(CheckIn.slot).desc()).with_for_update()
    ).first()  # fmt: skip
    if open_one is not None:
        return open_one
    planned = session.exec(
        select(Enrolment).join(Campaign, col(Campaign.id) == Enrolment.campaign_id)
        .where(Enrolment.resident_id == resident_id, col(Enrolment.left_at).is_(None), Campaign.state == CampaignState.RUNNING)
        .order_by(col(Enrolment.next_at).nulls_last()).with_for_update(of=Enrolment)
    ).first()  # fmt: skip
    if planned is None:
        return None
    due = planned.next_at is not None and planned.next_at <= placed_at + SLACK
    slot = planned.next_at if due and planned.next_at is not None else placed_at
    area = session.get_one(Resident, resident_id).area_id
    # `lay_out` finds this slot taken and plans on from it.
    made = CheckIn(campaign_id=planned.campaign_id, enrolment_id=planned.id, resident_id=resident_id, area_id=area,
                   slot=slot, due_at=slot, changed_at=now)  # fmt: skip
    session.add(made)
    session.flush()
    return made


def _write(session: Session, check_in: CheckIn, resident_id: UUID, call: phone.CarrierCall, now: datetime, *,
           own_sid: bool) -> str:  # fmt: skip
    mine = session.exec(
        select(Attempt).where(Attempt.check_in_id == check_in.id, col(Attempt.call_sid).is_(None),
                              Attempt.state != AttemptState.ENDED).with_for_update()
    ).first()  # fmt: skip
    if mine is None:
        check_in.attempts_made += 1
        mine = Attempt(check_in_id=check_in.id, resident_id=resident_id, campaign_id=check_in.campaign_id,
                       number=check_in.attempts_made, token=secrets.token_urlsafe(24), claimed_at=call.placed_at)  # fmt: skip
    outcome = _UNANSWERED.get(call.status, Outcome.UNKNOWN)
    mine.call_sid = call.sid if own_sid else None
    mine.state, mine.outcome, mine.error = AttemptState.ENDED, outcome, REASON
    mine.placed_at, mine.ended_at, mine.seconds = call.placed_at, now, call.seconds
    session.add(mine)
    if check_in.state is CheckInState.DUE:
        check_in.move(CheckInState.DIALLING, now)
    to = CheckInState.UNREACHED if outcome is not Outcome.UNKNOWN else CheckInState.NOT_ACCOUNTED
    if check_in.move(to, now, REASON):
        defer(session, "hand_over", check_in=str(check_in.id))
    session.flush()
    return outcome.value
