"""Words go in time, each kind in its own, those under a legal hold stay, and what was due adds up (P-22, P-23)."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlmodel import Session, select

from oncall import db
from oncall.errors import SettingError
from oncall.gateways import store
from oncall.models import (
    Assessment,
    Case,
    CaseEntry,
    CaseKind,
    Enrolment,
    EntryKind,
    Event,
    LegalHold,
    Level,
    Recording,
    RecordingState,
    Resident,
    RetentionRun,
    Turn,
)
from oncall.settings import settings
from oncall.upkeep import keeping, retention
from tests.makers import NOON, make_alarm, make_attempt, make_check_in, make_resident, make_staff, make_turns

DAY = timedelta(days=1)


@pytest.fixture
def life(committed: None) -> Resident:
    """One resident with a calm call, a grave one, and a case that was closed ten days after it."""
    with db.transaction() as session:
        resident = make_resident(session)
        calm, grave = (
            make_attempt(session, make_check_in(session, resident, slot=NOON + timedelta(hours=n))) for n in (0, 1)
        )
        for attempt in (calm, grave):
            make_turns(session, attempt, ("resident", "밥을 먹었어요"))
            kept(session, attempt.id, resident)
        session.add(Assessment(check_in_id=grave.check_in_id, attempt_id=grave.id, resident_id=resident.id,
                               level=Level.URGENT, made_at=NOON))  # fmt: skip
        make_alarm(session, grave, state="closed")
        case = Case(household_id=resident.household_id, resident_id=resident.id, area_id=resident.area_id,
                    kind=CaseKind.FLAGGED, level=Level.URGENT, level_rank=3, opened_at=NOON, raised_at=NOON, due_at=NOON,
                    closed_at=NOON + 10 * DAY)  # fmt: skip
        session.add(case)
        session.flush()
        entry = CaseEntry(case_id=case.id, resident_id=resident.id, kind=EntryKind.NOTE, at=NOON)
        entry.write(resident.seal, "딸이 다녀갔다")
        session.add(entry)
        return resident


def kept(session: Session, attempt_id: object, resident: Resident) -> None:
    recording = Recording(attempt_id=attempt_id, resident_id=resident.id, sid=f"RE{attempt_id}", state=RecordingState.KEPT,
                          key=f"recordings/{attempt_id}", changed_at=NOON)  # fmt: skip
    store.keep(recording.key, resident.seal.close_bytes(b"RIFF", "recording.sound", recording.id))
    session.add(recording)


def left() -> dict[str, int]:
    """What can still be heard and read."""
    with db.transaction() as session:
        return {
            "sounds": sum(row.state is RecordingState.KEPT for row in session.exec(select(Recording))),
            "turns": sum(len(row.words_sealed) > 0 for row in session.exec(select(Turn))),
            "notes": sum(row.text_sealed is not None for row in session.exec(select(CaseEntry))),
        }


@pytest.mark.parametrize(("days", "expected"), [
    (29, {"sounds": 2, "turns": 2, "notes": 1}), (31, {"sounds": 1, "turns": 2, "notes": 1}),
    (89, {"sounds": 1, "turns": 2, "notes": 1}), (91, {"sounds": 0, "turns": 2, "notes": 1}),
    (364, {"sounds": 0, "turns": 2, "notes": 1}), (366, {"sounds": 0, "turns": 0, "notes": 1}),
    (1834, {"sounds": 0, "turns": 0, "notes": 1}), (1837, {"sounds": 0, "turns": 0, "notes": 0}),
])  # fmt: skip
def test_each_kind_goes_in_its_own_time(life: Resident, days: int, expected: dict[str, int]) -> None:
    retention.run(NOON + days * DAY)
    assert left() == expected


def test_six_years_of_nights_add_up_and_a_second_run_finds_nothing(life: Resident) -> None:
    for days in range(1, 6 * 365, 30):
        for one in retention.run(NOON + days * DAY):
            assert one.due == one.removed + one.held + one.failed, one
    assert left() == {"sounds": 0, "turns": 0, "notes": 0}
    assert all(one.due == 0 for one in retention.run(NOON + 6 * 365 * DAY))
    assert store.keys("recordings") == []


def test_a_legal_hold_keeps_everything_of_one_person_and_is_counted(life: Resident) -> None:
    now = NOON + 400 * DAY
    with db.transaction() as session:
        session.add(LegalHold(resident_id=life.id, why="민원", until=(now + DAY).date(), since=NOON,
                              set_by=make_staff(session).id))  # fmt: skip
    words = next(one for one in retention.run(now) if one.kind == "words")
    assert (words.due, words.removed) == (words.held, 0)
    assert left() == {"sounds": 2, "turns": 2, "notes": 1}
    retention.run(now + 3 * DAY)
    assert left()["turns"] == 0, "the hold has ended"


def test_a_dry_run_counts_and_touches_nothing(life: Resident) -> None:
    found = {one.kind: one.due for one in retention.run(NOON + 400 * DAY, dry=True)}
    assert found["recordings"] == 2
    assert left() == {"sounds": 2, "turns": 2, "notes": 1}
    with db.transaction() as session:
        assert session.exec(select(RetentionRun)).all() == []


def test_the_sound_of_a_grave_call_stays_while_the_case_is_open(life: Resident) -> None:
    with db.transaction() as session:
        session.exec(select(Case)).one().closed_at = None
    retention.run(NOON + 400 * DAY)
    assert left()["sounds"] == 1


def test_who_left_three_years_ago_is_forgotten_and_that_is_written_down(life: Resident) -> None:
    with db.transaction() as session:
        session.get_one(Resident, life.id).changed_at = NOON
        session.exec(select(Enrolment)).one().left_at = NOON + DAY
    now: datetime = NOON + 1100 * DAY
    retention.run(now)
    with db.transaction() as session:
        gone = session.get_one(Resident, life.id)
        assert (gone.name, gone.key_wrapped) == ("", b"")
        assert session.exec(select(Event.resident_id).where(Event.verb == "erased")).all() == [life.id]


def test_longer_than_the_default_needs_a_reason(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ONCALL_PROMPTS", str(tmp_path))
    settings.cache_clear()
    for text, fits in (("words_days = 30", True), ("words_days = 9999", False),
                       ('words_days = 9999\nreason = "조례 제12조"', True), ("word_days = 3", False)):  # fmt: skip
        (tmp_path / "retention.toml").write_text(text, encoding="utf-8")
        if fits:
            assert keeping.times()
        else:
            with pytest.raises(SettingError):
                keeping.times()
    monkeypatch.undo()
    settings.cache_clear()


@pytest.fixture(autouse=True)
def empty_shelf() -> Iterator[None]:
    """Nothing lies on the shelf before or after."""
    yield
    for key in store.keys("recordings"):
        store.remove(key)
