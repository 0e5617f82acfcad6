"""Closing every gap: calls without news, ends without a verdict, words heard and not listened to."""

from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa
import structlog
from sqlmodel import col, select

from oncall.call import dialling, progress, script, taped
from oncall.db import defer, transaction
from oncall.gateways import phone, tape
from oncall.models import Attempt, AttemptKind, AttemptState, CheckIn, CheckInState, Language, RecordingState, Resident
from oncall.settings import sooner

log = structlog.get_logger()

SLACK = timedelta(seconds=60)
RINGING_LASTS = timedelta(seconds=phone.RING_SECONDS) + SLACK
CALL_LASTS = timedelta(seconds=phone.LONGEST_CALL_SECONDS) + RINGING_LASTS
HEARD_WITHIN = timedelta(minutes=5)
CLEAR_WITHIN = timedelta(hours=2)  # the carrier could not be asked for so long what became of a call


def sweep(now: datetime) -> None:
    """Look for whatever stands still and set it going again; safe to run anywhere, any number of times."""
    _each("silent_call", _silent(now), lambda attempt: _ask_carrier(attempt, now))
    _each("never_dialled", _expired(now), lambda attempt: _give_back(attempt, now))
    _each("unsettled", _unsettled(now), lambda attempt: settle(attempt, now))
    _each("unheard", _unheard(now), _listen_again)
    _each("never_clear", _never_clear(now), lambda attempt: _to_a_person(attempt, now))


def settle(attempt_id: UUID, now: datetime) -> None:
    """Decide how one answered call ended; the job `progress.advance` leaves behind."""
    with transaction() as session:
        progress.settle(session, session.get_one(Attempt, attempt_id, with_for_update=True), now)


def hang_up_on_machine(attempt_id: UUID) -> None:
    """End a call a machine took, unless somebody has been heard to speak since."""
    if (taken := _taken_by_machine(attempt_id)) is not None:
        phone.hang_up(taken[0])


def leave_word(attempt_id: UUID) -> None:
    """Tell a machine whose greeting is over who called, and nothing else, unless somebody has been heard to speak."""
    if (taken := _taken_by_machine(attempt_id)) is not None:
        phone.say_and_hang_up(taken[0], script.farewell("voicemail", taken[1]))


def hang_up(attempt_id: UUID) -> None:
    """End the carrier's call of an attempt that is over for us."""
    with transaction() as session:
        sid = session.get_one(Attempt, attempt_id).call_sid
    if sid:
        phone.hang_up(sid)


def look_for_recording(attempt_id: UUID, now: datetime) -> None:
    """Ask the carrier for a call's recording when its own message about it did not come."""
    with transaction() as session:
        sid = session.get_one(Attempt, attempt_id).call_sid
    if sid is None:
        return
    found = tape.recordings_of(sid)
    with transaction() as session:
        attempt = session.get_one(Attempt, attempt_id, with_for_update=True)
        for recording, status in found:
            if status in {"completed", "absent"}:
                state = RecordingState.READY if status == "completed" else RecordingState.ABSENT
                taped.recording_came(session, attempt, recording, state, now)


def _taken_by_machine(attempt_id: UUID) -> tuple[str, Language] | None:
    """The carrier's id of the call and the resident's language; None when it is over, or a person speaks after all."""
    with transaction() as session:
        attempt = session.get_one(Attempt, attempt_id)
        if attempt.state is AttemptState.ENDED or progress.somebody_spoke(session, attempt) or not attempt.call_sid:
            return None
        return attempt.call_sid, session.get_one(Resident, attempt.resident_id).language


def _silent(now: datetime) -> list[UUID]:
    early = col(Attempt.state).in_([AttemptState.PLACED, AttemptState.RINGING])
    answered = col(Attempt.state) == AttemptState.ANSWERED
    theirs = col(Attempt.kind) == AttemptKind.CALL_BACK  # its end is told once, and only if our number is set so
    with transaction() as session:
        return list(session.exec(
            select(Attempt.id).where(
                (early & (col(Attempt.claimed_at) < now - sooner(RINGING_LASTS)))
                | (answered & (col(Attempt.claimed_at) < now - sooner(CALL_LASTS)))
                | ((early | answered) & dialling.from_another_time(now))
                | (answered & theirs & (col(Attempt.claimed_at) < now - sooner(SLACK)))
            )
        ))  # fmt: skip


def _expired(now: datetime) -> list[UUID]:
    with transaction() as session:
        return list(session.exec(
            select(Attempt.id).where(
                Attempt.state == AttemptState.INTENDED,
                (col(Attempt.claimed_at) < now - sooner(dialling.CLAIM_HOLDS + SLACK)) | dialling.from_another_time(now),
            )
        ))  # fmt: skip


def _unsettled(now: datetime) -> list[UUID]:
    with transaction() as session:
        return list(session.exec(
            select(Attempt.id).where(
                Attempt.state == AttemptState.ENDED, col(Attempt.outcome).is_(None),
                (col(Attempt.ended_at) < now - sooner(SLACK)) | (col(Attempt.ended_at) > now + SLACK),
            )
        ))  # fmt: skip


def _unheard(now: datetime) -> list[UUID]:
    """Words nobody listens to: no job waits for them, and none has them in hand.

    A job that waits for a moment before the clock was set back is brought forward: it would keep the words for as long.
    """
    with transaction() as session:
        session.execute(
            sa.text("UPDATE procrastinate_jobs SET scheduled_at = NULL WHERE status = 'todo' "
                    "AND task_name IN ('listen', 'settle') AND scheduled_at > :far"),
            {"far": now + HEARD_WITHIN},
        )  # fmt: skip
        return list(session.exec(
            select(CheckIn.id).where(
                CheckIn.state == CheckInState.HEARD, col(CheckIn.changed_at) < now - sooner(HEARD_WITHIN),
                sa.text("NOT EXISTS (SELECT FROM procrastinate_jobs j WHERE j.lock = 'listen:' || check_in.id "
                        "AND j.status IN ('todo', 'doing'))"),
            )
        ))  # fmt: skip


def _never_clear(now: datetime) -> list[UUID]:
    with transaction() as session:
        return list(session.exec(
            select(Attempt.id).where(
                Attempt.state == AttemptState.UNCERTAIN, col(Attempt.claimed_at) < now - sooner(CLEAR_WITHIN)
            )
        ))  # fmt: skip


def _ask_carrier(attempt_id: UUID, now: datetime) -> None:
    with transaction() as session:
        sid = session.get_one(Attempt, attempt_id).call_sid
    if sid is None:
        return
    call = phone.look_up(sid)
    with transaction() as session:
        attempt = session.get_one(Attempt, attempt_id, with_for_update=True)
        progress.carrier_says(session, attempt, call.status, now, answered_by=call.answered_by, seconds=call.seconds)


def _give_back(attempt_id: UUID, now: datetime) -> None:
    with transaction() as session:
        attempt = session.get_one(Attempt, attempt_id, with_for_update=True)
        if attempt.state is AttemptState.INTENDED:
            progress.not_placed(session, attempt, "claim_expired", now)


def _to_a_person(attempt_id: UUID, now: datetime) -> None:
    """Nobody can say whether they were called: not called again by machine, but seen to by a person (R-02)."""
    with transaction() as session:
        attempt = session.get_one(Attempt, attempt_id, with_for_update=True)
        if attempt.state is AttemptState.UNCERTAIN:
            progress.never_clear(session, attempt, now)


def _listen_again(check_in_id: UUID) -> None:
    with transaction() as session:
        defer(session, "listen", check_in=str(check_in_id), lock=f"listen:{check_in_id}")


def _each(what: str, ids: list[UUID], act: Callable[[UUID], None]) -> None:
    for row in ids:
        try:
            act(row)
        except phone.NO_ANSWER as away:
            log.warning("carrier_not_asked", what=what, row=str(row), why=type(away).__name__)
        except Exception:
            log.exception("sweep_failed", what=what, row=str(row))
