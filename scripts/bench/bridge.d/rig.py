"""One run: a peer on one core, the load on the other, and who else was using them."""

import json
import os
import socket
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from peers import HERE, Peer

HERTZ = os.sysconf("SC_CLK_TCK")
LOAD = ["load.c", "phone.c", "model.c", "lane.c", "wire.c"]


@dataclass(frozen=True)
class Rig:
    """Where and how runs are made."""

    build: Path
    seconds: int
    peer_core: int = 0
    load_core: int = 1
    nice: int = 0


@dataclass(frozen=True)
class Run:
    """What one run showed; latencies in ms, shares of one core from 0 to 1."""

    calls: int
    lost: int
    p99_up: float
    p99_down: float
    worst: float
    peer_cpu: float
    load_cpu: float
    load_lag_p99: float
    others_peer_core: float
    others_load_core: float
    report: dict[str, Any]

    @property
    def p99(self) -> float:
        """The worse of the two directions."""
        return max(self.p99_up, self.p99_down)

    @property
    def load_is_the_limit(self) -> bool:
        """Whether the generator had no air left while the peer had, so that a failure says nothing about the peer."""
        return self.peer_cpu < 0.9 and (self.load_cpu > 0.95 or self.load_lag_p99 > 5)

    @property
    def disturbed(self) -> bool:
        """Whether other programs took a visible share of either core meanwhile."""
        return max(self.others_peer_core, self.others_load_core) > 0.08


def compile_programs(build: Path) -> None:
    """Builds the load and the splice into a directory that is not the repository."""
    for name, sources in (("load", LOAD), ("splice", ["splice.c", "wire.c"])):
        subprocess.run(
            ["gcc", "-O2", "-Wall", "-o", str(build / name), *(str(HERE / source) for source in sources)], check=True
        )


def run_once(rig: Rig, peer: Peer, calls: int) -> Run:
    """Starts the peer afresh, puts that many calls on it and stops it again.

    Raises RuntimeError with the end of the peer's output when it does not come up.
    """
    port, model_port = free_ports()
    targets = rig.build / "targets"
    targets.unlink(missing_ok=True)
    environment = {
        **os.environ,
        **peer.environment,
        "PORT": str(port),
        "MODEL_URL": f"ws://127.0.0.1:{model_port}/v1/realtime?model=gpt-realtime-2.1-mini",
        "OPENAI_BASE_URL": f"http://127.0.0.1:{model_port}/v1",
        "CALLS": str(calls),
        "TARGETS": str(targets),
        "TMPDIR": str(rig.build),
    }
    log = rig.build / f"{peer.name}.log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            [*pinned(rig, rig.peer_core), *peer.command],
            env=environment,
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            hurry(process.pid, rig.nice)
            wait_for(port, process, log)
            wait_for_quiet(rig, 5 if rig.nice else 60)
            return put_load(rig, peer, process.pid, port, model_port, calls, targets)
        finally:
            stop(process)
            stop_left_behind(targets)


def put_load(rig: Rig, peer: Peer, session: int, port: int, model_port: int, calls: int, targets: Path) -> Run:
    """The load's own report, with the peer's CPU and everybody else's over the measured seconds."""
    command = [*pinned(rig, rig.load_core), str(rig.build / "load"), "--calls", str(calls)]
    command += ["--seconds", str(rig.seconds), "--phone-port", str(port), "--model-port", str(model_port)]
    if peer.resamples:
        command += ["--pcm", "--paced"]
    if targets.exists():
        command += ["--targets", str(targets)]
    load = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True)
    hurry(load.pid, rig.nice)
    assert load.stdout
    assert load.stderr
    before = after = Usage(session, rig)
    said = []
    try:
        for line in load.stderr:
            if line.startswith("measuring"):
                before = Usage(session, rig)
            elif line.startswith("measured"):
                after = Usage(session, rig)
            else:
                said.append(line.strip())
        report = json.loads(load.stdout.read())
    finally:
        load.kill()
        load.wait()
    up, down, own = report["up"], report["down"], report["load"]
    wrong = sum(way[key] for way in (up, down) for key in ("lost", "doubled", "reordered", "unknown"))
    if not report["whole"]:
        wrong = max(wrong, 1)
        report["said"] = said[:3]
    took = max(after.at - before.at, 0.001)
    peer_cpu, load_cpu = (after.peer - before.peer) / took, own["cpu"]
    return Run(
        calls=calls,
        lost=wrong,
        p99_up=up["p99_ms"],
        p99_down=down["p99_ms"],
        worst=max(up["max_ms"], down["max_ms"]),
        peer_cpu=peer_cpu,
        load_cpu=load_cpu,
        load_lag_p99=own["lag_p99_ms"],
        others_peer_core=max(0.0, (after.peer_core - before.peer_core) / took - peer_cpu),
        others_load_core=max(0.0, (after.load_core - before.load_core) / took - load_cpu),
        report=report,
    )


class Usage:
    """CPU seconds used so far: by the peer's processes and on each of the two cores."""

    def __init__(self, session: int, rig: Rig) -> None:
        self.at = time.monotonic()
        self.peer = sum(ticks for group, ticks in processes() if group == session) / HERTZ
        self.peer_core, self.load_core = (busy(core) for core in (rig.peer_core, rig.load_core))


def processes() -> list[tuple[int, int]]:
    """Session and CPU ticks of every process there is."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rsplit(")", 1)[1].split()
        except OSError:
            continue
        found.append((int(fields[3]), int(fields[11]) + int(fields[12])))
    return found


def busy(core: int) -> float:
    """CPU seconds a core has worked since boot, interrupts and stolen time included."""
    line = next(line for line in Path("/proc/stat").read_text().splitlines() if line.startswith(f"cpu{core} "))
    user, nice, system, _idle, _iowait, irq, softirq, steal = (int(n) for n in line.split()[1:9])
    return (user + nice + system + irq + softirq + steal) / HERTZ


def pinned(rig: Rig, core: int) -> list[str]:
    """The front of a command line that binds it to one core."""
    return ["taskset", "-c", str(core), *(["nice", "-n", str(rig.nice)] if rig.nice else [])]


def hurry(session: int, nice: int) -> None:
    """Where the kernel shares cores out by session, a process's own niceness counts only within its session."""
    group = Path(f"/proc/{session}/autogroup")
    if nice and group.exists():
        group.write_text(str(nice))


def free_ports() -> tuple[int, int]:
    """Two ports nobody listens on just now."""
    with socket.socket() as one, socket.socket() as two:
        one.bind(("127.0.0.1", 0))
        two.bind(("127.0.0.1", 0))
        return one.getsockname()[1], two.getsockname()[1]


def wait_for(port: int, process: subprocess.Popen[bytes], log: Path, patience: float = 90) -> None:
    """Until the peer answers on its port."""
    until = time.monotonic() + patience
    while time.monotonic() < until and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.1)
        else:
            time.sleep(0.5)
            return
    raise RuntimeError(f"the peer did not come up:\n{log.read_text(errors='replace')[-2000:]}")


def wait_for_quiet(rig: Rig, patience: float) -> None:
    """Until neither core does anything worth mentioning for a second, or patience (in seconds) ends."""
    until = time.monotonic() + patience
    while time.monotonic() < until:
        before = [busy(core) for core in (rig.peer_core, rig.load_core)]
        time.sleep(1)
        if max(busy(core) - was for core, was in zip((rig.peer_core, rig.load_core), before, strict=True)) < 0.06:
            return


def stop(process: subprocess.Popen[bytes]) -> None:
    """Ends the peer and whatever it started in its session."""
    for signal, patience in ((15, 5), (9, 5)):
        if process.poll() is None:
            try:
                os.killpg(process.pid, signal)
                process.wait(patience)
            except (ProcessLookupError, subprocess.TimeoutExpired):
                continue


def stop_left_behind(targets: Path) -> None:
    """Ends what the peer started in a session of its own, a database server for one: its environment tells."""
    mark = f"TARGETS={targets}".encode()
    for signal in (2, 9):
        found = [int(path.parent.name) for path in Path("/proc").glob("[0-9]*/environ") if mark in environment_of(path)]
        for process in found:
            try:
                os.kill(process, signal)
            except ProcessLookupError:
                continue
        if not found:
            return
        time.sleep(2)


def environment_of(path: Path) -> list[bytes]:
    """What a process was started with; nothing when it has ended or is not ours to read."""
    try:
        return path.read_bytes().split(b"\0")
    except OSError:
        return []
