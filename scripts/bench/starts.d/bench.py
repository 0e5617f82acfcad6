"""Prints how many calls OnCall starts a second: due row, claim, committed attempt, POST Calls, the carrier's id written."""

import argparse
import json
import os
import sys
import time
from datetime import datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "town.d"))
from town import Town, load_average, seed, town, until_well


def main() -> None:
    """One node, then three; each with a database, a carrier and people of its own."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--people", type=int, default=800, help="how many are due at once")
    options.add_argument("--nodes", default="1,3", help="how many nodes, in turn")
    options.add_argument("--cps", type=float, default=100, help="ONCALL_CPS")
    options.add_argument("--jobs", type=int, default=8, help="ONCALL_WORKER_JOBS")
    asked = options.parse_args()
    for nodes in (int(one) for one in asked.nodes.split(",")):
        run(nodes, asked)


def run(nodes: int, asked: argparse.Namespace) -> None:
    """Nobody picks up, so that a line is taken by each start until it has rung out."""
    settings = {
        "ONCALL_CPS": str(asked.cps), "ONCALL_LINES": "100000", "ONCALL_WORKER_JOBS": str(asked.jobs),
    }  # fmt: skip
    with town(settings) as made:
        seed(asked.people, ending="08")
        before = load_average()
        port = os.environ["PORT"]
        made.start("web", "web", "--port", port)
        until_well(port)
        used = made.cpu_seconds()
        began = time.time()
        for number in range(nodes):
            made.start(f"worker {number + 1}", "worker")
        until_placed(made, asked.people)
        took = {name: seconds - used.get(name, 0.0) for name, seconds in made.cpu_seconds().items()}
        print(f"{nodes} node(s), {before}: " + told(made, asked.people, began))
        print(
            "    processor seconds: " + ", ".join(f"{name} {seconds:.1f}" for name, seconds in took.items()), flush=True
        )


def until_placed(made: Town, people: int, patience: float = 200) -> None:
    """Until the carrier's id of every call is written, or patience (in seconds) ends."""
    from sqlmodel import Session, col, func, select

    from oncall import db
    from oncall.models import Attempt

    deadline, placed = time.monotonic() + patience, 0
    while placed < people and time.monotonic() < deadline:
        time.sleep(0.25)
        with Session(db.engine()) as session:
            placed = session.exec(select(func.count()).where(col(Attempt.call_sid).is_not(None))).one()


def told(made: Town, people: int, began: float) -> str:
    """From the carrier's own ledger: what it was asked, when, and nobody twice."""
    lines = [json.loads(line) for line in made.ledger.read_text().splitlines()]
    placed = sorted(
        (datetime.fromisoformat(line["at"]).timestamp(), line["to"]) for line in lines if line["event"] == "placed"
    )
    times = [at for at, _ in placed]
    twice = len(placed) - len({to for _, to in placed})
    if len(times) < 2:
        return f"{len(times)} of {people} calls placed; see the logs"
    span = times[-1] - times[0]
    windows = [sum(1 for at in times if start <= at < start + 10) / 10 for start in times if start + 10 <= times[-1]]
    best = f", {max(windows):.1f} in the best 10 s" if windows else ""
    return (
        f"{len(placed)} of {people} calls placed, {twice} twice; {(len(times) - 1) / span:.1f} a second over {span:.0f} s{best}; "
        f"the first {times[0] - began:.1f} s after the workers were started"
    )


if __name__ == "__main__":
    main()
