"""How slow this machine is just now, so that a bound in milliseconds means the same on a quiet core and on a busy host."""

import time

QUIET_SECONDS = 0.0005  # what the loop below took on a quiet core of the machines this is developed on


def slowness() -> float:
    """How many times longer plain work takes here and now than on a quiet core; never less than one."""
    took = []
    for _ in range(10):
        began = time.thread_time()
        _plain_work()
        took.append(time.thread_time() - began)
    return max(1.0, min(took) / QUIET_SECONDS)


def _plain_work() -> int:
    """Slices, sets and dictionary look-ups, as the net makes them."""
    text = "the kettle and the cat sat on the mat by the window all the long afternoon " * 12
    seen: dict[str, int] = {}
    for size in (3, 4, 5):
        for at in range(len(text) - size):
            piece = text[at : at + size]
            seen[piece] = seen.get(piece, 0) + 1
    pieces = {text[at : at + 4] for at in range(len(text))}
    return sum(seen.get(piece, 0) for piece in pieces for _ in range(20))
