"""The opening is short, says who calls first, and before the right person has answered no model speaks (C-01..C-05)."""

import os
from uuid import uuid4

import pytest

from oncall.call import lines, model_health
from oncall.call.conversation import Conversation
from oncall.call.course import Course
from oncall.call.far_end import Heard
from oncall.call.line import Line
from oncall.call.reply import Phase, Reply
from oncall.listen.back_channel import back_channel, interrupts
from oncall.listen.ear import Ear
from oncall.listen.identity import identity
from oncall.models import AnsweredBy, Language
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


@pytest.mark.parametrize("words", ["오늘은 날이 참 춥네요.", "는데요.", "여보세요?", "텔레비전 보고 있었지."])
def test_who_says_neither_yes_nor_no_is_asked_by_name_once_more(words: str) -> None:
    """C-02: nothing of the purpose before a yes; and nobody is taken for the resident by a scrap of a sentence."""
    first = course()
    reply = says(first, words)
    assert (reply.leads, reply.cues, reply.model, first.phase) == ("again", (), False, Phase.OPENING)


@pytest.mark.parametrize(("words", "ends"), [("텔레비전 보고 있었지.", None), ("는데요.", "not_confirmed"),
                                             ("여보세요?", "not_confirmed")])  # fmt: skip
def test_asked_twice_a_story_is_an_answer_and_a_scrap_is_none(words: str, ends: str | None) -> None:
    """C-07: failing identity nothing is told, and a person is to see to it."""
    second = course(again=True)
    reply = says(second, words)
    assert (reply.ends, second.who is AnsweredBy.RESIDENT) == (ends, ends is None)


@pytest.mark.parametrize("again", [False, True])
def test_words_that_never_come_confirm_nobody_and_the_keypad_asks(*, again: bool) -> None:
    opening = course(again=again)
    assert [cue.key for cue in opening.no_words().cues] == ["not_heard"]
    assert opening.no_words().ends == model_health.DOWN
    assert opening.who is AnsweredBy.UNKNOWN


def test_words_of_death_denied_before_the_name_was_answered_confirm_nobody() -> None:
    """H-13, C-02: what was raised stays raised, and the name is asked again."""
    opening = course()
    assert says(opening, "늙으면 죽어야지.").cues
    reply = says(opening, "아니요, 그런 생각은 없어요.")
    assert (reply.leads, reply.model, opening.who) == ("again", False, AnsweredBy.UNKNOWN)


def test_words_of_death_denied_after_the_goodbye_end_with_it() -> None:
    """The name is not asked for again, and no question either."""
    talk = course(again=True)
    says(talk, "네, 맞아요.")
    talk.goodbye_said("done")
    assert says(talk, "늙으면 죽어야지.").cues
    reply = says(talk, "아니요, 그런 생각은 없어요.")
    assert ([cue.key for cue in reply.cues], reply.ends, reply.leads, reply.model) == (["closing"], "done", None, False)


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
