"""The line dropped after danger was heard: rung again at once, one time, whatever the hour and the campaign (R-21, H-40).

The attempt has number 0, and a number exists once per check-in: the database itself refuses a second redial. It is no
try of the campaign, waits for none of its lines, and moves its check-in nowhere; page and case stay as they are. What it
is to say is decided by the row: `kind` REDIAL, and `standing_alarm` with the answers from before.
"""

import secrets
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session, col, select

from oncall.db import URGENT_JOB, defer, tell
from oncall.models import Alarm, AlarmState, Attempt, AttemptKind, AttemptState, Level, Resident, Standing
from oncall.models.risk import AnsweredBy, SignalCode

NUMBER = 0
REDIALLED_WITHIN = timedelta(minutes=10)  # of the call's end: whose alarm comes later than that is a person's to ring
_NOBODY_JOINED = (AlarmState.RAISED, AlarmState.ACKNOWLEDGED)


def standing_alarm(session: Session, attempt: Attempt) -> Alarm | None:
    """The gravest alarm of this call's check-in that no person has joined or closed; None when there is none."""
    return next(iter(_standing(session, attempt)), None)


def _standing(session: Session, attempt: Attempt) -> list[Alarm]:
    """All of them, the gravest first."""
    of_call = select(Attempt.id).where(Attempt.check_in_id == attempt.check_in_id)
    rows = session.exec(
        select(Alarm).where(col(Alarm.attempt_id).in_(of_call), col(Alarm.state).in_(_NOBODY_JOINED))
    ).all()
    return sorted(rows, key=lambda one: (-one.level.rank, one.raised_at))


def if_dropped(session: Session, attempt: Attempt, now: datetime) -> bool:
    """Write the redial of a call that has ended while its emergency was nobody's; False when none is needed, or it is there.

    Not for somebody recorded to have died, not where they fear somebody who may pick up or hear it ring (A4: a person
    decides how to reach them), and never after a redial.
    """
    if attempt.kind is AttemptKind.REDIAL:
        return False
    alarms = _standing(session, attempt)
    if not alarms or alarms[0].level is not Level.EMERGENCY:
        return False
    if any(alarm.code is SignalCode.ABUSE_NEGLECT for alarm in alarms):
        return False
    if session.exec(select(Resident.standing).where(Resident.id == attempt.resident_id)).one() is Standing.DECEASED:
        return False
    again = Attempt(
        check_in_id=attempt.check_in_id, resident_id=attempt.resident_id, campaign_id=attempt.campaign_id,
        number=NUMBER, token=secrets.token_urlsafe(24), claimed_at=now, kind=AttemptKind.REDIAL,
        state=AttemptState.INTENDED, path=attempt.path, answered_by=AnsweredBy.UNKNOWN,
    )  # fmt: skip
    new = session.execute(
        insert(Attempt).values(again.model_dump()).on_conflict_do_nothing().returning(col(Attempt.id))
    ).scalar_one_or_none()
    if new is None:
        return False
    defer(session, "place_call", attempt=str(new), priority=URGENT_JOB)
    tell(session, "alarms", alarm=alarms[0].id)
    return True


def if_settled(session: Session, attempt_id: UUID, now: datetime) -> bool:
    """The same for a call that ended a short time ago, when an alarm of it comes only now, out of the spool or late: its
    settling has looked for one in vain. False while it goes on, since its end will look."""
    attempt = session.get(Attempt, attempt_id, with_for_update=True)
    if attempt is None or attempt.state is not AttemptState.ENDED or attempt.ended_at is None:
        return False
    return now - attempt.ended_at < REDIALLED_WITHIN and if_dropped(session, attempt, now)
