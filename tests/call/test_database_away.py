"""The database dies under a running call: nothing heard is lost, and somebody is told within seconds all the same."""

import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx2
import pytest
from sqlmodel import Session, col, select

from oncall import clock, db
from oncall.call.entry import Ended, Said
from oncall.call.line import Line
from oncall.call.minutes import Minutes
from oncall.call.scribe import Scribe
from oncall.call.spool import backlog, spool_folder
from oncall.follow_up.escalation import escalate
from oncall.models import Alarm, Attempt, AttemptState, Level, Page, Path, SignalCode, Speaker, Turn
from oncall.models.resident import Resident
from oncall.sandbox.phone.config import PhoneConfig
from oncall.sandbox.server import sandbox_in_thread
from tests.makers import make_attempt, make_check_in
from tests.own_database import Database, own_database

LAST_RESORT = "+821055599999"
CRY = "넘어졌는데 못 일어나겠어"


@pytest.fixture(scope="module")
def carrier_url() -> Iterator[str]:
    """A stand-in carrier of this module's own."""
    with sandbox_in_thread(PhoneConfig(cps=50, speed=10)) as addresses:
        yield addresses.phone_url


@pytest.fixture
def database(carrier_url: str) -> Iterator[Database]:
    """A private database, a carrier, and settings that point at both."""
    with own_database(carrier_url, ONCALL_DUTY_LAST_RESORT=LAST_RESORT) as made:
        yield made


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


def test_a_nine_pressed_while_the_database_is_down_and_the_receiver_dropped_is_told_and_rung_again(
    database: Database, scribe: Scribe, carrier_url: str
) -> None:
    """R-08, R-21: nobody is on the line any more whom a key could be asked for again."""
    with db.transaction() as session:
        attempt = make_attempt(session, make_check_in(session), state=AttemptState.ANSWERED, path=Path.KEYPAD)
        session.expunge(attempt)
    before = len(rung(carrier_url))
    database.stop()
    scribe.key_pressed(attempt.token, "fact-0", "1", clock.now())
    scribe.key_pressed(attempt.token, "fact-1", "9", clock.now())
    assert backlog(spool_folder())[0] == 2
    assert within(8, lambda: len(rung(carrier_url)) == before + 1), "the 9 alone is told"
    database.start()
    assert within(20, lambda: backlog(spool_folder()) == (0, 0))
    with db.transaction() as session:
        (alarm,) = alarms(session)
        assert (alarm.attempt_id, alarm.level) == (attempt.id, Level.EMERGENCY)
    assert within(5, lambda: list(spool_folder().iterdir()) == [])


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
