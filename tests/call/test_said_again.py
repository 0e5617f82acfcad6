"""What must be heard and was cut by somebody speaking is said once more: the notices before the questions, and the words
that end a call."""

import pytest

from oncall.call import lines, voice
from oncall.call.course import RESUME
from oncall.models import Language
from tests.call.test_talk import Call

SOUND = bytes(16000)  # two seconds


@pytest.fixture(autouse=True)
def spoken(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every fixed line has its sound."""
    monkeypatch.setattr(voice, "sound", lambda *_: SOUND)


class Interrupted(Call):
    """A call in which they speak over us, long enough to be a turn."""

    def __init__(self, **more: bool) -> None:
        super().__init__()
        for name, value in more.items():
            object.__setattr__(self.talk.line, name, value)

    def interrupts(self, item: str, words: str) -> None:
        at = self.bridge.heard_ms
        self.model("input_audio_buffer.speech_started", item_id=item, audio_start_ms=at)
        self.frames(60)
        self.model("input_audio_buffer.speech_stopped", item_id=item, audio_end_ms=self.bridge.heard_ms)
        self.model("input_audio_buffer.committed", item_id=item)
        self.model("conversation.item.input_audio_transcription.completed", item_id=item, transcript=words)

    def played_out(self) -> None:
        """The carrier has played everything."""
        for event in list(self.to_phone):
            if event["event"] == "mark":
                self.phone({"event": "mark", "mark": {"name": event["mark"]["name"]}})

    def done(self, response: str = "r1") -> None:
        """The model's response, cancelled when they spoke, is over."""
        self.model("response.done", response={"id": response, "status": "cancelled", "output": []})

    def told(self, since: int = 0) -> list[str]:
        """What was said to them, by fixed line, and "?" where the model was asked."""
        keys = {text: key for key, text in lines.nameless(Language.KO)}
        found = []
        for event in self.to_model[since:]:
            if event["type"] == "response.create":
                found.append("?" + event.get("response", {}).get("instructions", ""))
            elif event["type"] == "conversation.item.create" and event["item"]["type"] == "message":
                found.append(keys[event["item"]["content"][0]["text"]])
        return found


async def test_a_notice_they_spoke_over_is_said_once_more_and_then_the_question() -> None:
    """C-03, C-10: "yes, all right" under it would else leave them without it."""
    call = Interrupted(recorded=True)
    call.resident_says("u0", "네, 맞아요.")
    assert call.told() == ["recorded", "purpose", "?"]
    call.model("response.created", response={"id": "r1"})
    before = len(call.to_model)
    call.interrupts("u1", "네 네 그래요 알았어요")
    call.done()
    assert call.told(before) == ["recorded", "purpose", "?"]
    call.model("response.created", response={"id": "r2"})
    before = len(call.to_model)
    call.interrupts("u2", "네 알았다니까요")
    call.done("r2")
    assert call.told(before) == ["?"], "never a third time"


async def test_what_was_heard_to_its_end_is_not_said_again() -> None:
    call = Interrupted(recorded=True)
    call.resident_says("u0", "네, 맞아요.")
    call.model("response.created", response={"id": "r1"})
    marks = [event["mark"]["name"] for event in call.to_phone if event["event"] == "mark"]
    for mark in marks[:4]:  # four half seconds of the first line
        call.phone({"event": "mark", "mark": {"name": mark}})
    before = len(call.to_model)
    call.interrupts("u1", "네 네 그래요 알았어요")
    call.done()
    assert call.told(before) == ["purpose", "?"]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("천천히 말해 줘요", ["wish_slower", "recorded", "purpose", "?" + RESUME]),
        ("녹음하지 마세요", ["wish_do_not_record", "purpose", "?" + RESUME]),
        ("사람 바꿔 주세요", ["wish_person"]),
    ],
)
async def test_a_wish_under_a_notice_comes_first(words: str, told: list[str]) -> None:
    call = Interrupted(recorded=True)
    call.resident_says("u0", "네, 맞아요.")
    call.model("response.created", response={"id": "r1"})
    before = len(call.to_model)
    call.interrupts("u1", words)
    call.done()
    assert call.told(before) == told


async def test_danger_under_a_notice_leaves_no_room_for_it() -> None:
    call = Interrupted(recorded=True)
    call.resident_says("u0", "네, 맞아요.")
    call.model("response.created", response={"id": "r1"})
    before = len(call.to_model)
    call.interrupts("u1", "숨이 안 쉬어져요")
    call.done()
    assert not {"recorded", "purpose"} & set(call.told(before))


def to_be_called_later() -> Interrupted:
    """A call whose end is being confirmed."""
    call = Interrupted()
    call.resident_says("u0", "네, 맞아요.")
    call.done()
    call.played_out()
    call.resident_says("u1", "나중에 전화해 주세요")
    call.done()
    return call


async def test_a_confirmation_that_is_cut_is_said_once_more_before_we_hang_up() -> None:
    call = to_be_called_later()
    call.interrupts("u2", "네 네")
    assert call.told()[-2:] == ["wish_later", "wish_later"]
    assert call.over == []
    call.played_out()
    assert call.over == ["later"]


async def test_who_cuts_it_again_has_heard_enough() -> None:
    call = to_be_called_later()
    call.interrupts("u2", "네 네")
    call.interrupts("u3", "네 네")
    assert call.told().count("wish_later") == 2
    assert call.over == ["later"]


@pytest.mark.parametrize("words", ["네 고마워요", ""])
async def test_a_goodbye_of_the_models_own_that_is_cut_ends_with_ours(words: str) -> None:
    """C-20; a cough is enough to cut it, and the line must not stay open in silence after that."""
    call = Interrupted()
    call.talk.course.goodbye_said("done")
    call.talk._ending = "done"
    call.speaks("bye", 2000)
    call.model("response.done", response={"id": "r1", "status": "completed", "output": [{"type": "message"}]})
    call.interrupts("u1", words)
    assert call.told()[-1] == "closing"
    call.played_out()
    assert call.over == ["done"]
