"""What is heard lies on disk, sealed, before anybody asks the database; a dead process's file is found by the next."""

import fcntl
import json
import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from sqlmodel import Session

from oncall.call.alarm_entry import Quoted, Raised, Told
from oncall.call.entry import Answered, Ended, Learned, Noted, Record, Requested, Said, Wished
from oncall.call.line import Line
from oncall.call.spool import SpoolFile, backlog, kept_of, orphans
from oncall.models import AnsweredBy, FactState, Level, SignalCode, Speaker, Speaks
from oncall.models.risk import Detector
from oncall.models.wish import Wish
from tests.makers import NOON, make_attempt, make_check_in

CRY = "넘어졌는데 못 일어나겠어"


@pytest.fixture
def line(session: Session) -> Line:
    """One call's line."""
    return Line.of(session, make_attempt(session, make_check_in(session)))


def cry(line: Line) -> Raised:
    return Raised(line, SignalCode.FALL, Level.EMERGENCY, Detector.NET, CRY, 12.5, NOON, speaks=Speaks.CHILD)


def test_an_alarm_is_read_back_as_its_row_and_no_plain_word_is_on_disk(line: Line, tmp_path: Path) -> None:
    file, raised = SpoolFile.new(tmp_path, "alarms"), cry(line)
    file.keep(kept_of(raised))
    raw = file.path.read_bytes()
    assert CRY.encode() not in raw
    assert CRY not in json.dumps(json.loads(raw), ensure_ascii=False)
    (kept,) = file.waiting()
    columns = kept.columns()
    assert (columns["id"], columns["code"], columns["raised_at"]) == (raised.alarm_id, SignalCode.FALL, NOON)
    assert columns["speaks"] is Speaks.CHILD
    del kept.line["speaks"]
    assert kept.columns()["speaks"] is Speaks.RESIDENT, "a line of a version that did not ask"
    assert line.seal.open(columns["quote_sealed"], "alarm.quote", raised.alarm_id) == CRY


def test_every_kind_of_record_comes_back_as_it_was(line: Line, tmp_path: Path) -> None:
    records: list[Record] = [
        Said(line, 3, Speaker.RESIDENT, CRY, 100, 900, NOON, timing={"total_ms": 812}),
        Quoted(line, uuid4(), CRY), Wished(line, Wish.STOP_CALLING, NOON),
        Noted(line, "meals", FactState.ANSWERED, "", CRY, NOON), Told(line, {"where": "집"}, Level.EMERGENCY),
        Requested(line, CRY, NOON), Learned(line, {"patience_ms": 900}, True, NOON),
        Answered(line, AnsweredBy.RESIDENT, NOON), Ended(line, "goodbye", NOON + timedelta(seconds=1)),
    ]  # fmt: skip
    file = SpoolFile.new(tmp_path, "minutes")
    file.keep(*[kept_of(record) for record in records])
    assert CRY.encode() not in file.path.read_bytes()
    assert [kept.record(line) for kept in file.waiting()] == records


def test_a_file_of_a_killed_process_is_adopted_once_and_keeps_its_marks(line: Line, tmp_path: Path) -> None:
    first, second = kept_of(cry(line)), kept_of(cry(line))
    program = (
        "import sys, os, json; from pathlib import Path; from oncall.call.spool import SpoolFile, Kept; from uuid import UUID\n"
        "file = SpoolFile.new(Path(sys.argv[1]), 'alarms')\n"
        "kept = [Kept(UUID(one['alarm']), one) for one in json.loads(sys.argv[2])]\n"
        "file.keep(*kept); file.done(kept[0].id); file.about_to_ring(kept[1].id); os.kill(os.getpid(), 9)\n"
    )
    subprocess.run([sys.executable, "-c", program, str(tmp_path), json.dumps([first.line, second.line])], check=False)
    assert backlog(tmp_path) == (1, 0)
    (adopted,) = orphans(tmp_path)
    assert orphans(tmp_path) == [], "it has somebody who looks after it now"
    assert [kept.id for kept in adopted.waiting()] == [second.id]
    assert not adopted.about_to_ring(second.id), "the last resort was rung by the process that died"
    adopted.done(second.id)
    assert adopted.remove_if_done()
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_being_made_is_nobody_elses(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One thread makes it while another looks for what dead processes left: each would wait for the other for ever."""
    lock, found = fcntl.flock, []

    def looked_at_before(handle: int, how: int) -> None:
        if not how & fcntl.LOCK_NB:
            found.extend(orphans(tmp_path))
            assert found == []
        lock(handle, how)

    monkeypatch.setattr(fcntl, "flock", looked_at_before)
    made = SpoolFile.new(tmp_path, "alarms")
    assert made.path.exists()
    assert orphans(tmp_path) == []
    made.let_go()
    assert [file.path for file in orphans(tmp_path)] == [made.path]


def test_a_line_torn_by_a_power_cut_costs_no_other_line(line: Line, tmp_path: Path) -> None:
    file = SpoolFile.new(tmp_path, "alarms")
    file.keep(kept_of(cry(line)))
    with file.path.open("ab") as out:
        out.write(b'{"alarm":"3f\n')
    file.keep(kept_of(cry(line)))
    os.close(file._handle)
    (adopted,) = orphans(tmp_path)
    assert len(adopted.waiting()) == 2
