"""What the bridge must know of one call before it begins: read once, outside the hot path."""

from dataclasses import dataclass, field
from uuid import UUID

from sqlmodel import Session, col, func, select

from oncall import clock
from oncall.call.redial import standing_alarm
from oncall.models import (
    Attempt,
    AttemptKind,
    Campaign,
    ConsentScope,
    HelpRequest,
    Language,
    Level,
    Manner,
    Memory,
    MemoryKind,
    RequestState,
    Resident,
    SignalCode,
    Speaks,
    Subject,
    Turn,
    TurnSource,
)
from oncall.models.consent import scopes_given
from oncall.models.manner import PATIENCE_MS, SPEED
from oncall.models.seal import Seal, ring
from oncall.models.sensitive import sensitive_in
from oncall.settings import settings


@dataclass(frozen=True)
class Known:
    """What earlier calls left, with consent to it; `interests` may be spoken of first, `complaints` never (C-15)."""

    interests: tuple[str, ...] = ()
    complaints: tuple[str, ...] = ()
    promised: tuple[str, ...] = ()  # what a person arranged: has it arrived? Nothing sensitive is among it
    declined: tuple[str, ...] = ()  # what cannot be done, in the words to tell it; not told yet, nothing sensitive


@dataclass(frozen=True)
class Danger:
    """What was heard before the line dropped (R-21), who said it, and what they had answered."""

    code: SignalCode
    level: Level
    subject: Subject
    answers: dict[str, str]
    speaks: Speaks = Speaks.RESIDENT


@dataclass(frozen=True)
class Line:
    """One attempt's call: whose it is, in which language and manner, with which questions.

    `since_ms` is how long ago they picked up when the stream began, `turns` how many were already written: a call
    that is led away and back goes on where it was.
    """

    attempt_id: UUID
    check_in_id: UUID
    resident_id: UUID
    campaign_id: UUID
    token: str
    call_sid: str | None
    language: Language
    facts: tuple[str, ...]
    seal: Seal
    caller: str  # a keyed fingerprint of the resident, the only name the model's owner gets for them (P-30)
    kind: AttemptKind = AttemptKind.PLANNED
    recorded: bool = False
    speed: float = SPEED
    patience_ms: int = PATIENCE_MS
    louder: bool = False
    circumstances: tuple[str, ...] = ()
    known: Known = field(default_factory=Known)
    since_ms: int = 0
    turns: int = 0
    danger: Danger | None = None  # of a redial: what it is about

    @classmethod
    def of(cls, session: Session, attempt: Attempt) -> "Line":
        """The line of an attempt."""
        resident = session.get_one(Resident, attempt.resident_id)
        campaign = session.get_one(Campaign, attempt.campaign_id)
        manner = session.get(Manner, resident.id)
        scopes = scopes_given(session, [resident.id])[resident.id]
        live = select(func.count()).where(Turn.attempt_id == attempt.id, Turn.source == TurnSource.LIVE)
        since = clock.now() - attempt.answered_at if attempt.answered_at else None
        return cls(
            attempt.id, attempt.check_in_id, resident.id, campaign.id, attempt.token, attempt.call_sid,
            resident.language, tuple(campaign.facts), resident.seal,
            ring().index_of("caller", resident.id.hex).hex()[:32], attempt.kind,
            recorded=ConsentScope.RECORDING in scopes,
            speed=manner.speed if manner else SPEED, patience_ms=manner.patience_ms if manner else PATIENCE_MS,
            louder=bool(manner and manner.needs_louder),
            circumstances=tuple(manner.circumstances) if manner else (),
            known=_known(session, resident) if ConsentScope.MEMORY in scopes else Known(),
            since_ms=max(0, int(since.total_seconds() * 1000)) if since else 0, turns=session.exec(live).one(),
            danger=_danger(session, attempt, resident) if attempt.kind is AttemptKind.REDIAL else None,
        )  # fmt: skip


def by_token(session: Session, token: str) -> Line | None:
    """The line whose carrier callbacks carry `token`; None when there is none."""
    attempt = session.exec(select(Attempt).where(Attempt.token == token)).first()
    return Line.of(session, attempt) if attempt else None


def _known(session: Session, resident: Resident) -> Known:
    memories = session.exec(select(Memory).where(Memory.resident_id == resident.id).order_by(col(Memory.made_at)))
    words: dict[MemoryKind, list[str]] = {}
    for memory in memories:
        words.setdefault(memory.kind, []).append(memory.words(resident.seal))
    requests = session.exec(
        select(HelpRequest).where(HelpRequest.resident_id == resident.id).order_by(col(HelpRequest.asked_at))
    ).all()
    arranged = [one for one in requests if one.state is RequestState.ARRANGED]
    declined = [one for one in requests if one.state is RequestState.DECLINED and one.told_at is None]
    promised = [request.may_be_told(resident.seal) for request in arranged]
    untold = [request.may_be_told(resident.seal) for request in declined]
    sensitive = sensitive_in(settings().prompts)
    interests, complaints = words.get(MemoryKind.INTEREST, []), words.get(MemoryKind.COMPLAINT, [])
    return Known(
        tuple(one for one in interests if not sensitive.touched_by(one)),
        # One noted before the list of such words grew is treated like a complaint: never mentioned first.
        (*complaints, *(one for one in interests if sensitive.touched_by(one))),
        tuple(one for one in promised if not sensitive.touched_by(one)),
        tuple(one for one in untold if not sensitive.touched_by(one)),
    )


def _danger(session: Session, attempt: Attempt, resident: Resident) -> Danger | None:
    alarm = standing_alarm(session, attempt)
    if alarm is None:
        return None
    return Danger(alarm.code, alarm.level, alarm.subject, alarm.answers(resident.seal), alarm.speaks)
