"""TwiML verbs: what is said is heard, what is asked is answered, who is dialled is reached."""

import asyncio
import time
from itertools import pairwise

import pytest

from tests.sandbox.phone.city import City
from tests.sandbox.phone.conftest import MakeCity

BYE = "<Response><Hangup/></Response>"


async def conversation(city: City, call_sid: str) -> list[tuple[str, str]]:
    """What was said on a call, as the person knows it."""
    said = (await city.get(f"/sandbox/calls/{call_sid}")).json()["conversation"]
    return [(one["speaker"], one["text"]) for one in said]


async def test_say_is_heard_by_the_person_who_answers_it(city: City) -> None:
    city.office.answers["twiml"] = (
        '<Response><Pause length="2"/><Say language="ko-KR">약은 잘 드시고 계세요?</Say><Pause length="8"/></Response>'
    )
    call = await city.call("29")
    await city.ended()
    assert await conversation(city, call.sid) == [
        ("person", "여보세요?"),
        ("agent", "약은 잘 드시고 계세요?"),
        ("person", "혈압약은 아침마다 꼬박꼬박 먹고 있어요."),
    ]


async def test_redirect_goes_on_elsewhere_relative_to_the_document(city: City) -> None:
    city.office.answers |= {"twiml": '<Response><Redirect method="GET">second</Redirect></Response>', "second": BYE}
    await city.call("03")
    await city.ended()
    assert city.office.of("second")[0].method == "GET"
    assert city.office.of("second")[0].signed


async def test_gather_takes_the_key_that_is_pressed(city: City) -> None:
    city.office.answers |= {
        "twiml": """<Response><Pause length="2"/><Gather numDigits="1" action="keys" timeout="8">
          <Say language="ko-KR">괜찮으시면 1번을 눌러 주세요.</Say></Gather><Redirect>none</Redirect></Response>""",
        "keys": BYE,
    }
    await city.call("00")
    assert (await city.office.wait_for("keys")).params["Digits"] == "1"
    await city.ended()
    assert city.office.of("none") == []


async def test_a_key_pressed_in_the_last_moment_is_told_of_when_the_receiver_is_down(city: City) -> None:
    """The carrier has the key when the line goes down; whoever pressed 9 and dropped the receiver is in danger."""
    city.office.answers |= {
        "twiml": """<Response><Gather numDigits="1" action="keys" timeout="60"><Pause length="50"/></Gather></Response>""",
        "keys": BYE,
    }
    resident = "+821055508000"
    await city.post("/sandbox/people", {resident: {"silent": True, "hangs_up_at_seconds": 3,
                                                   "cues": [{"after_seconds": 3, "press": "9"}]}})  # fmt: skip
    await city.call(to=resident)
    await city.ended()
    assert (await city.office.wait_for("keys")).params["Digits"] == "9"


async def test_gather_takes_several_keys_up_to_the_finishing_one(city: City) -> None:
    city.office.answers |= {
        "twiml": '<Response><Gather action="keys" timeout="10"><Pause length="30"/></Gather></Response>',
        "keys": BYE,
    }
    call = await city.call("03")
    await city.office.wait_for("twiml")
    await asyncio.sleep(0.05)
    await city.post(f"/sandbox/calls/{call.sid}/digits", {"digits": "12#"})
    asked = await city.office.wait_for("keys")
    assert (asked.params["Digits"], asked.params["FinishedOnKey"]) == ("12", "#")


async def test_gather_takes_down_speech(city: City) -> None:
    city.office.answers |= {
        "twiml": """<Response><Pause length="2"/><Gather input="speech" action="heard" timeout="8">
          <Say language="en-US">Have you eaten today?</Say></Gather></Response>""",
        "heard": BYE,
    }
    await city.call("51")
    heard = (await city.office.wait_for("heard")).params["SpeechResult"]
    assert heard.startswith("I haven't eaten anything since yesterday.")


async def test_gather_tells_what_it_hears_while_it_is_said_and_so_to_the_last_word_of_who_hangs_up(city: City) -> None:
    city.office.answers[
        "twiml"
    ] = """<Response><Pause length="2"/><Gather input="dtmf speech" action="heard" timeout="8"
        partialResultCallback="piece"><Say language="en-US">Have you eaten today?</Say></Gather></Response>"""
    resident = "+8210555000151"
    await city.post("/sandbox/people", {resident: {"first": ["I cannot breathe at all."], "hangs_up_after": 1}})
    await city.call(to=resident)
    await city.ended()
    pieces = sorted(city.office.of("piece"), key=lambda piece: int(piece.params["SequenceNumber"]))
    said = [piece.params["UnstableSpeechResult"] for piece in pieces]
    assert said[-1].endswith("I cannot breathe at all.")
    assert len(said) > 2
    assert all(later.startswith(earlier) for earlier, later in pairwise(said))
    assert city.office.of("heard") == [], "nobody is told of the last words of somebody who hangs up in them"


async def test_gather_without_an_answer_goes_on(city: City) -> None:
    city.office.answers |= {
        "twiml": '<Response><Gather timeout="2" action="keys"/><Redirect>none</Redirect></Response>',
        "none": BYE,
    }
    await city.call("03")
    await city.office.wait_for("none")
    assert city.office.of("keys") == []


async def test_an_unknown_verb_is_passed_over_with_a_warning(city: City) -> None:
    city.office.answers["twiml"] = "<Response><Juggle/><Redirect>next</Redirect></Response>"
    city.office.answers["next"] = BYE
    await city.call("03")
    await city.office.wait_for("next")
    assert [one["code"] for one in (await city.get("/sandbox/debugger")).json()] == [12200]


@pytest.mark.parametrize(
    ("ending", "status"), [("08", "no-answer"), ("09", "busy"), ("10", "failed"), ("30", "completed")]
)
async def test_dial_tells_how_the_other_telephone_was_reached(city: City, ending: str, status: str) -> None:
    city.office.answers |= {
        "twiml": f"""<Response><Dial timeout="10" action="dialled" callerId="+8221234567">
          <Number statusCallback="leg" statusCallbackEvent="initiated completed">+82255512{ending}</Number>
          </Dial></Response>""",
        "dialled": BYE,
    }
    call = await city.call("11")
    told = (await city.office.wait_for("dialled", seconds=30)).params
    assert (told["DialCallStatus"], told["CallSid"]) == (status, call.sid)
    assert told["DialBridged"] == str(status == "completed").lower()
    leg = await asyncio.to_thread(city.client.calls(told["DialCallSid"]).fetch)
    assert (leg.parent_call_sid, leg.direction, leg.status) == (call.sid, "outbound-dial", status)
    assert (await city.office.wait_for("leg", CallStatus=status)).params["ParentCallSid"] == call.sid
    (child,) = await asyncio.to_thread(lambda: city.client.calls.list(parent_call_sid=call.sid))
    assert child.sid == leg.sid


async def test_a_handed_over_call_is_two_people_speaking(make_city: MakeCity) -> None:
    city = await make_city(speed=6)
    city.office.answers["twiml"] = "<Response><Dial>+8225551230</Dial></Response>"
    call = await city.call("11")
    await city.ended()
    words = await conversation(city, call.sid)
    assert ("agent", "네, 복지과입니다. 무엇을 도와드릴까요?") in words
    assert any(speaker == "person" and "처음이에요" in text for speaker, text in words)


async def test_the_callee_hanging_up_ends_the_dialling_too(city: City) -> None:
    city.office.answers["twiml"] = '<Response><Dial timeout="600">+8225551208</Dial></Response>'
    call = await city.call("00", time_limit=10)
    await city.ended()
    (leg,) = await asyncio.to_thread(lambda: city.client.calls.list(parent_call_sid=call.sid))
    assert leg.status == "canceled"


async def test_a_pause_lasts_as_long_as_it_says(city: City) -> None:
    city.office.answers["twiml"] = '<Response><Pause length="6"/></Response>'
    await city.call("03")
    await city.office.wait_for("twiml")
    began = time.monotonic()
    assert (await city.ended()).params["CallDuration"] == "6"
    assert time.monotonic() - began >= 6 / 15 - 0.05
