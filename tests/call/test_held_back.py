"""What the model may not say is taken back; the fixed lines before it in the telephone's buffer are heard all the same."""

from base64 import b64decode, b64encode

import pytest

from oncall.call import lines, voice
from oncall.call.entry import Said
from oncall.models import Language, Speaker
from tests.call.test_talk import Call

ADVICE = "네. 약을 두 배로 드세요. "
SOUND = bytes(number % 251 for number in range(16000))  # two seconds


@pytest.fixture
def spoken(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every fixed line has its sound."""
    monkeypatch.setattr(voice, "sound", lambda *_: SOUND)


def advises(call: Call, response: str = "r1") -> None:
    """The model says what it may not: sound and words."""
    call.model("response.created", response={"id": response})
    call.model("response.output_audio.delta", response_id=response, item_id=f"i{response}",
               delta=b64encode(b"\x01" * 8000).decode())  # fmt: skip
    call.model("response.output_audio_transcript.delta", response_id=response, item_id=f"i{response}", delta=ADVICE)


def heard_from_now_on(call: Call) -> bytes:
    """What the telephone still plays: all that came after its buffer was last cleared."""
    last = max(at for at, event in enumerate(call.to_phone) if event["event"] == "clear")
    media = [event["media"]["payload"] for event in call.to_phone[last:] if event["event"] == "media"]
    return b"".join(map(b64decode, media))


@pytest.mark.usefixtures("spoken")
async def test_the_line_about_recording_is_heard_to_its_end() -> None:
    call = Call()
    call.resident_says("u0", "네, 맞아요.")
    advises(call)
    call.model("response.done", response={"id": "r1", "status": "cancelled", "output": []})
    left = heard_from_now_on(call)
    assert len(left) >= 3 * len(SOUND) - 160 * 2, "two lines and the one that stands for the advice"
    assert left.endswith(SOUND)
    assert b"\x01" * 400 not in left
    for event in list(call.to_phone):
        if event["event"] == "mark":
            call.phone({"event": "mark", "mark": {"name": event["mark"]["name"]}})
    said = " ".join(turn.words for turn in call.of(Said) if turn.speaker is Speaker.AGENT)
    for key in ("not_recorded", "purpose", "instead"):
        assert lines.line(key, Language.KO) in said


@pytest.mark.usefixtures("spoken")
async def test_also_when_the_model_does_it_again_at_once() -> None:
    call = Call()
    call.resident_says("u0", "네, 맞아요.")
    for response in ("r1", "r2", "r3"):
        advises(call, response)
        call.model("response.done", response={"id": response, "status": "cancelled", "output": []})
    assert len(heard_from_now_on(call)) >= 5 * len(SOUND) - 160 * 4
