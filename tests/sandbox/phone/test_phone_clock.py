"""The telephone's clock after the machine had no time for it: it catches up, and never in a burst."""

import asyncio
import time
from itertools import pairwise

from oncall.sandbox.phone.clock import PhoneClock

SPEED = 4
EVERY = 0.02 / SPEED


class Ticks:
    """A line that notes when it was turned."""

    def __init__(self) -> None:
        self.at: list[float] = []

    def tick(self) -> None:
        self.at.append(time.monotonic())


async def test_lost_time_is_caught_up_with_at_twice_the_pace_and_no_faster() -> None:
    """In a burst of frames nobody can be answered: what would be a tenth of a second is a gap in our voice of several."""
    clock, line = PhoneClock(SPEED), Ticks()
    began = time.monotonic()
    clock.add(line)
    await asyncio.sleep(0.05)
    time.sleep(0.2)  # the machine was busy
    while len(line.at) < (time.monotonic() - began - clock.slipped) / EVERY - 4:
        await asyncio.sleep(0.01)
    await clock.close()
    gaps = [later - sooner for sooner, later in pairwise(line.at)]
    assert min(gaps) > 0.4 * EVERY
    assert len(line.at) > 50
