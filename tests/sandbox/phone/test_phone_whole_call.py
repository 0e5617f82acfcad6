"""One whole call: ordered, answered, spoken, recorded, ended; and everybody told."""

import asyncio

from oncall.sandbox.sound import read_words
from tests.sandbox.phone.city import City, Stream, channels_of

OPENING = "안녕하세요. 시청 안부 전화입니다."


async def test_a_call_is_answered_spoken_with_recorded_and_ended(city: City) -> None:
    office = city.office
    office.answers["twiml"] = f"""<Response>
      <Start><Recording recordingStatusCallback="/voice/recording" recordingStatusCallbackEvent="in-progress completed"
        channels="dual"/></Start>
      <Say language="ko-KR">{OPENING}</Say>
      <Connect><Stream url="{office.stream_url}" statusCallback="/voice/stream"><Parameter name="attempt" value="17"/>
      </Stream></Connect></Response>"""
    answers: list[str] = []

    async def converse(stream: Stream) -> None:
        answers.append(await stream.words())
        await stream.say("식사는 하셨어요?")
        answers.append(await stream.words())
        await stream.say("네, 고맙습니다. 안녕히 계세요.")
        answers.append(await stream.words())

    office.converse = converse
    call = await city.call("00")
    assert (call.status, call.direction, len(call.sid)) == ("queued", "outbound-api", 34)

    last = await city.ended()
    assert last.params["CallStatus"] == "completed"
    assert office.statuses() == ["initiated", "ringing", "in-progress", "completed"]
    assert [one.params["SequenceNumber"] for one in office.of("status")] == ["0", "1", "2", "3"]
    assert answers == [
        "네, 괜찮아요. 잘 지내고 있어요.",
        "네, 밥은 잘 먹고 있어요. 아침에 된장국하고 먹었어요.",
        "네, 들어가세요.",
    ]

    recording = await office.wait_for("recording", RecordingStatus="completed")
    assert [one.params["RecordingStatus"] for one in office.of("recording")] == ["in-progress", "completed"]
    fetched = await asyncio.to_thread(lambda: city.client.recordings(recording.params["RecordingSid"]).fetch())
    assert (fetched.status, fetched.channels, fetched.source) == ("completed", 2, "StartCallRecordingTwiML")
    sound = await city.get(
        f"{fetched.uri.removesuffix('.json')}.wav?RequestedChannels=2",
        auth=(city.client.username, city.client.password),
    )
    callee, agent = channels_of(sound.content)
    assert read_words(callee) == " ".join(["여보세요?", *answers])
    assert read_words(agent) == " ".join([OPENING, "식사는 하셨어요?", "네, 고맙습니다. 안녕히 계세요."])
    assert abs(len(callee) / 8000 - int(fetched.duration)) <= 0.5

    ended = await asyncio.to_thread(lambda: city.client.calls(call.sid).fetch())
    assert ended.status == "completed"
    assert ended.duration == last.params["CallDuration"]
    assert [one.params["StreamEvent"] for one in office.of("stream")] == ["stream-started", "stream-stopped"]
    assert all(one.signed for one in office.received)
    assert office.stream_signed == [True]
