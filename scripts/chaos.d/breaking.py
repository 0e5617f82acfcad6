"""Breaking things as planned, and starting again what is to come back."""

import heapq
import itertools
import signal
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime

import requests
from database import OwnDatabase
from nodes import Process
from plan import STORMS, Fault, Kind, Plan


class Breaking:
    """One run of a plan: call `go` until it says that all is over."""

    def __init__(self, plan: Plan, nodes: list[dict[str, Process]], database: OwnDatabase, carrier: str) -> None:
        self._plan = plan
        self._nodes = nodes
        self._database = database
        self._carrier = carrier
        self._order = itertools.count()
        self._next: list[tuple[float, int, Callable[[], object]]] = []
        self._storms: list[str] = []
        self._held: set[str] = set()  # processes that are meant to be away or to stand still
        self._gone: set[int] = set()  # nodes that do not come back
        self.done: Counter[str] = Counter()
        self.ended_by_themselves: Counter[str] = Counter()
        self.withdrawn: dict[str, datetime] = {}
        for fault in plan.faults:
            self._later(fault.at, lambda fault=fault: self._do(fault))

    def go(self, second: float) -> bool:
        """Do what is due by now; False when nothing is left to do."""
        while self._next and self._next[0][0] <= second:
            self._now = self._next[0][0]
            heapq.heappop(self._next)[2]()
        self._look_after(second)
        return bool(self._next)

    def mend(self) -> None:
        """Let the carrier make no more mistakes; what was stopped goes on."""
        requests.delete(f"{self._carrier}/sandbox/faults", timeout=30).raise_for_status()

    @property
    def running(self) -> list[Process]:
        """Every process that is meant to run, of every node that is not gone for good."""
        return [process for number, node in enumerate(self._nodes, 1) if number not in self._gone
                for process in node.values()]  # fmt: skip

    def _later(self, at: float, act: Callable[[], object]) -> None:
        heapq.heappush(self._next, (at, next(self._order), act))

    def _do(self, fault: Fault) -> None:
        match fault.kind:
            case Kind.KILL:
                self._kill(fault)
            case Kind.STOP:
                self._stop(fault)
            case Kind.NODE_DIES:
                self._gone.add(fault.node)
                for process in self._nodes[fault.node - 1].values():
                    process.kill()
                self._count("node for good")
            case Kind.DATABASE:
                self._database.stop(signal.Signals[fault.how])
                self._later(fault.at + fault.again, self._database.start)
                self._count(f"database {fault.how}")
            case Kind.STORM:
                self._storms.append(fault.how)
                self._weather()
                self._later(fault.at + fault.again, lambda: self._calm(fault.how))
                self._count(f"storm: {fault.how}")
            case Kind.WITHDRAWAL:
                threading.Thread(target=self._withdraw, args=[fault.how], daemon=True).start()
                self._count("withdrawal")

    def _kill(self, fault: Fault) -> None:
        process = self._nodes[fault.node - 1][fault.role]
        if fault.node in self._gone or process.name in self._held or not process.kill():
            # The node is gone, or this one is away just now: another is killed in its stead, for a kill is a kill.
            others = [one for one in self.running if one.name not in self._held and one.lives]
            if not others:
                self._later(self._now + 1, lambda: self._kill(fault))
                return
            alike = [one for one in others if one.name.startswith(fault.role)] or others
            process = alike[fault.node % len(alike)]
            process.kill()
        self._held.add(process.name)
        self._later(self._now + fault.again, lambda: self._start(process))
        self._count(f"kill {process.name.split()[0]}")

    def _start(self, process: Process) -> None:
        self._held.discard(process.name)
        if process in self.running:
            process.start()

    def _stop(self, fault: Fault) -> None:
        process = self._nodes[fault.node - 1][fault.role]
        if fault.node in self._gone or process.name in self._held or not process.signal(signal.SIGSTOP):
            self._later(self._now + 1, lambda: self._stop(Fault(fault.at, fault.kind, fault.again, fault.node % len(self._nodes) + 1, fault.role)))  # fmt: skip
            return
        self._held.add(process.name)

        def goes_on() -> None:
            self._held.discard(process.name)
            process.signal(signal.SIGCONT)

        self._later(self._now + fault.again, goes_on)
        self._count(f"stop {process.name.split()[0]}")

    def _look_after(self, second: float) -> None:
        """What ended by itself is started again a second later, as systemd or a container would."""
        for process in self.running:
            if process.name not in self._held and not process.lives:
                self.ended_by_themselves[process.name.split()[0]] += 1
                print(
                    f"{second:7.1f}  {process.name} ended by itself; the end of {process.log} says why", file=sys.stderr
                )
                self._held.add(process.name)
                self._later(second + 1, lambda process=process: self._start(process))

    def _weather(self) -> None:
        now = dict(self._plan.always)
        for name in self._storms:
            now |= STORMS[name]
        requests.post(f"{self._carrier}/sandbox/faults", json=now, timeout=30).raise_for_status()

    def begin(self) -> None:
        """From now on the carrier makes its usual mistakes."""
        self._weather()

    def _calm(self, storm: str) -> None:
        self._storms.remove(storm)
        self._weather()

    def _withdraw(self, who: str) -> None:
        from sqlmodel import select

        from oncall import clock, db
        from oncall.enrol import consent
        from oncall.models import ConsentScope, Resident

        for _ in range(60):  # the database may be away
            try:
                with db.transaction() as session:
                    resident = session.exec(select(Resident).where(Resident.external_id == who)).one()
                    consent.record(session, resident, ConsentScope.SERVICE, False, clock.now(), channel="paper")
                self.withdrawn[who] = datetime.now(UTC)
                return
            except Exception:
                time.sleep(0.5)
        raise RuntimeError(f"{who} could not withdraw")

    def _count(self, what: str) -> None:
        self.done[what] += 1
