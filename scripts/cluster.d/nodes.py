"""Processes of one cluster on one machine: the stand-in carrier and model, and nodes of a web and a worker each."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

ROLES = ("web", "worker")


class Process:
    """One OnCall process that may be killed and is started again under the same name."""

    def __init__(self, name: str, arguments: list[str], environment: Mapping[str, str], log: Path) -> None:
        self.name = name
        self.log = log
        self._arguments = arguments
        self._environment = dict(environment)
        self._child: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it; its words are added to its log."""
        with self.log.open("ab") as noise:
            self._child = subprocess.Popen(
                [sys.executable, "-m", "oncall", *self._arguments], env=self._environment, stdin=subprocess.DEVNULL,
                stdout=noise, stderr=noise, start_new_session=True,
            )  # fmt: skip

    @property
    def lives(self) -> bool:
        """Whether it runs (or stands still)."""
        return self._child is not None and self._child.poll() is None

    def signal(self, number: signal.Signals) -> bool:
        """Send it a signal; False when it is gone."""
        if self._child is None or self._child.poll() is not None:
            return False
        with suppress(ProcessLookupError):
            self._child.send_signal(number)
        return True

    def kill(self) -> bool:
        """End it as the kernel would, in the middle of whatever it does; False when it was gone already."""
        if not self.signal(signal.SIGKILL):
            return False
        assert self._child is not None
        self._child.wait()
        return True

    def stop(self, seconds: float = 25) -> None:
        """Ask it to end, and wait."""
        self.signal(signal.SIGCONT)
        if self.signal(signal.SIGTERM):
            assert self._child is not None
            try:
                self._child.wait(seconds)
            except subprocess.TimeoutExpired:
                self._child.kill()
                self._child.wait()


class StandIns:
    """The carrier and the model in a process of their own; `settings` point OnCall at them."""

    def __init__(self, log: Path, *options: str) -> None:
        with log.open("ab") as noise:
            self._child = subprocess.Popen(
                [sys.executable, "-m", "oncall", "sandbox", *options], stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE, stderr=noise, text=True, start_new_session=True,
            )  # fmt: skip
        self.settings: dict[str, str] = {}
        assert self._child.stdout is not None
        while "ONCALL_CALLER_ID" not in self.settings:
            line = self._child.stdout.readline()
            if not line:
                raise RuntimeError(f"the stand-ins did not start; their words are in {log}")
            name, _, value = line.strip().partition("=")
            self.settings[name] = value

    @property
    def url(self) -> str:
        """Where the carrier is."""
        return self.settings["ONCALL_TWILIO_URL"]

    @property
    def lives(self) -> bool:
        """Whether they run."""
        return self._child.poll() is None

    def stop(self) -> None:
        """End them."""
        self._child.terminate()
        try:
            self._child.wait(8)
        except subprocess.TimeoutExpired:
            self._child.kill()


def nodes(ports: list[int], environment: Mapping[str, str], folder: Path) -> list[dict[str, Process]]:
    """A web on each port and a worker beside it, each pair with a data folder of its own; nothing is started yet."""
    made = []
    for number, port in enumerate(ports, 1):
        own = folder / f"node-{number}"
        own.mkdir(parents=True, exist_ok=True)
        settings = {**environment, "ONCALL_DATA": str(own)}
        arguments = {"web": ["web", "--port", str(port)], "worker": ["worker"]}
        made.append({
            role: Process(f"{role} {number}", arguments[role], settings, own / f"{role}.log") for role in ROLES
        })  # fmt: skip
    return made


def together(database_url: str, stand_ins: Mapping[str, str], door: int, folder: Path) -> dict[str, str]:
    """The settings all nodes share: one database, one key, one place for recordings, one public address."""
    return {
        **os.environ, **stand_ins, "ONCALL_DATABASE_URL": database_url, "ONCALL_DATA": str(folder),
        "ONCALL_SECRET_FILE": str(folder / "secret.key"), "ONCALL_RECORDINGS_URL": f"file://{folder / 'recordings'}",
        "ONCALL_PUBLIC_URL": f"http://127.0.0.1:{door}",
    }  # fmt: skip


def free_ports(count: int) -> list[int]:
    """Ports nobody listens on at this moment."""
    probes = [socket.socket() for _ in range(count)]
    for probe in probes:
        probe.bind(("127.0.0.1", 0))
    ports = [int(probe.getsockname()[1]) for probe in probes]
    for probe in probes:
        probe.close()
    return ports


def answers(port: int, seconds: float) -> bool:
    """Whether somebody listens there within so long."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return True
        time.sleep(0.1)
    return False


def at_once(processes: list[Process]) -> None:
    """Stop all of them at the same time."""
    threads = [threading.Thread(target=process.stop) for process in processes]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
