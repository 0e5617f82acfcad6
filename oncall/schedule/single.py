"""One check-in now, asked for by a person at the desk: outside the plan, inside every other rule."""

from datetime import datetime

from sqlmodel import Session, col, desc, or_, select

from oncall.errors import BadInput, NotFound
from oncall.models import Attempt, AttemptState, CheckIn, Enrolment, Resident
from oncall.models.consent import scopes_given
from oncall.models.seal import ring
from oncall.schedule.claim import take
from oncall.schedule.verdict import verdict


def call_now(session: Session, phone: str, now: datetime) -> Attempt:
    """Take the resident with this number (E.164) to the telephone at once; a worker dials.

    Windows and lines do not hold it back; standing and consent do. Raises NotFound for a number of nobody enrolled
    (TH-04: never a free number), BadInput when the person may not be called or is in a call.
    """
    index = ring().index_of("phone", phone)
    found = or_(col(Resident.phone_index) == index, col(Resident.phone2_index) == index)
    resident = session.exec(select(Resident).where(found).with_for_update()).first()
    if resident is None:
        raise NotFound("No enrolled resident has this number.")
    judged = verdict(resident.standing, scopes_given(session, {resident.id})[resident.id])
    if not judged.may_call:
        raise BadInput(f"This resident may not be called by the machine: {judged}.")
    newest = select(Enrolment).where(Enrolment.resident_id == resident.id, col(Enrolment.left_at).is_(None))
    enrolment = session.exec(newest.order_by(desc(col(Enrolment.joined_at))).limit(1)).first()
    if enrolment is None:
        raise BadInput("This resident is in no campaign; a call needs one for its questions.")
    on_line = select(Attempt.id).where(Attempt.resident_id == resident.id, Attempt.state != AttemptState.ENDED)
    if session.exec(on_line.limit(1)).first() is not None:
        raise BadInput("This resident is being called already.")
    check_in = CheckIn(
        campaign_id=enrolment.campaign_id, enrolment_id=enrolment.id, resident_id=resident.id,
        area_id=resident.area_id, slot=now, due_at=now, changed_at=now,
    )  # fmt: skip
    session.add(check_in)
    session.flush()
    return take(session, check_in, now, now, path=judged.path)
