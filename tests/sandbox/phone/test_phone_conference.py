"""<Conference>: who hears whom, what is told of it, and how the official client leads it."""

import asyncio
from typing import Any

import pytest
from twilio.base.exceptions import TwilioRestException
from twilio.twiml.voice_response import Dial, VoiceResponse

from oncall.sandbox.phone.conference import mixed
from oncall.sandbox.sound import SILENCE
from tests.sandbox.phone.city import City, Received
from tests.sandbox.phone.conftest import MakeCity

ALICE, BOB, CAROL = "+821055501000", "+821055502000", "+821055503000"
SILENT = {"silent": True}


def says(text: str, at: float) -> dict[str, object]:
    """Somebody who says one thing at a second of their call and nothing else."""
    return {"silent": True, "ring_seconds": 1, "cues": [{"after_seconds": at, "say": text}]}


def conference(city: City, name: str = "room", action: str = "", **options: Any) -> str:
    """TwiML that leads into a conference which tells everything."""
    response = VoiceResponse()
    dial = Dial(action=action) if action else Dial()
    everything = "start end join leave mute hold modify speaker announcement"
    dial.conference(
        name,
        **{"status_callback": city.office.hook("room"), "status_callback_event": everything, "beep": False} | options,
    )
    response.append(dial)
    return str(response)


async def join(city: City, number: str, **options: Any) -> Any:
    """Call somebody into the conference, and wait until they are in."""
    order = {"twiml": conference(city), "url": None} | options
    call = await city.call(to=number, **order)
    await city.office.wait_for("room", StatusCallbackEvent="participant-join", CallSid=call.sid)
    return call


def told(city: City) -> list[str]:
    """Every event in the order in which it happened, which need not be that of its arrival."""
    events = sorted(city.office.of("room"), key=lambda one: int(one.params["SequenceNumber"]))
    return [one.params["StatusCallbackEvent"] for one in events if "speech" not in one.params["StatusCallbackEvent"]]


async def heard(city: City, call: Any) -> str:
    """What the stand-in's person on a call has understood since they last answered."""
    line = city.exchange.calls[call.sid].line
    assert line is not None
    return line.person._ears.text


async def until_told(city: City, event: str, **params: str) -> Received:
    return await city.office.wait_for("room", StatusCallbackEvent=event, **params)


async def hang_up(city: City, call: Any) -> None:
    await asyncio.to_thread(lambda: city.client.calls(call.sid).update(status="completed"))


async def update(context: Any, **changes: Any) -> Any:
    return await asyncio.to_thread(lambda: context.update(**changes))


async def test_three_people_hear_each_other_and_not_themselves(make_city: MakeCity) -> None:
    city = await make_city(speed=8)
    await city.post("/sandbox/people", {ALICE: SILENT, BOB: SILENT, CAROL: says("저는 캐롤입니다.", 2)})
    alice, bob = await join(city, ALICE), await join(city, BOB)
    carol = await join(city, CAROL)
    await until_told(city, "participant-speech-start", CallSid=carol.sid)
    await until_told(city, "participant-speech-stop", CallSid=carol.sid)
    assert [await heard(city, one) for one in (alice, bob, carol)] == ["저는 캐롤입니다.", "저는 캐롤입니다.", ""]


async def test_it_starts_with_the_second_and_ends_with_the_last(city: City) -> None:
    await city.post("/sandbox/people", {ALICE: SILENT, BOB: SILENT})
    alice = await join(city, ALICE)
    (room,) = await asyncio.to_thread(city.client.conferences.list)
    assert (room.friendly_name, room.status) == ("room", "init")
    bob = await join(city, BOB)
    assert (await asyncio.to_thread(room.fetch)).status == "in-progress"
    await hang_up(city, alice)
    left = await until_told(city, "participant-leave")
    assert (left.params["CallSid"], left.params["ReasonParticipantLeft"]) == (alice.sid, "participant_hung_up")
    assert left.params["ParticipantCallStatus"] == "completed"
    await hang_up(city, bob)
    ended = await until_told(city, "conference-end")
    assert ended.params["ReasonConferenceEnded"] == "last-participant-left"
    assert ended.params["CallSidEndingConference"] == bob.sid
    await until_told(city, "participant-leave", CallSid=bob.sid)
    expected = ["participant-join"] * 2 + ["conference-start"] + ["participant-leave"] * 2 + ["conference-end"]
    assert told(city) == expected
    assert all(one.signed and one.params["ConferenceSid"] == room.sid for one in city.office.of("room"))
    again = await asyncio.to_thread(room.fetch)
    assert (again.status, again.reason_conference_ended) == ("completed", "last-participant-left")
    assert again.call_sid_ending_conference == bob.sid


async def test_who_may_not_start_it_waits_and_is_not_heard(city: City) -> None:
    await city.post("/sandbox/people", {ALICE: says("들리세요?", 1), BOB: SILENT, CAROL: SILENT})
    waiting = conference(city, start_conference_on_enter=False)
    alice, bob = await join(city, ALICE, twiml=waiting), await join(city, BOB, twiml=waiting)
    await until_told(city, "participant-speech-stop", CallSid=alice.sid)
    assert await heard(city, bob) == ""
    assert "conference-start" not in told(city)
    await join(city, CAROL)
    await until_told(city, "conference-start")


async def test_a_moderator_takes_the_conference_along_and_the_others_go_on(city: City) -> None:
    await city.post("/sandbox/people", {ALICE: SILENT, BOB: SILENT})
    action = city.office.hook("after")
    city.office.answers["after"] = '<Response><Pause length="600"/></Response>'
    alice = await join(city, ALICE, twiml=conference(city, action=action))
    bob = await join(city, BOB, twiml=conference(city, end_conference_on_exit=True))
    await hang_up(city, bob)
    assert (await city.office.wait_for("after")).params["DialCallStatus"] == "answered"
    left = await until_told(city, "participant-leave", CallSid=alice.sid)
    assert left.params["ReasonParticipantLeft"] == "moderator_ended_conference"
    ended = await until_told(city, "conference-end")
    assert ended.params["ReasonConferenceEnded"] == "participant-with-end-conference-on-exit-left"
    assert (await asyncio.to_thread(city.client.calls(alice.sid).fetch)).status == "in-progress"


async def test_a_leg_is_led_elsewhere_and_the_others_stay(city: City) -> None:
    await city.post("/sandbox/people", {ALICE: SILENT, BOB: SILENT})
    alice, bob = await join(city, ALICE), await join(city, BOB)
    await update(city.client.calls(alice.sid), twiml='<Response><Say>Elsewhere.</Say><Pause length="99"/></Response>')
    left = await until_told(city, "participant-leave", CallSid=alice.sid)
    assert left.params["ReasonParticipantLeft"] == "participant_updated_via_api"
    assert left.params["ParticipantCallStatus"] == "in-progress"
    (room,) = await asyncio.to_thread(lambda: city.client.conferences.list(friendly_name="room", status="in-progress"))
    assert [one.call_sid for one in await asyncio.to_thread(room.participants.list)] == [bob.sid]


async def test_the_client_mutes_holds_and_lets_go(make_city: MakeCity) -> None:
    city = await make_city(speed=8)
    await city.post("/sandbox/people", {ALICE: SILENT, BOB: says("들리세요? 저 밥입니다.", 8)})
    alice, bob = await join(city, ALICE), await join(city, BOB)
    (room,) = await asyncio.to_thread(city.client.conferences.list)
    participant = city.client.conferences(room.sid).participants(bob.sid)
    assert (await update(participant, muted=True)).muted
    await until_told(city, "participant-mute", CallSid=bob.sid, Muted="true")
    await until_told(city, "participant-speech-stop", CallSid=bob.sid)
    assert await heard(city, alice) == ""
    assert not (await update(participant, muted=False)).muted
    assert (await update(participant, hold=True)).hold
    assert (await asyncio.to_thread(participant.fetch)).hold
    await until_told(city, "participant-hold", CallSid=bob.sid, Hold="true")
    assert await asyncio.to_thread(participant.delete)
    await until_told(city, "participant-leave", CallSid=bob.sid)
    with pytest.raises(TwilioRestException, match="not found"):
        await asyncio.to_thread(participant.fetch)


async def test_the_client_ends_it(city: City) -> None:
    await city.post("/sandbox/people", {ALICE: SILENT, BOB: SILENT})
    alice, bob = await join(city, ALICE), await join(city, BOB)
    (room,) = await asyncio.to_thread(city.client.conferences.list)
    assert (await update(city.client.conferences(room.sid), status="completed")).status == "completed"
    ended = await until_told(city, "conference-end")
    assert ended.params["ReasonConferenceEnded"] == "conference-ended-via-api"
    for call in (alice, bob):
        left = await until_told(city, "participant-leave", CallSid=call.sid)
        assert left.params["ReasonParticipantLeft"] == "conference_ended_via_api"


async def test_the_client_calls_somebody_in_by_the_conferences_name(city: City) -> None:
    await city.post("/sandbox/people", {ALICE: SILENT, BOB: SILENT})
    await join(city, ALICE)
    added = await asyncio.to_thread(
        lambda: city.client.conferences("room").participants.create(
            from_="+8221234567", to=BOB, label="desk", end_conference_on_exit=True, beep="false"
        )
    )
    joined = await until_told(city, "participant-join", CallSid=added.call_sid)
    assert (joined.params["ParticipantLabel"], joined.params["EndConferenceOnExit"]) == ("desk", "true")
    by_label = await asyncio.to_thread(city.client.conferences(added.conference_sid).participants("desk").fetch)
    assert by_label.call_sid == added.call_sid


async def test_an_announcement_reaches_one_participant_alone(make_city: MakeCity) -> None:
    city = await make_city(speed=8)
    await city.post("/sandbox/people", {ALICE: SILENT, BOB: SILENT})
    city.office.answers["whisper"] = '<Response><Say language="ko-KR">어르신이 연결되어 있습니다.</Say></Response>'
    alice, bob = await join(city, ALICE), await join(city, BOB)
    (room,) = await asyncio.to_thread(city.client.conferences.list)
    participant = city.client.conferences(room.sid).participants(bob.sid)
    await update(participant, announce_url=city.office.hook("whisper"))
    await until_told(city, "announcement-end", CallSid=bob.sid)
    assert (await heard(city, alice), await heard(city, bob)) == ("", "어르신이 연결되어 있습니다.")


async def test_who_waits_hears_the_wait_url_until_it_starts(make_city: MakeCity) -> None:
    city = await make_city(speed=8)
    await city.post("/sandbox/people", {ALICE: SILENT, BOB: SILENT})
    city.office.answers["wait"] = """<Response><Say language="ko-KR">담당자를 부르고 있습니다.</Say>
      <Pause length="600"/></Response>"""
    alice = await join(city, ALICE, twiml=conference(city, wait_url=city.office.hook("wait")))
    await city.office.wait_for("wait")
    async with asyncio.timeout(5):
        while await heard(city, alice) != "담당자를 부르고 있습니다.":
            await asyncio.sleep(0.02)
    bob = await join(city, BOB)
    await until_told(city, "conference-start")
    assert await heard(city, bob) == ""


async def test_a_full_conference_lets_nobody_in(city: City) -> None:
    await city.post("/sandbox/people", {ALICE: SILENT, BOB: SILENT})
    city.office.answers["after"] = "<Response><Hangup/></Response>"
    await join(city, ALICE, twiml=conference(city, max_participants=1))
    twiml = conference(city, action=city.office.hook("after"))
    await city.call(to=BOB, twiml=twiml, url=None)
    assert (await city.office.wait_for("after")).params["DialCallStatus"] == "failed"
    assert told(city) == ["participant-join"]


@pytest.mark.parametrize(
    ("options", "code"), [({"participant_label": "desk"}, 16025), ({"status_callback_event": "join left"}, 16002)]
)
async def test_what_is_wrong_with_a_conference_is_a_warning_and_the_call_goes_on(
    city: City, options: dict[str, str], code: int
) -> None:
    await city.post("/sandbox/people", {ALICE: SILENT, BOB: SILENT})
    city.office.answers["after"] = "<Response><Hangup/></Response>"
    await join(city, ALICE, twiml=conference(city, participant_label="desk"))
    twiml = conference(city, action=city.office.hook("after"), **options)
    bob = await city.call(to=BOB, twiml=twiml, url=None)
    assert (await city.office.wait_for("after")).params["DialCallStatus"] == "failed"
    warned = (await city.get("/sandbox/debugger")).json()
    assert [(one["code"], one["call_sid"]) for one in warned] == [(code, bob.sid)]


async def test_a_dialled_leg_can_be_led_into_a_conference(city: City) -> None:
    await city.post("/sandbox/people", {ALICE: SILENT, BOB: SILENT})
    city.office.answers["after"] = conference(city)
    twiml = f'<Response><Dial action="{city.office.hook("after")}">{BOB}</Dial></Response>'
    alice = await city.call(to=ALICE, twiml=twiml, url=None)
    async with asyncio.timeout(10):
        while not (legs := await asyncio.to_thread(lambda: city.client.calls.list(to=BOB, status="in-progress"))):
            await asyncio.sleep(0.05)
    await update(city.client.calls(legs[0].sid), twiml=conference(city))
    await until_told(city, "conference-start")
    joined = {one.params["CallSid"] for one in city.office.of("room") if "join" in one.params["StatusCallbackEvent"]}
    assert joined == {alice.sid, legs[0].sid}


async def test_the_desk_hears_a_whisper_and_presses_a_key(make_city: MakeCity) -> None:
    city = await make_city(speed=8)
    accepting = {"like": "desk", "greeting": "", "keys": [{"when": "연결", "press": "1"}]}
    nobody = {"silent": True, "key": ""}
    await city.post("/sandbox/people", {ALICE: accepting, BOB: nobody})
    city.office.answers["keys"] = conference(city)
    ask = """<Response><Gather numDigits="1" action="{}" timeout="4"><Say language="ko-KR">어르신과 연결하시려면
      1번을 눌러 주세요.</Say></Gather><Hangup/></Response>""".format(city.office.hook("keys"))
    alice = await join(city, ALICE, twiml=ask)
    assert city.office.of("keys")[0].params["Digits"] == "1"
    bob = await city.call(to=BOB, twiml=ask, url=None)
    await city.office.wait_for("status", CallSid=bob.sid, CallStatus="completed")
    assert [one.params["CallSid"] for one in city.office.of("keys")] == [alice.sid]


def test_one_voice_passes_untouched_and_the_louder_of_two() -> None:
    loud, soft = b"\x80" * 160, b"\xc0" * 160
    assert mixed([SILENCE, soft, SILENCE]) is soft
    assert mixed([soft, loud]) == loud
    assert mixed([]) == mixed([SILENCE]) == SILENCE
