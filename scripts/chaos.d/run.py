"""One run: a cluster is started, broken as planned, left to settle, and read out."""

import os
import sys
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import ledger
import psycopg
import requests
import residents
import rows
from breaking import Breaking
from checker import World
from database import OwnDatabase
from door import Door
from nodes import StandIns, answers, at_once, free_ports, nodes, together
from plan import Plan


@dataclass
class Done:
    """What a run left behind: what the judge is told, what was broken, and how long it took (seconds)."""

    world: World
    broken: Counter[str]
    ended_by_themselves: Counter[str]
    states: dict[str, int]
    seconds: float
    settled_in: float
    at_rest: bool


def carry_out(plan: Plan, folder: Path, *, speed: float, settle_seconds: float) -> Done:
    """Everything from an empty folder to what the judge needs; nothing is left running."""
    began = time.monotonic()
    written = folder / "ledger.jsonl"
    carrier = StandIns(folder / "stand_ins.log", "--speed", f"{speed:g}", "--cps", "20", "--ledger", str(written),
                       "--seed", str(plan.seed))  # fmt: skip
    database = OwnDatabase(folder / "postgres")
    front, *behind = free_ports(plan.nodes + 1)
    door = Door(front, behind)
    settings = together(database.url, carrier.settings, front, folder) | {
        "ONCALL_LINES": "150", "ONCALL_CPS": "20", "ONCALL_REQUIRE_DUTY": "false", "ONCALL_HASTE": f"{speed:g}",
        "ONCALL_LEAST_FREE_MB": "1", "ONCALL_REPORT_AT": "",
    }  # fmt: skip
    cluster = nodes(behind, settings, folder)
    everyone = [process for node in cluster for process in node.values()]
    try:
        door.open()
        os.environ.update(settings)
        from oncall import db

        db.upgrade()
        phones = residents.settle_in(plan, folder, carrier.url, datetime.now(UTC))
        for process in everyone:
            process.start()
        if not all(answers(port, 120) for port in behind) or not _work(database.url, plan.nodes, 120):
            raise RuntimeError(f"the nodes did not start; their words are in {folder}")
        _say(f"{plan.nodes} nodes run, {len(plan.slots)} residents are enrolled; {time.monotonic() - began:.0f} s")
        breaking = Breaking(plan, cluster, database, carrier.url)
        _break(plan, breaking, database.url)
        mended = time.monotonic()
        at_rest = _settle(breaking, database.url, plan.late, settle_seconds)
        settled = time.monotonic() - mended
        if not carrier.lives:
            raise RuntimeError("the carrier ended during the run, so that nothing can be said")
        world = _world(plan, written, database.url, carrier.url, phones, breaking)
        states = rows.counts(database.url)
        db.engine().dispose()
        return Done(
            world, breaking.done, breaking.ended_by_themselves, states, time.monotonic() - began, settled, at_rest
        )
    finally:
        at_once(everyone)
        carrier.stop()
        door.close()
        database.stop()


def _work(database: str, count: int, seconds: float) -> bool:
    """Whether so many workers take jobs within so long."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if rows.workers(database) >= count:
            return True
        time.sleep(0.2)
    return False


def _break(plan: Plan, breaking: Breaking, database: str) -> None:
    """From the first slot falling due to the last fault being over."""
    begin = datetime.now(UTC) + timedelta(seconds=2)
    residents.fall_due(plan, begin)
    breaking.begin()
    told = 0.0
    while True:
        second = (datetime.now(UTC) - begin).total_seconds()
        busy = breaking.go(second)
        if not busy and second > plan.seconds:
            break
        if second - told >= 30:
            told = second
            with suppress(psycopg.Error):
                _say(f"{second:7.1f}  {sum(breaking.done.values())} faults; check-ins: {rows.counts(database)}")
        time.sleep(0.02)
    breaking.mend()


def _settle(breaking: Breaking, database: str, late: float, most: float) -> bool:
    """Wait until nothing is open any more and the last late callback has come; False when that took too long."""
    began = time.monotonic()
    told, open_ended = began, -1
    while time.monotonic() - began < most:
        breaking.go(float("inf"))
        with suppress(psycopg.Error):
            open_ended = rows.left_open(database)
        if open_ended == 0 and time.monotonic() - began > late:
            return True
        if time.monotonic() - told >= 30:
            told = time.monotonic()
            _say(f"settling for {told - began:.0f} s; not at their end: {open_ended}")
        time.sleep(0.5)
    return False


def _world(plan: Plan, written: Path, database: str, carrier: str, phones: dict[str, str], breaking: Breaking) -> World:
    calls = ledger.read(written)
    tries, check_ins, standing = rows.read(database)
    return World(
        calls, tries, check_ins, standing, [slot.resident for slot in plan.slots], phones, residents.ATTEMPTS,
        timedelta(seconds=residents.RETRY_SECONDS), timedelta(seconds=residents.BUSY_RETRY_SECONDS),
        breaking.withdrawn, _in_danger(plan, calls, carrier, phones),
    )  # fmt: skip


def _in_danger(plan: Plan, calls: list[ledger.Call], carrier: str, phones: dict[str, str]) -> dict[str, int]:
    """Who cried for help into an open line, as the people on the telephone themselves say, and in how many calls."""
    might = {phones[slot.resident]: slot.resident for slot in plan.slots if "danger" in slot.person}
    found: Counter[str] = Counter()
    with requests.Session() as session:
        for call in calls:
            if call.to in might and call.answered is not None:
                told = session.get(f"{carrier}/sandbox/calls/{call.sid}", timeout=30).json()
                found[might[call.to]] += residents.words_of_danger(told["conversation"])
    return {resident: count for resident, count in found.items() if count}


def _say(words: str) -> None:
    print(words, file=sys.stderr, flush=True)
