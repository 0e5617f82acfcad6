"""The call too many is led to the keypad, which needs no sound of ours, and those going on are left unharmed (R-16)."""

import asyncio
import time

import pytest

from oncall.call.load import LATE_MS, Load
from oncall.settings import settings


def test_the_largest_number_of_live_calls_is_a_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ONCALL_LIVE_CALLS", "2")
    settings.cache_clear()
    load = Load()
    load.begins()
    assert load.has_room()
    load.begins()
    assert not load.has_room()
    load.ends()
    assert load.has_room()
    monkeypatch.undo()
    settings.cache_clear()


async def test_a_loop_that_is_late_takes_no_further_call() -> None:
    load = Load()
    load.begins()
    watch = asyncio.create_task(load.watch())
    await asyncio.sleep(0.3)
    assert load.has_room()
    time.sleep(LATE_MS * 3 / 1000)  # the very thing that must not happen
    await asyncio.sleep(0.2)
    assert load.lag_ms() > LATE_MS
    assert not load.has_room()
    watch.cancel()


def test_one_standstill_is_no_overload_and_lateness_that_lasts_is() -> None:
    load = Load()
    load.begins()
    load._late_ms.extend([1.0] * 190 + [LATE_MS * 2] * 10)
    assert load.has_room()
    load._late_ms.extend([LATE_MS * 2] * 20)
    assert not load.has_room()
