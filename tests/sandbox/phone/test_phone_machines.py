"""Answering-machine detection: told after the fact, once, and right about the people of the stand-in city."""

import asyncio

import pytest

from tests.sandbox.phone.city import City

LISTEN = '<Response><Pause length="20"/></Response>'


@pytest.mark.parametrize(
    ("ending", "mode", "answered_by"),
    [
        ("00", "Enable", "human"),
        ("57", "Enable", "machine_start"),
        ("07", "DetectMessageEnd", "machine_end_beep"),
        ("03", "Enable", "unknown"),
    ],
)
async def test_who_answered_is_told_while_the_call_goes_on(
    city: City, ending: str, mode: str, answered_by: str
) -> None:
    city.office.answers["twiml"] = LISTEN
    call = await city.call(
        ending, machine_detection=mode, async_amd="true", async_amd_status_callback=city.office.hook("amd")
    )
    told = await city.office.wait_for("amd")
    assert told.signed
    assert set(told.params) == {"CallSid", "AccountSid", "AnsweredBy", "MachineDetectionDuration"}
    assert told.params["AnsweredBy"] == answered_by
    assert "AnsweredBy" not in city.office.of("twiml")[0].params
    fetched = await asyncio.to_thread(city.client.calls(call.sid).fetch)
    assert (fetched.status, fetched.answered_by) == ("in-progress", answered_by)
    assert (await city.ended()).params["AnsweredBy"] == answered_by
    assert len(city.office.of("amd")) == 1


async def test_a_longer_threshold_takes_a_long_greeting_for_human(city: City) -> None:
    city.office.answers["twiml"] = LISTEN
    await city.call(
        "07",
        machine_detection="Enable",
        async_amd="true",
        machine_detection_speech_threshold=6000,
        machine_detection_timeout=5,
        async_amd_status_callback=city.office.hook("amd"),
    )
    told = await city.office.wait_for("amd")
    assert (told.params["AnsweredBy"], told.params["MachineDetectionDuration"]) == ("unknown", "5000")


async def test_without_async_the_twiml_waits_for_the_answer(city: City) -> None:
    city.office.answers["twiml"] = LISTEN
    await city.call("57", machine_detection="Enable")
    asked = await city.office.wait_for("twiml")
    assert asked.params["AnsweredBy"] == "machine_start"
    assert int(asked.params["MachineDetectionDuration"]) > 2400


async def test_a_call_that_ends_first_is_told_as_unknown_afterwards(city: City) -> None:
    city.office.answers["twiml"] = "<Response><Hangup/></Response>"
    await city.call(
        "00", machine_detection="Enable", async_amd="true", async_amd_status_callback=city.office.hook("amd")
    )
    await city.ended()
    assert (await city.office.wait_for("amd")).params["AnsweredBy"] == "unknown"
