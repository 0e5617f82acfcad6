"""Chaos that can be had again: each fault has its own dice, and the same seed throws the same."""

import asyncio
import time
from typing import Any

import pytest
from twilio.base.exceptions import TwilioRestException

from oncall.sandbox.phone.faults import Chance, Faults
from tests.sandbox.phone.city import City
from tests.sandbox.phone.conftest import MakeCity

HALF = Faults(error_500=0.5, webhook_drop_rate=0.5, seed=7)


def test_the_same_seed_strikes_the_same_whatever_else_is_thrown() -> None:
    alone, beside = Chance(HALF), Chance(HALF)
    first = [alone.strikes("error_500") for _ in range(60)]
    second = []
    for turn in range(60):
        for _ in range(turn % 3):
            beside.strikes("webhook_drop_rate")
        second.append(beside.strikes("error_500"))
    assert first == second
    assert 15 < sum(first) < 45


def test_another_seed_strikes_otherwise_and_the_first_one_again_the_same() -> None:
    chance = Chance(HALF)
    first = [chance.strikes("error_500") for _ in range(60)]
    chance.set(HALF.changed({"seed": 8}))
    other = [chance.strikes("error_500") for _ in range(60)]
    chance.set(HALF)
    assert first != other
    assert [chance.strikes("error_500") for _ in range(60)] == first


async def outcome(city: City) -> str:
    try:
        await city.call("10", status_callback=None)
    except TwilioRestException as refused:
        return str(refused.status)
    except ConnectionError as lost:
        return type(lost).__name__
    return "201"


async def test_a_storm_of_create_faults_comes_again_with_its_seed(make_city: MakeCity) -> None:
    storm = {"error_500": 0.3, "error_500_after_create": 0.3, "http_429": 0.2, "seed": 5}
    runs = []
    for _ in range(2):
        city = await make_city()
        await city.faults(**storm)
        outcomes = [await outcome(city) for _ in range(20)]
        runs.append((outcomes, len((await city.get("/sandbox/ledger")).json())))
    assert runs[0] == runs[1]
    outcomes, placed = runs[0]
    assert set(outcomes) == {"201", "429", "500"}
    assert placed > outcomes.count("201")


async def test_some_callbacks_come_several_times_and_late(city: City) -> None:
    city.office.answers["twiml"] = "<Response><Hangup/></Response>"
    await city.faults(
        webhook_duplicate=3, webhook_duplicate_rate=0.5, webhook_delay_seconds=1.0, webhook_delay_rate=0.5
    )
    began = time.monotonic()
    for _ in range(6):
        await city.call("10", status_callback_event=["initiated"])
    times: list[float] = []
    async with asyncio.timeout(10):
        while len(times) < 12 or time.monotonic() - began < 2.5:
            times += [time.monotonic() - began] * (len(city.office.of("status")) - len(times))
            await asyncio.sleep(0.05)
    copies: dict[str, int] = {}
    for one in city.office.of("status"):
        copies[one.params["CallSid"]] = copies.get(one.params["CallSid"], 0) + 1
    assert set(copies.values()) == {1, 4}
    assert len({one.token for one in city.office.of("status")}) == 6
    assert min(times) < 0.9 < 1.0 < max(times)


async def test_the_rest_interface_can_be_down_for_all_but_new_calls(city: City) -> None:
    city.office.answers["twiml"] = '<Response><Pause length="600"/></Response>'
    await city.faults(rest_error_500=1)
    call = await city.call("03")
    context: Any = city.client.calls(call.sid)
    with pytest.raises(TwilioRestException) as caught:
        await asyncio.to_thread(lambda: context.update(status="completed"))
    assert caught.value.status == 500
    await city.faults(rest_error_500=0)
    assert (await asyncio.to_thread(context.fetch)).status != "completed"
