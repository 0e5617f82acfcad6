"""Erasing the sound of a call whose resident does not want it kept: with us, at the carrier, and for good (H-28)."""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
import structlog
from sqlmodel import Session, col, select

from oncall.db import defer, transaction
from oncall.gateways import store, tape
from oncall.models import Attempt, Consent, ConsentScope, Event, Recording, RecordingState, Verb

log = structlog.get_logger()


def is_refused(session: Session, attempt: Attempt) -> bool:
    """Whether a no to recording was said since this call was claimed: its sound is not kept, whenever news of it comes."""
    said_no = select(Consent.id).where(
        Consent.resident_id == attempt.resident_id, Consent.scope == ConsentScope.RECORDING,
        col(Consent.given).is_(False), Consent.given_at >= attempt.claimed_at,
    )  # fmt: skip
    return session.exec(said_no.limit(1)).first() is not None


def refuse(session: Session, attempt_id: UUID, now: datetime) -> None:
    """No sound of this call counts from this moment on, and the worker has it erased wherever it lies."""
    session.flush()
    session.execute(
        sa.update(Recording)
        .where(col(Recording.attempt_id) == attempt_id)
        .values(state=RecordingState.ABSENT, changed_at=now)
        .execution_options(synchronize_session="fetch")
    )
    defer(session, "erase_recording", attempt=str(attempt_id), lock=f"erase:{attempt_id}")


def erase(attempt_id: UUID, now: datetime) -> None:
    """Stop and erase every recording of one call at the carrier, and take what we kept off the shelf.

    Raises what the carrier's door raises, above all while the carrier is still finishing the recording: the job is
    then tried again. A recording announced only later comes back here (`taped.recording_came`).
    """
    with transaction() as session:
        attempt = session.get_one(Attempt, attempt_id)
        rows = session.exec(select(Recording).where(Recording.attempt_id == attempt_id)).all()
        call_sid, resident_id = attempt.call_sid, attempt.resident_id
        kept = {row.key or f"{row.resident_id}/{row.id}" for row in rows}
        sids = {row.sid for row in rows}
    for key in kept:
        store.remove(key)
    if call_sid:
        sids |= {sid for sid, _ in tape.recordings_of(call_sid)}
        for sid in sorted(sids):
            tape.stop_recording(call_sid, sid)
    for sid in sorted(sids):
        tape.erase_recording(sid)
    with transaction() as session:
        for row in session.exec(select(Recording).where(Recording.attempt_id == attempt_id).with_for_update()):
            row.state, row.key, row.seconds, row.changed_at = RecordingState.ABSENT, "", None, now
            session.add(row)
        if sids:
            session.add(Event(at=now, verb=Verb.ERASED, resident_id=resident_id, about=f"attempt:{attempt_id}",
                              detail={"recordings": len(sids)}))  # fmt: skip
    log.info("recordings_erased", attempt=str(attempt_id), count=len(sids))
