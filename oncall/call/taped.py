"""The news of a call's tape, and when the call is listened to."""

from datetime import datetime, timedelta

from sqlmodel import Session, select

from oncall.call import erasing
from oncall.db import defer
from oncall.models import Attempt, CheckIn, CheckInState, ConsentScope, Path, Recording, RecordingState
from oncall.models.consent import standing_consent
from oncall.settings import sooner

RECORDING_WITHIN = timedelta(seconds=60)  # after that the recording is asked for by its call


def recording_came(session: Session, attempt: Attempt, sid: str, state: RecordingState, now: datetime) -> None:
    """The carrier has (or has not) the sound of this call. Sound that was refused stays absent, and is erased."""
    refused = erasing.is_refused(session, attempt)
    recording = session.exec(select(Recording).where(Recording.sid == sid).with_for_update()).first()
    if recording is None:
        recording = Recording(attempt_id=attempt.id, resident_id=attempt.resident_id, sid=sid, state=state,
                              changed_at=now)  # fmt: skip
    elif recording.state is RecordingState.EXPECTED:
        recording.state, recording.changed_at = state, now
    session.add(recording)
    if refused:
        erasing.refuse(session, attempt.id, now)
    session.flush()
    check_in = session.get_one(CheckIn, attempt.check_in_id, with_for_update=True)
    if check_in.state is CheckInState.HEARD:
        listen(session, attempt, check_in, now)


def listen(session: Session, attempt: Attempt, check_in: CheckIn, now: datetime) -> None:
    """Have a call that is over listened to: at once when its tape is here or none can come, else when it has had its time."""
    states = session.exec(select(Recording.state).where(Recording.attempt_id == attempt.id)).all()
    here = any(state in {RecordingState.READY, RecordingState.ABSENT} for state in states)
    comes = bool(states) or _tape_may_come(session, attempt)
    at = now if here or not comes else now + sooner(RECORDING_WITHIN)
    defer(session, "listen", check_in=str(check_in.id), at=at, lock=f"listen:{check_in.id}")


def _tape_may_come(session: Session, attempt: Attempt) -> bool:
    """Whether the carrier records a call of which it has told us nothing yet: only a keypad check that began as one, with
    consent to the tape and to a model abroad that hears it. The tape of a talk is on file from its first second."""
    began_as_keypad = attempt.path is Path.KEYPAD and attempt.media_token_used_at is None
    return began_as_keypad and all(
        standing_consent(session, attempt.resident_id, scope)
        for scope in (ConsentScope.OVERSEAS, ConsentScope.RECORDING)
    )
