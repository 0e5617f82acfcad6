"""What a resident asks of the calls holds in the rows from that moment on, whatever arrives later."""

from typing import Any

import pytest
import sqlalchemy as sa
from sqlmodel import Session, select

from oncall import db
from oncall.call import erasing, taped, wishes
from oncall.call.entry import Recorded
from oncall.call.line import Line
from oncall.gateways import store, tape
from oncall.models import (
    Attempt,
    ConsentScope,
    Event,
    Memory,
    MemoryKind,
    Recording,
    RecordingState,
    Resident,
    Verb,
)
from oncall.models.consent import standing_consent
from oncall.models.wish import Wish
from oncall.settings import settings
from tests.makers import NOON, make_attempt, make_check_in, make_resident


def remember(session: Session, resident: Resident, words: str, kind: MemoryKind = MemoryKind.INTEREST) -> Memory:
    memory = Memory(resident_id=resident.id, kind=kind, words_sealed=b"", made_at=NOON)
    memory.write(resident.seal, words)
    session.add(memory)
    session.flush()
    return memory


def a_call(session: Session) -> Attempt:
    return make_attempt(session, make_check_in(session), call_sid="CA1")


def the_sound(session: Session) -> Recording:
    return session.exec(select(Recording)).one()


def test_forget_deletes_every_note_and_says_only_how_many(session: Session) -> None:
    attempt = a_call(session)
    resident = session.get_one(Resident, attempt.resident_id)
    other = make_resident(session)
    for words in ("바둑을 좋아하심", "텃밭"):
        remember(session, resident, words)
    remember(session, other, "노래")
    wishes.honour(session, Line.of(session, attempt), Wish.FORGET, NOON)
    assert [memory.resident_id for memory in session.exec(select(Memory))] == [other.id]
    event = session.exec(select(Event).where(Event.verb == Verb.FORGOTTEN)).one()
    assert event.detail == {"count": 2}
    assert event.about == f"attempt:{attempt.id}"
    assert standing_consent(session, resident.id, ConsentScope.MEMORY)


def test_do_not_record_leaves_no_sound_and_has_it_erased(session: Session) -> None:
    attempt = a_call(session)
    line = Line.of(session, attempt)
    Recorded(line, "RE1", 500, NOON).write(session)
    wishes.honour(session, line, Wish.DO_NOT_RECORD, NOON)
    assert the_sound(session).state is RecordingState.ABSENT
    assert not standing_consent(session, attempt.resident_id, ConsentScope.RECORDING)
    jobs = session.execute(sa.text("SELECT task_name, args FROM procrastinate_jobs")).all()
    assert ("erase_recording", {"attempt": str(attempt.id)}) in [tuple(job) for job in jobs]


@pytest.mark.parametrize("known_before", [True, False])
def test_news_of_the_sound_that_comes_later_does_not_bring_it_back(session: Session, known_before: bool) -> None:
    attempt = a_call(session)
    line = Line.of(session, attempt)
    if known_before:
        Recorded(line, "RE1", 500, NOON).write(session)
    wishes.honour(session, line, Wish.DO_NOT_RECORD, NOON)
    taped.recording_came(session, attempt, "RE1", RecordingState.READY, NOON)
    Recorded(line, "RE1", 500, NOON).write(session)
    assert the_sound(session).state is RecordingState.ABSENT
    session.execute(sa.text("DELETE FROM procrastinate_jobs"))
    taped.recording_came(session, attempt, "RE1", RecordingState.READY, NOON)
    assert session.execute(
        sa.text("SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'erase_recording'")
    ).scalar()


def test_a_call_without_that_wish_keeps_its_sound(session: Session) -> None:
    attempt = a_call(session)
    wishes.honour(session, Line.of(session, attempt), Wish.FORGET, NOON)
    taped.recording_came(session, attempt, "RE1", RecordingState.READY, NOON)
    assert the_sound(session).state is RecordingState.READY


@pytest.mark.usefixtures("committed")
def test_erasing_takes_the_sound_from_our_shelf_and_from_the_carrier(monkeypatch: pytest.MonkeyPatch) -> None:
    settings.cache_clear()
    asked: list[tuple[str, Any]] = []
    monkeypatch.setattr(tape, "recordings_of", lambda sid: [("RE1", "in-progress"), ("RE2", "completed")])
    monkeypatch.setattr(tape, "stop_recording", lambda call, sid: asked.append(("stop", sid)))
    monkeypatch.setattr(tape, "erase_recording", lambda sid: asked.append(("erase", sid)))
    with db.transaction() as session:
        attempt = a_call(session)
        recording = Recording(attempt_id=attempt.id, resident_id=attempt.resident_id, sid="RE1",
                              state=RecordingState.KEPT, changed_at=NOON)  # fmt: skip
        recording.key = f"{attempt.resident_id}/{recording.id}"
        store.keep(recording.key, b"sealed sound")
        session.add(recording)
        key = recording.key
    erasing.erase(attempt.id, NOON)
    with pytest.raises(store.NotKept):
        store.fetch(key)
    assert asked == [("stop", "RE1"), ("stop", "RE2"), ("erase", "RE1"), ("erase", "RE2")]
    with db.transaction() as session:
        sound = the_sound(session)
        assert (sound.state, sound.key) == (RecordingState.ABSENT, "")
        assert session.exec(select(Event).where(Event.verb == Verb.ERASED)).one().detail == {"recordings": 2}
