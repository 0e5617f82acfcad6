"""Prints how many calls one core bridges in real time, for OnCall and for others in the same run."""

import argparse
import dataclasses
import json
import os
import platform
import shutil
import signal
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

from climb import LIMIT_MS, Climb, climb, line
from peers import PIPECAT, known_peers
from rig import Rig, compile_programs, run_once


def main() -> None:
    """Reads the options, runs the peers one after the other, prints the table."""
    options = read_options()
    for stop in (signal.SIGINT, signal.SIGTERM):
        signal.signal(stop, lambda *_: sys.exit(1))  # so that no peer is left behind
    for tool in ("gcc", "taskset"):
        if not shutil.which(tool):
            sys.exit(f"{tool} is needed for this bench and is not on this machine.")
    if (os.cpu_count() or 1) < 2:
        sys.exit("Two cores are needed: one for the bridge, one for the load.")
    pipecat = Path(options.venv).expanduser()
    if options.install_pipecat:
        venv.create(pipecat, with_pip=True)
        subprocess.run([pipecat / "bin/pip", "install", "-q", PIPECAT, "uvicorn[standard]", "fastapi"], check=True)
    with tempfile.TemporaryDirectory(prefix="bridge-bench-") as folder:
        build = Path(folder)
        build.chmod(0o755)  # a peer's database server may run as another user
        compile_programs(build)
        peers = known_peers(build, pipecat, options.oncall)
        if not any(peer.name == "pipecat" for peer in peers):
            print("pipecat is left out: no environment for it yet (--install-pipecat makes one).", file=sys.stderr)
        if options.peers:
            peers = [peer for peer in peers if peer.name in options.peers.split(",")]
        rig = Rig(build, options.seconds or (6 if options.quick else 15), nice=-20 if options.urgent else 0)
        print(f"{platform.machine()}, {cpu_name()}; bridge on core {rig.peer_core}, load on core {rig.load_core}")
        if options.at:
            for peer in peers:
                run = run_once(rig, peer, options.at)
                print(f"  {peer.name:13}{line(run)}")
                print(json.dumps(run.report))
            return
        climbs = []
        for peer in peers:
            try:
                climbs.append(
                    climb(
                        rig,
                        peer,
                        grain=0.12 if options.quick else 0.05,
                        repeat=0 if options.quick else 3,
                        ceiling=options.ceiling,
                        say=lambda text: print(text, flush=True),
                    )
                )
            except RuntimeError as trouble:
                print(f"  {peer.name}: {trouble}", file=sys.stderr)
    print_table(climbs)
    if options.json:
        Path(options.json).write_text(json.dumps([dataclasses.asdict(result) for result in climbs], indent=1))


def read_options() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="scripts/bench/bridge", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="6 s runs, coarse steps, no repeats (about 6 minutes)")
    parser.add_argument("--seconds", type=int, help="measured seconds of a run (15; quick: 6)")
    parser.add_argument("--peers", help="comma list: splice,relay,relay-uvloop,pipecat,oncall")
    parser.add_argument("--oncall", metavar="COMMAND", help="another command in the place of OnCall's own")
    parser.add_argument("--at", type=int, metavar="CALLS", help="one run with so many calls, with the whole report")
    parser.add_argument("--ceiling", type=int, default=1000, help="never more calls than this (1000)")
    parser.add_argument("--venv", default="~/.cache/oncall-bench/pipecat-1.14", help="pipecat's environment")
    parser.add_argument("--install-pipecat", action="store_true", help="make that environment first")
    parser.add_argument("--urgent", action="store_true", help="nice -20 for both sides, on a machine with other work")
    parser.add_argument("--json", metavar="FILE", help="keep every run")
    return parser.parse_args()


def print_table(climbs: list[Climb]) -> None:
    """The numbers a reader came for; ranges are over the repeats."""
    print(f"\nMost calls with no frame lost, doubled or reordered and p99 added under {LIMIT_MS:.0f} ms, both ways\n")
    print(
        f"{'':13} {'calls':>6}  {'p99 up ms':>13}  {'p99 down ms':>13}  {'peer CPU':>9}  {'load CPU':>8}  load lag p99"
    )
    for result in climbs:
        runs = result.repeats or [run for run in result.runs if run.calls == result.best and result.holds(run)]
        calls = f"{'≥' if result.at_least else ''}{result.best}"
        if not runs:
            print(f"{result.peer.name:13} {calls:>6}")
            continue

        def span(values: list[float]) -> str:
            return f"{min(values):.2f}-{max(values):.2f}"

        print(
            f"{result.peer.name:13} {calls:>6}  {span([r.p99_up for r in runs]):>13}"
            f"  {span([r.p99_down for r in runs]):>13}  {max(r.peer_cpu for r in runs):>9.0%}"
            f"  {max(r.load_cpu for r in runs):>8.0%}  {max(r.load_lag_p99 for r in runs):.2f} ms"
            + (f"  (idle {result.idle.p99_up:.0f}/{result.idle.p99_down:.0f} ms)" if result.idle else "")
        )
    noise = [run for result in climbs for run in result.runs]
    if noise:
        print(
            f"\nOther programs took at most {max(r.others_peer_core for r in noise):.0%} of the bridge's core and "
            f"{max(r.others_load_core for r in noise):.0%} of the load's core in any run; "
            f"{sum(r.disturbed for r in noise)} of {len(noise)} runs were disturbed."
        )


def cpu_name() -> str:
    """What the processor calls itself."""
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    return next((text.split(":", 1)[1].strip() for text in lines if text.startswith("model name")), "unknown CPU")


if __name__ == "__main__":
    main()
