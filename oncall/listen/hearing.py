"""Hearing a call that is over: what is known of it, its sound fetched and kept sealed, its words one turn a line."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import structlog
from sqlmodel import Session, col, select

from oncall.gateways import store, tape
from oncall.listen import sound, transcribe
from oncall.listen.arrival import Promise
from oncall.listen.transcript import Line, Transcript
from oncall.models import (
    Attempt,
    Campaign,
    CheckIn,
    ConsentScope,
    FactNote,
    HelpRequest,
    Recording,
    RecordingState,
    RequestState,
    Resident,
    Speaker,
    Turn,
    TurnSource,
)  # fmt: skip
from oncall.models.consent import scopes_given
from oncall.models.seal import Seal
from oncall.models.sensitive import sensitive_in
from oncall.settings import settings

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Said:
    """One turn to judge; `turn_id` is set when the row is there already. Times are milliseconds of the stream."""

    speaker: Speaker
    words: str
    starts_ms: int
    ends_ms: int
    turn_id: UUID | None = None
    key: int | None = None  # this is a key, pressed or said
    said_at: datetime | None = None
    arrived: bool | None = None  # what was arranged has come, by key


@dataclass(frozen=True, slots=True)
class Kept:
    """What became of the recording's sound."""

    recording_id: UUID
    key: str
    seconds: float | None
    state: RecordingState


@dataclass(frozen=True)
class Call:
    """What has to be known of a call before its sound is fetched."""

    check_in_id: UUID
    attempt_id: UUID
    resident_id: UUID
    language: str
    facts: list[str]
    seal: Seal
    over_since: datetime
    recording: Recording | None
    live: tuple[Said, ...]
    attempt: Attempt
    notes: tuple[FactNote, ...]
    may_be_heard_abroad: bool  # by a model outside the country: read before anything is sent (P-08)
    remembers: bool = False  # they agreed to short notes between calls
    promises: tuple[Promise, ...] = ()


def call_of(session: Session, check_in_id: UUID) -> Call:
    """What must be known of a call before its sound is fetched: its newest attempt that was heard."""
    check_in = session.get_one(CheckIn, check_in_id)
    attempts = session.exec(
        select(Attempt).where(Attempt.check_in_id == check_in_id).order_by(col(Attempt.number).desc())
    ).all()
    attempt = next((one for one in attempts if one.outcome and one.outcome.was_heard), attempts[0])
    resident = session.get_one(Resident, check_in.resident_id)
    recording = session.exec(
        select(Recording).where(Recording.attempt_id == attempt.id).order_by(col(Recording.changed_at).desc())
    ).first()
    live = session.exec(
        select(Turn).where(Turn.attempt_id == attempt.id, Turn.source == TurnSource.LIVE).order_by(col(Turn.position))
    ).all()
    scopes = scopes_given(session, [resident.id])[resident.id]
    return Call(
        check_in.id,
        attempt.id,
        resident.id,
        resident.language.value,
        list(session.get_one(Campaign, check_in.campaign_id).facts),
        resident.seal,
        check_in.changed_at,
        recording,
        tuple(
            Said(
                turn.speaker,
                turn.words(resident.seal),
                turn.starts_ms,
                turn.ends_ms,
                turn.id,
                turn.key,
                turn.said_at,
                turn.arrived,
            )
            for turn in live
        ),
        attempt,
        tuple(session.exec(select(FactNote).where(FactNote.check_in_id == check_in_id))),
        ConsentScope.OVERSEAS in scopes,
        ConsentScope.MEMORY in scopes,
        _promises(session, resident),
    )


def _promises(session: Session, resident: Resident) -> tuple[Promise, ...]:
    """What stands as arranged, in the order the call asked about it; what is sensitive no call has asked about."""
    rows = session.exec(
        select(HelpRequest)
        .where(HelpRequest.resident_id == resident.id, HelpRequest.state == RequestState.ARRANGED)
        .order_by(col(HelpRequest.asked_at))
    )
    words = sensitive_in(settings().prompts)
    promises = [Promise(row.id, row.may_be_told(resident.seal), row.changed_at) for row in rows]
    return tuple(promise for promise in promises if not words.touched_by(promise.words))


def fetched(call: Call, *, may_wait: bool) -> tuple[Kept | None, sound.Sound | None]:
    """The recording's sound, sealed and on the shelf before anything else is done with it."""
    recording = call.recording
    if recording is None or recording.state is RecordingState.ABSENT:
        return None, None
    if recording.state is RecordingState.KEPT:
        wav = call.seal.open_bytes(store.fetch(recording.key), "recording.sound", recording.id)
        return None, _readable(wav, recording.id)
    try:
        wav = tape.fetch_recording(recording.sid)
    except tape.NoSound as missing:
        if missing.later and may_wait:
            raise
        state = recording.state if missing.later else RecordingState.ABSENT
        return Kept(recording.id, recording.key, recording.seconds, state), None
    key = f"{call.resident_id}/{recording.id}"
    store.keep(key, call.seal.close_bytes(wav, "recording.sound", recording.id))
    heard = _readable(wav, recording.id)
    return Kept(recording.id, key, heard.seconds if heard else None, RecordingState.KEPT), heard


def _readable(wav: bytes, recording_id: UUID) -> sound.Sound | None:
    try:
        return sound.read(wav)
    except sound.UnreadableSound:
        log.warning("recording_unreadable", recording=str(recording_id), size=len(wav))
        return None


def in_words(heard: sound.Sound, call: Call) -> tuple[Said, ...]:
    """The recording's turns, on the stream's clock. Raises ModelUnavailable."""
    ours = [said.words for said in call.live if said.speaker is Speaker.AGENT]
    shift = call.recording.offset_ms if call.recording else 0
    return tuple(
        Said(turn.speaker, turn.words, max(turn.starts_ms - shift, 0), max(turn.ends_ms - shift, 0))
        for turn in transcribe.transcribe(heard, call.language, ours=ours)
    )


def before_the_tape(call: Call) -> tuple[Said, ...]:
    """What was said before the recording was announced and began (C-03): it was heard, and is judged with the rest."""
    began = -call.recording.offset_ms if call.recording else 0
    return tuple(said for said in call.live if said.starts_ms < began)


def far_end_spoke(turns: tuple[Said, ...]) -> bool:
    """Whether there is a word of the far end's, keys left out."""
    return any(said.speaker is Speaker.RESIDENT and said.words.strip() and said.key is None for said in turns)


def transcript_of(call: Call, turns: tuple[Said, ...]) -> Transcript:
    """The turns as they are assessed."""
    lines = [
        Line(speaker=said.speaker, text=said.words, start=said.starts_ms / 1000, end=said.ends_ms / 1000)
        for said in turns
    ]
    return Transcript(
        id=str(call.check_in_id), lang="en" if call.language == "en" else "ko", turns=lines, facts=call.facts,
        remembers=call.remembers, promises=[promise.words for promise in call.promises],
    )  # fmt: skip
