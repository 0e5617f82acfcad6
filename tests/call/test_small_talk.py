"""They talk of other things: gone along with for two turns, then the question is asked again (C-16)."""

import json
import os
from uuid import uuid4

import pytest

from oncall.call.conversation import Conversation
from oncall.call.course import BACK, Course, Phase
from oncall.call.line import Line
from oncall.models import Language
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
