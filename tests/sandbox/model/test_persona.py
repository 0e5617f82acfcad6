"""Residents played from a description: each trait shows, and the same description always plays the same."""

import pytest

from oncall.sandbox.model.help_wanted import asks_for_help
from oncall.sandbox.model.persona import is_persona, play, traits_in
from oncall.sandbox.model.risk_reading import find_worries
from oncall.sandbox.model.wishes import Wish, wish_in

KO = [
    "안녕하세요, 안부 전화입니다. 통화하고 있는 분이 본인이신가요?",
    "식사는 잘 챙겨 드시고 계세요?",
    "약은 잘 드시고 계세요?",
    "밤에 잠은 잘 주무세요?",
    "방은 따뜻하세요?",
    "요즘 누가 찾아오거나 연락하는 분이 계세요?",
]
EN = [
    "Hello, this is a welfare call. Am I speaking with the right person?",
    "Are you eating properly?",
    "Do you take your medicine?",
    "Do you sleep well?",
    "Is your home warm?",
    "Does anybody visit you?",
]


def _played(description: str, questions: list[str]) -> list[str]:
    items: list[dict[str, str]] = []
    said = []
    for question in questions:
        items.append({"type": "message", "role": "user", "content": question})
        said.append(play(items, description))
        items.append({"type": "message", "role": "assistant", "content": said[-1]})
    return said


def _ko(trait: str) -> str:
    return f"당신은 혼자 사는 80세 어르신 역할입니다. {trait}"


def _en(trait: str) -> str:
    return f"You are an old resident who lives alone. {trait}"


@pytest.mark.parametrize(
    ("description", "trait"),
    [
        (_ko("귀가 어두워서 자꾸 되묻고 잘못 알아듣습니다."), "hard_of_hearing"),
        (_en("You are hard of hearing and often mishear."), "hard_of_hearing"),
        (_ko("심한 경상도 사투리를 씁니다."), "dialect"),
        (_en("You speak a broad dialect."), "dialect"),
        (_ko("언제나 단답으로만 대답합니다."), "one_word"),
        (_en("You give one-word answers."), "one_word"),
        (_ko("보이스피싱을 걱정합니다."), "wary"),
        (_en("You suspect phishing."), "wary"),
        ("당신은 50대 실직한 남성 역할입니다.", "unemployed"),
        ("You are a man in your fifties, unemployed for a year. You are playing a resident.", "unemployed"),
        (_ko("초기 치매가 있습니다."), "dementia"),
        (_en("You have early dementia."), "dementia"),
        (_ko("'늙으면 죽어야지' 하고 농담합니다."), "death_joke"),
        (_en("You make jokes about dying."), "death_joke"),
        (_ko("퉁명스럽고 화를 냅니다."), "hostile"),
        (_en("You are hostile."), "hostile"),
        (_ko("거의 말이 없습니다."), "silent"),
        (_en("You stay silent."), "silent"),
        (_ko("사람을 바꿔 달라고 합니다."), "wants_person"),
        (_en("She asks for a real person."), "wants_person"),
        (_ko("화장실에서 쓰러져 못 일어나는 상태입니다."), "emergency"),
        (_en("You have fallen and cannot get up."), "emergency"),
    ],
)
def test_a_trait_is_read_from_the_description_alone(description: str, trait: str) -> None:
    assert is_persona(description)
    assert traits_in(description) == [trait]


@pytest.mark.parametrize("description", [_ko("건강하게 지냅니다."), _en("You are well.")])
def test_a_person_without_traits_answers_what_is_asked(description: str) -> None:
    questions = KO if "어르신" in description else EN
    said = _played(description, questions)
    assert traits_in(description) == []
    assert all(said)
    assert not any(wish_in(words) or asks_for_help(words) for words in said)
    assert [
        finding for words in said for finding in find_worries(words) if finding.level in ("urgent", "emergency")
    ] == []


@pytest.mark.parametrize("questions", [KO, EN])
def test_traits_show_in_what_is_said(questions: list[str]) -> None:
    korean = questions is KO
    make_text = _ko if korean else _en

    def said(korean_trait: str, english_trait: str) -> list[str]:
        return _played(make_text(korean_trait if korean else english_trait), questions)

    wishes = [wish_in(words) for words in said("귀가 어두워요.", "You are hard of hearing.")]
    assert set(wishes) & {Wish.SAY_AGAIN, Wish.LOUDER}
    assert Wish.SCAM_WORRY in [wish_in(words) for words in said("보이스피싱을 의심합니다.", "You are wary of scams.")]
    wanted = said("사람을 바꿔 달라고 합니다.", "You want a real person. He asks for a person.")
    assert Wish.WANTS_PERSON in [wish_in(words) for words in wanted]
    assert all(len(words.split()) == 1 for words in said("한 마디로만 대답합니다.", "You give one-word answers."))
    assert {words.strip(". ") for words in said("침묵합니다.", "You stay silent.")[1:]} == {""}
    alarming = said("쓰러져서 응급 상황입니다.", "It is an emergency: you have fallen.")
    assert any(finding.level == "emergency" for words in alarming for finding in find_worries(words))
    jokes = said("죽음을 두고 농담합니다. 늙으면 죽어야지.", "You make jokes about dying.")
    assert any(("죽" if korean else "ha") in words for words in jokes)
    assert len(set(said("초기 치매", "You have early dementia."))) > 2


def test_the_same_description_and_words_give_the_same_person_and_another_seed_another() -> None:
    description = _ko("초기 치매가 있습니다. seed: 7")
    assert _played(description, KO) == _played(description, KO)
    assert len({tuple(_played(_ko(f"초기 치매가 있습니다. seed: {seed}"), KO)) for seed in range(6)}) > 2


@pytest.mark.parametrize(
    "instructions",
    [
        "You are the automated AI caller of a city's welfare check service, speaking with one resident, often old.",
        "Assess the transcript.",
        "너는 안부 전화를 거는 상담사 역할이다.",
    ],
)
def test_the_caller_is_not_taken_for_the_called(instructions: str) -> None:
    assert not is_persona(instructions)
