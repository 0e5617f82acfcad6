"""Several nodes on one machine, for trying how OnCall grows: one PostgreSQL, the stand-ins, N times web and worker."""

import argparse
import os
import signal
import tempfile
import threading
import time
from pathlib import Path

import requests
from database import OwnDatabase
from door import Door
from nodes import StandIns, answers, at_once, free_ports, nodes, together


def main() -> None:
    """Start everything, say where it is, and stop everything on Ctrl-C or SIGTERM."""
    given = _arguments()
    with tempfile.TemporaryDirectory(prefix="oncall-cluster-", ignore_cleanup_errors=True) as scratch:
        Path(scratch).chmod(0o755)  # the embedded database runs as a user of its own when we are root
        folder = (given.data or Path(scratch)).resolve()
        folder.mkdir(parents=True, exist_ok=True)
        stop = threading.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: stop.set())
        _run(given, folder, stop)


def _run(given: argparse.Namespace, folder: Path, stop: threading.Event) -> None:
    speed = "4" if given.fast else "1"
    stand_ins = StandIns(folder / "stand_ins.log", "--speed", speed, "--cps", "5")
    database = OwnDatabase(folder / "postgres")
    behind = [given.port + number for number in range(1, given.nodes + 1)] if given.port else free_ports(given.nodes)
    front = given.port or free_ports(1)[0]
    door = Door(front, behind)
    settings = together(database.url, stand_ins.settings, front, folder) | {"ONCALL_LINES": "20", "ONCALL_CPS": "3"}
    running = [process for node in nodes(behind, settings, folder) for process in node.values()]
    try:
        door.open()
        os.environ.update(settings)
        _enrol(stand_ins.url)
        for process in running:
            process.start()
        _welcome(front, behind, folder)
        while not stop.wait(1):
            _start_again(running)
    finally:
        at_once(running)
        stand_ins.stop()
        door.close()
        database.stop()


def _enrol(carrier: str) -> None:
    from oncall.cli import demo

    demo.enrol_city()
    demo.lead_call_backs()
    requests.post(f"{carrier}/sandbox/people", json=demo.AT_THEIR_DESKS, timeout=10).raise_for_status()


def _welcome(front: int, behind: list[int], folder: Path) -> None:
    from oncall.cli import demo

    if not answers(behind[-1], 60):
        raise SystemExit(f"the nodes did not start; their words are in {folder}/node-*/*.log")
    demo.welcome(front)
    for number, port in enumerate(behind, 1):
        print(f"  node {number}: http://127.0.0.1:{port}/   logs in {folder}/node-{number}/", flush=True)
    print("\nKill any web or worker: the others go on, and it is started again.", flush=True)


def _start_again(running: list) -> None:  # type: ignore[type-arg]
    for process in running:
        if not process.lives:
            print(f"{time.strftime('%H:%M:%S')} {process.name} had ended and is started again", flush=True)
            process.start()


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scripts/cluster", description=__doc__)
    parser.add_argument("--nodes", type=int, default=3, help="how many (3)")
    parser.add_argument("--port", type=int, default=8000,
                        help="of the common address; the nodes take those after it; 0 takes free ones (8000)")  # fmt: skip
    parser.add_argument("--data", type=Path, help="keep the city in this folder and go on with it next time")
    parser.add_argument("--fast", action="store_true", help="people ring and talk several times faster")
    return parser.parse_args()


if __name__ == "__main__":
    main()
