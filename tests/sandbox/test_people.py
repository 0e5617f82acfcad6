"""The people who pick up: they say what their story is about, hear what they are asked, and know when it is over."""

import itertools
from collections.abc import Iterable

import pytest

from oncall.sandbox import voice
from oncall.sandbox.people.directory import Directory, resident
from oncall.sandbox.people.person import Person
from oncall.sandbox.people.story import Outcome, book, question_in
from oncall.sandbox.sound import FRAME, SILENCE, Listener, loudness

QUESTIONS = {
    "ko": [
        "안녕하세요, 시청에서 드리는 안부 전화입니다. 지금 통화 괜찮으세요?",
        "요즘 식사는 잘 하고 계세요?",
        "약은 잘 드시고 계세요?",
        "밤에 잠은 잘 주무세요?",
        "몸은 좀 어떠세요? 아프신 데는 없으세요?",
        "요즘 기분은 어떠세요?",
        "가족이나 이웃과는 자주 연락하세요?",
        "집에 난방은 잘 되나요?",
        "네, 말씀 감사합니다. 안녕히 계세요.",
    ],
    "en": [
        "Hello, this is the check-in call from the city. Is now a good time to talk?",
        "Have you been eating well?",
        "Are you taking your medication?",
        "How did you sleep?",
        "Is anything hurting, any pain or change in your health?",
        "How is your mood these days?",
        "Have you seen or spoken to anyone, family or neighbours?",
        "Is your heating working?",
        "Thank you for talking to me. Goodbye.",
    ],
}
_utterances = itertools.count(1)


class Talk:
    """A person on a line without a telephone."""

    def __init__(self, number: str) -> None:
        self.language, story = resident(number)
        self.person = Person(story, self.language)
        self.ears = Listener()
        self.frames = 0

    def hear(self, sound: bytes) -> None:
        for at in range(0, len(sound), FRAME):
            self._frame(sound[at : at + FRAME])

    def say(self, text: str) -> str:
        """Say something, then listen until they have been quiet for two seconds; what they said meanwhile."""
        self.hear(voice.say(text, self.language, voice.AGENT, next(_utterances)))
        return self.listen(2.0)

    def listen(self, quiet_seconds: float = 2.0) -> str:
        quiet = 0
        while quiet < quiet_seconds * 50 and not self.person.gone:
            quiet = 0 if loudness(self._frame(SILENCE)) else quiet + 1
        return self.ears.take()

    def _frame(self, heard: bytes) -> bytes:
        said = self.person.turn(heard)
        assert len(said) == FRAME
        self.ears.hear(said)
        self.frames += 1
        return said


def conversation(number: str, questions: Iterable[str] | None = None) -> list[str]:
    """Every answer someone gives, their greeting first."""
    talk = Talk(number)
    answers = [talk.listen(1.0)]
    for question in questions or QUESTIONS[talk.language]:
        if talk.person.gone:
            break
        answers.append(talk.say(question))
    return answers


RISKY = [ending for ending in range(30) if book("ko").story(ending).risk is not None]


@pytest.mark.parametrize("ending", RISKY + [ending + 50 for ending in RISKY])
def test_what_a_call_is_about_is_said_in_the_second_reply_at_the_latest(ending: int) -> None:
    _, story = resident(f"{ending:02}")
    assert story.risk is not None
    answers = conversation(f"+82255500{ending:02}")
    assert story.risk.say[0] in answers[1:3]


@pytest.mark.parametrize("language", ["ko", "en"])
def test_both_languages_tell_the_same_stories(language: str) -> None:
    other = book("en" if language == "ko" else "ko")
    assert {key: story.name for key, story in book(language).stories.items()} == {
        key: story.name for key, story in other.stories.items()
    }
    assert all(
        (story.risk is None) == (other.stories[key].risk is None) for key, story in book(language).stories.items()
    )


@pytest.mark.parametrize("ending", ["00", "50", "30", "99", "29"])
def test_someone_well_answers_what_they_are_asked_and_says_goodbye(ending: str) -> None:
    talk = Talk(ending)
    answers = [talk.listen(1.0), *(talk.say(question) for question in QUESTIONS[talk.language][:-1])]
    replies = {line for rule in book(talk.language).manners.replies for line in rule.say}
    assert sum(answer in replies for answer in answers) >= 7
    assert not talk.person.gone
    assert talk.say(QUESTIONS[talk.language][-1]) == book(talk.language).manners.goodbye
    talk.listen(3.5)
    assert talk.person.gone


def test_a_goodbye_that_is_a_question_is_none() -> None:
    talk = Talk("00")
    talk.listen(1.0)
    talk.say("안녕히 주무셨어요? 어제는 잘 들어가셨어요?")
    talk.listen(5.0)
    assert not talk.person.gone


def test_the_last_question_counts_not_what_it_was_wrapped_in() -> None:
    wrapped = "식사는 잘 하셨군요. 그럼 잠은 잘 주무세요? 천천히 말씀해 주세요."
    assert question_in(wrapped) == "그럼 잠은 잘 주무세요?"
    assert "열 시면 자요" in conversation("00", [wrapped])[1]


def test_news_is_told_when_nothing_in_particular_is_asked_and_once() -> None:
    news = resident("30")[1].news
    answers = conversation("30", ["식사는 잘 하세요?", "안녕하세요, 잘 지내셨어요?", "안녕하세요, 잘 지내셨어요?"])
    assert [answer == news for answer in answers[1:]] == [False, True, False]


def test_someone_hard_of_hearing_asks_twice() -> None:
    answers = conversation("04", ["식사는 하셨어요?"] * 3)
    assert ["안 들려요" in answers[1], "다시 한번" in answers[2], "먹고 있어요" in answers[3]] == [True] * 3


def test_someone_silent_says_nothing_for_a_minute() -> None:
    talk = Talk("03")
    talk.say("여보세요? 들리세요?")
    assert talk.listen(60) == ""
    assert not talk.person.gone


def test_into_silence_hello_is_said_three_times_and_then_the_receiver_goes_down() -> None:
    talk = Talk("00")
    talk.hear(SILENCE * (50 * 40))
    assert talk.ears.text == " ".join(["여보세요?"] * 4)
    assert talk.person.gone


def test_someone_who_interrupts_speaks_before_the_agent_has_finished() -> None:
    talk = Talk("18")
    talk.listen(1.0)
    talk.say("안녕하세요, 시청입니다.")
    sound = voice.say(
        "오늘은 식사와 약과 잠자리에 대해서 천천히 하나씩 여쭤보려고 전화를 드렸습니다.", "ko", utterance=99
    )
    talk.ears.take()
    talk.hear(sound)
    assert talk.ears.take().startswith("아니 잠깐만요")


def test_someone_leaves_in_the_middle() -> None:
    talk = Talk("21")
    talk.listen(1.0)
    talk.say("통화 괜찮으세요?")
    assert not talk.person.gone
    talk.say("식사는 하셨어요?")
    assert talk.person.gone


def test_a_machine_greets_beeps_and_says_no_more() -> None:
    talk = Talk("07")
    greeting = talk.listen(4.0)
    assert "삐 소리가 나면" in greeting
    assert talk.person.beeped
    assert talk.say("안녕하세요, 시청입니다.") == ""
    talk.listen(15)
    assert talk.person.gone


def test_sound_without_words_is_answered_in_order() -> None:
    talk = Talk("11")
    talk.listen(1.0)
    murmur = voice.speak("아무 말이나 합니다", "ko")
    murmur += SILENCE[: -len(murmur) % FRAME]
    answers = []
    for _ in range(3):
        talk.hear(murmur)
        answers.append(talk.listen(2.0))
    assert all(answers)
    assert "한 달이 넘었어요" in answers[1]


@pytest.mark.parametrize(
    ("ending", "outcomes"),
    [
        ("08", ["no-answer"] * 4),
        ("09", ["busy", "answer", "answer"]),
        ("22", ["no-answer", "no-answer", "answer", "answer"]),
        ("60", ["failed", "failed"]),
        ("85", ["answer", "answer"]),
    ],
)
def test_what_happens_at_each_try(ending: str, outcomes: list[str]) -> None:
    directory = Directory()
    assert [directory.dial(f"+822555{ending}").outcome for _ in outcomes] == [Outcome(one) for one in outcomes]


def test_tries_are_counted_for_each_number_apart() -> None:
    directory = Directory()
    assert directory.dial("+82100009").outcome is directory.dial("+82200009").outcome is Outcome.BUSY


def test_the_well_have_news_of_their_own() -> None:
    assert len({resident(f"{ending}")[1].news for ending in range(30, 50)}) == 20


@pytest.mark.parametrize("ending", ["00", "02", "57", "65"])
def test_nobody_talks_for_ever(ending: str) -> None:
    talk = Talk(ending)
    talk.listen(1.0)
    for _ in range(20):
        if not talk.person.gone:
            talk.say("네, 그러시군요.")
    talk.listen(3.0)
    assert talk.person.gone


def test_two_goodbyes_are_enough() -> None:
    talk = Talk("00")
    talk.listen(1.0)
    assert talk.say("네, 안녕히 계세요.") == "네, 들어가세요."
    assert talk.say("네, 안녕히 계세요.") == ""
    talk.listen(3.5)
    assert talk.person.gone
