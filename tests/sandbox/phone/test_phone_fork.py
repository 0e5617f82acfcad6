"""<Start><Stream>: the callee's sound forked one way, beside whatever else the call does."""

import asyncio
from typing import Any

import pytest
from twilio.base.exceptions import TwilioRestException
from twilio.twiml.voice_response import Connect, Start, Stop, VoiceResponse

from tests.sandbox.phone.city import City, Stream, channels_of
from tests.sandbox.phone.conftest import MakeCity

NUMBER = "+821055504000"
GREETER = {"silent": True, "ring_seconds": 1, "cues": [{"after_seconds": 1, "say": "여보세요? 누구세요?"}]}


def fork(city: City, **options: Any) -> Start:
    start = Start()
    stream = start.stream(
        **{
            "url": city.office.stream_url.replace("secret", "ear"),
            "name": "ear",
            "track": "inbound_track",
            "status_callback": city.office.hook("stream"),
        }
        | options
    )
    stream.parameter(name="purpose", value="listening")
    return start


def ear_of(city: City) -> Stream:
    return next(one for one in city.office.streams if one.socket.url.path.endswith("/ear"))


async def listen(stream: Stream) -> None:
    """Take everything until the stream is over."""
    await stream.event("stop")


async def call(city: City, response: VoiceResponse, **options: Any) -> Any:
    await city.post("/sandbox/people", {NUMBER: GREETER})
    return await city.call(to=NUMBER, twiml=str(response), url=None, **options)


async def test_the_callee_is_heard_while_the_verbs_go_on_until_the_call_ends(make_city: MakeCity) -> None:
    city = await make_city(speed=8)
    city.office.converse = listen
    response = VoiceResponse()
    response.append(fork(city))
    response.say("안녕하세요.", language="ko-KR")
    response.pause(length=3)
    await call(city, response)
    await city.ended()
    await city.office.wait_for("stream", StreamEvent="stream-stopped")
    ear = ear_of(city)
    kinds = {event["event"] for event in ear.events}
    assert kinds == {"start", "connected", "media", "stop"}
    start = next(event for event in ear.events if event["event"] == "start")["start"]
    assert (start["tracks"], start["customParameters"]) == (["inbound"], {"purpose": "listening"})
    assert {event["media"]["track"] for event in ear.events if event["event"] == "media"} == {"inbound"}
    assert ear.heard.text == "여보세요? 누구세요?"
    assert {one.params["StreamName"] for one in city.office.of("stream")} == {"ear"}
    assert city.office.stream_signed == [True]


async def test_it_runs_beside_a_two_way_stream(make_city: MakeCity) -> None:
    city = await make_city(speed=8)

    async def converse(stream: Stream) -> None:
        if stream.socket.url.path.endswith("/ear"):
            await listen(stream)
            return
        assert await stream.words() == "여보세요? 누구세요?"
        await stream.say("시청입니다.")

    city.office.converse = converse
    response = VoiceResponse()
    response.append(fork(city))
    connect = Connect()
    connect.stream(url=city.office.stream_url)
    response.append(connect)
    made = await call(city, response)
    await city.ended()
    assert len(city.office.streams) == 2
    await city.office.wait_for("stream", StreamEvent="stream-stopped")
    assert ear_of(city).heard.text == "여보세요? 누구세요?"
    assert city.exchange.calls[made.sid].streams == []
    assert [one["code"] for one in (await city.get("/sandbox/debugger")).json() if one["code"] != 31921] == []


async def test_stop_ends_the_one_that_is_named(city: City) -> None:
    city.office.converse = listen
    response = VoiceResponse()
    response.append(fork(city))
    response.pause(length=2)
    stop = Stop()
    stop.stream(name="ear")
    response.append(stop)
    response.pause(length=600)
    made = await call(city, response)
    await city.office.wait_for("stream", StreamEvent="stream-stopped")
    assert (await asyncio.to_thread(city.client.calls(made.sid).fetch)).status == "in-progress"
    assert 1.5 <= ear_of(city).heard.lost + len(ear_of(city).sound) / 8000 <= 2.5


async def test_the_line_is_not_kept_waiting_by_a_server_that_is_not_there(city: City) -> None:
    city.office.answers["next"] = "<Response><Hangup/></Response>"
    response = VoiceResponse()
    response.append(fork(city, url="ws://127.0.0.1:9/ear"))
    response.redirect(city.office.hook("next"))
    await call(city, response)
    await city.office.wait_for("next")
    error = await city.office.wait_for("stream", StreamEvent="stream-error")
    assert error.params["StreamErrorCode"] == "31902"
    await city.ended()


async def test_a_server_that_closes_is_told_as_stopped_and_the_call_goes_on(city: City) -> None:
    async def leave(stream: Stream) -> None:
        await stream.event("media")

    city.office.converse = leave
    response = VoiceResponse()
    response.append(fork(city))
    response.pause(length=600)
    made = await call(city, response)
    await city.office.wait_for("stream", StreamEvent="stream-stopped")
    assert (await asyncio.to_thread(city.client.calls(made.sid).fetch)).status == "in-progress"


async def test_nothing_can_be_said_into_a_one_way_stream(city: City) -> None:
    async def talk(stream: Stream) -> None:
        await stream.play(b"\x80" * 160)
        await listen(stream)

    city.office.converse = talk
    response = VoiceResponse()
    response.append(fork(city))
    response.pause(length=3)
    hook = city.office.hook("recording")
    await call(city, response, record=True, recording_channels="dual", recording_status_callback=hook)
    url = (await city.office.wait_for("recording")).params["RecordingUrl"].removeprefix(city.phone.url)
    sound = await city.get(url + ".wav", auth=(city.client.username, city.client.password))
    _callee, agent = channels_of(sound.content)
    assert agent.strip(b"\xff") == b""


async def test_the_client_starts_and_stops_one(city: City) -> None:
    city.office.converse = listen
    response = VoiceResponse()
    response.pause(length=600)
    made = await call(city, response)
    await city.office.wait_for("status", CallStatus="in-progress")
    streams = city.client.calls(made.sid).streams
    started = await asyncio.to_thread(
        lambda: streams.create(
            url=city.office.stream_url.replace("secret", "ear"),
            track="inbound_track",
            status_callback=city.office.hook("stream"),
            parameter1_name="purpose",
            parameter1_value="help",
        )
    )
    await city.office.wait_for("stream", StreamEvent="stream-started", StreamSid=started.sid)
    context = city.client.calls(made.sid).streams(started.sid)
    assert (await asyncio.to_thread(lambda: context.update(status="stopped"))).status == "stopped"
    await city.office.wait_for("stream", StreamEvent="stream-stopped")
    assert ear_of(city).events[-1]["event"] == "stop"
    with pytest.raises(TwilioRestException, match="not found"):
        await asyncio.to_thread(lambda: context.update(status="stopped"))
