"""Writing down what was understood of a call: its sound, turns, signals, quotes, requests and notes.

HEARD -> ASSESSED, or -> NOT_ACCOUNTED when only a machine or another person spoke, nobody did, or the assessment
failed; in one transaction with all that is known.
"""

from datetime import datetime, timedelta
from uuid import UUID

from sqlmodel import Session, select

from oncall import db
from oncall.listen import arrival, keys, late, remember, safety, trend
from oncall.listen.hearing import Kept
from oncall.listen.judgement import Found, Judgement
from oncall.listen.transcript import Line
from oncall.listen.understand import Understanding
from oncall.models import (
    Alarm,
    AnsweredBy,
    Assessment,
    Attempt,
    CheckIn,
    CheckInState,
    Event,
    Evidence,
    HelpRequest,
    Level,
    MemoryKind,
    Recording,
    RecordingState,
    Resident,
    Signal,
    Turn,
    Verb,
    review,
)  # fmt: skip
from oncall.models.risk import highest
from oncall.models.seal import Seal


def write_down(session: Session, understanding: Understanding, now: datetime) -> Assessment | None:
    """Write all of it in this transaction; None (and nothing written) when the check-in has moved on since."""
    check_in = session.get_one(CheckIn, understanding.check_in_id, with_for_update=True)
    judged = understanding.judgement
    missing = judged.not_accounted
    to = CheckInState.NOT_ACCOUNTED if missing else CheckInState.ASSESSED
    if not check_in.move(to, now, missing):
        return None
    resident = session.get_one(Resident, understanding.resident_id)
    seal = resident.seal
    _write_recording(session, understanding.kept, now)
    turn_ids = _write_turns(session, understanding, seal, now)
    assessment = Assessment(
        check_in_id=check_in.id,
        attempt_id=understanding.attempt_id,
        resident_id=understanding.resident_id,
        level=highest([judged.level, *_alarmed(session, understanding.attempt_id)]),
        failed=judged.failed,
        unknown=list(judged.unknown),
        answered_by=judged.answered_by,
        wants_human=judged.wants_human,
        opt_out=judged.opt_out,
        later=judged.later,
        for_review=judged.for_review,
        model=judged.model,
        prompt_sha256=judged.prompt_sha256,
        passes=[one.as_json() for one in judged.passes],
        made_at=now,
    )
    assessment.drawn = review.is_drawn(assessment)
    assessment.write(seal, summary=judged.summary, requests=list(judged.requests))
    session.add(assessment)
    session.flush()
    keys.understood(session, check_in, judged)
    for found in judged.signals:
        _write_signal(session, found, assessment, understanding, turn_ids, seal)
    session.flush()
    assessment.trend = [change.as_json() for change in trend.of(session, resident, assessment)]
    began = {number: said.starts_ms / 1000 for number, said in enumerate(understanding.turns)}
    late.raise_alarm(session, assessment, judged, seal, began, now)
    attempt = session.get_one(Attempt, understanding.attempt_id)
    if judged.answered_by is not AnsweredBy.UNKNOWN:
        attempt.answered_by = judged.answered_by
    if not missing:
        grave = assessment.level.rank > Level.WATCH.rank
        notes = [note for note in judged.remember if not (grave and note.kind is MemoryKind.COMPLAINT)]
        # A pain of a call that worries is not "as before": the next call must ask about it like any other.
        remember.keep(session, resident, notes, attempt.id, now)
    if judged.answered_by in {AnsweredBy.RESIDENT, AnsweredBy.OTHER}:
        _write_requests(session, judged, attempt, check_in, seal, now)
    if judged.answered_by is AnsweredBy.RESIDENT:
        # Whether what was promised came only they can tell; with the model down, their plain words still do.
        arrival.write_down(session, understanding.arrived, attempt.id, now)
        lines = [Line(speaker=said.speaker, text=said.words) for said in understanding.turns]
        arrival.note_told(session, resident, lines, now)
    session.add(
        Event(at=now, verb=Verb.CHECK_IN_MOVED, resident_id=check_in.resident_id, about=f"check_in:{check_in.id}",
              detail={"to": to.value, "reason": missing, "assessment": str(assessment.id)})
    )  # fmt: skip
    session.flush()
    db.tell(session, "calls", attempt_id=attempt.id, check_in_id=check_in.id)
    return assessment


def _write_requests(
    session: Session, judged: Judgement, attempt: Attempt, check_in: CheckIn, seal: Seal, now: datetime
) -> None:
    """What was asked for and not taken down while they spoke becomes a request of its own (C-40).

    Where the call itself took requests down, the judgement's are the same ones in other words. A wish about the call
    ("a person, please") is no request: it has its own way.
    """
    if session.exec(select(HelpRequest.id).where(HelpRequest.attempt_id == attempt.id)).first() is not None:
        return
    language = session.get_one(Resident, attempt.resident_id).language.value
    for words in judged.requests:
        if any(hit.wish for hit in safety.hear(words, language)):
            continue
        request = HelpRequest(resident_id=attempt.resident_id, area_id=check_in.area_id, attempt_id=attempt.id,
                              asked_at=now, changed_at=now, words_sealed=b"")  # fmt: skip
        request.write(seal, words)
        session.add(request)
    session.flush()


def _alarmed(session: Session, attempt_id: UUID) -> list[Level]:
    """What was heard while the call went on is not heard away afterwards (D2, H-40)."""
    return [alarm.level for alarm in session.exec(select(Alarm).where(Alarm.attempt_id == attempt_id))]


def _write_recording(session: Session, kept: Kept | None, now: datetime) -> None:
    if kept is None:
        return
    recording = session.get_one(Recording, kept.recording_id, with_for_update=True)
    if recording.state is RecordingState.ABSENT:
        return  # refused since: the sound is being erased, and this must not bring it back
    if recording.state is not kept.state:
        recording.state, recording.changed_at = kept.state, now
    recording.key, recording.seconds = kept.key, kept.seconds
    session.add(recording)


def _write_turns(session: Session, understanding: Understanding, seal: Seal, now: datetime) -> list[UUID]:
    """The rows of the turns, in order; those of the live conversation are there already."""
    ids: list[UUID] = []
    attempt = session.get_one(Attempt, understanding.attempt_id)
    began = attempt.answered_at or attempt.claimed_at or now
    for position, said in enumerate(understanding.turns):
        if said.turn_id is not None:
            ids.append(said.turn_id)
            continue
        turn = Turn(
            attempt_id=understanding.attempt_id,
            resident_id=understanding.resident_id,
            source=understanding.source,
            position=position,
            speaker=said.speaker,
            words_sealed=b"",
            starts_ms=said.starts_ms,
            ends_ms=said.ends_ms,
            said_at=began + timedelta(milliseconds=said.starts_ms),
        )
        turn.write(seal, said.words)
        session.add(turn)
        ids.append(turn.id)
    session.flush()
    return ids


def _write_signal(session: Session, found: Found, assessment: Assessment, understanding: Understanding,
                  turn_ids: list[UUID], seal: Seal) -> None:  # fmt: skip
    signal = Signal(
        assessment_id=assessment.id,
        resident_id=understanding.resident_id,
        code=found.code,
        level=found.level,
        subject=found.subject,
        tense=found.tense,
        confidence=found.confidence,
        detector=found.detector,
    )
    session.add(signal)
    session.flush()
    for span in found.evidence:
        second = max(understanding.turns[span.turn].starts_ms + understanding.offset_ms, 0) / 1000
        evidence = Evidence(
            signal_id=signal.id,
            turn_id=turn_ids[span.turn],
            starts_at=span.start,
            ends_at=span.end,
            quote_sealed=b"",
            second=second,
        )
        evidence.write(seal, span.text)
        session.add(evidence)
