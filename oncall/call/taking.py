"""Taking the answer to a step of the keypad check down, whenever it reaches us: in the call, after it, or from the disk."""

from datetime import datetime

from sqlmodel import Session, select

from oncall.call import keying, redial, script
from oncall.call.ears import Ears
from oncall.call.keypad import Step, step_at
from oncall.models import Attempt, AttemptState, Resident


def take(
    session: Session, attempt: Attempt, step: Step, now: datetime, *, digit: str, words: str, ears: Ears | None
) -> str:
    """TwiML of what follows an answer to `step`: a key, words (for which `ears` are needed), or neither.

    An answer that comes when the call is over is taken down all the same: whoever presses 9 and drops the receiver is in
    danger, whichever of the two we are told of first. The attempt row must be locked by the caller.
    """
    is_over = attempt.state is AttemptState.ENDED
    says = ""
    if digit or words or not is_over:
        says = keying.go_on(session, attempt, step, now, digit=digit, words=words, ears=ears)
    if is_over:
        redial.if_dropped(session, attempt, now)
        says = script.farewell("already_over", session.get_one(Resident, attempt.resident_id).language)
    return says


def take_kept(session: Session, token: str, path: str, key: str, now: datetime) -> None:
    """The same for a key that lay on this machine's disk while the database was away; what has been taken since stays."""
    attempt = session.exec(select(Attempt).where(Attempt.token == token).with_for_update()).first()
    step = step_at(path)
    if attempt is not None and step is not None:
        take(session, attempt, step, now, digit=key, words="", ears=None)
