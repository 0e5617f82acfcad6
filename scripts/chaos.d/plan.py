"""The plan of a run: who is called when, and what is broken when. The same seed is the same plan."""

import random
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from enum import StrEnum

AIMED_AT = ("web", "worker")


class Kind(StrEnum):
    """What goes wrong at one moment."""

    KILL = "kill"  # SIGKILL of one process, started again `again` seconds later
    NODE_DIES = "node dies"  # both its processes, and they never come back
    STOP = "stop"  # SIGSTOP of one process for `again` seconds, as a machine that is frozen
    DATABASE = "database"  # stopped without a checkpoint, or its first process killed; away for `again` seconds
    STORM = "storm"  # the carrier's faults for `again` seconds, beyond those it always has
    WITHDRAWAL = "withdrawal"  # a resident takes their consent back, at some moment around their call


@dataclass(frozen=True)
class Fault:
    """One thing that goes wrong: `at` seconds after the first call falls due; `again` is when it is over, as above."""

    at: float
    kind: Kind
    again: float = 0.0
    node: int = 0  # from 1
    role: str = ""  # web or worker
    how: str = ""  # of the database: a signal's name; of a storm: its name; of a withdrawal: the resident


@dataclass(frozen=True)
class Slot:
    """One planned check-in: a resident, the second at which it falls due, and which person answers (`residents`)."""

    resident: str
    at: float
    person: str


# What the carrier always gets wrong while a run lasts (oncall/sandbox/phone/faults.py), and its bad minutes.
ALWAYS: dict[str, object] = {
    "drop_reply_after_create": 0.02, "error_500_after_create": 0.01, "error_500": 0.01, "http_429": 0.01,
    "rest_error_500": 0.01, "webhook_duplicate": 10, "webhook_duplicate_rate": 0.03, "webhook_shuffle": True,
    "webhook_shuffle_seconds": 2.0, "webhook_drop_rate": 0.05, "webhook_delay_rate": 0.02,
}  # fmt: skip
STORMS: dict[str, dict[str, object]] = {
    "replies lost": {"drop_reply_after_create": 0.3},
    "errors after placing": {"error_500_after_create": 0.3},
    "errors before placing": {"error_500": 0.3},
    "too many requests": {"http_429": 0.5},
    "callbacks repeated": {"webhook_duplicate_rate": 1.0},
    "callbacks lost": {"webhook_drop_rate": 0.4},
    "lists and look-ups fail": {"rest_error_500": 0.5},
}


@dataclass(frozen=True)
class Plan:
    """Everything that will happen, in the order of time."""

    seed: int
    nodes: int
    slots: list[Slot]
    faults: list[Fault]
    late: float  # seconds that a late callback is late
    always: dict[str, object] = field(default_factory=dict)

    @property
    def seconds(self) -> float:
        """From the first slot to the last slot or fault."""
        return max([slot.at for slot in self.slots] + [fault.at + fault.again for fault in self.faults])

    def lines(self) -> Iterator[dict[str, object]]:
        """The plan of faults as it is printed."""
        yield {"seed": self.seed, "nodes": self.nodes, "slots": len(self.slots), "seconds": round(self.seconds, 1),
               "always": self.always}  # fmt: skip
        for fault in self.faults:
            yield {key: value for key, value in asdict(fault).items() if value not in ("", 0)}


def make(seed: int, *, nodes: int, slots: int, kills: int, per_second: float, shares: dict[str, float],
         late: float = 0) -> Plan:  # fmt: skip
    """A plan with so many slots and kills on so many nodes; `shares` says how many of the residents are which person.

    `late` is by how many seconds a late callback is late; 0 chooses a fifth of the run, and a minute at least.
    """
    chance = random.Random(f"oncall chaos {seed}")
    people = chance.choices(list(shares), list(shares.values()), k=slots)
    calls = [Slot(f"C-{number:05d}", round(number / per_second, 2), person) for number, person in enumerate(people)]
    seconds = slots / per_second
    faults = [*_kills(chance, kills, nodes, seconds), *_stops(chance, max(1, kills // 8), nodes, seconds)]
    faults += _database(chance, max(1, kills // 25), seconds)
    faults += _storms(chance, max(1, kills // 8), seconds)
    faults += [
        Fault(round(max(0.0, slot.at + chance.uniform(-2, 6)), 2), Kind.WITHDRAWAL, how=slot.resident)
        for slot in chance.sample(calls, max(1, slots // 100))
    ]
    if nodes > 2:
        faults.append(
            Fault(round(seconds * chance.uniform(0.5, 0.8), 2), Kind.NODE_DIES, node=chance.randint(1, nodes))
        )
    late = late or round(max(60.0, seconds / 5), 1)
    return Plan(seed, nodes, calls, sorted(faults, key=lambda fault: fault.at), late,
                ALWAYS | {"webhook_delay_seconds": late, "seed": seed})  # fmt: skip


def _kills(chance: random.Random, count: int, nodes: int, seconds: float) -> Iterator[Fault]:
    for _ in range(count):
        yield Fault(round(chance.uniform(0.02, 0.98) * seconds, 2), Kind.KILL, round(chance.uniform(0.1, 3), 1),
                    chance.randint(1, nodes), chance.choice(AIMED_AT))  # fmt: skip


def _stops(chance: random.Random, count: int, nodes: int, seconds: float) -> Iterator[Fault]:
    for number in range(count):
        role = "web" if number % 4 == 3 else "worker"
        # A web that stands still keeps callers waiting; a worker is stopped beyond what its claims and its name last.
        longest = 3.0 if role == "web" else 45.0
        yield Fault(round(chance.uniform(0.02, 0.95) * seconds, 2), Kind.STOP, round(chance.uniform(1, longest), 1),
                    chance.randint(1, nodes), role)  # fmt: skip


def _database(chance: random.Random, count: int, seconds: float) -> Iterator[Fault]:
    for number in range(count):
        how = ("SIGQUIT", "SIGKILL")[number % 2]
        yield Fault(
            round(chance.uniform(0.1, 0.9) * seconds, 2), Kind.DATABASE, round(chance.uniform(0, 5), 1), how=how
        )


def _storms(chance: random.Random, count: int, seconds: float) -> Iterator[Fault]:
    names = chance.sample(list(STORMS), len(STORMS))
    for number in range(count):
        yield Fault(round(chance.uniform(0.02, 0.95) * seconds, 2), Kind.STORM, round(chance.uniform(2, 6), 1),
                    how=names[number % len(names)])  # fmt: skip
