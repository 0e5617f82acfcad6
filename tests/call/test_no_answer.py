"""What is no answer: talk of other things is gone along with for two turns (C-16); what could not be heard is never
guessed at, asked for again, and then a person is told (C-19)."""

import json
import os
from uuid import uuid4

import pytest

from oncall.call import lines
from oncall.call.conversation import Conversation
from oncall.call.course import BACK, Course
from oncall.call.far_end import Heard
from oncall.call.line import Line
from oncall.call.reply import Phase
from oncall.models import Language
from oncall.models.first_words import FirstWords
from oncall.models.seal import Seal

NOTED = json.dumps({"fact": "meals", "status": "answered", "words": "아침에 된장국하고 밥을 먹었어요"})


@pytest.fixture
def course() -> Course:
    nobody = uuid4()
    line = Line(nobody, nobody, nobody, nobody, "t", None, Language.KO, ("meals", "sleep"), Seal(os.urandom(32)), "c")
    course = Course(line, Conversation(line, lambda *_: None))
    course.phase = Phase.QUESTIONS
    return course


def orders(course: Course, turns: int) -> list[str]:
    return [course.turn_ended().order for _ in range(turns)]


def test_two_turns_are_gone_along_with_and_the_third_leads_back(course: Course) -> None:
    assert orders(course, 7) == ["", "", BACK.format(fact="meals")] * 2 + [""]


def test_an_answer_begins_the_count_anew(course: Course) -> None:
    orders(course, 2)
    course._conversation.use("note_fact", NOTED)
    course.answered()
    assert orders(course, 3) == ["", "", BACK.format(fact="sleep")]


def test_with_every_question_answered_they_may_talk_as_long_as_they_like(course: Course) -> None:
    for fact in ("meals", "sleep"):
        course._conversation.use("note_fact", NOTED.replace("meals", fact))
    assert orders(course, 9) == [""] * 9


def test_what_was_not_understood_is_asked_for_again_and_then_a_person_is_told(course: Course) -> None:
    """C-19, H-39: sounds without words, three times in a row."""
    replies = [course.made_sounds() for _ in range(3)]
    assert [[cue.key for cue in reply.cues] for reply in replies[:2]] == [["not_heard"], ["not_heard"]]
    assert not any(reply.model for reply in replies)
    assert course.phase is Phase.EMERGENCY
    said = [lines.line(cue.key, Language.KO, turn=cue.turn) for reply in replies for cue in reply.cues]
    assert len(said) == len(set(said)), "nothing is said twice in the same words"


def test_one_word_that_was_understood_begins_the_count_anew(course: Course) -> None:
    for _ in range(2):
        course.made_sounds()
    course.heard(Heard("1", "네", 0, True, False, True, False, FirstWords.YES))
    assert [cue.key for cue in course.made_sounds().cues] == ["not_heard"]
    assert course.phase is Phase.QUESTIONS
