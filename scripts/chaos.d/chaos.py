"""Breaks a running cluster as a seeded plan says, and counts telephones that rang twice, slots in silence, lost flags.

Exits 1 when there is any of them, or anything is still open at the end.
"""

import argparse
import json
import signal
import sys
import tempfile
from pathlib import Path
from typing import Any

import plan
import report
import residents
import run


def main() -> int:
    """The whole run; what it returns is the exit status."""
    given = _arguments()
    if given.sum:
        runs = [
            json.loads(line) for file in given.sum for line in file.read_text("utf-8").splitlines() if line[:1] == "{"
        ]
        print("\n".join(report.of_several(runs)))
        return int(not all(_is_clean(one) for one in runs))
    made = plan.make(given.seed, nodes=given.nodes, slots=given.slots, kills=given.kills, per_second=given.per_second,
                     shares=residents.SHARES, late=given.late)  # fmt: skip
    if given.plan:
        for line in made.lines():
            print(json.dumps(line, ensure_ascii=False))
        return 0
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with tempfile.TemporaryDirectory(prefix="oncall-chaos-", ignore_cleanup_errors=True) as scratch:
        Path(scratch).chmod(0o755)  # the embedded database runs as a user of its own when we are root
        folder = (given.keep or Path(scratch)).resolve()
        folder.mkdir(parents=True, exist_ok=True)
        done = run.carry_out(made, folder, speed=given.speed, settle_seconds=given.settle)
    judged = report.judge(done)
    print(report.as_json(made, done, judged) if given.json else "\n".join(report.lines(made, done, judged)))
    return int(not done.at_rest or any(found for found, _ in judged.values()))


def _is_clean(told: dict[str, Any]) -> bool:
    return told["at_rest"] and not any(told[name]["found"] for name in ("doubles", "silent_slots", "lost_flags"))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scripts/chaos", description=__doc__)
    parser.add_argument("--seed", type=int, default=1, help="the same seed is the same plan (1)")
    parser.add_argument("--kills", type=int, default=20, help="how often a web or worker is killed (20)")
    parser.add_argument("--slots", type=int, default=300, help="planned check-ins, each of one resident (300)")
    parser.add_argument("--nodes", type=int, default=3, help="webs and workers, as many of each (3)")
    parser.add_argument("--per-second", type=float, default=4.0, help="slots that fall due in a second (4)")
    parser.add_argument("--speed", type=float, default=5.0,
                        help="how many times faster than life telephones, and OnCall's patience, are (5)")  # fmt: skip
    parser.add_argument("--late", type=float, default=0, help="seconds late callbacks are late (a fifth of the run)")
    parser.add_argument("--settle", type=float, default=900, help="most seconds to wait at the end (900)")
    parser.add_argument("--plan", action="store_true", help="print the plan of faults and do nothing")
    parser.add_argument("--json", action="store_true", help="one line of JSON instead of the table")
    parser.add_argument("--sum", type=Path, nargs="+", metavar="FILE",
                        help="tell what runs come to together, from what they printed with --json, and do nothing else")  # fmt: skip
    parser.add_argument("--keep", type=Path, help="leave ledger, database and logs in this folder")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
