"""Text messages, as the official client sends them; and calls that only some numbers are refused."""

import asyncio
from typing import Any

import pytest
from twilio.base.exceptions import TwilioRestException

from tests.sandbox.phone.city import City

STAFF, OTHER, OURS = "+821055506000", "+821055506001", "+8221234567"


async def send(city: City, **options: Any) -> Any:
    told = {
        "to": STAFF,
        "from_": OURS,
        "body": "확인이 필요한 통화가 있습니다.",
        "status_callback": city.office.hook("sms"),
    }
    told |= options
    wanted = {key: value for key, value in told.items() if value is not None}
    return await asyncio.to_thread(lambda: city.client.messages.create(**wanted))


async def refused(city: City, **options: Any) -> tuple[int, int]:
    with pytest.raises(TwilioRestException) as caught:
        await send(city, **options)
    return caught.value.status, caught.value.code


def told(city: City) -> set[str]:
    return {one.params["MessageStatus"] for one in city.office.of("sms")}


async def test_a_message_is_queued_sent_and_delivered(city: City) -> None:
    message = await send(city)
    assert (message.status, message.direction, message.num_segments, message.error_code) == (
        "queued",
        "outbound-api",
        "1",
        None,
    )
    assert message.sid.startswith("SM")
    last = await city.office.wait_for("sms", MessageStatus="delivered")
    await city.office.wait_for("sms", count=3)
    assert told(city) == {"queued", "sent", "delivered"}
    assert (last.params["MessageSid"], last.params["To"], last.signed) == (message.sid, STAFF, True)
    fetched = await asyncio.to_thread(city.client.messages(message.sid).fetch)
    assert (fetched.status, fetched.body) == ("delivered", message.body)
    assert fetched.date_sent is not None


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"to": "010-1234"}, 21211),
        ({"to": ""}, 21604),
        ({"from_": None}, 21603),
        ({"from_": "city"}, 21212),
        ({"body": None}, 21602),
        ({"body": "가" * 1601}, 21617),
    ],
)
async def test_a_bad_message_is_refused_with_the_carriers_own_code(
    city: City, options: dict[str, Any], code: int
) -> None:
    assert await refused(city, **options) == (400, code)
    assert (await city.get("/sandbox/messages")).json() == []


async def test_messages_are_listed_redacted_and_forgotten(city: City) -> None:
    first, second = await send(city), await send(city, to=OTHER, body="a" * 161)
    assert second.num_segments == "2"
    everyone = await asyncio.to_thread(lambda: list(city.client.messages.stream(page_size=1)))
    assert [one.sid for one in everyone] == [second.sid, first.sid]
    (to_other,) = await asyncio.to_thread(lambda: city.client.messages.list(to=OTHER, from_=OURS))
    assert to_other.sid == second.sid
    context = city.client.messages(first.sid)
    assert (await asyncio.to_thread(lambda: context.update(body=""))).body == ""
    assert await asyncio.to_thread(context.delete)
    with pytest.raises(TwilioRestException, match="not found"):
        await asyncio.to_thread(context.fetch)
    assert [one["to"] for one in (await city.get("/sandbox/messages")).json()] == [OTHER]


@pytest.mark.parametrize(
    ("fault", "statuses", "code"),
    [("sms_undelivered", {"queued", "sent", "undelivered"}, "30003"), ("sms_failed", {"queued", "failed"}, "30008")],
)
async def test_a_message_may_come_to_nothing(city: City, fault: str, statuses: set[str], code: str) -> None:
    await city.faults(**{fault: 1})
    await send(city)
    last = await city.office.wait_for("sms", ErrorCode=code)
    await city.office.wait_for("sms", count=len(statuses))
    assert told(city) == statuses
    assert last.params["MessageStatus"] in statuses


async def test_messages_can_be_down_as_a_whole_or_for_some(city: City) -> None:
    await city.faults(sms_error_500=1)
    assert await refused(city) == (500, 20500)
    await city.faults(sms_error_500=0, sms_refused_code=21610, sms_refused_to=[STAFF])
    assert await refused(city) == (400, 21610)
    assert (await send(city, to=OTHER)).status == "queued"
    await city.faults(sms_refused_to=[])
    assert await refused(city, to=OTHER) == (400, 21610)
    assert len((await city.get("/sandbox/messages")).json()) == 1


@pytest.mark.parametrize(("code", "status"), [(21216, 400), (20500, 500), (20429, 429)])
async def test_calls_can_be_refused_to_some_numbers_only(city: City, code: int, status: int) -> None:
    await city.faults(calls_refused_to=[STAFF], calls_refused_code=code)
    with pytest.raises(TwilioRestException) as caught:
        await city.call(to=STAFF)
    assert (caught.value.status, caught.value.code) == (status, code)
    assert (await city.call(to=OTHER)).status == "queued"
    assert [one["to"] for one in (await city.get("/sandbox/ledger")).json()] == [OTHER]
