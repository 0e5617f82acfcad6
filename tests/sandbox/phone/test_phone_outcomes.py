"""How calls end: busy, not answered, not in service, cancelled, hung up, cut off."""

import asyncio
import time

import pytest
from twilio.base.exceptions import TwilioRestException

from tests.sandbox.phone.city import City
from tests.sandbox.phone.conftest import MakeCity

LONG = '<Response><Pause length="600"/></Response>'


@pytest.mark.parametrize(
    ("ending", "status", "sip", "statuses"),
    [
        ("08", "no-answer", "487", ["initiated", "ringing", "no-answer"]),
        ("09", "busy", "486", ["initiated", "busy"]),
        ("10", "failed", "404", ["initiated", "failed"]),
        ("60", "failed", "404", ["initiated", "failed"]),
    ],
)
async def test_a_call_nobody_answers_says_why(
    city: City, ending: str, status: str, sip: str, statuses: list[str]
) -> None:
    call = await city.call(ending, timeout=20)
    last = await city.ended()
    assert (last.params["CallStatus"], last.params["SipResponseCode"]) == (status, sip)
    assert last.params["CallDuration"] == "0"
    assert city.office.statuses() == statuses
    fetched = await asyncio.to_thread(city.client.calls(call.sid).fetch)
    assert (fetched.status, fetched.duration) == (status, "0")
    assert city.office.of("twiml") == []


async def test_someone_who_was_busy_answers_the_second_time(city: City) -> None:
    city.office.answers["twiml"] = "<Response><Hangup/></Response>"
    await city.call("09")
    await city.office.wait_for("status", CallStatus="busy")
    await city.call("09")
    await city.office.wait_for("status", CallStatus="completed")


async def test_someone_slow_is_missed_when_it_rings_too_short(city: City) -> None:
    await city.call("02", timeout=5)
    assert (await city.ended()).params["CallStatus"] == "no-answer"


async def test_a_call_cancelled_in_the_queue_is_never_heard_of(make_city: MakeCity) -> None:
    city = await make_city(cps=0.5)
    await city.call("08")
    waiting = await city.call("00")
    context = city.client.calls(waiting.sid)
    assert (await asyncio.to_thread(lambda: context.update(status="canceled"))).status == "canceled"
    await asyncio.sleep(2.5 / 0.5 / 15)
    assert {one.params["CallSid"] for one in city.office.received}.isdisjoint({waiting.sid})
    assert (await asyncio.to_thread(context.fetch)).status == "canceled"


async def test_a_ringing_call_can_be_cancelled(city: City) -> None:
    call = await city.call("08")
    await city.office.wait_for("status", CallStatus="ringing")
    await asyncio.to_thread(lambda: city.client.calls(call.sid).update(status="canceled"))
    last = await city.ended()
    assert (last.params["CallStatus"], last.params["SipResponseCode"]) == ("canceled", "487")


async def test_an_answered_call_cannot_be_cancelled_but_hung_up(city: City) -> None:
    city.office.answers["twiml"] = LONG
    call = await city.call("00")
    await city.office.wait_for("twiml")
    context = city.client.calls(call.sid)
    with pytest.raises(TwilioRestException, match="not in-progress"):
        await asyncio.to_thread(lambda: context.update(status="canceled"))
    await asyncio.to_thread(lambda: context.update(status="completed"))
    assert (await city.ended()).params["CallStatus"] == "completed"


async def test_a_call_ends_at_its_time_limit(city: City) -> None:
    city.office.answers["twiml"] = LONG
    await city.call("03", time_limit=5)
    assert (await city.ended()).params["CallDuration"] == "5"


async def test_the_callee_hanging_up_ends_the_call(city: City) -> None:
    city.office.answers["twiml"] = LONG
    call = await city.call("00")
    last = await city.ended()
    assert last.params["CallStatus"] == "completed"
    said = (await city.get(f"/sandbox/calls/{call.sid}")).json()["conversation"]
    assert [one["text"] for one in said] == ["여보세요?"] * 4
    assert 20 <= int(last.params["CallDuration"]) <= 30


async def test_calls_are_dialled_at_the_accounts_rate(make_city: MakeCity) -> None:
    city = await make_city(cps=1, speed=8)
    calls = [await city.call("10") for _ in range(4)]
    began = time.monotonic()
    await city.office.wait_for("status", count=4, CallStatus="failed")
    assert 2.5 / 8 <= time.monotonic() - began <= 2.0
    assert [int(call.queue_time) for call in calls] >= [0, 0, 0, 1000]


async def test_eight_times_faster_the_same_sound_takes_an_eighth(make_city: MakeCity) -> None:
    city = await make_city(speed=8)
    city.office.answers["twiml"] = '<Response><Pause length="8"/></Response>'
    await city.call("03")
    await city.office.wait_for("twiml")
    began = time.monotonic()
    last = await city.ended()
    assert 0.9 <= time.monotonic() - began <= 1.6
    assert last.params["CallDuration"] == "8"
