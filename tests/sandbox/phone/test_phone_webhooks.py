"""The carrier's own requests: signed, patient, and as unreliable as ordered."""

import asyncio
from collections import Counter

import pytest
from twilio.request_validator import RequestValidator

from oncall.sandbox.phone.clock import PhoneClock
from oncall.sandbox.phone.config import PhoneConfig
from oncall.sandbox.phone.faults import Chance, Faults
from oncall.sandbox.phone.webhook import Patience, Webhooks, signature
from tests.sandbox.phone.city import City

HANG_UP = "<Response><Hangup/></Response>"
GEOGRAPHY = {f"{party}{part}" for party in ("From", "To") for part in ("City", "State", "Zip", "Country")}


def test_the_signature_is_the_published_one() -> None:
    params = {
        "CallSid": "CA1234567890ABCDE",
        "Caller": "+14158675309",
        "Digits": "1234",
        "From": "+14158675309",
        "To": "+18005551212",
    }
    url = "https://mycompany.com/myapp.php?foo=1&bar=2"
    assert signature("12345", url, params) == "RSOYDt4T1cUTdK1PDd93/VVr8B8="
    assert RequestValidator("12345").validate(url, params, signature("12345", url, params))


async def test_a_webhook_carries_every_field_empty_ones_too(city: City) -> None:
    city.office.answers["twiml"] = HANG_UP
    call = await city.call("00")
    last = await city.ended()
    twiml = (await city.office.wait_for("twiml")).params
    assert twiml["CallSid"] == call.sid
    assert (twiml["CallStatus"], twiml["Direction"], twiml["ApiVersion"]) == (
        "in-progress",
        "outbound-api",
        "2010-04-01",
    )
    assert set(twiml) >= GEOGRAPHY
    assert twiml["ToCity"] == ""
    assert last.params["CallbackSource"] == "call-progress-events"
    assert set(last.params) >= {"Timestamp", "SequenceNumber", "CallDuration", "Duration", "SipResponseCode"}
    assert all(one.signed for one in city.office.received)


async def test_get_webhooks_are_signed_with_their_query(city: City) -> None:
    city.office.answers["twiml"] = HANG_UP
    await city.call("00", url=city.office.hook("twiml") + "?campaign=안부", method="GET", status_callback_method="GET")
    await city.ended()
    assert {one.method for one in city.office.received} == {"GET"}
    assert all(one.signed for one in city.office.received)


async def test_only_events_that_were_asked_for_are_told(city: City) -> None:
    city.office.answers["twiml"] = HANG_UP
    await city.call("00", status_callback_event=None)
    await city.ended()
    assert city.office.statuses() == ["completed"]


async def test_an_unusable_document_leads_to_the_fallback(city: City) -> None:
    city.office.answers |= {"twiml": 500, "fallback": HANG_UP}
    await city.call("00", fallback_url=city.office.hook("fallback"))
    asked = await city.office.wait_for("fallback")
    assert asked.params["ErrorCode"] == "11200"
    assert asked.params["ErrorUrl"] == city.office.hook("twiml")
    await city.ended()


async def test_without_a_fallback_an_apology_is_heard_and_the_call_is_over(city: City) -> None:
    city.office.answers["twiml"] = "<Response><Say>unclosed"
    call = await city.call("03")
    assert (await city.ended()).params["CallStatus"] == "completed"
    assert [(one["code"], one["call_sid"]) for one in (await city.get("/sandbox/debugger")).json()] == [
        (12100, call.sid)
    ]


async def test_a_document_that_takes_too_long_is_given_up(city: City) -> None:
    city.office.answers |= {"twiml": 3.0, "fallback": HANG_UP}
    await city.call("00", url=city.office.hook("twiml") + "#tt=200", fallback_url=city.office.hook("fallback"))
    assert (await city.office.wait_for("fallback", seconds=2.5)).params["ErrorCode"] == "11205"


async def test_retries_follow_the_fragment_and_keep_their_token(city: City) -> None:
    city.office.answers["status"] = 503
    await city.call("10", status_callback=city.office.hook("status") + "#rc=2&rp=5xx", status_callback_event=None)
    await city.office.wait_for("status", count=3)
    assert len({one.token for one in city.office.of("status")}) == 1
    assert all(one.signed for one in city.office.received)


async def test_by_default_an_answer_of_500_is_not_retried(city: City) -> None:
    city.office.answers["status"] = 500
    await city.call("10", status_callback_event=None)
    await city.office.wait_for("status")
    await asyncio.sleep(0.2)
    assert len(city.office.of("status")) == 1


def test_patience_is_read_from_the_fragment() -> None:
    assert Patience.of("") == Patience()
    assert Patience.of("rc=9&rp=all&ct=2000&rt=junk&tt=99000") == Patience(
        retries=5, retry_on=frozenset({"ct", "rt", "4xx", "5xx"}), connect_seconds=2.0, total_seconds=15.0
    )


async def test_duplicates_repeat_the_same_event(city: City) -> None:
    await city.faults(webhook_duplicate=2)
    await city.call("10")
    await city.office.wait_for("status", count=3, CallStatus="failed")
    assert set(Counter(one.token for one in city.office.of("status")).values()) == {3}


async def test_dropped_callbacks_never_come(city: City) -> None:
    await city.faults(webhook_drop_rate=1)
    call = await city.call("10")
    async with asyncio.timeout(5):
        while (await asyncio.to_thread(city.client.calls(call.sid).fetch)).status != "failed":
            await asyncio.sleep(0.05)
    assert city.office.of("status") == []


async def test_shuffled_callbacks_come_in_another_order(city: City) -> None:
    await city.faults(webhook_shuffle=True, seed=5)
    for _ in range(6):
        await city.call("10")
    await city.office.wait_for("status", count=12)
    orders = [
        tuple(one.params["SequenceNumber"] for one in city.office.of("status") if one.params["CallSid"] == sid)
        for sid in {one.params["CallSid"] for one in city.office.received}
    ]
    assert ("1", "0") in orders


async def test_a_callback_can_come_before_the_answer_to_the_order(city: City) -> None:
    await city.faults(callback_before_reply=True)
    call = await city.call("08")
    assert city.office.received[0].params["CallSid"] == call.sid


async def test_an_unknown_fault_is_refused(city: City) -> None:
    answer = await city.post("/sandbox/faults", {"webhook_drop_rate": 7})
    assert answer.status_code == 422
    assert (await city.post("/sandbox/faults", {"gremlins": 1})).status_code == 422
    assert (await city.get("/sandbox/faults")).json()["webhook_drop_rate"] == 0


@pytest.mark.parametrize("fault", ["drop_reply_after_create", "error_500_after_create"])
async def test_an_ambiguous_order_was_placed_and_the_ledger_knows(city: City, fault: str) -> None:
    await city.faults(**{fault: 1, "create_faults_left": 1})
    with pytest.raises(Exception, match=r"500|[Cc]onnection"):
        await city.call("10")
    await city.office.wait_for("status", CallStatus="failed")
    (placed,) = (await city.get("/sandbox/ledger")).json()
    assert placed["status"] == "failed"
    assert placed["status_callback"] == city.office.hook("status")
    (found,) = await asyncio.to_thread(lambda: city.client.calls.list(to=placed["to"], from_=placed["from"]))
    assert found.sid == placed["sid"]
    await city.call("31")
    assert len((await city.get("/sandbox/ledger")).json()) == 2


@pytest.mark.parametrize(("fault", "status"), [("error_500", 500), ("http_429", 429)])
async def test_a_refused_order_was_not_placed(city: City, fault: str, status: int) -> None:
    await city.faults(**{fault: 1})
    with pytest.raises(Exception, match=str(status)):
        await city.call("10")
    assert (await city.get("/sandbox/ledger")).json() == []


async def test_a_cut_connection_is_tried_once_more_with_the_same_token(city: City) -> None:
    requests: list[bytes] = []

    async def cut_the_first(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        requests.append(await reader.readuntil(b"\r\n\r\n"))
        if len(requests) > 1:
            writer.write(b"HTTP/1.1 204 No Content\r\n\r\n")
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(cut_the_first, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    await city.call("10", status_callback=f"http://127.0.0.1:{port}/status", status_callback_event=None)
    async with asyncio.timeout(5):
        while len(requests) < 2:
            await asyncio.sleep(0.01)
    server.close()
    tokens = [
        [line for line in head.lower().split(b"\r\n") if line.startswith(b"i-twilio-idempotency-token")]
        for head in requests
    ]
    assert tokens[0] == tokens[1] != []


async def test_a_request_that_was_made_is_not_taken_back_when_the_call_ends_meanwhile() -> None:
    """Whoever presses a key and hangs up has pressed it: the office is told, at the second try if it must be."""
    told: list[str] = []

    async def office(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        told.append((await reader.read(4096)).decode())
        if len(told) == 1:
            await asyncio.sleep(0.2)  # the call ends meanwhile, and this process is killed
        else:
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        writer.close()

    server = await asyncio.start_server(office, "127.0.0.1", 0)
    webhooks = Webhooks(PhoneConfig(), PhoneClock(1.0), Chance(Faults()))
    address = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/keys"
    asking = asyncio.create_task(webhooks.ask(address, "POST", {"Digits": "9"}))
    await asyncio.sleep(0.1)
    asking.cancel()
    for _ in range(50):
        await asyncio.sleep(0.05)
        if len(told) == 2:
            break
    assert ["Digits=9" in one for one in told] == [True, True]
    await webhooks.close()
    server.close()
