"""People told by a test: what they say first, what they press, what they say unasked, and when they have had enough."""

import itertools
import json
from pathlib import Path

import pytest
from pydantic import ValidationError

from oncall.sandbox import voice
from oncall.sandbox.people.directory import Directory
from oncall.sandbox.people.noise import Noise, noise
from oncall.sandbox.people.person import Person
from oncall.sandbox.people.speech import shown
from oncall.sandbox.people.story import Outcome
from oncall.sandbox.sound import FRAME, SILENCE, Listener, loudness, read_words

NUMBER = "+821055501234"
LONG = "오늘은 식사와 약과 잠자리에 대해서 천천히 하나씩 여쭤보려고 전화를 드렸습니다."
_utterances = itertools.count(1)


class Talk:
    """A given person on a line without a telephone."""

    def __init__(self, **story: object) -> None:
        directory = Directory()
        directory.give(NUMBER, story)
        pickup = directory.dial(NUMBER)
        self.language = pickup.language
        self.person = Person(pickup.story, pickup.language)
        self.person.prepare()
        self.ears = Listener()
        self.said: list[bytes] = []
        self.digits = ""

    def say(self, text: str) -> None:
        self.hear(voice.say(text, self.language, voice.AGENT, next(_utterances)))

    def wait(self, seconds: float) -> str:
        """Say nothing for so long; what they said since the last time."""
        self.hear(SILENCE * round(seconds * 50))
        return self.ears.take()

    def hear(self, sound: bytes) -> None:
        for at in range(0, len(sound), FRAME):
            frame = self.person.turn(sound[at : at + FRAME])
            self.said.append(frame)
            self.ears.hear(frame)
            self.digits += self.person.take_digits()

    def quiet_stretches(self) -> list[int]:
        """How many frames each silence between two sounds lasted."""
        runs = [(loud, len(list(frames))) for loud, frames in itertools.groupby(self.said, key=loudness_is_speech)]
        return [length for loud, length in runs[1:-1] if not loud]


def loudness_is_speech(frame: bytes) -> bool:
    return loudness(frame) > 30


def test_a_given_person_says_what_they_were_told_to() -> None:
    talk = Talk(greeting="누구세요?", replies=[{"when": "밥", "say": ["먹었지요.", "먹었다니까요."]}], common=False)
    assert talk.wait(4) == "누구세요?"
    answers = []
    for _ in range(2):
        talk.say("밥은 드셨어요?")
        answers.append(talk.wait(4))
    assert answers == ["먹었지요.", "먹었다니까요."]


def test_one_key_at_one_prompt_and_another_at_the_next() -> None:
    talk = Talk(greeting="", keys=[{"when": "거절", "press": "9"}, {"when": "다시 듣", "press": ["2", ""]}])
    talk.wait(1)
    for prompt, pressed in [
        ("받으시려면 1번, 거절하시려면 9번을 눌러 주세요.", "9"),
        ("다시 듣고 싶으시면 2번을 눌러 주세요.", "2"),
        ("다시 듣고 싶으시면 2번을 눌러 주세요.", ""),
        ("괜찮으시면 1번을 눌러 주세요.", "1"),
    ]:
        talk.digits = ""
        talk.say(prompt)
        talk.wait(1.5)
        assert talk.digits == pressed


def test_someone_without_a_key_presses_none() -> None:
    talk = Talk(key="")
    talk.wait(2)
    talk.say("괜찮으시면 1번을 눌러 주세요.")
    talk.wait(3)
    assert talk.digits == ""


def test_something_is_said_and_pressed_at_a_second_of_the_call() -> None:
    talk = Talk(silent=True, cues=[{"after_seconds": 5, "say": "도와주세요."}, {"after_seconds": 9, "press": "0"}])
    assert talk.wait(4.8) == ""
    assert talk.wait(3) == "도와주세요."
    assert talk.digits == ""
    talk.wait(2)
    assert talk.digits == "0"


def test_back_channels_are_spoken_over_the_agent_and_answer_nothing() -> None:
    cues = [{"turn": 1, "after_seconds": at, "say": "네"} for at in (0.5, 2.0)]
    talk = Talk(greeting="", cues=cues, common=False, replies=[{"when": "여쭤보려고", "say": "그러세요."}])
    talk.wait(1)
    talk.say(LONG)
    assert talk.ears.take() == "네 네"
    assert talk.wait(4) == "그러세요."
    assert [one.text for one in talk.person.conversation if one.speaker == "agent"] == [LONG]


def test_barging_in_answers_what_was_heard_so_far() -> None:
    cues = [{"turn": 1, "after_seconds": 1, "say": "잠깐만요.", "barges_in": True}]
    talk = Talk(greeting="", cues=cues)
    talk.wait(1)
    talk.say(LONG)
    assert talk.ears.take().startswith("잠깐만요.")
    heard = next(one.text for one in talk.person.conversation if one.speaker == "agent")
    assert LONG.startswith(heard)
    assert heard != LONG


def test_a_long_pause_within_an_answer() -> None:
    talk = Talk(greeting="", first=["그게 {pause 4} 어제 넘어졌어요."])
    talk.wait(1)
    talk.say("어떻게 지내세요?")
    assert talk.wait(12) == "그게 어제 넘어졌어요."
    assert max(talk.quiet_stretches()) >= 200
    assert talk.person.conversation[-1].text == "그게 어제 넘어졌어요."


@pytest.mark.parametrize("kind", list(Noise))
def test_a_sound_without_words_is_as_loud_as_speech(kind: Noise) -> None:
    sound = noise(kind, kind.usual_seconds)
    assert len(sound) == round(kind.usual_seconds * 50) * FRAME
    assert read_words(sound) == ""
    loud = [loudness_is_speech(sound[at : at + FRAME]) for at in range(0, len(sound), FRAME)]
    assert sum(loud) / len(loud) > 0.9


def test_moaning_is_an_answer_without_words() -> None:
    talk = Talk(greeting="", common=False, replies=[{"when": "어떠세요", "sound": "moan"}])
    talk.wait(1)
    talk.said.clear()
    talk.say("몸은 어떠세요?")
    assert talk.wait(4) == ""
    assert sum(map(loudness_is_speech, talk.said)) > 80
    assert talk.person.conversation[-1].text == "(moan)"


def test_what_is_written_down_leaves_pauses_out() -> None:
    assert shown("{breath 2} 네... {pause 3} {cough}") == "(breath) 네... (cough)"
    assert shown("{name}님") == "{name}님"


def test_someone_hangs_up_at_a_second_of_the_call() -> None:
    for story in ({}, {"silent": True}):
        talk = Talk(hangs_up_at_seconds=6, **story)
        talk.wait(5.9)
        assert not talk.person.gone
        talk.wait(0.2)
        assert talk.person.gone


def test_who_has_put_the_receiver_down_presses_nothing_more() -> None:
    """What is told of a conversation is what was said into the line: the drop and what would have come after it are not."""
    talk = Talk(silent=True, hangs_up_at_seconds=2, cues=[{"after_seconds": 2, "press": "9"},
                                                          {"after_seconds": 2.1, "press": "1", "say": "네?"}])  # fmt: skip
    talk.wait(5)
    assert talk.digits == "9"
    assert [one.text for one in talk.person.conversation if one.speaker == "keys"] == ["9"]


def test_nobody_answers_a_tone_nor_hangs_up_on_it() -> None:
    talk = Talk(greeting="")
    talk.say("잠시만 기다려 주세요.")
    talk.wait(3)
    spoken = [talk.person.turn(b"\x40" * FRAME, tone=True) for _ in range(60 * 50)]
    assert set(spoken) == {SILENCE}
    assert not talk.person.gone
    talk.wait(26)
    assert talk.person.gone


def test_a_number_is_tried_anew_once_it_is_given() -> None:
    directory = Directory()
    directory.dial(NUMBER)
    directory.give(NUMBER, {"tries": ["no-answer", "answer"]})
    outcomes = [directory.dial(NUMBER).outcome for _ in range(3)]
    assert outcomes == [Outcome.NO_ANSWER, Outcome.ANSWER, Outcome.ANSWER]
    assert directory.own()[NUMBER]["tried"] == 3
    directory.take_back()
    assert directory.own() == {}


def test_someone_can_be_like_someone_else_but_for_something() -> None:
    directory = Directory()
    directory.give(NUMBER, {"like": "desk", "tries": ["busy"], "language": "en"})
    pickup = directory.dial_desk(NUMBER)
    assert (pickup.outcome, pickup.story.greeting) == (Outcome.BUSY, "Welfare office, how can I help?")


def test_the_example_in_the_handbook_is_somebody() -> None:
    handbook = Path(__file__).parents[2] / "docs" / "sandbox.md"
    example = handbook.read_text("utf-8").split("```json\n")[1].split("```")[0]
    directory = Directory()
    for number, person in json.loads(example).items():
        directory.give(number, person)
    assert directory.dial(NUMBER).outcome is Outcome.NO_ANSWER
    assert directory.dial(NUMBER).story.replies[1].say == ("{moan}",)


@pytest.mark.parametrize("wrong", [{"colour": "blue"}, {"language": "fr"}, {"like": "nobody"}, {"tries": ["maybe"]}])
def test_nobody_is_given_a_number_by_half(wrong: dict[str, object]) -> None:
    directory = Directory()
    with pytest.raises((ValueError, ValidationError)):
        directory.give(NUMBER, wrong)
    assert directory.own() == {}
