"""Somebody rings us: the number's VoiceUrl is asked, and the call lives like any other."""

import asyncio
from typing import Any

import pytest
from twilio.base.exceptions import TwilioRestException

from tests.sandbox.phone.city import City
from tests.sandbox.phone.conftest import MakeCity

OURS, RESIDENT = "+8221234567", "+821055505000"
CALLER = {"ring_seconds": 1, "greeting": "", "first": ["아까 전화하셨다고 해서요."]}
ASK = """<Response><Gather input="speech" action="{}" timeout="6"><Say language="ko-KR">안녕하세요. 무슨 일로
  전화하셨어요?</Say></Gather></Response>"""


async def our_number(city: City, **settings: Any) -> Any:
    """Our number, told by the official client what to do when it is rung."""
    (found,) = await asyncio.to_thread(lambda: city.client.incoming_phone_numbers.list(phone_number=OURS))
    settings = {"voice_url": city.office.hook("incoming"), "status_callback": city.office.hook("status")} | settings
    return await asyncio.to_thread(lambda: city.client.incoming_phone_numbers(found.sid).update(**settings))


async def ring(city: City, caller: dict[str, object] | None = None, **more: str) -> Any:
    await city.post("/sandbox/people", {RESIDENT: CALLER if caller is None else caller})
    return await city.post("/sandbox/inbound", {"from": RESIDENT, "to": OURS} | more)


async def test_a_caller_is_greeted_speaks_and_is_heard(make_city: MakeCity) -> None:
    city = await make_city(speed=8)
    number = await our_number(city)
    assert (number.phone_number, number.voice_url) == (OURS, city.office.hook("incoming"))
    city.office.answers |= {
        "incoming": ASK.format(city.office.hook("heard")),
        "heard": "<Response><Hangup/></Response>",
    }
    sid = (await ring(city)).json()["sid"]
    asked = await city.office.wait_for("incoming")
    wanted = {"From": RESIDENT, "To": OURS, "Direction": "inbound", "CallStatus": "ringing", "CallSid": sid}
    assert wanted.items() <= asked.params.items()
    assert asked.signed
    heard = await city.office.wait_for("heard")
    assert (heard.params["SpeechResult"], heard.params["CallStatus"]) == ("아까 전화하셨다고 해서요.", "in-progress")
    ended = await city.ended()
    assert (ended.params["CallStatus"], ended.params["Direction"]) == ("completed", "inbound")
    assert city.office.statuses() == ["completed"]
    fetched = await asyncio.to_thread(city.client.calls(sid).fetch)
    assert (fetched.direction, fetched._from, fetched.status) == ("inbound", RESIDENT, "completed")


async def test_a_call_that_came_in_can_be_led_elsewhere_and_ended(city: City) -> None:
    await our_number(city)
    city.office.answers["incoming"] = '<Response><Pause length="600"/></Response>'
    city.office.answers["else"] = '<Response><Pause length="600"/></Response>'
    sid = (await ring(city, {"silent": True})).json()["sid"]
    await city.office.wait_for("incoming")
    context = city.client.calls(sid)
    async with asyncio.timeout(5):
        while (await asyncio.to_thread(context.fetch)).status != "in-progress":
            await asyncio.sleep(0.02)
    await asyncio.to_thread(lambda: context.update(url=city.office.hook("else")))
    assert (await city.office.wait_for("else")).params["Direction"] == "inbound"
    await asyncio.to_thread(lambda: context.update(status="completed"))
    assert (await city.ended()).params["CallStatus"] == "completed"


async def test_the_caller_hanging_up_ends_it(city: City) -> None:
    await our_number(city)
    city.office.answers["incoming"] = '<Response><Pause length="600"/></Response>'
    await ring(city, {"silent": True, "hangs_up_at_seconds": 3})
    assert (await city.ended()).params["CallDuration"] == "3"


@pytest.mark.parametrize(("reason", "status"), [("busy", "busy"), ("rejected", "no-answer")])
async def test_a_rejected_caller_is_never_answered(city: City, reason: str, status: str) -> None:
    await our_number(city)
    city.office.answers["incoming"] = f'<Response><Reject reason="{reason}"/></Response>'
    await ring(city)
    ended = await city.ended()
    assert (ended.params["CallStatus"], ended.params["CallDuration"]) == (status, "0")


async def test_when_the_voice_url_fails_the_fallback_is_asked(city: City) -> None:
    await our_number(city, voice_fallback_url=city.office.hook("fallback"))
    city.office.answers |= {"incoming": 500, "fallback": "<Response><Hangup/></Response>"}
    await ring(city)
    assert (await city.office.wait_for("fallback")).params["ErrorCode"] == "11200"
    await city.ended()


async def test_a_number_nobody_set_up_rings_nowhere(make_city: MakeCity) -> None:
    city = await make_city(numbers=(OURS,))
    assert (await ring(city)).status_code == 409
    assert (await city.post("/sandbox/inbound", {"from": RESIDENT, "to": "+8229999999"})).status_code == 404
    assert await asyncio.to_thread(lambda: city.client.incoming_phone_numbers.list(phone_number="+8229999999")) == []
    city.office.answers["own"] = "<Response><Hangup/></Response>"
    assert (await ring(city, voice_url=city.office.hook("own"))).status_code == 201
    await city.office.wait_for("own")


async def test_the_client_takes_and_gives_back_a_number(make_city: MakeCity) -> None:
    city = await make_city(numbers=())
    numbers = city.client.incoming_phone_numbers
    taken = await asyncio.to_thread(lambda: numbers.create(phone_number=OURS, voice_url="https://a.example/voice"))
    assert taken.sid.startswith("PN")
    assert (await asyncio.to_thread(numbers(taken.sid).fetch)).voice_url == "https://a.example/voice"
    with pytest.raises(TwilioRestException, match="not a valid URL"):
        await asyncio.to_thread(lambda: numbers(taken.sid).update(voice_url="voice"))
    assert await asyncio.to_thread(numbers(taken.sid).delete)
    assert await asyncio.to_thread(numbers.list) == []
