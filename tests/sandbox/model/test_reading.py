"""What the stand-in makes of a person's words: worries, wishes, and things that only sound like worries."""

import json

import pytest

from oncall.sandbox.model.assessor import assess
from oncall.sandbox.model.briefing import read_briefing
from oncall.sandbox.model.risk_reading import find_worries
from oncall.sandbox.model.said import read_transcript
from oncall.sandbox.model.wishes import Wish, wish_in


@pytest.mark.parametrize(
    ("words", "code", "level"),
    [
        ("화장실에서 미끄러졌는데 일어날 수가 없어요.", "fall", "emergency"),
        ("I fell in the kitchen and I can't get up.", "fall", "emergency"),
        ("이제 그만 살고 싶어요. 오늘 밤에 먹으려고 약을 모아 뒀어요.", "suicidal_ideation", "emergency"),
        ("그냥 죽고 싶다는 생각이 들어요.", "suicidal_ideation", "urgent"),
        ("I wish I was dead.", "suicidal_ideation", "urgent"),
        ("오른쪽 팔에 힘이 없고 말이 어눌해졌어요.", "stroke_signs", "emergency"),
        ("아침에 말이 어눌했는데 지금은 괜찮아졌어요.", "stroke_signs", "urgent"),
        ("가슴이 조이고 식은땀이 나요.", "chest_pain", "emergency"),
        ("There is a heavy pressure on my chest.", "chest_pain", "emergency"),
        ("할머니가 안 일어나요.", "health_acute", "emergency"),
        ("사흘째 아무것도 못 먹었어요.", "nutrition", "emergency"),
        ("I haven't eaten anything since yesterday.", "nutrition", "urgent"),
        ("심장약이 떨어진 지 이틀 됐어요.", "medication", "urgent"),
        ("보일러가 고장 나서 너무 추워요.", "heat_cold", "urgent"),
        ("검찰이라면서 통장에 있는 돈을 보내라고 해요.", "scam", "urgent"),
        ("아들이 나를 때렸어요.", "abuse_neglect", "urgent"),
        ("가스 냄새가 나요.", "safety_threat", "emergency"),
        ("한 달째 아무도 못 만났어요.", "isolation", "concern"),
        ("두 주 넘게 계속 우울해요.", "mood_low", "concern"),
        ("요새 입맛이 없어요.", "nutrition", "watch"),
        ("무릎이 늘 아프지 뭐.", "pain_chronic", "watch"),
        ("전기가 끊겼어요.", "utilities_arrears", "urgent"),
    ],
)
def test_a_worry_is_found_with_its_level_and_its_sentence(words: str, code: str, level: str) -> None:
    found = {finding.code: finding for finding in find_worries(words)}
    assert found[code].level == level
    assert found[code].text in words


@pytest.mark.parametrize(
    "words",
    [
        "네, 밥은 잘 먹고 있어요.",
        "배고파 죽겠네, 점심 먹으러 가야지.",
        "드라마에서 사람이 넘어져서 못 일어나더라고요.",
        "가슴이 아프거나 숨이 차지는 않아요.",
        "No chest pain, and I'm not short of breath.",
        "아니요, 죽고 싶은 건 아니에요.",
        "작년에 넘어진 적이 있어요.",
        "병원에서 주사를 맞았어요.",
        "네, 약은 안 거르고 먹어요.",
        "I sleep well. I'm in bed by ten.",
    ],
)
def test_what_only_sounds_like_a_worry_is_none(words: str) -> None:
    assert find_worries(words) == []


@pytest.mark.parametrize(
    ("words", "wish"),
    [
        ("다시는 전화하지 마세요.", Wish.OPT_OUT),
        ("Don't call me again.", Wish.OPT_OUT),
        ("기계하고는 말하기 싫어요. 사람 바꿔 주세요.", Wish.WANTS_PERSON),
        ("Let me speak to a real person.", Wish.WANTS_PERSON),
        ("나중에 다시 전화해 주세요.", Wish.LATER),
        ("이거 보이스피싱 아니에요?", Wish.SCAM_WORRY),
        ("녹음은 하지 마세요.", Wish.NO_RECORDING),
        ("전화 잘못 거셨어요.", Wish.WRONG_PERSON),
        ("She passed away last year.", Wish.DECEASED),
        ("It is good just to talk to someone.", None),
        ("My grandson is coming at the weekend.", None),
        ("아들이 전화기를 바꿔 줬어요.", None),
    ],
)
def test_a_wish_about_the_call_is_understood(words: str, wish: Wish | None) -> None:
    assert wish_in(words) is wish


def test_instructions_are_read_for_questions_closing_and_exact_words() -> None:
    briefing = read_briefing(
        'Intro.\n1. [meals] 식사는 하셨어요?\n 2) [sleep] 잘 주무세요?\n\n## Closing\nSay this:\n"안녕히 계세요."\n'
    )
    assert [(question.code, question.text) for question in briefing.questions] == [
        ("meals", "식사는 하셨어요?"),
        ("sleep", "잘 주무세요?"),
    ]
    assert briefing.closing == "안녕히 계세요."
    assert briefing.language == "ko"
    assert read_briefing('Say exactly: "She said "yes" today."').exactly == 'She said "yes" today.'
    assert read_briefing("Be kind.").questions == ()


def _report(*turns: tuple[str, str]) -> dict:
    schema = {
        "type": "object",
        "properties": {
            "level": {"type": "string"},
            "unknown": {"type": "boolean"},
            "answered_by": {"type": "string", "enum": ["resident", "other", "machine", "unknown"]},
            "opt_out": {"type": "boolean"},
        },
    }
    lines = [json.dumps({"turn": n, "speaker": who, "text": text}) for n, (who, text) in enumerate(turns)]
    return assess(read_transcript("\n".join(lines)), schema)


def test_a_machine_and_an_empty_line_are_unknown_never_fine() -> None:
    machine = _report(("resident", "지금은 전화를 받을 수 없습니다. 삐 소리가 나면 용건을 남겨 주세요."))
    assert (machine["answered_by"], machine["unknown"]) == ("machine", True)
    empty = _report(("agent", "여보세요? 듣고 계세요?"))
    assert (empty["answered_by"], empty["unknown"], empty["level"]) == ("unknown", True, "none")


def test_words_of_the_agent_never_raise_a_level() -> None:
    report = _report(("agent", "혹시 넘어져서 못 일어나신 적 있으세요?"), ("resident", "아니요, 없어요."))
    assert report["level"] == "none"


def test_a_story_told_in_two_turns_is_read_as_one() -> None:
    report = _report(
        ("agent", "어떻게 지내세요?"),
        ("resident", "방금 넘어졌어요."),
        ("agent", "네?"),
        ("resident", "걷지를 못하겠어요."),
    )
    assert report["level"] == "emergency"
