"""Understanding a call that is over: fetch its sound, keep it sealed, put it into words, judge them, write it down.

HEARD -> ASSESSED, or -> NOT_ACCOUNTED when only a machine or another person spoke, nobody did, or the assessment
failed. All network happens between two short transactions (house rule 3).
"""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from sqlmodel import Session, select

from oncall import db
from oncall.gateways.model import ModelUnavailable
from oncall.listen import addressed, arrival, keys, late, remember, safety, trend
from oncall.listen.arrival import Arrived
from oncall.listen.assess import assess, identifier
from oncall.listen.hearing import (
    Call,
    Kept,
    Said,
    before_the_tape,
    call_of,
    far_end_spoke,
    fetched,
    in_words,
    transcript_of,
)
from oncall.listen.judgement import NO_QUESTION_ANSWERED, Found, Judgement
from oncall.listen.net import assess_by_net
from oncall.listen.transcript import Line
from oncall.models import (
    Alarm,
    AnsweredBy,
    Assessment,
    Attempt,
    CheckIn,
    CheckInState,
    Event,
    Evidence,
    FactState,
    HelpRequest,
    Level,
    MemoryKind,
    Path,
    Recording,
    RecordingState,
    Resident,
    Signal,
    Turn,
    TurnSource,
    Verb,
    review,
)  # fmt: skip
from oncall.models.risk import highest
from oncall.models.seal import Seal
from oncall.settings import sooner

log = structlog.get_logger()

NO_CONSENT = "no_overseas_consent"
PATIENCE = timedelta(minutes=5)  # so long a recording or a model that is away is waited for


@dataclass(frozen=True)
class Understanding:
    """Everything learned from one call, not yet written; `offset_ms` leads from the stream's clock to the sound's."""

    check_in_id: UUID
    attempt_id: UUID
    resident_id: UUID
    source: TurnSource
    turns: tuple[Said, ...]
    judgement: Judgement
    kept: Kept | None
    offset_ms: int = 0
    arrived: dict[UUID, Arrived] = field(default_factory=dict)  # by request


def understand(check_in_id: UUID, now: datetime) -> Understanding:
    """Listen to one call that waits in HEARD; writes nothing but the sealed sound.

    For the first minutes a recording not there yet (tape.NoSound) or a model that is away (ModelUnavailable) is
    raised, to be tried again; after that the call is judged by what there is, and a failure is part of the result.
    """
    with db.transaction() as session:
        call = call_of(session, check_in_id)
    may_wait = now - call.over_since < sooner(PATIENCE)
    kept, heard = fetched(call, may_wait=may_wait)
    turns: tuple[Said, ...] = ()
    doubtful = False
    if heard is not None and call.may_be_heard_abroad:
        try:
            turns = in_words(heard, call)
            if far_end_spoke(turns):
                turns = (*before_the_tape(call), *turns)
        except ModelUnavailable as error:
            log.warning("transcription_failed", check_in=str(check_in_id), reason=error.reason)
            if may_wait and not error.permanent:
                raise
            doubtful = True
    source = TurnSource.RECORDING
    if not far_end_spoke(turns):
        # Words were heard while the call went on and the recording has none: rather those than silence.
        doubtful |= heard is not None and far_end_spoke(call.live)
        if call.live or not turns:
            turns, source = call.live, TurnSource.LIVE
    else:
        turns = keys.woven_in(turns, call)
    judgement = _as_it_went(_judged(call, turns), call)
    if judgement.failed and may_wait and judgement.may_pass:
        raise ModelUnavailable(judgement.failed, permanent=False)
    return Understanding(
        call.check_in_id,
        call.attempt_id,
        call.resident_id,
        source,
        turns,
        replace(judgement, for_review=judgement.for_review or doubtful),
        kept,
        call.recording.offset_ms if call.recording and source is TurnSource.RECORDING else 0,
        arrival.heard(call.promises, judgement.arrived, transcript_of(call, turns).turns),
    )


def _judged(call: Call, turns: tuple[Said, ...]) -> Judgement:
    """What was said, by net and model, and what was pressed. Keys alone need no model, and nobody's words go to one
    who has not agreed to it (P-08)."""
    transcript = transcript_of(call, turns)
    by_keypad = call.attempt.path is Path.KEYPAD
    if call.may_be_heard_abroad and (far_end_spoke(turns) or not by_keypad):
        judgement = assess(transcript, safety_identifier=identifier(call.resident_id))
    else:
        judgement = addressed.marked(assess_by_net(transcript), transcript)
        if not by_keypad:
            judgement = replace(judgement, failed=NO_CONSENT)
    return keys.counted(judgement, call, turns) if by_keypad else judgement


def _as_it_went(judged: Judgement, call: Call) -> Judgement:
    """What the live call knew counts with what was made of its words: somebody else who answered is not the resident
    because a model thinks so, and a call in which no question was answered is not calm."""
    if call.attempt.answered_by is AnsweredBy.OTHER and judged.answered_by in {AnsweredBy.RESIDENT, AnsweredBy.UNKNOWN}:
        judged = replace(judged, answered_by=AnsweredBy.OTHER)
    if call.notes and not any(note.state is FactState.ANSWERED for note in call.notes):
        judged = replace(judged, unknown=(*judged.unknown, NO_QUESTION_ANSWERED))
    return judged


def record(session: Session, understanding: Understanding, now: datetime) -> Assessment | None:
    """Write it all down in this transaction; None (and nothing written) when the check-in has moved on since."""
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
