"""Understanding a call that is over: fetch its sound, keep it sealed, put it into words, judge them.

All network happens here, between two short transactions (house rule 3); `written` has the second.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from uuid import UUID

import structlog

from oncall import db
from oncall.gateways.model import ModelUnavailable
from oncall.listen import addressed, arrival, keys
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
from oncall.listen.judgement import NO_QUESTION_ANSWERED, Judgement
from oncall.listen.net import assess_by_net
from oncall.models import AnsweredBy, FactState, Path, TurnSource
from oncall.models.assessment import NO_CONSENT
from oncall.settings import sooner

log = structlog.get_logger()

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
        arrival.heard(call.promises, judgement.arrived | keys.arrived(call), transcript_of(call, turns).turns),
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
