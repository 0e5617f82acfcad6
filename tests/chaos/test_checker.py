"""The judge of a chaos run rings for everything that must not be, and for nothing else."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import bounds
import checker
import ledger
import plan
import pytest
import residents
from checker import World
from ledger import Call
from rows import Row, Standing, Try

NOON = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)


def at(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def call(token: str = "t1", *, placed: float = 0, rang: float | None = 1, answered: float | None = None,
         ended: float | None = 10, status: str = "no-answer", to: str = "+821050000000") -> Call:  # fmt: skip
    moments = [at(one) if one is not None else None for one in (rang, answered, ended)]
    return Call(f"CA-{token}-{placed}", token, to, at(placed), moments[0], moments[1], moments[2], status)


def attempt(token: str = "t1", *, outcome: str | None = "no_answer", **others: Any) -> Try:
    return replace(Try(token, "check-in", "C-0", "planned", "ended", outcome, "", at(0)), **others)


def row(state: str = "assessed", **others: Any) -> Row:
    return replace(Row("check-in", "C-0", state, "", True, False, True), **others)


def world(**others: Any) -> World:
    """One resident, rung twice without an answer and once with one, all as it should be."""
    calls = [call("t1"), call("t2", placed=20, rang=21, ended=30), call("t3", placed=40, rang=41, answered=44, ended=60,
                                                                        status="completed")]  # fmt: skip
    tries = [attempt("t1"), attempt("t2"), attempt("t3", outcome="spoken")]
    made = World(calls, tries, [row()], [Standing("C-0", None, None, False)], ["C-0"], {"C-0": "+821050000000"}, 3,
                 timedelta(seconds=8), timedelta(seconds=4))  # fmt: skip
    return replace(made, **others)


def test_it_finds_nothing_where_nothing_is_wrong() -> None:
    assert (checker.doubles(world()), checker.silent(world()), checker.lost(world())) == ([], [], [])


@pytest.mark.parametrize(
    ("what", "changed"),
    {
        "one attempt placed twice": {"calls": [call("t1"), call("t1", placed=3)]},
        "placed twice, and rang once": {"calls": [call("t1"), call("t1", placed=3, rang=None, status="canceled")]},
        "a call of which no attempt was written": {"calls": [call("nobody's")], "tries": []},
        "rang while the one before had not ended": {"calls": [call("t1", ended=30), call("t2", placed=20, rang=21)]},
        "rang before its time": {"calls": [call("t1"), call("t2", placed=15, rang=16)]},
        "rang before its time after busy": {"calls": [call("t1", status="busy"), call("t2", placed=12, rang=13)]},
        "rang after they had spoken": {
            "calls": [call("t1"), call("t2", placed=20, rang=21)],
            "tries": [attempt("t1", outcome="spoken"), attempt("t2")],
        },
        "rang although the one before was taken for never placed": {
            "calls": [call("t1"), call("t2", placed=20, rang=21)],
            "tries": [attempt("t1", outcome="not_placed", error="never_seen"), attempt("t2")],
        },
        "rang more often than the campaign allows": {"attempts": 2},
        "rung again twice after danger": {
            "calls": [call("t1"), call("t2", placed=20)],
            "tries": [attempt("t1", kind="redial"), attempt("t2", kind="redial")],
        },
        "intended after the withdrawal": {"withdrawn": {"C-0": at(-1)}},
        "left long after the withdrawal": {
            "calls": [call("t1", placed=40, rang=41)], "tries": [attempt("t1", asked=at(0))], "withdrawn": {"C-0": at(1)},
        },
        "one slot became two": {"rows": [row(), row(id="another")]},
    }.items(),
)  # fmt: skip
def test_a_double_rings(what: str, changed: dict[str, Any]) -> None:
    assert checker.doubles(world(**changed)), what


@pytest.mark.parametrize(
    "changed",
    [
        {"calls": [call("t1", rang=None, ended=1, status="canceled"), call("t2", placed=5, rang=6)]},
        {"calls": [call("t1", status="busy"), call("t2", placed=14, rang=15)]},
        {"calls": [call("t1"), call("t2", placed=2)], "tries": [attempt("t1"), attempt("t2", kind="redial")]},
        {"calls": [call("t1", placed=0.2)], "tries": [attempt("t1", asked=at(0))], "withdrawn": {"C-0": at(0.1)}},
        {"calls": [call("duty", to="+821055590000")], "tries": []},
    ],
    ids=["let go before it rang", "busy is rung again sooner", "the redial after danger", "on its way when they withdrew",
         "somebody on duty"],
)  # fmt: skip
def test_what_is_meant_to_be_is_no_double(changed: dict[str, Any]) -> None:
    assert checker.doubles(world(**changed)) == []


@pytest.mark.parametrize(
    ("what", "changed"),
    {
        "never laid out": {"rows": []},
        "still due": {"rows": [row("due")]},
        "still with a call": {"tries": [attempt("t1", state="ringing", outcome=None)]},
        "a call that nobody settled": {"tries": [attempt("t1", outcome=None)]},
        "heard and not listened to": {"rows": [row("heard")]},
        "unreached and on no case": {"rows": [row("unreached", on_a_case=False)]},
        "not accounted for and on no case": {"rows": [row("not_accounted", on_a_case=False)]},
        "assessed without an assessment": {"rows": [row(assessed=False)]},
        "assessed as grave and on no case": {"rows": [row(wants_a_case=True, on_a_case=False)]},
        "cancelled without a withdrawal": {"rows": [row("cancelled", reason="withdrawn")]},
    }.items(),
)
def test_a_silent_slot_rings(what: str, changed: dict[str, Any]) -> None:
    assert [one.resident for one in checker.silent(world(**changed))] == ["C-0"], what


@pytest.mark.parametrize(
    "changed",
    [
        {"rows": [row("unreached")]}, {"rows": [], "withdrawn": {"C-0": at(0)}},
        {"rows": [row("cancelled", reason="withdrawn")], "withdrawn": {"C-0": at(0)}},
    ],
)  # fmt: skip
def test_an_end_by_name_is_not_silent(changed: dict[str, Any]) -> None:
    assert checker.silent(world(**changed)) == []


def test_a_lost_flag_rings_and_a_case_or_an_alarm_is_enough() -> None:
    in_danger = {"in_danger": {"C-0": 1}}
    assert [one.resident for one in checker.lost(world(**in_danger))] == ["C-0"]
    flagged = [Standing("C-0", "flagged", "emergency", False)]
    assert checker.lost(world(**in_danger, standing=flagged)) == []
    assert checker.lost(world(**in_danger, standing=[Standing("C-0", None, None, True)])) == []
    for_another_reason = world(**in_danger, standing=[Standing("C-0", "not_understood", "concern", False)])
    assert checker.lost(for_another_reason) == []
    assert (
        checker.flagged_by_name(for_another_reason),
        checker.flagged_by_name(world(**in_danger, standing=flagged)),
    ) == (0, 1)


def test_the_ledger_is_read_as_it_was_written_torn_line_and_late_hand_included(tmp_path: Path) -> None:
    first = {"event": "placed", "sid": "CA1", "token": "t", "to": "+82", "direction": "outbound-api", "created": at(0).isoformat(),
             "rang": None, "answered": None, "ended": None, "status": "queued"}  # fmt: skip
    ended = first | {"event": "ended", "rang": at(1).isoformat(), "ended": at(9).isoformat(), "status": "no-answer"}
    rang = first | {"event": "rang", "rang": at(1).isoformat(), "status": "ringing"}
    inbound = first | {"sid": "CA2", "direction": "inbound"}
    file = tmp_path / "ledger.jsonl"
    file.write_text("\n".join(json.dumps(line) for line in (first, ended, rang, inbound)) + '\n{"event": "pla')
    assert ledger.read(file) == [Call("CA1", "t", "+82", at(0), at(1), None, at(9), "no-answer")]


def test_help_is_cried_for_with_words_or_with_the_key() -> None:
    said = {"at": 1.0, "speaker": "person", "text": f"네. {residents.BREATHLESS}"}
    assert residents.words_of_danger([said])
    assert residents.words_of_danger([{"at": 1.0, "speaker": "keys", "text": "9"}])
    assert not residents.words_of_danger(
        [said | {"speaker": "agent"}, said | {"text": "네."}, {"at": 1, "speaker": "keys", "text": "1"}]
    )


def test_the_same_seed_is_the_same_plan() -> None:
    made = [plan.make(seed, nodes=3, slots=100, kills=20, per_second=4, shares=residents.SHARES) for seed in (7, 7, 8)]
    assert made[0] == made[1]
    assert made[0].faults != made[2].faults
    kinds = {fault.kind for fault in made[0].faults}
    assert kinds == set(plan.Kind)
    assert sum(fault.kind is plan.Kind.KILL for fault in made[0].faults) == 20


@pytest.mark.parametrize(
    ("found", "of", "percent"), [(0, 10_000, 0.03), (0, 100, 2.95), (1, 100, 4.66), (3, 50, 14.78), (5, 5, 100)]
)
def test_the_bound_is_that_of_clopper_and_pearson(found: int, of: int, percent: float) -> None:
    """One-sided 95 %; the figures are those of published tables."""
    assert bounds.at_most(found, of) * 100 == pytest.approx(percent, abs=0.005)
