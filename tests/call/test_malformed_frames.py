"""Malformed frames in their thousands: the web process lives, its memory stays flat, and other calls go on (R-13, TH-03).

The million is `scripts/fuzz_media`; its figures stand in docs/bench.md.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
MOST_GROWTH_MB = 50


def test_twenty_thousand_malformed_frames_leave_a_real_process_as_it_was() -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("ONCALL_", "TWILIO_"))}
    environment["PYTHON"] = sys.executable
    ran = subprocess.run(
        [ROOT / "scripts" / "fuzz_media", "--frames", "20000", "--json"], env=environment, cwd=ROOT,
        capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr[-4000:]
    seen = json.loads(ran.stdout.splitlines()[-1])
    assert seen["frames"] >= 20_000
    assert seen["sockets"] > 30
    assert seen["crashes"] == seen["errors_logged"] == seen["not_heard"] == 0
    assert seen["ordinary_calls"] >= 1
    assert seen["rss_growth_mb"] <= MOST_GROWTH_MB, seen
