"""A resident's standing: who may be called by machine at all, changed by people, with a reason that is kept."""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, func, select

from oncall.models import CheckIn, CheckInState, Consent, ConsentScope, Event, Resident, Standing, Verb
from oncall.models.consent import scopes_given


def stand(session: Session, resident: Resident, standing: Standing, reason: str, now: datetime, *,
          staff_id: UUID | None = None) -> bool:  # fmt: skip
    """Change the standing; False when it was so already. Check-ins that wait to be dialled are cancelled by it.

    `reason` is a short code or the caseworker's few words; it is shown on the resident's page. Events keep only the
    standings, since the words may be personal.
    """
    if resident.standing is standing and resident.standing_reason == reason:
        return False
    before = resident.standing
    resident.standing, resident.standing_reason, resident.changed_at = standing, reason, now
    session.add(
        Event(at=now, verb=Verb.STANDING_CHANGED, staff_id=staff_id, resident_id=resident.id,
              about=f"resident:{resident.id}", detail={"from": before.value, "to": standing.value})
    )  # fmt: skip
    session.flush()
    if not standing.may_be_called:
        session.execute(
            sa.update(CheckIn)
            .where(col(CheckIn.resident_id) == resident.id, col(CheckIn.state) == CheckInState.DUE)
            .values(state=CheckInState.CANCELLED, reason=standing.value, changed_at=now)
            .execution_options(synchronize_session="fetch")
        )
    return True


def may_return(session: Session, resident: Resident) -> bool:
    """Whether a person may take the calls up again: somebody who said stop must first have given a new yes (H-26)."""
    if resident.standing is not Standing.WITHDRAWN:
        return True
    if ConsentScope.SERVICE not in scopes_given(session, [resident.id])[resident.id]:
        return False
    stopped = session.exec(
        select(func.max(Event.at)).where(Event.resident_id == resident.id, Event.verb == Verb.STANDING_CHANGED)
    ).one()
    agreed = session.exec(
        select(func.max(Consent.recorded_at)).where(
            Consent.resident_id == resident.id, Consent.scope == ConsentScope.SERVICE, col(Consent.given).is_(True)
        )
    ).one()
    return agreed is not None and (stopped is None or agreed >= stopped)
