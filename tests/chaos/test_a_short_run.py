"""A small cluster is really broken for some seconds: nobody is rung twice, no slot ends in silence, no flag is lost."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.xdist_group("cities")
def test_nothing_is_done_twice_skipped_or_lost_while_processes_die() -> None:
    """D5, R-02, R-12, R-22: the long run of docs/reliability.md, in small."""
    command = [sys.executable, "scripts/chaos.d/chaos.py", "--json", "--nodes", "2", "--slots", "20", "--kills", "3",
               "--per-second", "0.8", "--speed", "10", "--seed", "4", "--late", "10"]  # fmt: skip
    environment = {**os.environ, "PYTHONPATH": ".:scripts/cluster.d"}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=600)
    assert done.returncode in {0, 1}, done.stderr[-3000:]
    told = json.loads(done.stdout.splitlines()[-1])
    for count in ("doubles", "silent_slots", "lost_flags"):
        assert told[count]["found"] == 0, done.stdout
    assert done.returncode == 0, done.stdout
    assert sum(count for what, count in told["faults"].items() if what.startswith("kill")) == 3
    assert told["calls"] >= 20
    assert told["in_danger"] > 0
