"""A recording started over REST while the call is inside a two-way stream: it begins then, pauses, ends and goes."""

import asyncio
from typing import Any

import pytest
from twilio.base.exceptions import TwilioRestException

from oncall.sandbox.sound import read_words
from tests.sandbox.phone.city import City, Received, Stream, channels_of
from tests.sandbox.phone.conftest import MakeCity

RESIDENT = "+821055507000"
ANSWERING = {
    "greeting": "",
    "ring_seconds": 1,
    "common": False,
    "pace_seconds": 0.4,
    "fallbacks": ["하나.", "둘.", "셋."],
}


class Held:
    """A call inside <Connect><Stream>, and the stream's end to speak through."""

    def __init__(self, city: City) -> None:
        self.city = city
        self.sid = ""
        self.stream: Stream | None = None
        self.ready = asyncio.Event()
        self.over = asyncio.Event()

    async def converse(self, stream: Stream) -> None:
        self.stream = stream
        self.ready.set()
        await self.over.wait()

    async def ask(self, text: str) -> str:
        """Say something; the answer."""
        assert self.stream is not None
        await self.stream.say(text)
        return await self.stream.words()

    @property
    def seconds(self) -> float:
        """How long the call has lasted."""
        line = self.city.exchange.calls[self.sid].line
        assert line is not None
        return line.seconds

    @property
    def recordings(self) -> Any:
        return self.city.client.calls(self.sid).recordings


async def hold(city: City) -> Held:
    held = Held(city)
    city.office.converse = held.converse
    await city.post("/sandbox/people", {RESIDENT: ANSWERING})
    twiml = f'<Response><Connect><Stream url="{city.office.stream_url}"/></Connect></Response>'
    held.sid = (await city.call(to=RESIDENT, twiml=twiml, url=None)).sid
    await held.ready.wait()
    return held


async def start(held: Held, **options: Any) -> Any:
    told = {
        "recording_channels": "dual",
        "recording_status_callback": held.city.office.hook("recording"),
        "recording_status_callback_event": ["in-progress", "completed", "absent"],
    }
    return await asyncio.to_thread(lambda: held.recordings.create(**told | options))


async def update(held: Held, sid: str, **options: Any) -> Any:
    return await asyncio.to_thread(lambda: held.recordings(sid).update(**options))


async def told(city: City, status: str) -> Received:
    return await city.office.wait_for("recording", RecordingStatus=status)


async def sound_of(city: City, sid: str) -> list[bytes]:
    where = f"/2010-04-01/Accounts/{city.client.username}/Recordings/{sid}.wav?RequestedChannels=2"
    return channels_of((await city.get(where, auth=(city.client.username, city.client.password))).content)


async def test_it_begins_when_it_is_started_and_ends_when_it_is_stopped(make_city: MakeCity) -> None:
    city = await make_city(speed=8)
    held = await hold(city)
    await held.ask("처음에 드린 질문입니다.")
    recording = await start(held)
    assert (recording.status, recording.channels, recording.source) == ("in-progress", 2, "StartCallRecordingAPI")
    await told(city, "in-progress")
    await held.ask("녹음되는 질문입니다.")
    assert (await update(held, "Twilio.CURRENT", status="stopped")).status == "stopped"
    await held.ask("나중에 드린 질문입니다.")
    done = await told(city, "completed")
    callee, agent = await sound_of(city, recording.sid)
    assert (read_words(callee), read_words(agent)) == ("둘.", "녹음되는 질문입니다.")
    assert len(callee) == len(agent)
    assert abs(int(done.params["RecordingDuration"]) - len(callee) / 8000) <= 0.5
    assert done.params["CallSid"] == held.sid
    assert (await asyncio.to_thread(city.client.calls(held.sid).fetch)).status == "in-progress"
    held.over.set()
    assert int((await city.ended()).params["CallDuration"]) > int(done.params["RecordingDuration"]) + 3


@pytest.mark.parametrize("behaviour", ["silence", "skip"])
async def test_what_is_said_in_a_pause_is_not_kept(make_city: MakeCity, behaviour: str) -> None:
    city = await make_city(speed=8)
    held = await hold(city)
    recording = await start(held)
    await held.ask("하나요?")
    paused = await update(held, recording.sid, status="paused", pause_behavior=behaviour)
    assert paused.status == "paused"
    began = held.seconds
    await held.ask("비밀입니다.")
    apart = held.seconds - began
    assert (await update(held, recording.sid, status="in-progress")).status == "in-progress"
    await held.ask("셋이요?")
    total = held.seconds
    await update(held, recording.sid, status="stopped")
    await told(city, "completed")
    callee, agent = await sound_of(city, recording.sid)
    assert (read_words(callee), read_words(agent)) == ("하나. 셋.", "하나요? 셋이요?")
    assert (len(callee) / 8000 < total - apart + 1) is (behaviour == "skip")
    held.over.set()


async def test_one_can_be_deleted_while_the_call_goes_on(city: City) -> None:
    held = await hold(city)
    recording = await start(held)
    await update(held, recording.sid, status="stopped")
    await told(city, "completed" if await _has_sound(city, recording.sid) else "absent")
    assert await asyncio.to_thread(city.client.recordings(recording.sid).delete)
    with pytest.raises(TwilioRestException, match="not found"):
        await asyncio.to_thread(city.client.recordings(recording.sid).fetch)
    with pytest.raises(TwilioRestException) as caught:
        await update(held, "Twilio.CURRENT", status="stopped")
    assert caught.value.status == 404
    again = await start(held)
    assert again.sid != recording.sid
    assert await asyncio.to_thread(held.recordings(again.sid).delete)
    held.over.set()
    await city.ended()
    assert await asyncio.to_thread(city.client.recordings.list) == []


async def _has_sound(city: City, sid: str) -> bool:
    return city.exchange.recordings[sid].duration > 0
