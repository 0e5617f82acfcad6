"""The drill (R-18): a copy is made, calls go on, the copy is brought back, and nobody who was called today is called again."""

import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import httpx2
import pytest
from sqlmodel import col, select

from oncall import clock, db, worker
from oncall.call import dialling
from oncall.call.pulse import pulse
from oncall.models import (
    Attempt,
    AttemptState,
    Campaign,
    CheckIn,
    CheckInState,
    Enrolment,
    Event,
    HoldReason,
    NodeKind,
    Resident,
    Role,
    Staff,
    Turn,
)
from oncall.models import hold as holds
from oncall.models.seal import ring
from oncall.sandbox.phone.config import PhoneConfig
from oncall.sandbox.server import sandbox_in_thread
from oncall.settings import settings
from oncall.upkeep import backup, erasure, reconcile, restore
from tests.makers import make_campaign, make_resident, make_staff, make_turns
from tests.own_database import Database, own_database


@pytest.fixture(scope="module")
def carrier_url() -> Iterator[str]:
    """A stand-in carrier of this module's own."""
    with sandbox_in_thread(PhoneConfig(cps=50, speed=20)) as addresses:
        yield addresses.phone_url


@pytest.fixture
def database(carrier_url: str) -> Iterator[Database]:
    """A private database with six residents of one campaign that may call at any hour, all due."""
    with own_database(carrier_url, ONCALL_REQUIRE_DUTY="false", ONCALL_CPS="50") as made:
        now = clock.now()
        with db.transaction() as session:
            campaign = make_campaign(
                session, windows=["daily 00:00-24:00"], holidays=True, starts=(now - timedelta(days=9)).date()
            )
            for number in range(6):
                resident = make_resident(session, f"김{number}", external_id=f"B-{number}", now=now - timedelta(days=5))
                session.add(
                    Enrolment(campaign_id=campaign.id, resident_id=resident.id, joined_at=now - timedelta(days=5))
                )
            make_staff(session, Role.SUPERVISOR, login="seo", area="부천시")
        yield made


def tick_and_dial(times: int = 6) -> None:
    """The clock ticks, and the jobs that place calls run."""
    for _ in range(times):
        pulse.beat(NodeKind.WEB, clock.now())  # somebody would answer
        worker.tick()
        with db.transaction() as session:
            intended = session.exec(select(Attempt.id).where(Attempt.state == AttemptState.INTENDED)).all()
        for attempt in intended:
            dialling.place_call(attempt, clock.now())


def dialled(carrier_url: str) -> list[str]:
    """Every number the carrier was asked to call, from its own ledger."""
    return [call["to"] for call in httpx2.get(f"{carrier_url}/sandbox/ledger").json()]


def release() -> None:
    with db.transaction() as session:
        seo = session.exec(select(Staff).where(Staff.login == "seo")).one()
        for one in holds.standing(session):
            holds.release(session, one, clock.now(), by=seo.id, why="compared")


def test_nobody_called_since_the_copy_is_called_again(database: Database, carrier_url: str, tmp_path: Path) -> None:
    before = len(dialled(carrier_url))
    made = backup.make(tmp_path / "copy", clock.now())
    assert made.tables["resident"]["rows"] == 6
    with db.transaction() as session:
        session.exec(select(Campaign)).one().lines = 4
    tick_and_dial()
    called = dialled(carrier_url)[before:]
    assert len(called) == len(set(called)) == 4, "four are called, two still wait for a line"

    done = restore.restore(tmp_path / "copy", clock.now(), replace=True)
    assert done.rows >= made.rows
    assert done.seconds < 60
    with db.transaction() as session:
        assert session.exec(select(Attempt)).all() == [], "the copy knows of no call"
        assert [one.reason for one in holds.standing(session)] == [HoldReason.RESTORED]
        since = reconcile.restored_at(session)
    tick_and_dial()
    assert dialled(carrier_url)[before:] == called, "held: nobody is dialled"

    assert since is not None
    found = reconcile.compare(since, clock.now())
    assert (found.written.total(), found.known, found.strangers) == (4, 0, [])
    again = reconcile.compare(since, clock.now())
    assert (again.written.total(), again.known) == (0, 4), "a second comparison finds nothing new"
    tick_and_dial()
    assert dialled(carrier_url)[before:] == called, "compared, but not released yet"

    release()
    tick_and_dial()
    everybody = dialled(carrier_url)[before:]
    assert len(everybody) == len(set(everybody)) == 6, "the two that waited are called, and nobody twice"
    with db.transaction() as session:
        states = dict(session.exec(
            select(Resident.phone_index, CheckIn.state).join(CheckIn, col(CheckIn.resident_id) == Resident.id)
        ).all())  # fmt: skip
        index = ring().index_of
        ended = {states[index("phone", number)] for number in called}
        assert ended <= {CheckInState.NOT_ACCOUNTED, CheckInState.UNREACHED}, "a person sees to those who were called"
        released = session.exec(select(Event).where(Event.verb == "dialling_released")).one()
        assert released.staff_id is not None


def test_without_the_hold_they_would_have_been_called_twice(
    database: Database, carrier_url: str, tmp_path: Path
) -> None:
    """What the hold is for: this is the accident it prevents."""
    before = len(dialled(carrier_url))
    backup.make(tmp_path / "copy", clock.now())
    tick_and_dial()
    restore.restore(tmp_path / "copy", clock.now(), replace=True)
    release()
    tick_and_dial()
    called = dialled(carrier_url)[before:]
    assert len(called) == 2 * len(set(called))


def test_a_copy_brings_back_words_numbers_and_who_did_what(database: Database, tmp_path: Path) -> None:
    with db.transaction() as session:
        tick = session.exec(select(Resident).order_by(col(Resident.external_id))).first()
        assert tick is not None
        session.add(Event(at=clock.now(), verb="read", resident_id=tick.id, about="case:1", detail={"a": "b\n\tc\\"}))
    tick_and_dial(2)
    with db.transaction() as session:
        attempt = session.exec(select(Attempt)).first()
        assert attempt is not None
        make_turns(session, attempt, ("resident", "밥을 먹었어요\n\t그리고 \\n"))
    backup.make(tmp_path / "copy", clock.now(), with_key=tmp_path / "key")
    assert (tmp_path / "key" / "secret.key").read_bytes() == settings().key_file.read_bytes()
    with pytest.raises(backup.NoCopy, match="not empty"):
        restore.restore(tmp_path / "copy", clock.now())
    restore.restore(tmp_path / "copy", clock.now(), replace=True)
    with db.transaction() as session:
        assert {one.name for one in session.exec(select(Resident))} == {f"김{number}" for number in range(6)}
        (turn,) = session.exec(select(Turn)).all()
        assert turn.words(session.get_one(Resident, turn.resident_id).seal) == "밥을 먹었어요\n\t그리고 \\n"
        session.add(Event(at=clock.now(), verb="read", about="numbers go on"))
        session.flush()
        assert session.exec(select(Event).where(Event.verb == "read").order_by(col(Event.id))).first().detail == {
            "a": "b\n\tc\\"
        }


def test_who_was_erased_does_not_come_back_with_an_older_copy(database: Database, tmp_path: Path) -> None:
    """P-24: not even out of a copy that was out of reach."""
    backup.make(tmp_path / "copy", clock.now())
    shutil.copytree(tmp_path / "copy", tmp_path / "stolen")
    gone = erasure.erase("B-1", "asked for it", clock.now())
    assert gone.copies == 1
    assert "B-1" in (tmp_path / "stolen" / "tables" / "resident.copy").read_text(encoding="utf-8")
    for copy in ("copy", "stolen"):
        done = restore.restore(tmp_path / copy, clock.now(), replace=True)
        assert done.erased == 1
        with db.transaction() as session:
            assert sorted(one.name for one in session.exec(select(Resident))) == ["", "김0", "김2", "김3", "김4", "김5"]


def test_a_damaged_copy_and_another_citys_are_refused(database: Database, tmp_path: Path) -> None:
    backup.make(tmp_path / "copy", clock.now())
    file = tmp_path / "copy" / "tables" / "staff.copy"
    whole = file.read_bytes()
    file.write_bytes(whole[:-2])
    with pytest.raises(backup.NoCopy, match="damaged"):
        restore.restore(tmp_path / "copy", clock.now(), replace=True)
    file.write_bytes(whole)
    manifest = tmp_path / "copy" / "manifest.json"
    manifest.write_text(manifest.read_text().replace(backup.Manifest.read(tmp_path / "copy").fingerprint, "0" * 16))
    with pytest.raises(backup.NoCopy, match="key"):
        restore.restore(tmp_path / "copy", clock.now(), replace=True)
    with db.transaction() as session:
        assert len(session.exec(select(Resident)).all()) == 6, "nothing was dropped"
    with pytest.raises(backup.NoCopy, match="not empty"):
        backup.make(tmp_path / "copy", clock.now())
    with pytest.raises(backup.NoCopy, match="key"):
        backup.make(tmp_path / "other", clock.now(), with_key=tmp_path / "other" / "key")
