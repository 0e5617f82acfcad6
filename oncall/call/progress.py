"""What news does to an attempt and its check-in: the same end state whatever order it comes in, however often."""

from datetime import datetime, timedelta

import structlog
from sqlmodel import Session, col, func, or_, select

from oncall.call import coverage, redial, taped
from oncall.call.outcome import ANSWERED_BY, PROGRESS, UNANSWERED
from oncall.db import URGENT_JOB, defer, tell
from oncall.models import (
    AnsweredBy,
    Attempt,
    AttemptKind,
    AttemptState,
    Campaign,
    CheckIn,
    CheckInState,
    HoldReason,
    Outcome,
    Path,
    Speaker,
    Turn,
)  # fmt: skip
from oncall.models import hold as holds
from oncall.models.check_in import UNREADABLE
from oncall.settings import sooner

log = structlog.get_logger()

SETTLE_AFTER = timedelta(seconds=3)  # status, recording and the bridge's last words arrive around the same time
BROKEN = frozenset({"model_down", "broken", "malformed"})
CALLED_BACK = "called_back"  # the error of our own call that was let go because they rang us
REFUSED_RETRY = timedelta(minutes=5)
NEVER_SEEN = "never_seen"  # the error of a call that was nowhere when we stopped looking for it
NEVER_CLEAR = "never_clear"  # the error of a call about which the carrier could not be asked


def carrier_says(session: Session, attempt: Attempt, status: str, now: datetime, *, call_sid: str | None = None,
                 answered_by: str | None = None, seconds: int | None = None) -> None:  # fmt: skip
    """Apply one status in the carrier's words. The attempt row must be locked by the caller."""
    state = PROGRESS.get(status)
    if state is None:
        log.error("carrier_word_unknown", attempt=str(attempt.id), status=status[:20])
        attempt.error = f"unknown_status:{status[:20]}"
        return
    if answered_by:
        machine_says(attempt, answered_by)
    if seconds is not None and attempt.seconds is None:
        attempt.seconds = seconds
    if given_up(attempt):
        _came_after_all(session, attempt, state, now, call_sid=call_sid, outcome=UNANSWERED.get(status))
    else:
        advance(session, attempt, state, now, call_sid=call_sid, outcome=UNANSWERED.get(status))


def advance(session: Session, attempt: Attempt, state: AttemptState, now: datetime, *, call_sid: str | None = None,
            outcome: Outcome | None = None) -> None:  # fmt: skip
    """Bring the attempt forward to `state`; older or repeated news changes nothing but a missing call id."""
    if call_sid and attempt.call_sid is None:
        attempt.call_sid = call_sid
    if state.rank <= attempt.state.rank:
        return
    attempt.state = state
    check_in = _check_in(session, attempt)
    if state is AttemptState.ANSWERED:
        attempt.answered_at = now
        if attempt.kind is not AttemptKind.REDIAL:
            check_in.move(CheckInState.SPEAKING, now)
    if state is AttemptState.ENDED:
        attempt.ended_at = now
        if outcome is not None:
            _missed(session, attempt, check_in, outcome, now)
        else:
            defer(session, "settle", attempt=str(attempt.id), at=now + sooner(SETTLE_AFTER))
    _tell(session, attempt)


def machine_says(attempt: Attempt, answered_by: str) -> bool:
    """Note who the carrier's detector believes picked up; True when it is a machine and nobody has spoken yet.

    A hint only: words from the far end outweigh it (C-31, protocol note 13).
    """
    who = ANSWERED_BY.get(answered_by)
    if who is None:
        log.error("carrier_word_unknown", attempt=str(attempt.id), answered_by=answered_by[:20])
        return False
    if attempt.answered_by is AnsweredBy.UNKNOWN:
        attempt.answered_by = who
    return who is AnsweredBy.MACHINE


def not_placed(session: Session, attempt: Attempt, code: str, now: datetime, *, bad_number: bool = False) -> None:
    """The call is known never to have left: the try does not count, unless the number itself is wrong."""
    if attempt.state is AttemptState.ENDED:
        return
    attempt.state, attempt.outcome, attempt.ended_at = AttemptState.ENDED, Outcome.NOT_PLACED, now
    attempt.error = code
    check_in = _check_in(session, attempt)
    if attempt.kind is AttemptKind.REDIAL:
        pass  # its check-in went its own way when the first call ended; the alarm stands
    elif bad_number or code == UNREADABLE:
        reason = "bad_number" if bad_number else code
        check_in.move(CheckInState.HELD, now, reason)
        coverage.account(session, check_in, now, reason, attempt)
        defer(session, "hand_over", check_in=str(check_in.id))
    elif code in {"withdrawn", "wrong_number", "deceased", "moved", "paused"}:
        check_in.move(CheckInState.CANCELLED, now, code)
        coverage.account(session, check_in, now, code, attempt)
    else:
        check_in.due_at = now + sooner(REFUSED_RETRY)
        check_in.move(CheckInState.DUE, now)
    _tell(session, attempt)


def never_clear(session: Session, attempt: Attempt, now: datetime) -> None:
    """The carrier never said whether it took the call: it counts as made, and a person sees to the resident."""
    attempt.state, attempt.outcome, attempt.ended_at = AttemptState.ENDED, Outcome.UNKNOWN, now
    attempt.error = NEVER_CLEAR
    check_in = _check_in(session, attempt)
    if attempt.kind is not AttemptKind.REDIAL and check_in.move(CheckInState.NOT_ACCOUNTED, now, NEVER_CLEAR):
        defer(session, "hand_over", check_in=str(check_in.id))
    _tell(session, attempt)


def given_up(attempt: Attempt) -> bool:
    """Whether the call is over for us without a word of the carrier's: were it still to come, nobody may hear it."""
    return attempt.state is AttemptState.ENDED and (
        attempt.outcome is Outcome.NOT_PLACED or attempt.error in {CALLED_BACK, NEVER_CLEAR}
    )


def _came_after_all(session: Session, attempt: Attempt, state: AttemptState, now: datetime, *, call_sid: str | None,
                    outcome: Outcome | None) -> None:  # fmt: skip
    """A call that was given up turns up, placed by a process that had stood still: it is hung up at once, counts as a try
    as soon as it has ended, and the next try keeps its distance."""
    if attempt.call_sid is None:
        attempt.call_sid = call_sid
    if state is not AttemptState.ENDED:
        log.error("call_came_after_all", attempt=str(attempt.id), given_up=attempt.error)
        defer(session, "hang_up", attempt=str(attempt.id), priority=URGENT_JOB)
    elif attempt.outcome is Outcome.NOT_PLACED:
        attempt.outcome = outcome or Outcome.HUNG_UP
    check_in = _check_in(session, attempt)
    if attempt.kind is not AttemptKind.REDIAL and check_in.state is CheckInState.DUE:
        wait = timedelta(seconds=session.get_one(Campaign, attempt.campaign_id).retry_delay(1))
        check_in.due_at = max(check_in.due_at, now + wait)
    _tell(session, attempt)


def let_go(session: Session, attempt: Attempt, now: datetime) -> None:
    """They rang us while we rang them: our call ends as cancelled and does not count as a try. The row must be locked."""
    if attempt.state is not AttemptState.ENDED:
        attempt.state, attempt.outcome, attempt.ended_at = AttemptState.ENDED, Outcome.CANCELLED, now
        attempt.error = CALLED_BACK
        if attempt.call_sid:
            defer(session, "hang_up", attempt=str(attempt.id))
        _tell(session, attempt)


def settle(session: Session, attempt: Attempt, now: datetime) -> None:
    """Decide how an answered call ended, once the news about it is in; a second time changes nothing."""
    if attempt.outcome is not None:
        return
    check_in = _check_in(session, attempt)
    redial.if_dropped(session, attempt, now)
    if somebody_spoke(session, attempt):
        broken = attempt.path is Path.TALK and attempt.end_reason in BROKEN
        attempt.outcome = Outcome.BROKEN if broken else Outcome.SPOKEN
        if attempt.kind is not AttemptKind.REDIAL and not _another_goes_on(session, attempt):
            _heard(session, attempt, check_in, now)
    elif attempt.kind is not AttemptKind.REDIAL and _another_goes_on(session, attempt):
        machine = attempt.answered_by is AnsweredBy.MACHINE
        attempt.outcome = Outcome.MACHINE if machine else Outcome.HUNG_UP
    elif attempt.kind is not AttemptKind.REDIAL and (before := _heard_before(session, attempt)) is not None:
        attempt.outcome = Outcome.HUNG_UP
        _heard(session, before, check_in, now)
    elif attempt.end_reason in BROKEN:
        attempt.outcome = Outcome.BROKEN
        if attempt.kind is AttemptKind.REDIAL:
            return
        check_in.move(CheckInState.NOT_ACCOUNTED, now, attempt.end_reason)
        _account(session, attempt, check_in, now)
        defer(session, "hand_over", check_in=str(check_in.id))
    elif (
        attempt.path is Path.KEYPAD
        and attempt.end_reason == "silence"
        and attempt.answered_by is not AnsweredBy.MACHINE
    ):
        # They were told that a caseworker will know (C-13): so one does, whatever tries are left.
        attempt.outcome = Outcome.HUNG_UP
        check_in.move(CheckInState.NOT_ACCOUNTED, now, "nobody_spoke")
        _account(session, attempt, check_in, now)
        defer(session, "hand_over", check_in=str(check_in.id))
    else:
        machine = attempt.answered_by is AnsweredBy.MACHINE
        _missed(session, attempt, check_in, Outcome.MACHINE if machine else Outcome.HUNG_UP, now)
    _tell(session, attempt)


def somebody_spoke(session: Session, attempt: Attempt) -> bool:
    """Whether the far end has been heard to say anything."""
    turns = select(Turn.id).where(Turn.attempt_id == attempt.id, Turn.speaker == Speaker.RESIDENT)
    return session.exec(turns.limit(1)).first() is not None


def _missed(session: Session, attempt: Attempt, check_in: CheckIn, outcome: Outcome, now: datetime) -> None:
    """Nobody was reached: the next try, or after the last one the human list (C-NOANS)."""
    attempt.outcome = outcome
    if attempt.kind is AttemptKind.REDIAL:
        return
    if _is_of_an_older_copy(session, attempt):
        if check_in.move(CheckInState.UNREACHED, now, "restored"):
            defer(session, "hand_over", check_in=str(check_in.id))
        return
    if _another_goes_on(session, attempt):
        return
    campaign = session.get_one(Campaign, attempt.campaign_id)
    tries = _tries(session, check_in)
    if tries < campaign.attempts:
        busy = outcome is Outcome.BUSY
        wait = campaign.busy_retry_after_seconds if busy else campaign.retry_delay(tries)
        check_in.due_at = now + timedelta(seconds=wait)
        check_in.move(CheckInState.DUE, now, outcome)
    elif check_in.move(CheckInState.UNREACHED, now, outcome):
        coverage.account(session, check_in, now, outcome.value, attempt)
        defer(session, "hand_over", check_in=str(check_in.id))


def _heard(session: Session, attempt: Attempt, check_in: CheckIn, now: datetime) -> None:
    check_in.move(CheckInState.HEARD, now)
    _account(session, attempt, check_in, now)
    taped.listen(session, attempt, check_in, now)


def _another_goes_on(session: Session, attempt: Attempt) -> bool:
    """They rang us before this call was settled: the check-in goes where the other leads it, which goes on, or is over by
    now and still to be settled with what was said in it."""
    others = select(Attempt).where(
        Attempt.check_in_id == attempt.check_in_id, Attempt.id != attempt.id, Attempt.kind != AttemptKind.REDIAL,
        col(Attempt.outcome).is_(None),
    )  # fmt: skip
    return any(one.state is not AttemptState.ENDED or somebody_spoke(session, one) for one in session.exec(others))


def _heard_before(session: Session, attempt: Attempt) -> Attempt | None:
    """The call of this check-in in which something was said, and which ended while this one went on."""
    others = select(Attempt).where(
        Attempt.check_in_id == attempt.check_in_id, Attempt.id != attempt.id, Attempt.kind != AttemptKind.REDIAL,
        col(Attempt.outcome).in_([Outcome.SPOKEN, Outcome.BROKEN]),
    )  # fmt: skip
    return next((one for one in session.exec(others) if somebody_spoke(session, one)), None)


def _account(session: Session, attempt: Attempt, check_in: CheckIn, now: datetime) -> None:
    coverage.account(session, check_in, now, coverage.why_not_asked(session, attempt), attempt)


def _is_of_an_older_copy(session: Session, attempt: Attempt) -> bool:
    """The call is from before the rows were restored: what came of it is not known here, so they are not called again."""
    stand = holds.standing(session)
    return any(one.reason is HoldReason.RESTORED and attempt.claimed_at < one.since for one in stand)


def _tries(session: Session, check_in: CheckIn) -> int:
    """How often the telephone was really dialled for this check-in."""
    session.flush()
    dialled = or_(col(Attempt.outcome).is_(None), col(Attempt.outcome) != Outcome.NOT_PLACED)
    planned = (col(Attempt.kind) == AttemptKind.PLANNED) & (col(Attempt.error) != CALLED_BACK)
    return session.exec(select(func.count()).where(Attempt.check_in_id == check_in.id, dialled, planned)).one()


def _check_in(session: Session, attempt: Attempt) -> CheckIn:
    return session.get_one(CheckIn, attempt.check_in_id, with_for_update=True)


def _tell(session: Session, attempt: Attempt) -> None:
    tell(session, "calls", attempt=attempt.id, check_in=attempt.check_in_id)
