"""Recordings: both sides apart, trimmed or not, ready when they are."""

import asyncio
from typing import Any

import pytest
from twilio.base.exceptions import TwilioRestException

from oncall.sandbox.sound import read_words
from tests.sandbox.phone.city import City, channels_of

SAY = '<Response><Pause length="2"/><Say language="ko-KR">잘 들리세요?</Say><Pause length="3"/></Response>'


async def recorded(city: City, ending: str = "03", **options: Any) -> Any:
    """One call that is recorded from its answer; gives back the recording."""
    city.office.answers.setdefault("twiml", SAY)
    call = await city.call(ending, record=True, recording_status_callback=city.office.hook("recording"), **options)
    await city.office.wait_for("recording")
    (found,) = await asyncio.to_thread(city.client.recordings.list, call_sid=call.sid)
    return found


async def sound_of(city: City, recording: Any, query: str = "") -> Any:
    return await city.get(
        recording.uri.removesuffix(".json") + ".wav" + query, auth=(city.client.username, city.client.password)
    )


async def test_by_default_a_recording_is_one_channel_without_silence_at_its_ends(city: City) -> None:
    recording = await recorded(city)
    assert (recording.channels, recording.source, recording.status) == (1, "OutboundAPI", "completed")
    (both,) = channels_of((await sound_of(city, recording)).content)
    assert read_words(both) == "잘 들리세요?"
    assert len(both) / 8000 < 2.5
    assert (await sound_of(city, recording, "?RequestedChannels=2")).status_code == 400


async def test_untrimmed_it_lasts_as_long_as_the_call(city: City) -> None:
    recording = await recorded(city, recording_channels="dual", trim="do-not-trim")
    callee, agent = channels_of((await sound_of(city, recording)).content)
    last = await city.ended()
    assert abs(len(agent) / 8000 - int(last.params["CallDuration"])) <= 0.5
    assert (read_words(callee), read_words(agent)) == ("", "잘 들리세요?")
    assert last.params["RecordingSid"] == recording.sid
    told = await city.office.wait_for("recording")
    assert told.params["RecordingUrl"].endswith(recording.sid)
    assert told.signed


async def test_both_may_speak_at_once_and_the_channels_keep_them_apart(city: City) -> None:
    city.office.answers["twiml"] = (
        '<Response><Say language="ko-KR">안녕하세요, 시청입니다.</Say><Pause length="2"/></Response>'
    )
    recording = await recorded(city, "00", recording_channels="dual", trim="do-not-trim")
    callee, agent = channels_of((await sound_of(city, recording)).content)
    assert read_words(callee).startswith("여보세요?")
    assert read_words(agent) == "안녕하세요, 시청입니다."


async def test_the_sound_needs_the_password_and_is_404_until_ready(city: City) -> None:
    await city.faults(recording_late=2)
    recording = await recorded(city)
    answers = [(await sound_of(city, recording)).status_code for _ in range(3)]
    assert answers == [404, 404, 200]
    assert (await city.get(recording.uri.removesuffix(".json") + ".wav")).status_code == 401


async def test_while_the_call_lasts_the_sound_is_404(city: City) -> None:
    city.office.answers["twiml"] = '<Response><Pause length="600"/></Response>'
    call = await city.call("03", record=True)
    await city.office.wait_for("twiml")
    (running,) = await asyncio.to_thread(city.client.calls(call.sid).recordings.list)
    assert running.status == "in-progress"
    assert (await sound_of(city, running)).status_code == 404


async def test_a_recording_can_turn_out_absent(city: City) -> None:
    await city.faults(recording_absent=True)
    recording = await recorded(city, recording_status_callback_event=["completed", "absent"])
    assert (recording.status, recording.error_code) == ("absent", 13256)
    assert (await city.office.wait_for("recording")).params["RecordingStatus"] == "absent"
    assert (await sound_of(city, recording)).status_code == 404


async def test_absence_is_told_only_to_those_who_asked(city: City) -> None:
    await city.faults(recording_absent=True)
    city.office.answers["twiml"] = SAY
    call = await city.call("03", record=True, recording_status_callback=city.office.hook("recording"))
    await city.ended()
    async with asyncio.timeout(5):
        while (await asyncio.to_thread(city.client.recordings.list, call_sid=call.sid))[0].status != "absent":
            await asyncio.sleep(0.05)
    assert city.office.of("recording") == []


async def test_a_live_call_can_be_recorded_paused_and_the_recording_stopped(city: City) -> None:
    city.office.answers["twiml"] = '<Response><Pause length="600"/></Response>'
    call = await city.call("03")
    await city.office.wait_for("twiml")
    recordings = city.client.calls(call.sid).recordings
    started = await asyncio.to_thread(
        lambda: recordings.create(
            recording_channels="dual",
            recording_status_callback=city.office.hook("recording"),
            recording_status_callback_event=["in-progress completed"],
        )
    )
    assert (started.status, started.channels, started.source) == ("in-progress", 2, "StartCallRecordingAPI")
    context = city.client.calls(call.sid).recordings(started.sid)
    assert (await asyncio.to_thread(lambda: context.update(status="paused"))).status == "paused"
    assert (await asyncio.to_thread(lambda: context.update(status="in-progress"))).status == "in-progress"
    current = city.client.calls(call.sid).recordings("Twilio.CURRENT")
    await asyncio.sleep(0.2)
    assert (await asyncio.to_thread(lambda: current.update(status="stopped"))).status == "stopped"
    await city.office.wait_for("recording", count=2)
    assert [one.params["RecordingStatus"] for one in city.office.of("recording")] == ["in-progress", "completed"]
    assert await asyncio.to_thread(context.delete)
    with pytest.raises(TwilioRestException, match="not found"):
        await asyncio.to_thread(context.fetch)
