"""Coverage: every planned fact of every call ends in a note, and what was never asked says why (C-36)."""

from datetime import datetime
from uuid import uuid4

from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session, select

from oncall.models import Alarm, Attempt, Campaign, CheckIn, FactNote, FactState

# Why the conversation ended, as the attempt says it, to why a question was not asked; other words are their own reason.
_WHY = {
    "": "hung_up", "model_down": "broken", "malformed": "broken", "goodbye": "skipped", "done": "skipped",
    "asked_for_person": "unwilling", "stop_calling": "unwilling", "later": "unwilling", "scam_worry": "unwilling",
    "other_person": "wrong_person",
}  # fmt: skip


def account(session: Session, check_in: CheckIn, now: datetime, reason: str, attempt: Attempt | None = None) -> None:
    """Note every planned fact of this check-in that has no note as not asked, because of `reason`. Any number of
    times: a note that stands is left as it is."""
    planned = session.get_one(Campaign, check_in.campaign_id).facts
    if not planned:
        return
    session.flush()
    rows = [
        {
            "id": uuid4(), "check_in_id": check_in.id, "attempt_id": attempt.id if attempt else None,
            "resident_id": check_in.resident_id, "campaign_id": check_in.campaign_id, "fact": fact,
            "state": FactState.NOT_ASKED, "reason": reason, "noted_at": now,
        }
        for fact in dict.fromkeys(planned)
    ]  # fmt: skip
    session.execute(insert(FactNote).values(rows).on_conflict_do_nothing(index_elements=["check_in_id", "fact"]))


def why_not_asked(session: Session, attempt: Attempt) -> str:
    """Why a call that was answered left questions open: danger first, then how the conversation ended."""
    alarm = session.exec(select(Alarm.id).where(Alarm.attempt_id == attempt.id).limit(1)).first()
    return "emergency" if alarm is not None else _WHY.get(attempt.end_reason, attempt.end_reason)
