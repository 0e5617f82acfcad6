"""The city's key is changed while everything runs, broken off anywhere it is gone on with, and what is destroyed stays so."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest
from sqlmodel import select

from oncall import clock, db
from oncall.models import Household, Resident, Staff, seal
from oncall.models.key_file import KeyFile
from oncall.models.seal import KeyRing, SealBroken, ring
from oncall.settings import settings
from oncall.upkeep import key_change
from tests.makers import make_city, make_resident, make_staff


@pytest.fixture
def key_file(tmp_path: Path, committed: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A city whose key is a file of this test's own."""
    file, before = tmp_path / "city.key", ring()
    monkeypatch.setenv("ONCALL_SECRET_FILE", str(file))
    monkeypatch.setattr(key_change, "LAST_LOOK_SECONDS", 0.05)
    settings.cache_clear()
    seal.use(KeyRing.at(file))
    yield file
    monkeypatch.undo()
    settings.cache_clear()
    seal.use(before)


def people(count: int) -> None:
    """So many residents, written quickly."""
    with db.transaction() as session:
        area = make_city(session)["중동"]
        for number in range(count):
            household = Household(area_id=area.id)
            session.add(household)
            one = Resident.under_new_seal(external_id=f"K-{number}", household_id=household.id, area_id=area.id,
                                          enrolled_at=clock.now(), changed_at=clock.now())  # fmt: skip
            one.name = f"김{number}"
            one.reachable_at(f"+8210{number:08d}", None)
            session.add(one)
            session.flush() if number % 1000 == 999 else None


def names(keys: KeyRing) -> set[str]:
    """Every name, opened with these keys."""
    with db.transaction() as session:
        return {keys.seal_of(one.id, one.key_wrapped).open(one.name_sealed, "resident.name", one.id)
                for one in session.exec(select(Resident))}  # fmt: skip


def test_after_a_change_the_new_key_opens_everything_and_the_old_one_nothing(key_file: Path) -> None:
    people(30)
    with db.transaction() as session:
        make_staff(session, login="han").reachable_at("+821055590001")
    old, was = KeyRing(KeyFile.read(key_file)), KeyFile.read(key_file).key
    done = key_change.change(clock.now())
    assert (done.residents, done.resumed) == (30, False)
    new = KeyRing.at(key_file)
    assert len(names(new)) == 30
    with pytest.raises(SealBroken):
        names(old)
    assert new.index_of("phone", "+82") == old.index_of("phone", "+82"), "numbers are found as before"
    assert new.session_key == old.session_key
    assert new.fingerprint == old.fingerprint
    with db.transaction() as session:
        assert session.exec(select(Staff).where(Staff.login == "han")).one().phone == "+821055590001"
    assert KeyFile.read(key_file).also == ()
    assert KeyFile.read(done.retired).key == was, "backups made before still need it"


def test_a_process_that_runs_on_opens_and_makes_seals_all_the_while(key_file: Path) -> None:
    people(3)
    other = KeyRing.at(key_file)  # another process's ring
    key_change.change(clock.now())
    assert len(names(other)) == 3, "it looks into the file again when a key does not open"
    with db.transaction() as session:
        seal.use(other)
        made = make_resident(session, "박말순")
    assert (
        KeyRing.at(key_file).seal_of(made.id, made.key_wrapped).open(made.name_sealed, "resident.name", made.id)
        == "박말순"
    )


def test_a_change_that_was_killed_is_gone_on_with(key_file: Path) -> None:
    """P-25: resumable after kill -9."""
    people(4000)
    program = "from oncall import clock, db; from oncall.upkeep import key_change as k; db.engine(); k.AT_ONCE = 5; k.change(clock.now())"
    started = subprocess.Popen([sys.executable, "-c", program], env={**os.environ, "ONCALL_SECRET_FILE": str(key_file)})
    first = KeyFile.read(key_file).key
    until = time.monotonic() + 30
    while time.monotonic() < until and _under(first) in (0, 4000):
        time.sleep(0.01)
    os.kill(started.pid, signal.SIGKILL)
    started.wait()
    left = _under(first)
    assert 0 < left < 4000, "killed in the middle"
    ring().look_again()
    assert len(names(ring())) == 4000, "both keys open meanwhile"
    done = key_change.change(clock.now())
    assert (done.resumed, done.residents) == (True, left)
    assert len(names(KeyRing.at(key_file))) == 4000
    assert _under(first) == 0


def _under(key: bytes) -> int:
    """How many data keys are wrapped under this key."""
    keys = KeyRing(key)
    with db.transaction() as session:
        return sum(_opens(keys, *row) for row in session.exec(select(Resident.id, Resident.key_wrapped)))


def _opens(keys: KeyRing, owner: UUID, wrapped: bytes) -> bool:
    try:
        keys.seal_of(owner, wrapped)
    except SealBroken:
        return False
    return True


def test_ten_thousand_residents_are_wrapped_anew_within_a_minute(key_file: Path) -> None:
    """P-25."""
    people(10_000)
    done = key_change.change(clock.now())
    assert done.residents == 10_000
    assert done.seconds < 60
    print(f"10,000 in {done.seconds:.1f} s")


def test_a_prepared_key_is_the_one_that_comes(key_file: Path) -> None:
    people(2)
    assert key_change.prepare()
    assert not key_change.prepare()
    (coming,) = KeyFile.read(key_file).also
    assert not key_change.change(clock.now()).resumed
    assert KeyFile.read(key_file).key == coming
