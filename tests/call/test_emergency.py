"""The live emergency: the right hold, four facts, company, a person; never an end of its own, never a lower level."""

import tomllib
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from oncall.call import script
from oncall.call.emergency import FACTS, LONGEST, Cue, Emergency, Stage
from oncall.call.yes_no import Answer, reading
from oncall.models import Language, Level, SignalCode, Speaks, Subject
from oncall.settings import settings as of_city

SUICIDE = SignalCode.SUICIDAL_IDEATION


def keys(cues: tuple[Cue, ...]) -> list[str]:
    return [cue.key for cue in cues]


def answered(emergency: Emergency, *words: str) -> list[str]:
    """The keys said after each of these answers."""
    return [key for said in words for key in keys(emergency.heard(said))]


def test_a_fall_is_held_asked_four_facts_and_kept_company() -> None:
    emergency = Emergency()
    assert keys(emergency.begin(SignalCode.FALL)) == ["hold", "fact_where"]
    assert answered(emergency, "안방 바닥이요", "숨은 쉬어요", "나 혼자", "잠겼어") == [
        "fact_awake", "fact_alone", "fact_door", "stay",
    ]  # fmt: skip
    assert emergency.answers == {"where": "안방 바닥이요", "awake": "숨은 쉬어요", "alone": "나 혼자", "door": "잠겼어"}
    assert emergency.waited(14, 40) == ()
    assert keys(emergency.waited(15, 41)) == ["stay"]
    assert keys(emergency.waited(5, 60)) == ["nobody_yet"]
    assert keys(emergency.joined()) == ["joined"]
    assert emergency.heard("살려줘요") == emergency.waited(600, 900) == emergency.joined() == ()


def test_what_was_not_understood_is_asked_once_more_and_then_left() -> None:
    emergency = Emergency()
    emergency.begin(SignalCode.CHEST_PAIN)
    assert answered(emergency, "네?") == ["fact_where"]
    assert answered(emergency, "뭐라고요?") == ["fact_awake"]
    assert keys(emergency.waited(7, 20)) == ["fact_awake"]
    assert keys(emergency.waited(7, 30)) == ["fact_alone"]
    assert emergency.answers == {"where": "뭐라고요?", "awake": ""}


def test_suicide_is_asked_about_directly_and_right_now_decides() -> None:
    emergency = Emergency()
    assert keys(emergency.begin(SUICIDE, level=Level.URGENT)) == ["hold_suicide", "ask_dying_now"]
    assert answered(emergency, "아니요, 지금은 아니에요") == ["fact_where"]
    assert emergency.level is Level.URGENT
    tonight = Emergency()
    tonight.begin(SUICIDE, level=Level.URGENT)
    assert answered(tonight, "네") == ["fact_where"]
    assert tonight.level is Level.EMERGENCY


def test_no_answer_to_right_now_is_not_a_no() -> None:
    emergency = Emergency()
    emergency.begin(SUICIDE, level=Level.URGENT)
    emergency.waited(7, 10)
    emergency.waited(7, 20)
    assert emergency.level is Level.EMERGENCY


@pytest.mark.parametrize(("words", "stage", "said"), [
    ("아니 그냥 하는 말이지", Stage.CALM, []), ("No, it's just an expression", Stage.CALM, []),
    ("죽고 싶은 생각은 없어요", Stage.CALM, []),
    ("응, 그런 생각 들지", Stage.ASKING, ["hold_suicide", "ask_dying_now"]),
    ("죽고 싶은 생각이 없는 건 아니에요", Stage.ASKING, ["hold_suicide", "ask_dying_now"]),
    ("I can't say I don't", Stage.ASKING, ["hold_suicide", "ask_dying_now"]),
    ("글쎄", Stage.ASKING, ["ask_dying"]), ("아니 그런 건 아닌데", Stage.ASKING, ["ask_dying"]),
])  # fmt: skip
def test_a_set_phrase_is_asked_about_before_anything_else(words: str, stage: Stage, said: list[str]) -> None:
    emergency = Emergency()
    assert keys(emergency.begin(SUICIDE, level=Level.URGENT, provisional=True)) == ["ask_dying"]
    assert answered(emergency, words) == said
    assert emergency.stage is stage
    assert emergency.level.rank >= Level.URGENT.rank


def test_refusing_to_say_keeps_a_set_phrase_standing() -> None:
    emergency = Emergency()
    emergency.begin(SUICIDE, level=Level.URGENT, provisional=True)
    assert answered(emergency, "몰라", "그런 걸 왜 물어") == ["ask_dying", "hold_suicide", "ask_dying_now"]


def test_abuse_asks_first_whether_they_can_talk_and_then_gives_nothing_away() -> None:
    emergency = Emergency()
    assert keys(emergency.begin(SignalCode.ABUSE_NEGLECT)) == ["hold_abuse", "ask_alone_to_talk"]
    assert answered(emergency, "아니요", "네", "아니요") == ["fact_where", "fact_door", "stay"]
    free = Emergency()
    free.begin(SignalCode.ABUSE_NEGLECT)
    assert answered(free, "네", "네", "네", "네", "네") == [*(f"fact_{fact}" for fact in FACTS), "stay"]


def test_a_child_and_a_neighbour_are_asked_in_words_that_fit() -> None:
    child = Emergency()
    assert keys(child.begin(SignalCode.HEALTH_ACUTE, speaks=Speaks.CHILD)) == ["hold_child", "fact_where_child"]
    next_door = Emergency()
    begun = next_door.begin(SignalCode.FALL, subject=Subject.THIRD_PARTY)
    assert keys(begun) == ["hold", "fact_where_other"]
    assert keys(Emergency().begin(SUICIDE, speaks=Speaks.OTHER)) == ["hold", "fact_where_other"]


def test_fraud_is_stopped_first() -> None:
    emergency = Emergency()
    assert keys(emergency.begin(SignalCode.SCAM)) == ["hold_scam", "fact_where"]
    assert answered(emergency, "은행", "네 혼자") == ["fact_alone", "stay"]


def test_a_second_danger_adds_what_it_needs_and_repeats_nothing() -> None:
    emergency = Emergency()
    emergency.begin(SignalCode.FALL)
    answered(emergency, "부엌")
    assert emergency.begin(SignalCode.CHEST_PAIN) == ()
    assert keys(emergency.begin(SUICIDE)) == ["hold_suicide", "ask_dying_now"]
    assert answered(emergency, "네") == ["fact_awake"]


def test_denying_a_set_phrase_does_not_deny_a_fall() -> None:
    emergency = Emergency()
    emergency.begin(SUICIDE, level=Level.URGENT, provisional=True)
    assert keys(emergency.begin(SignalCode.FALL)) == ["hold", "ask_dying"]
    assert answered(emergency, "아니에요") == ["fact_where"]


def test_the_one_redial_asks_how_they_are_and_goes_on_where_it_was() -> None:
    emergency = Emergency()
    known = {"where": "부엌", "awake": "네"}
    assert keys(emergency.begin(SignalCode.FALL, again=True, known=known)) == ["call_again"]
    assert answered(emergency, "괜찮아졌어 끊어", "혼자", "닫혔어") == ["hold", "fact_alone", "fact_door", "stay"]
    assert emergency.answers["all_right"] == "괜찮아졌어 끊어"
    assert emergency.answers["where"] == "부엌"


def test_when_the_person_drops_off_we_are_there_again() -> None:
    emergency = Emergency()
    emergency.begin(SignalCode.FALL)
    emergency.joined()
    assert keys(emergency.left(100)) == ["stay"]
    assert emergency.waited(5, 120) == ()
    assert keys(emergency.waited(5, 160)) == ["nobody_yet"]


@pytest.mark.parametrize(("words", "is_"), [
    ("네", Answer.YES), ("어 그래", Answer.YES), ("yes I am", Answer.YES), ("1", Answer.YES), ("2", Answer.NO),
    ("아니요", Answer.NO), ("없어요", Answer.NO), ("그런 생각 안 해요", Answer.NO), ("에이, 아니에요", Answer.NO), ("No", Answer.NO),
    ("아니 약을 모아놨어", Answer.UNCLEAR), ("no, but I have the pills", Answer.UNCLEAR), ("살 낙이 없어", Answer.UNCLEAR),
    ("없지는 않지", Answer.YES), ("뭐라고요?", Answer.NOT_HEARD), ("잘 안 들려요", Answer.NOT_HEARD), ("", Answer.NOT_HEARD),
    ("지금 하려고", Answer.YES), ("몰라", Answer.UNCLEAR), ("not really", Answer.UNCLEAR), ("sometimes", Answer.UNCLEAR),
])  # fmt: skip
def test_a_yes_and_a_no_are_told_apart(words: str, is_: Answer) -> None:
    assert reading(words) is is_


@given(st.text(max_size=60))
def test_any_words_can_be_read(words: str) -> None:
    assert reading(words) in Answer


SAID = st.one_of(
    st.sampled_from(["네", "아니요", "네?", "", "몰라", "부엌", "죽고 싶어", "yes", "no", "what?"]),
    st.text(max_size=20),
)


class ACall(RuleBasedStateMachine):
    """Anything may be heard, at any pace; what must hold does."""

    def __init__(self) -> None:
        super().__init__()
        self.emergency = Emergency()
        self.standing = 0.0
        self.said: list[Cue] = []
        self.lowest = Level.NONE
        self.nobody_by = 0.0

    def say(self, cues: tuple[Cue, ...]) -> None:
        self.said.extend(cues)

    @rule(code=st.sampled_from(SignalCode), level=st.sampled_from([Level.URGENT, Level.EMERGENCY]),
          subject=st.sampled_from(Subject), speaks=st.sampled_from(Speaks), provisional=st.booleans())  # fmt: skip
    def danger(self, code: SignalCode, level: Level, subject: Subject, speaks: Speaks, provisional: bool) -> None:
        was_on = self.emergency.is_on
        begun = self.emergency.begin(code, level=level, subject=subject, speaks=speaks, provisional=provisional)
        if not was_on and not self.said:
            assert begun
        self.say(begun)

    @precondition(lambda self: self.emergency.is_on)
    @rule(words=SAID)
    def they_say(self, words: str) -> None:
        before, asked = dict(self.emergency.answers), self.emergency.waits_for
        self.say(self.emergency.heard(words))
        new = {key: said for key, said in self.emergency.answers.items() if before.get(key) != said}
        assert set(new) <= {asked}
        assert all(said == words.strip() for said in new.values())

    @precondition(lambda self: self.emergency.is_on)
    @rule(silent=st.floats(0, 40), passed=st.floats(0, 40))
    def time_passes(self, silent: float, passed: float) -> None:
        self.standing += passed
        joined = self.emergency.stage is Stage.JOINED
        cues = self.emergency.waited(silent, self.standing)
        assert not (joined and cues)
        if silent >= 15 and not joined and self.standing < LONGEST:
            assert cues
        self.say(cues)

    @rule()
    def a_person_joins(self) -> None:
        if self.emergency.is_on:
            self.say(self.emergency.joined())

    @rule()
    def the_person_drops(self) -> None:
        self.say(self.emergency.left(self.standing))

    @invariant()
    def the_level_never_falls(self) -> None:
        assert self.emergency.level.rank >= self.lowest.rank
        self.lowest = self.emergency.level

    @invariant()
    def what_was_held_is_never_let_go(self) -> None:
        if any(cue.key.startswith("hold") for cue in self.said):
            assert self.emergency.is_on
            assert self.emergency.stage is not Stage.ASKING or self.emergency.waits_for

    @invariant()
    def no_company_line_comes_twice_in_a_row(self) -> None:
        turns = [cue.turn for cue in self.said if cue.key == "stay"]
        assert all(later == earlier + 1 for earlier, later in pairwise(turns))

    @invariant()
    def a_question_is_never_asked_a_third_time_without_a_new_danger(self) -> None:
        run = 1
        for before, after in pairwise(self.said):
            run = run + 1 if before.key == after.key and before.key != "stay" else 1
            assert run <= 3

    @invariant()
    def only_lines_that_exist_are_said_and_none_ends_the_call(self) -> None:
        assert {cue.key for cue in self.said} <= WRITTEN
        assert not any(word in cue.key for cue in self.said for word in ("closing", "bye", "sorry", "wish"))


WRITTEN = set(tomllib.loads((of_city().prompts / "lines.ko.toml").read_text(encoding="utf-8")))
TestACall = ACall.TestCase
TestACall.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)


@pytest.mark.parametrize("language", list(Language))
def test_every_line_it_may_say_is_written_in_both_languages(language: Language) -> None:
    variants = ["", "_other", "_child"]
    for key in ("hold", "hold_child", "hold_suicide", "hold_abuse", "hold_scam", "ask_dying", "ask_dying_now",
                "ask_alone_to_talk", "nobody_yet", "joined", "call_again", "stay",
                *(f"fact_{fact}{whose}" for fact in FACTS for whose in variants)):  # fmt: skip
        said = [script.line(key, language, turn=turn) for turn in range(4)]
        assert all(said)
        if key == "stay":
            assert len(set(said)) == 4


@settings(deadline=None)
@given(st.lists(st.floats(0.5, 3), min_size=60, max_size=200))
def test_somebody_who_says_nothing_is_told_plainly_within_75_seconds(steps: list[float]) -> None:
    emergency, standing, silent, told = Emergency(), 0.0, 0.0, None
    emergency.begin(SignalCode.FALL)
    for step in steps:
        standing, silent = standing + step, silent + step
        if cues := emergency.waited(silent, standing):
            silent = 0.0
            if told is None and "nobody_yet" in keys(cues):
                told = standing
    if standing > 75:
        assert told is not None
        assert told <= 75
