"""R-04: the carrier's messages shuffled, repeated, a day late or lost end where the clean order ends.

Ten thousand histories, a thousand of each story: `pytest tests/call/test_any_order.py --hypothesis-profile=long`.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from sqlmodel import Session, select

from oncall.call import progress, sweep, taped
from oncall.gateways import phone
from oncall.models import (
    Attempt,
    AttemptState,
    Campaign,
    CheckIn,
    CheckInState,
    Recording,
    RecordingState,
    Resident,
)  # fmt: skip
from tests.conftest import examples
from tests.makers import NOON, make_attempt, make_campaign, make_check_in, make_resident, make_turns

SID = "CA1"
REPAIRED_AT = NOON + timedelta(hours=2)


@dataclass(frozen=True)
class Story:
    """What really happened in one call, and what the carrier has to tell of it, in order."""

    statuses: tuple[str, ...]
    answered_by: str | None = None
    words: bool = False
    recording: RecordingState | None = None
    end_reason: str = ""


STORIES = {
    "talked": Story(("initiated", "ringing", "in-progress", "completed"), "human", True, RecordingState.READY, "done"),
    "talked_no_sound": Story(("initiated", "ringing", "in-progress", "completed"), "human", True, RecordingState.ABSENT),
    "cut_off": Story(("initiated", "ringing", "in-progress", "completed"), "unknown", True, RecordingState.READY, "broken"),
    "model_down": Story(("initiated", "ringing", "in-progress", "completed"), "human", False, None, "model_down"),
    "machine": Story(("initiated", "ringing", "in-progress", "completed"), "machine_start"),
    "hung_up": Story(("initiated", "ringing", "in-progress", "completed"), "human"),
    "no_answer": Story(("initiated", "ringing", "no-answer")),
    "busy": Story(("initiated", "busy")),
    "failed": Story(("initiated", "failed")),
    "canceled": Story(("initiated", "ringing", "canceled")),
}  # fmt: skip


@st.composite
def histories(draw: st.DrawFn, name: str) -> tuple[list[str], bool, int]:
    """The messages of a story as they arrive (some twice or more, some never), whether the reply to our request came,
    and how many tries the campaign allows."""
    clean = clean_order(STORIES[name])
    arrive = [message for message in clean if draw(st.integers(0, 9))]  # one in ten is lost
    again = draw(st.lists(st.sampled_from([*clean, "settle"]), max_size=8))
    return list(draw(st.permutations([*arrive, *again]))), draw(st.booleans()), draw(st.integers(1, 3))


def clean_order(story: Story) -> list[str]:
    """Every message once, as it should come; `settle` is our own job after the end."""
    messages = list(story.statuses)
    if story.answered_by:
        messages.insert(messages.index("completed"), "amd")
    messages.append("settle")
    if story.recording:
        messages.append("recording")
    return messages


@pytest.fixture
def base(session: Session) -> tuple[Session, Resident, Campaign]:
    """Somebody to call; each history is undone again."""
    return session, make_resident(session), make_campaign(session)


def lived(base: tuple[Session, Resident, Campaign], story: Story, messages: list[str], *, replied: bool, tries: int,
          monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:  # fmt: skip
    """Let one call be lived through in this order, repaired two hours later, and tell where everything stands."""
    session, resident, campaign = base
    nested = session.begin_nested()
    campaign.attempts = tries
    check_in = make_check_in(session, resident, campaign, state=CheckInState.DIALLING)
    attempt = make_attempt(session, check_in, state=AttemptState.UNCERTAIN, end_reason=story.end_reason, token="t")
    if story.words:
        make_turns(session, attempt, ("resident", "네, 잘 지내요"))
    if replied:
        progress.advance(session, attempt, AttemptState.PLACED, NOON, call_sid=SID)
    for number, message in enumerate(messages):
        tell(session, attempt, story, message, NOON + timedelta(seconds=number))
    # Whatever did not arrive is found: the call by the sweep, its end by the sweep, its sound by asking for it.
    monkeypatch.setattr(sweep.phone, "look_up", lambda sid: phone.CarrierCall(
        sid, story.statuses[-1], NOON, story.answered_by, None))  # fmt: skip
    attempt.claimed_at = NOON  # not moved by anything above
    if attempt.state is AttemptState.UNCERTAIN:
        # What `reconcile` does once the carrier's list shows the call.
        progress.carrier_says(session, attempt, story.statuses[-1], REPAIRED_AT, call_sid=SID,
                              answered_by=story.answered_by)  # fmt: skip
    sweep.sweep(REPAIRED_AT)
    sweep.sweep(REPAIRED_AT + timedelta(minutes=2))
    if story.recording:
        tell(session, attempt, story, "recording", REPAIRED_AT)  # as `look_for_recording` does before it is listened to
    recordings = [(row.sid, row.state) for row in session.exec(select(Recording)).all()]
    end = {
        "attempt": attempt.state, "outcome": attempt.outcome, "sid": attempt.call_sid, "check_in": check_in.state,
        "reason": check_in.reason, "recordings": recordings, "calls": attempts(session, check_in),
        "due_again": check_in.state is CheckInState.DUE and check_in.due_at > attempt.ended_at,
    }  # fmt: skip
    nested.rollback()
    session.expunge_all()
    session.add_all([resident, campaign])
    return end


def attempts(session: Session, check_in: CheckIn) -> int:
    return len(session.exec(select(Attempt).where(Attempt.check_in_id == check_in.id)).all())


def tell(session: Session, attempt: Attempt, story: Story, message: str, now: Any) -> None:
    """What the webhooks do with one message."""
    if message == "settle":
        if attempt.state is AttemptState.ENDED:
            progress.settle(session, attempt, now)
    elif message == "amd":
        assert story.answered_by
        progress.machine_says(attempt, story.answered_by)
    elif message == "recording":
        assert story.recording
        taped.recording_came(session, attempt, "RE1", story.recording, now)
    else:
        answered_by = story.answered_by if message == "completed" else None
        progress.carrier_says(session, attempt, message, now, call_sid=SID, answered_by=answered_by)


@pytest.mark.parametrize("name", STORIES)
@given(drawn=st.data())
@hypothesis_settings(max_examples=examples(10, many=1000), deadline=None, suppress_health_check=list(HealthCheck))
def test_any_order_with_repeats_and_losses_ends_as_the_clean_order_does(
    base: tuple[Session, Resident, Campaign], one_session: pytest.MonkeyPatch, name: str, drawn: st.DataObject
) -> None:
    story = STORIES[name]
    messages, replied, tries = drawn.draw(histories(name))
    clean = lived(base, story, clean_order(story), replied=True, tries=tries, monkeypatch=one_session)
    assert lived(base, story, messages, replied=replied, tries=tries, monkeypatch=one_session) == clean
    assert clean["attempt"] is AttemptState.ENDED
    assert clean["outcome"] is not None
