"""The REST interface, as the official client sees it."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from twilio.base.exceptions import TwilioRestException
from twilio.rest import Client

from tests.sandbox.phone.city import ACCOUNT, City
from tests.sandbox.phone.conftest import MakeCity

HANG_UP = "<Response><Hangup/></Response>"


async def refusal(work: Any) -> tuple[int, int]:
    """HTTP status and code a request was refused with."""
    with pytest.raises(TwilioRestException) as caught:
        await work
    return caught.value.status, caught.value.code


async def test_a_wrong_password_is_refused(city: City) -> None:
    stranger = Client(ACCOUNT.account_sid, "wrong")
    stranger.api.base_url = city.phone.url
    assert await refusal(asyncio.to_thread(stranger.calls("CA" + "0" * 32).fetch)) == (401, 20003)


async def test_an_api_key_opens_the_account(make_city: MakeCity) -> None:
    city = await make_city(api_keys={"SK1": "secret"})
    client = Client("SK1", "secret", ACCOUNT.account_sid)
    client.api.base_url = city.phone.url
    assert await asyncio.to_thread(client.calls.list, limit=1) == []


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"to": "010-1234-5678"}, 21211),
        ({"to": ""}, 21201),
        ({"from_": "city hall"}, 21212),
        ({"url": "voice/twiml"}, 21205),
        ({"url": None}, 21205),
        ({"status_callback_event": ["answered", "ended"]}, 21626),
    ],
)
async def test_a_bad_order_is_refused_with_the_carriers_own_code(
    city: City, options: dict[str, Any], code: int
) -> None:
    assert await refusal(city.call(**options)) == (400, code)
    assert (await city.get("/sandbox/ledger")).json() == []


async def test_what_there_is_not_is_20404(city: City) -> None:
    call = city.client.calls("CA" + "0" * 32)
    assert await refusal(asyncio.to_thread(call.fetch)) == (404, 20404)
    assert await refusal(asyncio.to_thread(city.client.recordings("RE" + "0" * 32).fetch)) == (404, 20404)
    answer = await city.get("/2010-04-01/Nowhere.json")
    assert (answer.status_code, answer.json()["code"]) == (404, 20404)


async def test_the_account_is_active(city: City) -> None:
    account = await asyncio.to_thread(city.client.api.accounts(ACCOUNT.account_sid).fetch)
    assert account.status == "active"


async def test_calls_are_listed_newest_first_page_by_page_and_filtered(make_city: MakeCity) -> None:
    city = await make_city(cps=0.01)
    for ending in ("00", "31", "31", "32", "33"):
        await city.call(ending)
    everyone = await asyncio.to_thread(lambda: list(city.client.calls.stream(page_size=2)))
    assert [call.to[-2:] for call in everyone] == ["33", "32", "31", "31", "00"]
    page = await asyncio.to_thread(city.client.calls.page, page_size=2)
    later = await asyncio.to_thread(page.next_page)
    assert [call.to[-2:] for call in later] == ["31", "31"]
    assert [call.to[-2:] for call in await asyncio.to_thread(later.previous_page)] == ["33", "32"]
    chosen = await asyncio.to_thread(
        lambda: city.client.calls.list(to="+82255500031", from_="+8221234567", status="queued", limit=20)
    )
    assert len(chosen) == 2


async def test_a_queued_call_has_no_start_and_a_filter_on_it_hides_the_call(make_city: MakeCity) -> None:
    city = await make_city(cps=0.01)
    first, second = await city.call("08"), await city.call("08")
    await city.office.wait_for("status", CallStatus="ringing")
    started = await asyncio.to_thread(lambda: city.client.calls.list(start_time_after=first.date_created))
    assert [call.sid for call in started] == [first.sid]
    assert int((await asyncio.to_thread(city.client.calls(second.sid).fetch)).queue_time) == 0
    assert (await asyncio.to_thread(city.client.calls(second.sid).fetch)).start_time is None


async def test_a_call_that_has_ended_cannot_be_changed_but_forgotten(city: City) -> None:
    city.office.answers["twiml"] = HANG_UP
    call = await city.call("00")
    await city.ended()
    context = city.client.calls(call.sid)
    assert await refusal(asyncio.to_thread(lambda: context.update(status="completed"))) == (400, 21220)
    assert await refusal(asyncio.to_thread(lambda: context.update(twiml=HANG_UP))) == (400, 21220)
    assert await asyncio.to_thread(context.delete)
    assert await refusal(asyncio.to_thread(context.fetch)) == (404, 20404)


async def test_a_ringing_call_cannot_be_redirected(city: City) -> None:
    call = await city.call("08")
    await city.office.wait_for("status", CallStatus="ringing")
    context = city.client.calls(call.sid)
    assert (await asyncio.to_thread(context.fetch)).status == "ringing"
    assert await refusal(asyncio.to_thread(lambda: context.update(twiml=HANG_UP))) == (400, 21220)


async def test_more_calls_than_lines_are_refused(make_city: MakeCity) -> None:
    city = await make_city(lines=1)
    await city.call("08")
    assert await refusal(city.call("08")) == (429, 10004)


async def test_the_ledger_is_on_disk_before_the_answer_leaves(make_city: MakeCity, tmp_path: Path) -> None:
    file = tmp_path / "ledger.jsonl"
    city = await make_city(ledger=file)
    call = await city.call("10")
    placed = json.loads(file.read_text().splitlines()[0])
    assert (placed["event"], placed["sid"]) == ("placed", call.sid)
    await city.ended()
    async with asyncio.timeout(2):
        while len(file.read_text().splitlines()) < 2:
            await asyncio.sleep(0.01)
    ended = json.loads(file.read_text().splitlines()[1])
    assert (ended["event"], ended["status"]) == ("ended", "failed")
