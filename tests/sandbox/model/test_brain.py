"""What the stand-in does with what it hears and with what the results of functions tell it."""

import copy
from typing import Any

import pytest

from tests.sandbox.model.line import KOREAN
from tests.sandbox.model.talk import ENGLISH, Talk, tools_with

MEALS = "식사는 잘 챙겨 드시고 계세요?"
SLEEP = "밤에 잠은 잘 주무세요?"


def _asked_about_meals(**options: Any) -> Talk:
    talk = Talk(**options)
    assert talk.hear("네, 맞아요.").said.endswith(MEALS)
    return talk


# What is noted of them

LIKES = "- They like to speak of these; you may mention one, once: «{}»; «바둑»\n"


@pytest.mark.parametrize(("instructions", "note", "yes", "answer"), [
    (KOREAN, "텃밭에 상추를 심으심", "네, 맞아요.", "네, 밥은 잘 먹어요."),
    (ENGLISH, "grows tomatoes", "Yes, speaking.", "Yes, I eat well."),
])  # fmt: skip
def test_what_is_noted_of_them_is_mentioned_once(instructions: str, note: str, yes: str, answer: str) -> None:
    talk = Talk(LIKES.format(note) + instructions)
    assert note not in talk.hear(yes).said
    talk.hear(answer).result(ok=True, next="sleep")
    assert note in talk.said
    assert talk.said.endswith("?")
    talk.hear(answer).result(ok=True, next="heating")
    assert note not in talk.said


# Requests


def test_a_request_is_passed_on_and_the_question_asked_again() -> None:
    talk = _asked_about_meals()
    words = "전구가 나갔는데 갈아 줄 사람 있을까요?"
    assert talk.hear(words).called == [("request", {"what": words})]
    assert talk.said == ""
    talk.result(ok=True, next="meals")
    assert "전하겠습니다" in talk.said
    assert talk.said.endswith(MEALS)


def test_an_answer_with_a_request_in_it_is_both_passed_on_and_noted() -> None:
    talk = _asked_about_meals()
    words = "밥은 먹는데 반찬 좀 갖다 줄 수 있어요?"
    assert talk.hear(words).called == [("request", {"what": words})]
    assert talk.result(ok=True, next="meals").called == [
        ("note_fact", {"fact": "meals", "status": "answered", "words": words})
    ]
    assert talk.result(ok=True, next="sleep").said.endswith(SLEEP)


def test_words_to_be_said_after_a_request_do_not_lose_the_note() -> None:
    talk = _asked_about_meals()
    talk.hear("밥은 먹는데 반찬 좀 갖다 줄 수 있어요?").result(ok=True, say="적어 두었습니다.", next="meals")
    assert talk.said == "적어 두었습니다."
    assert [name for name, _ in talk.called] == ["note_fact"]


def test_an_english_request_is_passed_on_too() -> None:
    talk = Talk(ENGLISH)
    talk.hear("Yes, speaking.")
    assert talk.hear("Could someone bring my shopping?").called[0][0] == "request"


def test_an_emergency_comes_before_a_request() -> None:
    talk = _asked_about_meals()
    assert talk.hear("넘어져서 못 일어나겠어요. 누가 좀 와 주세요.").called[0][0] == "raise_alarm"


# Results


def test_silence_ordered_by_a_result_is_kept_and_the_question_stays() -> None:
    talk = _asked_about_meals()
    assert talk.hear("밥은 잘 먹어요.").result(ok=True, silent=True).parts == []
    assert talk.hear("네, 세 끼 먹어요.").called[0][1]["fact"] == "meals"


def test_words_ordered_by_a_result_are_spoken_and_the_question_stays() -> None:
    talk = _asked_about_meals()
    talk.hear("글쎄, 밥이야 뭐.").result(ok=True, say="하루에 몇 번 드세요?", next="meals")
    assert talk.said == "하루에 몇 번 드세요?"
    assert talk.hear("두 번 먹어요.").called[0][1]["fact"] == "meals"


def test_a_follow_up_is_asked_once_about_the_same_fact() -> None:
    talk = _asked_about_meals()
    talk.hear("네, 먹어요.").result(ok=True, follow_up="오늘은 무엇을 드셨어요?", next="sleep")
    assert talk.said.endswith("오늘은 무엇을 드셨어요?")
    assert SLEEP not in talk.said
    talk.hear("밥이랑 국이요.")
    assert talk.called[0][1]["fact"] == "meals"
    talk.result(ok=True, follow_up="오늘은 무엇을 드셨어요?", next="sleep")
    assert talk.said.endswith(SLEEP)


def test_a_result_that_closes_brings_the_closing_and_the_end_of_the_call() -> None:
    talk = _asked_about_meals()
    talk.hear("밥은 잘 먹어요.").result(ok=True, next=None, then="close")
    assert talk.said.endswith("안녕히 계세요.")
    assert talk.called[0][0] == "end_call"
    assert talk.result(ok=True).parts == []


def test_a_refused_end_goes_on_with_the_question_it_names() -> None:
    talk = _asked_about_meals()
    assert talk.hear("이제 끊을게요.").called[0][0] == "end_call"
    talk.result(ok=False, error="questions are open", next="sleep")
    assert talk.said.endswith(SLEEP)
    assert talk.hear("잘 자요.").called[0][1]["fact"] == "sleep"


def test_an_end_refused_because_a_person_is_being_told_keeps_the_line() -> None:
    talk = _asked_about_meals()
    talk.hear("이제 끊을게요.").result(ok=False, error="stay on the line")
    assert "끊지 마시고" in talk.said


def test_several_results_at_once_are_obeyed_together() -> None:
    talk = _asked_about_meals()
    talk.hear("밥은 먹는데 반찬 좀 갖다 줄 수 있어요?")
    call = talk.items[-1]
    second = copy.copy(call)
    second.shown = {**call.shown, "id": "item_second", "name": "note_fact", "call_id": "call_second"}
    talk.items.append(second)
    talk._add({"type": "function_call_output", "call_id": call.shown["call_id"], "output": '{"silent": true}'})
    assert talk.result(ok=True, next="sleep").parts == []


# Wishes


@pytest.mark.parametrize(
    ("words", "what"),
    [
        ("좀 천천히 말해 주세요.", "slower"),
        ("더 크게요.", "louder"),
        ("네? 뭐라고요?", "say_again"),
        ("그 말은 지워 주세요.", "forget"),
        ("나에 대해서 뭘 알고 있어요?", "about_me"),
        ("사람 바꿔 주세요.", "person"),
        ("다시는 전화하지 마세요.", "stop_calling"),
        ("이거 보이스피싱 아니에요?", "scam_worry"),
    ],
)
def test_a_wish_is_passed_on_when_the_function_offers_it(words: str, what: str) -> None:
    assert _asked_about_meals().hear(words).called == [("resident_says", {"what": what})]


@pytest.mark.parametrize("words", ["좀 천천히 말해 주세요.", "더 크게요.", "뭐라고요?", "그 말은 지워 주세요."])
def test_a_wish_the_function_does_not_offer_is_only_answered(words: str) -> None:
    talk = _asked_about_meals(tools=tools_with(["person", "stop_calling"]))
    assert talk.hear(words).called == []
    assert talk.said.endswith(MEALS)


def test_after_a_wish_about_hearing_the_last_words_are_said_again_each_time() -> None:
    talk = _asked_about_meals()
    before = talk.said
    for _ in range(3):
        assert talk.hear("뭐라고요?").called == [("resident_says", {"what": "say_again"})]
        talk.result(ok=True, next="meals")
        assert talk.said == f"네, 다시 말씀드릴게요. {before}"


def test_what_the_client_spoke_itself_is_what_is_said_again() -> None:
    talk = _asked_about_meals()
    talk.put("담당자가 곧 전화드립니다.")
    talk.hear("못 들었어요.").result(ok=True, next="meals")
    assert talk.said.endswith("담당자가 곧 전화드립니다.")


# What others say for it


def test_a_question_the_client_spoke_itself_counts_as_asked() -> None:
    talk = Talk()
    talk.put(f"안녕하세요. {MEALS}")
    assert talk.hear("네, 잘 먹어요.").called[0] == (
        "note_fact",
        {"fact": "meals", "status": "answered", "words": "네, 잘 먹어요."},
    )


def test_the_closing_spoken_by_the_client_is_the_end_of_the_questions() -> None:
    talk = _asked_about_meals()
    talk.put("말씀 나눠 주셔서 고맙습니다. 안녕히 계세요.")
    assert talk.hear("네, 들어가세요.").said == "네, 안녕히 계세요."
    assert talk.called == []


def test_questions_in_a_system_message_are_asked_now_and_noted_under_their_code() -> None:
    talk = _asked_about_meals()
    assert talk.tell("Ask this as well:\n1. [knee] 무릎은 좀 어떠세요?").said.endswith("무릎은 좀 어떠세요?")
    assert talk.hear("많이 나았어요.").called[0][1]["fact"] == "knee"


def test_a_question_named_in_a_system_message_is_the_next() -> None:
    talk = _asked_about_meals()
    assert talk.tell("Go on with [heating].").said.endswith("방은 따뜻하세요?")


def test_an_order_to_say_something_exactly_is_carried_out_to_the_letter() -> None:
    assert _asked_about_meals().tell('Say exactly: "잠시만요."').said == "잠시만요."
    assert _asked_about_meals().reply('Say exactly: "네, 고맙습니다."').said == "네, 고맙습니다."


# Are you a person?


def test_asked_whether_it_is_a_person_it_says_what_it_is_and_goes_on() -> None:
    talk = _asked_about_meals()
    talk.hear("그런데 진짜 사람이에요?")
    assert "사람이 아니고" in talk.said
    assert "AI" in talk.said
    assert talk.said.endswith(MEALS)
    english = Talk(ENGLISH)
    english.hear("Yes, this is she.")
    assert english.hear("Are you a real person?").said.startswith("I am not a person. I am an AI")
    assert english.called == []


def test_a_wish_for_a_person_is_more_than_a_question_about_one() -> None:
    assert _asked_about_meals().hear("기계 말고 사람하고 통화하고 싶어요.").called[0][0] == "resident_says"
