"""The media stream: what is sent is heard in real time, what is cleared is not, and nothing lost goes unnoticed."""

import asyncio
import base64
import itertools

import pytest

from oncall.sandbox import voice
from oncall.sandbox.sound import FRAME, read_words
from tests.sandbox.phone.city import City, Converse, Stream, channels_of
from tests.sandbox.phone.conftest import MakeCity

SENTENCE = "어르신, 오늘 식사는 하셨어요? 약은 드셨어요? 잠은 잘 주무셨어요?"


async def talk(city: City, converse: Converse, ending: str = "03", after: str = "", **options: object) -> list[bytes]:
    """One recorded call with a stream; gives back what the callee said and heard."""
    office = city.office
    office.converse = converse
    office.answers["twiml"] = (
        f'<Response><Connect><Stream url="{office.stream_url}" statusCallback="/voice/stream"/></Connect>'
        f"{after}</Response>"
    )
    await city.call(
        ending,
        record=True,
        recording_channels="dual",
        trim="do-not-trim",
        recording_status_callback=office.hook("recording"),
        **options,
    )
    await city.ended()
    url = (await office.wait_for("recording")).params["RecordingUrl"]
    sound = await city.get(
        url.removeprefix(city.phone.url) + ".wav?RequestedChannels=2", auth=(city.client.username, city.client.password)
    )
    return channels_of(sound.content)


async def test_messages_are_numbered_strings_and_frames_of_twenty_milliseconds(city: City) -> None:
    async def converse(stream: Stream) -> None:
        await stream.read(lambda event: event.get("media", {}).get("chunk") == "40")

    await talk(city, converse)
    connected, start, *media = city.office.streams[0].events
    assert connected == {"event": "connected", "protocol": "Call", "version": "1.0.0"}
    assert start["sequenceNumber"] == "1"
    assert start["start"]["tracks"] == ["inbound"]
    assert start["start"]["mediaFormat"] == {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1}
    assert [int(event["sequenceNumber"]) for event in media] == list(range(2, len(media) + 2))
    assert [int(event["media"]["chunk"]) for event in media] == list(range(1, len(media) + 1))
    times = [int(event["media"]["timestamp"]) for event in media]
    assert {later - earlier for earlier, later in itertools.pairwise(times)} == {20}
    assert {len(event["media"]["payload"]) for event in media} == {216}


@pytest.mark.parametrize("chunk", [100, FRAME, 1234, 80_000])
async def test_sound_in_pieces_of_any_size_is_heard_whole(city: City, chunk: int) -> None:
    async def converse(stream: Stream) -> None:
        await stream.play(voice.say(SENTENCE, "ko", utterance=1), chunk)
        await stream.mark("said")
        await stream.event("mark")

    _, heard = await talk(city, converse)
    assert read_words(heard) == SENTENCE


async def test_a_mark_comes_back_once_what_went_before_has_been_heard(city: City) -> None:
    sound = voice.say(SENTENCE, "ko", utterance=1)
    frames_before: list[int] = []

    async def converse(stream: Stream) -> None:
        await stream.mark("nothing before")
        await stream.event("mark")
        frames_before.append(sum(event["event"] == "media" for event in stream.events))
        await stream.play(sound)
        await stream.mark("said")
        mark = await stream.event("mark")
        assert mark is not None
        assert mark["mark"] == {"name": "said"}
        frames_before.append(sum(event["event"] == "media" for event in stream.events))

    await talk(city, converse)
    assert frames_before[0] <= 20
    assert frames_before[1] - frames_before[0] >= len(sound) // FRAME - 1


async def test_clear_silences_the_rest_and_returns_every_mark_at_once(city: City) -> None:
    marks: list[str] = []

    async def converse(stream: Stream) -> None:
        sound = voice.say(SENTENCE, "ko", utterance=1)
        half = len(sound) // 2 // FRAME * FRAME
        await stream.play(sound[:half])
        await stream.mark("half")
        await stream.play(sound[half:])
        await stream.mark("whole")
        await stream.event("mark")
        await stream.send(event="clear")
        await stream.event("mark")
        marks.extend(event["mark"]["name"] for event in stream.events if event["event"] == "mark")
        await stream.read(lambda event: int(event["sequenceNumber"]) > 400)

    _, heard = await talk(city, converse)
    assert marks == ["half", "whole"]
    words = read_words(heard)
    assert SENTENCE.startswith(words)
    assert 0.4 < len(words) / len(SENTENCE) < 0.9


async def test_frames_the_network_loses_are_missing_from_the_words(city: City) -> None:
    await city.faults(media_drop_rate=0.2, seed=3)
    words: list[str] = []

    async def converse(stream: Stream) -> None:
        await stream.read(lambda event: int(event.get("sequenceNumber", 0)) > 150)
        words.append(stream.heard.text)

    said, _ = await talk(city, converse, "07")
    assert "□" in words[0]
    assert "□" not in read_words(said)


async def test_a_gap_shows_in_the_timestamps(city: City) -> None:
    await city.faults(media_gap=1.0)

    async def converse(stream: Stream) -> None:
        await stream.read(lambda event: event.get("media", {}).get("timestamp") == "4000")

    await talk(city, converse)
    times = [int(event["media"]["timestamp"]) for event in city.office.streams[0].events if event["event"] == "media"]
    assert max(later - earlier for earlier, later in itertools.pairwise(times)) == 1020


async def test_frames_that_come_in_bursts_are_all_there(city: City) -> None:
    await city.faults(media_burst=10)
    answers: list[str] = []

    async def converse(stream: Stream) -> None:
        answers.append(await stream.words())

    await talk(city, converse, "00")
    assert answers == ["여보세요?"]


async def test_nonsense_is_warned_of_once_and_ignored(city: City) -> None:
    async def converse(stream: Stream) -> None:
        for _ in range(2):
            await stream.socket.send_bytes(b"\xff" * FRAME)
            await stream.socket.send_text("{")
            await stream.socket.send_text('["media"]')
            await stream.send(event="hangup")
            await stream.send(event="media", media={"payload": "!!"})
            await stream.send(
                event="media", streamSid="MZ0", media={"payload": base64.b64encode(b"\0" * FRAME).decode()}
            )
        await stream.say("들리세요?")

    _, heard = await talk(city, converse)
    assert read_words(heard) == "들리세요?"
    codes = [one["code"] for one in (await city.get("/sandbox/debugger")).json()]
    assert codes == [31951, 31950, 31921] or codes == [31950, 31951, 31921]


async def test_when_the_server_closes_the_next_verb_is_done(city: City) -> None:
    async def converse(stream: Stream) -> None:
        await stream.say("첫마디")

    _, heard = await talk(city, converse, after='<Say language="ko-KR">끝인사</Say>')
    assert read_words(heard) == "첫마디 끝인사"
    assert [one.params["StreamEvent"] for one in city.office.of("stream")] == ["stream-started", "stream-stopped"]


async def test_hanging_up_by_rest_stops_the_stream(city: City) -> None:
    async def converse(stream: Stream) -> None:
        call_sid = stream.events[-1]["start"]["callSid"]
        await asyncio.to_thread(lambda: city.client.calls(call_sid).update(status="completed"))
        await stream.event("stop")
        assert await stream.event("nothing more") is None

    await talk(city, converse)
    stop = city.office.streams[0].events[-1]
    assert (stop["event"], set(stop["stop"])) == ("stop", {"accountSid", "callSid"})


async def test_the_callee_hanging_up_stops_the_stream(city: City) -> None:
    async def converse(stream: Stream) -> None:
        await stream.event("stop")

    await talk(city, converse, "00")
    assert city.office.streams[0].events[-1]["event"] == "stop"


async def test_a_redirect_takes_the_call_out_of_the_stream(city: City) -> None:
    async def converse(stream: Stream) -> None:
        call_sid = stream.events[-1]["start"]["callSid"]
        await stream.play(voice.say(SENTENCE, "ko", utterance=1))
        await stream.read(lambda event: event.get("media", {}).get("chunk") == "60")
        handover = '<Response><Say language="ko-KR">사람에게 연결해 드릴게요.</Say></Response>'
        await asyncio.to_thread(lambda: city.client.calls(call_sid).update(twiml=handover))
        await stream.event("stop")

    _, heard = await talk(city, converse)
    first, _, last = read_words(heard).partition(" 사람에게")
    assert last == " 연결해 드릴게요."
    assert SENTENCE.startswith(first)
    assert len(first) < len(SENTENCE)


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("ws://127.0.0.1:1/media", 31902),
        ("http://127.0.0.1/media", 31922),
        ("{stream}?token=1", 31920),
        ("{stream}", 31920),
    ],
)
async def test_a_stream_that_cannot_be_had_is_told_and_passed_over(city: City, url: str, code: int) -> None:
    office = city.office
    office.refuse_stream = True
    url = url.replace("{stream}", office.stream_url)
    office.answers["twiml"] = (
        f'<Response><Connect><Stream url="{url}" statusCallback="/voice/stream"/></Connect><Pause/></Response>'
    )
    await city.call("03")
    assert (await city.ended()).params["CallStatus"] == "completed"
    told = await office.wait_for("stream")
    assert (told.params["StreamEvent"], told.params["StreamErrorCode"]) == ("stream-error", str(code))


async def test_keys_pressed_during_a_stream_arrive(city: City) -> None:
    async def converse(stream: Stream) -> None:
        call_sid = stream.events[-1]["start"]["callSid"]
        assert (await city.post(f"/sandbox/calls/{call_sid}/digits", {"digits": "0"})).status_code == 204
        assert (await stream.event("dtmf") or {})["dtmf"] == {"track": "inbound_track", "digit": "0"}

    await talk(city, converse)


async def test_someone_asked_for_a_key_presses_it(city: City) -> None:
    pressed: list[str] = []

    async def converse(stream: Stream) -> None:
        await stream.words()
        await stream.say("잘 지내시면 1번을 눌러 주세요.")
        event = await stream.event("dtmf")
        pressed.append(event["dtmf"]["digit"] if event else "")

    await talk(city, converse, "00")
    assert pressed == ["1"]


async def test_a_half_open_socket_is_silent_but_not_closed(city: City) -> None:
    await city.faults(half_open=2.0)
    closed: list[bool] = []

    async def converse(stream: Stream) -> None:
        try:
            async with asyncio.timeout(2.0):
                await stream.event("stop")
        except TimeoutError:
            closed.append(stream.closed)

    await talk(city, converse, time_limit=5)
    async with asyncio.timeout(3):
        while not closed:
            await asyncio.sleep(0.01)
    assert closed == [False]
    assert sum(event["event"] == "media" for event in city.office.streams[0].events) == 99


async def test_twenty_streams_at_once_lose_nothing(make_city: MakeCity) -> None:
    city = await make_city(speed=4, cps=100)
    office = city.office
    office.answers["twiml"] = f'<Response><Connect><Stream url="{office.stream_url}"/></Connect><Hangup/></Response>'
    heard: list[str] = []

    async def converse(stream: Stream) -> None:
        await stream.words()
        await stream.say("식사는 하셨어요?")
        heard.append(await stream.words())

    office.converse = converse
    await asyncio.gather(*(city.call("00", to=f"+822555{number:02}00") for number in range(10, 30)))
    await office.wait_for("status", count=20, CallStatus="completed")
    assert heard == ["네, 밥은 잘 먹고 있어요. 아침에 된장국하고 먹었어요."] * 20
