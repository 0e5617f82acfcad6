"""One call's two ends, by hand: what is passed on, what is thrown away, and how the talk goes on or ends."""

import json
from base64 import b64encode
from collections.abc import Sequence
from typing import Any
from uuid import uuid4

import pytest

from oncall.call.alarm_entry import Quoted, Raised
from oncall.call.bridge import Bridge
from oncall.call.ears import Ears
from oncall.call.entry import Record, Said, Wished
from oncall.call.line import Line
from oncall.call.talk import Talk
from oncall.listen.back_channel import back_channel, interrupts
from oncall.listen.ear import Ear
from oncall.listen.identity import identity
from oncall.listen.reading import Understood
from oncall.models import Language
from oncall.models.seal import Seal
from oncall.models.wish import Wish


class Deaf:
    """An ear that hears nothing in particular."""

    def __init__(self, language: str) -> None:
        self.language = language

    def hear(self, words: str, question: str = "") -> Understood:
        return Understood()


FRAME = b64encode(bytes(range(160))).decode()


class Call:
    """A bridge between two lists, with helpers that speak as the carrier and as the model."""

    def __init__(self, language: Language = Language.KO, ear: Any = Ear) -> None:
        self.to_phone: list[dict[str, Any]] = []
        self.to_model: list[dict[str, Any]] = []
        self.written: list[Record] = []
        self.over: list[str] = []
        line = Line(uuid4(), uuid4(), uuid4(), uuid4(), "token", "CA1", language, ("meals", "sleep"), Seal(bytes(32)),
                    "caller")  # fmt: skip
        self.led: list[str] = []
        ears = Ears(ear, identity, back_channel, interrupts)
        self.bridge = Bridge(lambda raw: self.to_phone.append(json.loads(raw)),
                             lambda raw: self.to_model.append(json.loads(raw)))  # fmt: skip
        self.talk = self.bridge.talk = Talk(
            line, self.bridge, ears, self.written.append, self.over.append, self.led.append
        )
        self.bridge.begin("MZ1")
        self.talk.begin()
        self.stamp = 0

    def frames(self, count: int) -> None:
        for _ in range(count):
            self.stamp += 20
            self.phone({"event": "media", "media": {"timestamp": str(self.stamp), "payload": FRAME}})

    def phone(self, message: dict[str, Any], **spelling: Any) -> None:
        self.bridge.from_phone(json.dumps(message, separators=(",", ":"), **spelling).encode())

    def model(self, kind: str, **fields: Any) -> None:
        self.bridge.from_model(json.dumps({"type": kind, **fields}, separators=(",", ":")).encode())

    def speaks(self, item: str, milliseconds: int, response: str = "r1") -> None:
        """The model's voice, as one delta."""
        self.model("response.created", response={"id": response})
        self.model("response.output_audio.delta", response_id=response, item_id=item,
                   delta=b64encode(bytes(milliseconds * 8)).decode())  # fmt: skip
        self.model("response.output_audio_transcript.done", item_id=item, transcript="식사는 잘 챙겨 드세요?")

    def resident_says(self, item: str, words: str) -> None:
        at = self.bridge.heard_ms
        self.model("input_audio_buffer.speech_started", item_id=item, audio_start_ms=at)
        self.model("input_audio_buffer.speech_stopped", item_id=item, audio_end_ms=at + 1000)
        self.model("input_audio_buffer.committed", item_id=item)
        self.model("conversation.item.input_audio_transcription.completed", item_id=item, transcript=words)

    def asks(self, kind: str) -> list[dict[str, Any]]:
        return [event for event in self.to_model if event["type"] == kind]

    def of(self, kind: type[Record]) -> Sequence[Any]:
        return [record for record in self.written if isinstance(record, kind)]


@pytest.fixture
async def call() -> Call:
    """A Korean call with the real phrase net."""
    return Call()


async def test_sound_is_passed_on_as_it_came_both_ways(call: Call) -> None:
    call.frames(3)
    assert [event["audio"] for event in call.asks("input_audio_buffer.append")] == [FRAME] * 3
    call.speaks("i1", 200)
    media, mark = call.to_phone
    assert media["media"]["payload"] == b64encode(bytes(1600)).decode()
    assert (media["streamSid"], mark["event"]) == ("MZ1", "mark")


async def test_the_same_message_in_another_spelling_is_understood_too(call: Call) -> None:
    raw = json.dumps({"streamSid": "MZ1", "media": {"payload": FRAME, "timestamp": "20"}, "event": "media"}, indent=1)
    call.bridge.from_phone(raw.encode())
    assert len(call.asks("input_audio_buffer.append")) == 1


async def test_sound_the_network_lost_becomes_silence_so_that_time_stays_right(call: Call) -> None:
    call.frames(1)
    call.stamp += 100
    call.frames(1)
    appended = call.asks("input_audio_buffer.append")
    assert len(appended) == 7
    assert call.bridge.heard_ms == 140
    assert set(appended[3]["audio"]) <= set("/8=")


async def test_malformed_frames_are_dropped_and_many_end_that_call_kindly(call: Call) -> None:
    for rubbish in (b"{", b"[]", b'{"event":"media"}', b'{"event":"media","media":{"payload":"!!","timestamp":"20"}}'):
        call.bridge.from_phone(rubbish)
    assert call.over == []
    assert call.asks("input_audio_buffer.append") == []
    call.bridge.from_phone(b'{"event":"dance"}')
    call.bridge.from_phone(b"\xff\xfe")
    assert call.over == ["malformed"]


async def test_a_payload_cannot_carry_anything_but_sound_to_the_model(call: Call) -> None:
    """A backslash or a quote in the payload would end the string it is put into."""
    call.bridge.from_phone(b'{"event":"media","media":{"timestamp":"20","payload":"abc\\"}}')
    assert call.to_model == []


async def test_speech_long_enough_over_ours_stops_our_voice_and_tells_the_model_what_was_heard(call: Call) -> None:
    call.speaks("i1", 2000)
    call.model("input_audio_buffer.speech_started", item_id="u1", audio_start_ms=0)
    call.frames(49)
    assert not call.asks("conversation.item.truncate")
    call.frames(1)
    (cut,) = call.asks("conversation.item.truncate")
    assert cut["item_id"] == "i1"
    assert cut["audio_end_ms"] < 2000
    assert call.to_phone[-1]["event"] == "clear"
    assert call.asks("response.cancel")


async def test_a_back_channel_is_neither_an_interruption_nor_a_turn(call: Call) -> None:
    call.speaks("i1", 2000)
    asked = len(call.asks("response.create"))
    call.model("input_audio_buffer.speech_started", item_id="u1", audio_start_ms=0)
    call.frames(10)
    call.model("input_audio_buffer.speech_stopped", item_id="u1", audio_end_ms=200)
    call.model("input_audio_buffer.committed", item_id="u1")
    assert not call.asks("conversation.item.truncate")
    assert len(call.asks("response.create")) == asked


async def test_late_sound_of_a_cancelled_response_is_not_played(call: Call) -> None:
    call.speaks("i1", 2000, response="r1")
    call.model("input_audio_buffer.speech_started", item_id="u1", audio_start_ms=0)
    call.frames(50)
    played = len(call.to_phone)
    call.model("response.output_audio.delta", response_id="r1", item_id="i1", delta="AAAA")
    assert len(call.to_phone) == played


async def test_the_call_is_not_hung_up_before_the_goodbye_was_heard(call: Call) -> None:
    call.talk.conversation.wishes.add(Wish.LATER)
    call.speaks("bye", 1000)
    end = {"type": "function_call", "name": "end_call", "call_id": "c", "arguments": '{"reason":"done"}'}
    call.model("response.done", response={"id": "r1", "status": "completed", "output": [{"type": "message"}, end]})
    assert call.over == []
    call.phone({"event": "mark", "mark": {"name": call.to_phone[-1]["mark"]["name"]}})
    assert call.over == ["done"]


async def test_an_end_is_refused_while_a_question_is_open(call: Call) -> None:
    end = {"type": "function_call", "name": "end_call", "call_id": "c", "arguments": '{"reason":"done"}'}
    call.model("response.created", response={"id": "r1"})
    call.model("response.done", response={"id": "r1", "status": "completed", "output": [end]})
    (answer,) = call.asks("conversation.item.create")
    assert json.loads(answer["item"]["output"])["next"] == "meals"
    assert call.over == []


async def test_a_cry_for_help_is_an_alarm_with_its_words_and_we_do_not_end_the_call_any_more(call: Call) -> None:
    """D2, C-28: the net alone is enough."""
    call.resident_says("u1", "넘어졌는데 못 일어나겠어요")
    (alarm,) = call.of(Raised)
    assert alarm.quote == "넘어졌는데 못 일어나겠어요"
    end = {"type": "function_call", "name": "end_call", "call_id": "c", "arguments": '{"reason":"emergency"}'}
    call.model("response.created", response={"id": "r1"})
    call.model("response.done", response={"id": "r1", "status": "completed", "output": [end]})
    (answer,) = call.asks("conversation.item.create")
    assert json.loads(answer["item"]["output"])["ok"] is False
    assert call.over == []


async def test_an_alarm_of_the_model_gets_its_words_when_they_arrive(call: Call) -> None:
    quiet = Call(ear=Deaf)
    quiet.model("input_audio_buffer.speech_started", item_id="u1", audio_start_ms=0)
    quiet.model("input_audio_buffer.speech_stopped", item_id="u1", audio_end_ms=900)
    quiet.model("input_audio_buffer.committed", item_id="u1")
    alarm = {"type": "function_call", "name": "raise_alarm", "call_id": "c", "arguments": '{"code":"fall","words":"x"}'}
    quiet.model("response.created", response={"id": "r1"})
    quiet.model("response.done", response={"id": "r1", "status": "completed", "output": [alarm]})
    (raised,) = quiet.of(Raised)
    assert raised.quote == ""
    quiet.model("conversation.item.input_audio_transcription.completed", item_id="u1", transcript="지금 바닥이에요")
    (quoted,) = quiet.of(Quoted)
    assert (quoted.alarm_id, quoted.quote) == (raised.alarm_id, "지금 바닥이에요")


async def test_a_wish_heard_by_the_net_is_written_down_once(call: Call) -> None:
    """C-10: also with a model that does nothing about it."""
    call.resident_says("u1", "다시는 전화하지 마세요")
    call.resident_says("u2", "전화하지 마시라고요")
    assert [record.wish for record in call.of(Wished)] == [Wish.STOP_CALLING]


async def test_an_identity_number_read_out_to_us_is_covered(call: Call) -> None:
    """P-05, H-36."""
    call.resident_says("u1", "주민번호는 900101-1234567 이에요")
    (said,) = call.of(Said)
    assert said.words == "주민번호는 ******-******* 이에요"


async def test_a_model_that_fails_twice_is_given_up(call: Call) -> None:
    for response in ("r1", "r2"):
        call.model("response.created", response={"id": response})
        call.model("response.done", response={"id": response, "status": "failed", "output": []})
    assert call.over == ["model_down"]


@pytest.mark.parametrize("rubbish", [b"{", b"null", b'{"type":"response.done"}', b'{"type":"never.heard.of"}'])
async def test_an_event_that_cannot_be_read_does_not_end_the_call(call: Call, rubbish: bytes) -> None:
    call.bridge.from_model(rubbish)
    assert call.over == []


async def test_what_may_not_be_said_is_stopped_before_it_is_heard(call: Call) -> None:
    """C-06, C-17: the words come ahead of the sound, and most of that is still in the carrier's buffer."""
    call.resident_says("u0", "네, 맞아요.")
    call.model("response.created", response={"id": "r1"})
    call.model("response.output_audio.delta", response_id="r1", item_id="i1", delta=b64encode(bytes(24000)).decode())
    for piece in ("네. 계좌번호", " 좀 불러 ", "주시겠어요? ", "그리고"):
        call.model("response.output_audio_transcript.delta", response_id="r1", item_id="i1", delta=piece)
    assert call.to_phone[-1]["event"] == "clear" or any(one["event"] == "clear" for one in call.to_phone)
    (cut,) = call.asks("conversation.item.truncate")
    assert cut["audio_end_ms"] < 1000
    assert {"type": "response.cancel", "response_id": "r1"} in call.to_model


async def test_kind_words_of_the_model_are_left_alone(call: Call) -> None:
    call.resident_says("u0", "네, 맞아요.")
    call.model("response.created", response={"id": "r1"})
    for piece in ("네, 그러", "셨군요. ", "식사는 잘 ", "챙겨 드시고 계세요?"):
        call.model("response.output_audio_transcript.delta", response_id="r1", item_id="i1", delta=piece)
    call.model("response.done", response={"id": "r1", "status": "completed", "output": []})
    assert not call.asks("response.cancel")
