"""Check-ins and their attempts: the rows that carry a planned call from due to understood, and the moves allowed."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field, Session, SQLModel, col, select

from oncall.models.risk import AnsweredBy
from oncall.models.stored import moment, own_id, points_to, stored

UNREADABLE = (
    "unreadable"  # why a person must see to it: the row, or its campaign's, makes no sense to the machine
)


class CheckInState(StrEnum):
    """Where a planned check-in stands; every slot ends in one of the last five, by name, never in silence."""

    DUE = "due"  # waits for `due_at`: the first try or the next
    DIALLING = "dialling"  # an attempt is written; the carrier is asked, or is being asked
    SPEAKING = "speaking"  # somebody picked up
    HEARD = "heard"  # the conversation is over and waits to be listened to
    ASSESSED = "assessed"  # understood; the assessment says what was heard
    UNREACHED = "unreached"  # nobody could be reached on the last try: a case
    NOT_ACCOUNTED = "not_accounted"  # a call happened but what was said is not known: a case
    HELD = "held"  # the machine may not call; a person must (no consent for it, or no way to)
    CANCELLED = "cancelled"  # withdrawn, moved or died before the call

    @property
    def is_final(self) -> bool:
        """Nothing will happen to it by itself any more."""
        return not MOVES[self]


MOVES: dict[CheckInState, frozenset[CheckInState]] = {
    CheckInState.DUE: frozenset({CheckInState.DIALLING, CheckInState.HELD, CheckInState.CANCELLED,
                                 CheckInState.UNREACHED}),
    CheckInState.DIALLING: frozenset({CheckInState.SPEAKING, CheckInState.HEARD, CheckInState.DUE,
                                      CheckInState.UNREACHED, CheckInState.NOT_ACCOUNTED, CheckInState.HELD,
                                      CheckInState.CANCELLED}),
    CheckInState.SPEAKING: frozenset({CheckInState.HEARD, CheckInState.DUE, CheckInState.UNREACHED,
                                      CheckInState.NOT_ACCOUNTED, CheckInState.CANCELLED}),
    CheckInState.HEARD: frozenset({CheckInState.ASSESSED, CheckInState.NOT_ACCOUNTED}),
    CheckInState.ASSESSED: frozenset(),
    CheckInState.UNREACHED: frozenset(),
    CheckInState.NOT_ACCOUNTED: frozenset(),
    CheckInState.HELD: frozenset(),
    CheckInState.CANCELLED: frozenset(),
}  # fmt: skip


class AttemptState(StrEnum):
    """Where one telephone call stands; it only ever goes forward (`rank`), whatever order the news arrives in."""

    INTENDED = "intended"  # written before the carrier is asked (D5)
    UNCERTAIN = "uncertain"  # asked, and no clear answer: to be reconciled, never repeated
    PLACED = "placed"  # the carrier took it and gave its own id
    RINGING = "ringing"
    ANSWERED = "answered"
    ENDED = "ended"

    @property
    def rank(self) -> int:
        """How far along the call is; a lower rank never replaces a higher one."""
        return _RANKS[self]


_RANKS = {state: rank for rank, state in enumerate(AttemptState)}


class AttemptKind(StrEnum):
    """Why there is this call."""

    PLANNED = "planned"
    REDIAL = "redial"  # the line dropped after danger was heard: once, within 30 s
    CALL_BACK = "call_back"  # the resident rang us


class Path(StrEnum):
    """How the check is made."""

    TALK = "talk"  # with the model
    KEYPAD = "keypad"  # fixed lines and keys: no model may or can be used


class Outcome(StrEnum):
    """How a call ended."""

    SPOKEN = "spoken"  # a conversation with somebody took place
    NO_ANSWER = "no_answer"
    BUSY = "busy"
    FAILED = "failed"  # the network could not reach the number
    MACHINE = "machine"  # voicemail or a fax: never counts as reached (C-31)
    HUNG_UP = "hung_up"  # answered, and ended before anything was said
    BROKEN = "broken"  # answered, and our side failed: model down, stream broken
    CANCELLED = "cancelled"
    NOT_PLACED = "not_placed"  # known never to have left for the network
    UNKNOWN = "unknown"  # the carrier's word for it is not in our table

    @property
    def was_heard(self) -> bool:
        """There is something to listen to."""
        return self in {Outcome.SPOKEN, Outcome.BROKEN}


class CheckIn(SQLModel, table=True):
    """One planned call to one resident. `slot` is the planned moment; a slot exists once per enrolment."""

    __tablename__ = "check_in"
    __table_args__ = (
        sa.UniqueConstraint("enrolment_id", "slot"),
        sa.Index("check_in_waiting", "due_at", postgresql_where=sa.text("state = 'due'")),
        # claiming: of one campaign, the gravest first, then the longest due
        sa.Index(
            "check_in_next",
            "campaign_id",
            sa.text("priority DESC"),
            "due_at",
            postgresql_where=sa.text("state = 'due'"),
        ),
        sa.Index("check_in_by_state", "state", "changed_at"),
    )

    id: UUID = own_id()
    campaign_id: UUID = points_to("campaign.id")
    enrolment_id: UUID = points_to("enrolment.id")
    resident_id: UUID = points_to("resident.id")
    area_id: int = points_to("area.id")
    slot: datetime = moment(index=True)
    state: CheckInState = stored(CheckInState, default=CheckInState.DUE)
    reason: str = ""  # why it is held, cancelled, or not accounted for: a short code
    due_at: datetime = moment()
    # The rank of the gravest level that stands for them: who is called first when not everybody can be.
    priority: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    attempts_made: int = 0
    changed_at: datetime = moment()

    def move(self, to: CheckInState, now: datetime, reason: str = "") -> bool:
        """Go to `to` if that is an allowed move; False (and nothing changes) when it is stale."""
        if to not in MOVES[self.state]:
            return False
        self.state, self.changed_at = to, now
        self.reason = reason or self.reason
        return True


class Attempt(SQLModel, table=True):
    """One telephone call. Its token is in every address the carrier calls back, so news finds it before its id does."""

    __table_args__ = (
        sa.UniqueConstraint("check_in_id", "number"),
        sa.Index("attempt_on_the_line", "state", postgresql_where=sa.text("state <> 'ended'")),
        # whether the model is down or used up, asked at every call that is answered
        sa.Index("attempt_answered", "answered_at", postgresql_where=sa.text("answered_at IS NOT NULL")),
    )

    id: UUID = own_id()
    check_in_id: UUID = points_to("check_in.id")
    resident_id: UUID = points_to("resident.id")
    campaign_id: UUID = points_to("campaign.id")
    number: int
    token: str = Field(unique=True)
    call_sid: str | None = Field(default=None, unique=True)
    phone_index: bytes | None = (
        None  # of the number asked for, as the resident's own is kept; gone when they are erased
    )
    state: AttemptState = stored(AttemptState, default=AttemptState.INTENDED)
    kind: AttemptKind = stored(AttemptKind, default=AttemptKind.PLANNED)
    path: Path = stored(Path, default=Path.TALK)
    outcome: Outcome | None = stored(Outcome, default=None, nullable=True)
    answered_by: AnsweredBy = stored(AnsweredBy, default=AnsweredBy.UNKNOWN)
    media_token_since: datetime | None = moment(nullable=True)
    media_token_used_at: datetime | None = moment(nullable=True)
    claimed_at: datetime = moment()
    placed_at: datetime | None = moment(nullable=True)
    answered_at: datetime | None = moment(nullable=True)
    ended_at: datetime | None = moment(nullable=True)
    seconds: int | None = None
    end_reason: str = ""  # why the conversation ended, from the bridge: goodbye, hung_up, model_down, ...
    error: str = ""  # the carrier's error code, if any; "model_down" when the check went on by keypad


def talked_seconds(session: Session, since: datetime, now: datetime) -> float:
    """Seconds of talk with the model in calls answered since then; calls going on count up to `now`."""
    lasted = sa.func.coalesce(Attempt.seconds, sa.func.extract("epoch", now - col(Attempt.answered_at)))
    spent = session.exec(
        select(sa.func.sum(lasted)).where(col(Attempt.answered_at) >= since, Attempt.path == Path.TALK)
    ).one()
    return float(spent or 0)
