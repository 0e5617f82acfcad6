"""The demonstration from its first line to its last: a city that can be signed in to, and nothing left of it afterwards."""

import os
import signal
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

import httpx2
import psutil

from tests.journeys.waiting import until


def folders() -> set[Path]:
    return set(Path(tempfile.gettempdir()).glob("oncall-demo-*"))


def at_work(folder: Path) -> list[str]:
    """The processes that have this folder on their command line."""
    return [one.info["name"] for one in psutil.process_iter(["name", "cmdline"])
            if str(folder) in " ".join(one.info["cmdline"] or [])]  # fmt: skip


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_a_stopped_demonstration_leaves_nothing_behind() -> None:
    """Neither its database nor its folder: at once, and not when the database notices that its folder is gone."""
    port, before = free_port(), folders()
    ours = {name: value for name, value in os.environ.items() if not name.startswith(("ONCALL_", "TWILIO_", "OPENAI_"))}
    with tempfile.TemporaryFile("w+") as said:
        command = [sys.executable, "-m", "oncall", "demo", "--fast", "--port", str(port)]
        demo = subprocess.Popen(command, env=ours, stdout=said, stderr=subprocess.STDOUT)
        try:
            page = f"http://127.0.0.1:{port}/sign-in"
            until(
                lambda: httpx2.get(page).status_code == 200,
                120,
                lambda: Path(f"/proc/self/fd/{said.fileno()}").read_text(),
            )
            (folder,) = folders() - before
            assert "postgres" in at_work(folder)
        finally:
            demo.send_signal(signal.SIGTERM)
            demo.wait(40)
    assert at_work(folder) == []
    assert not folder.exists()
