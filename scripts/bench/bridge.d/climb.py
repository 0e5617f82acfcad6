"""The search: the most calls a peer carries with no frame lost and its p99 under the limit."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from peers import Peer
from rig import Rig, Run, run_once

LIMIT_MS = 20.0


@dataclass
class Climb:
    """A peer's result: the runs that settled it and, where it could be settled, the number of calls."""

    peer: Peer
    idle: Run | None = None
    """Two calls, for a peer that resamples: what its own filters cost each way is not held against it."""
    best: int = 0
    at_least: bool = False
    """The generator ended before the peer did."""
    repeats: list[Run] = field(default_factory=list)
    runs: list[Run] = field(default_factory=list)

    def holds(self, run: Run) -> bool:
        """Every frame arrived once and in order, in time."""
        up, down = (self.idle.p99_up, self.idle.p99_down) if self.idle else (0.0, 0.0)
        return not run.lost and run.p99_up - up < LIMIT_MS and run.p99_down - down < LIMIT_MS


def climb(rig: Rig, peer: Peer, *, grain: float, repeat: int, ceiling: int, say: Callable[[str], None]) -> Climb:
    """Guesses from the CPU a small run takes, walks up or down from there, halves the gap to `grain`, then repeats."""
    result = Climb(peer)
    if peer.resamples:
        result.idle = run_once(rig, peer, 2)
        say(f"  {peer.name:13}{line(result.idle)}  its own latency: the limit counts from here")

    def attempt(calls: int) -> Run:
        """A failed run is made again: once, and up to three times while others are on the cores."""
        for chance in range(4):
            run = run_once(rig, peer, calls)
            result.runs.append(run)
            holds = result.holds(run)
            verdict = "holds" if holds else "load is the limit" if run.load_is_the_limit else "fails"
            say(f"  {peer.name:13}{line(run)}  {verdict}{', disturbed' if run.disturbed else ''}")
            if holds or (chance and not run.disturbed):
                break
            time.sleep(5 if run.disturbed else 0)
        return run

    first = attempt(peer.first)
    good, bad = (peer.first, ceiling + 1) if result.holds(first) else (0, peer.first)
    guess = min(ceiling, int(peer.first * 0.9 / max(first.peer_cpu, 0.02))) if good else peer.first // 2
    while (bad - good > max(1, good * grain)) and guess > 0:
        run = attempt(guess)
        if result.holds(run):
            good = guess
        else:
            bad = guess
            result.at_least = run.load_is_the_limit and not run.disturbed
        if bad > ceiling:
            if good >= ceiling:
                break
            guess = min(ceiling, max(good + 1, int(good * 1.15)))
        elif good == 0:
            guess = bad // 2
        else:
            guess = max(good + 1, min(bad - 1, (good + bad) // 2)) if bad / good < 1.35 else int(good * 1.15)
            if guess in (good, bad):
                break
    result.best = good
    result.at_least |= bad > ceiling
    while repeat and result.best:
        result.repeats = [attempt(result.best) for _ in range(repeat)]
        if all(result.holds(run) for run in result.repeats):
            break
        result.best, result.at_least = int(result.best * (1 - max(grain, 0.03))), False
    return result


def line(run: Run) -> str:
    """A run in one line."""
    half_up, half_down = run.report["up"]["p50_ms"], run.report["down"]["p50_ms"]
    return (
        f"{run.calls:5} calls  lost {run.lost:<5} p50 up {half_up:.2f} down {half_down:.2f} p99 up {run.p99_up:6.2f} down {run.p99_down:6.2f} ms"
        f"  worst {run.worst:6.1f}  peer {run.peer_cpu:4.0%}  load {run.load_cpu:4.0%} lag {run.load_lag_p99:.2f} ms"
        f"  others {run.others_peer_core:.0%}/{run.others_load_core:.0%}"
    )
