"""The opening is short, says who calls first, and before the right person has answered no model speaks (C-01..C-05)."""

import os
from uuid import uuid4

import pytest

from oncall.call import lines
from oncall.call.conversation import Conversation
from oncall.call.course import Course, Phase, Reply
from oncall.call.far_end import Heard
from oncall.call.line import Line
from oncall.listen.back_channel import back_channel, interrupts
from oncall.listen.ear import Ear
from oncall.listen.identity import identity
from oncall.models import Language
from oncall.models.manner import SPEED
from oncall.models.seal import Seal
from oncall.sandbox import voice
from oncall.settings import settings


def course(*, again: bool = False) -> Course:
    nobody = uuid4()
    line = Line(nobody, nobody, nobody, nobody, "t", None, Language.KO, ("meals", "sleep"), Seal(os.urandom(32)), "c")
    return Course(line, Conversation(line, lambda *_: None), again=again)


def says(course: Course, words: str) -> Reply:
    understood = Ear("ko").hear(words, "")
    return course.heard(Heard("1", words, 0, True, False, back_channel(words, "ko"), interrupts(words, "ko"),
                              identity(words, "ko"), tuple(understood.hits), understood.answered_by))  # fmt: skip


@pytest.mark.parametrize(
    "words", ["뭐라고요? 잘 안 들려요.", "크게 좀 말해 줘요.", "천천히 말해 주세요.", "다시 말해 봐요."]
)
def test_who_cannot_hear_the_opening_hears_it_again_and_no_model_before(words: str) -> None:
    first = course()
    reply = says(first, words)
    assert (reply.leads, reply.model, reply.again, first.phase) == ("again", False, False, Phase.OPENING)


@pytest.mark.parametrize("words", ["뭐라고요? 잘 안 들려요.", "크게 좀 말해 줘요."])
def test_the_opening_is_repeated_once(words: str) -> None:
    reply = says(course(again=True), words)
    assert (reply.leads, reply.ends) == (None, "not_confirmed")


@pytest.mark.parametrize("words", ["녹음하지 마세요.", "나에 대해서 뭘 알고 있어요?"])
def test_a_wish_in_the_opening_is_confirmed_and_the_answer_waited_for(words: str) -> None:
    opening = course()
    reply = says(opening, words)
    assert reply.wishes
    assert (len(reply.cues), reply.model, reply.again, opening.phase) == (1, False, False, Phase.OPENING)


@pytest.mark.parametrize(("language", "name"), [(Language.KO, "김순자"), (Language.EN, "Mary Johnson")])
def test_the_opening_lasts_at_most_twenty_seconds(language: Language, name: str) -> None:
    """C-05: as it is spoken, at nine tenths of the voice's pace; their own "yes" in between is not ours to count."""
    said = [lines.line(key, language, **({"name": name} if key == "right_person" else {}))
            for key in ("opening", "right_person", "recorded", "purpose")]  # fmt: skip
    seconds = [len(voice.say(words, language.value, rate=SPEED)) / 8000 for words in said]
    print(f"{language} opening: {' + '.join(f'{one:.1f}' for one in seconds)} = {sum(seconds):.1f} s")
    assert sum(seconds) <= 20


@pytest.mark.parametrize("language", list(Language))
def test_the_city_and_that_it_is_an_ai_are_said_first_and_within_six_seconds(language: Language) -> None:
    """C-01: in the first sentence."""
    first = lines.line("opening", language).split(". ")[0]
    for word in {Language.KO: ("인공지능", settings().city), Language.EN: ("AI", settings().city_en)}[language]:
        assert word in first
    assert len(voice.say(first, language.value, rate=SPEED)) / 8000 <= 6
