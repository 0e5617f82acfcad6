"""When the model cannot be used, the resident is told so kindly and a person sees it; nothing passes for safety."""

import io
import wave
from array import array

import httpx2
import pytest

from oncall.models import CaseKind, CheckInState, Outcome
from oncall.sandbox.sound import from_pcm16, read_words
from tests.journeys.city import City

pytestmark = pytest.mark.xdist_group("dark city")


def heard_by_the_resident(city: City, sid: str) -> str:
    """Everything that was played into the resident's ear since the recording began, out of its second channel."""
    account = city.sandbox["TWILIO_ACCOUNT_SID"]
    base = f"{city.sandbox['ONCALL_TWILIO_URL']}/2010-04-01/Accounts/{account}"
    key = (account, city.sandbox["TWILIO_AUTH_TOKEN"])
    (recording,) = httpx2.get(f"{base}/Recordings.json?CallSid={sid}", auth=key).json()["recordings"]
    sound = httpx2.get(f"{base}/Recordings/{recording['sid']}.wav?RequestedChannels=2", auth=key).content
    with wave.open(io.BytesIO(sound)) as file:
        samples = array("h", file.readframes(file.getnframes()))
    return read_words(from_pcm16(samples[1::2].tobytes()))


@pytest.mark.parametrize(("story", "apology"), [("well", "죄송합니다"), ("well_en", "I'm sorry")])
def test_a_model_that_is_down_is_said_in_a_fixed_line(city_without_model: City, story: str, apology: str) -> None:
    found = city_without_model.found(story)
    assert found.attempts[-1].outcome is Outcome.BROKEN
    assert apology in heard_by_the_resident(city_without_model, str(found.attempts[-1].call_sid))


@pytest.mark.parametrize("story", ["well", "well_en"])
def test_a_call_without_a_conversation_is_not_accounted_for_and_a_person_sees_it(
    city_without_model: City, story: str
) -> None:
    found = city_without_model.found(story)
    assert (found.check_in.state, found.check_in.reason) == (CheckInState.NOT_ACCOUNTED, "model_down")
    assert found.case is not None
    assert found.case.kind is CaseKind.NOT_UNDERSTOOD


def test_what_was_said_before_the_model_died_is_still_listened_to(city_whose_model_dies: City) -> None:
    found = city_whose_model_dies.found("hungry")
    assert found.attempts[-1].outcome is Outcome.BROKEN
    assert "죄송합니다" in heard_by_the_resident(city_whose_model_dies, str(found.attempts[-1].call_sid))
    assert found.case is not None
