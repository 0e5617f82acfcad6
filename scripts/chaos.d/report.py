"""What a run is told as: a table for people, and the same as JSON for whoever collects them."""

import json
import resource
from collections import Counter
from collections.abc import Iterable
from typing import Any

import checker
from bounds import at_most, told
from plan import Plan
from run import Done

SHOWN = 20


def judge(done: Done) -> dict[str, tuple[list[checker.Finding], int]]:
    """The three counts that must be nothing: what was found, and of how many."""
    world = done.world
    return {
        "doubles": (checker.doubles(world), len(world.calls)),
        "silent slots": (checker.silent(world), len(world.residents)),
        "lost flags": (checker.lost(world), len(world.in_danger)),
    }


def lines(plan: Plan, done: Done, judged: dict[str, tuple[list[checker.Finding], int]]) -> Iterable[str]:
    """The report, line by line."""
    world = done.world
    kills = {what: count for what, count in done.broken.items() if what.startswith("kill")}
    yield f"seed {plan.seed}, {plan.nodes} nodes, {done.seconds / 60:.1f} min (of them {done.settled_in:.0f} s to settle)"
    yield f"processor time of all OnCall processes and the stand-ins: {processor_seconds():.0f} s"
    yield f"kills         {sum(kills.values())}: {_several(Counter(kills))}"
    yield f"other faults  {_several(Counter({k: v for k, v in done.broken.items() if k not in kills}))}"
    yield f"processes that ended by themselves: {_several(done.ended_by_themselves) or 'none'}"
    yield f"slots         {len(world.residents)}: {_several(Counter(done.states))}"
    yield f"calls         {len(world.calls)} in the carrier's ledger, {sum(call.disturbed for call in world.calls)} rang: {_several(Counter(call.status for call in world.calls))}"  # fmt: skip
    yield f"let go        {checker.let_go_unheard(world)} were hung up before they rang"
    yield f"in danger     {len(world.in_danger)} said so into the line; {checker.flagged_by_name(world)} of them have an alarm or a flagged case"  # fmt: skip
    if not done.at_rest:
        yield "NOT AT REST   something was still open when the time to settle was over"
    for name, (found, of) in judged.items():
        yield f"{name:<13} {told(len(found), of)}"
        yield from (f"    {one.resident}: {one.what}" for one in found[:SHOWN])
        if len(found) > SHOWN:
            yield f"    and {len(found) - SHOWN} more"


def as_json(plan: Plan, done: Done, judged: dict[str, tuple[list[checker.Finding], int]]) -> str:
    """The same in one line."""
    return json.dumps({
        "at_rest": done.at_rest, "seed": plan.seed, "nodes": plan.nodes, "seconds": round(done.seconds), "settled_in": round(done.settled_in),
        "processor_seconds": round(processor_seconds()),
        "faults": done.broken, "ended_by_themselves": done.ended_by_themselves, "states": done.states,
        "slots": len(done.world.residents), "calls": len(done.world.calls), "in_danger": len(done.world.in_danger),
        **{name.replace(" ", "_"): {"found": len(found), "of": of, "at_most": at_most(len(found), of)}
           for name, (found, of) in judged.items()},
    })  # fmt: skip


def of_several(runs: list[dict[str, Any]]) -> Iterable[str]:
    """What several runs (each as `as_json` told it) come to together; the bounds are those of the sums."""
    faults: Counter[str] = Counter()
    for run in runs:
        faults.update(run["faults"])
    for run in runs:
        if not run["at_rest"]:
            yield f"NOT AT REST   seed {run['seed']}"
    kills = sum(count for what, count in faults.items() if what.startswith("kill"))
    yield f"{len(runs)} runs, seeds {', '.join(str(run['seed']) for run in runs)}, {sum(run['seconds'] for run in runs) / 60:.1f} min"
    yield f"kills         {kills}, other faults {faults.total() - kills}"
    for name in ("doubles", "silent_slots", "lost_flags"):
        found, of = (sum(run[name][key] for run in runs) for key in ("found", "of"))
        yield f"{name.replace('_', ' '):<13} {told(found, of)}"


def processor_seconds() -> float:
    """What the ended children took; the database's own processes are nobody's children and are not in it."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _several(counted: Counter[str]) -> str:
    return ", ".join(f"{count} {what}" for what, count in sorted(counted.items()))
