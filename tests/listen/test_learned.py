"""The small trained model beside the rules: quick, always the same, and silent about ordinary talk."""

import time

import pytest

from oncall.call import lines
from oncall.listen import learned
from oncall.listen.ear import GUESSED, Ear
from oncall.models import Language
from oncall.models.fact import facts_in
from oncall.models.risk import Level, SignalCode
from oncall.settings import settings
from tests.pace import slowness

ORDINARY = [
    ("en", "How are you?", "I'm very well thank you, I had porridge and a cup of tea"),
    ("en", "Did you sleep?", "Like a top, dear, and the cat slept on my feet"),
    ("en", "What's new?", "My daughter's coming on Sunday with the grandchildren"),
    ("ko", "식사는 하셨어요?", "네, 아침에 된장국 끓여서 먹었어요"),
    ("ko", "어디 아픈 데 없으세요?", "무릎이야 늘 그렇지요 뭐, 괜찮아요"),
]
GRAVE = [
    ("en", "Are you alone?", "He's got a knife, he's outside my door, please send somebody"),
    ("en", "Did you fall?", "I'm on the kitchen floor and I can't get up, my leg won't move"),
    ("ko", "괜찮으세요?", "숨이 막혀서 말을 못 하겠어요, 가슴이 조여요"),
]


@pytest.mark.parametrize(("language", "question", "words"), ORDINARY)
def test_ordinary_talk_raises_no_guess(language: str, question: str, words: str) -> None:
    assert learned.hear(words, question, language).guess is None


@pytest.mark.parametrize(("language", "question", "words"), GRAVE)
def test_plain_danger_is_guessed_and_the_score_is_a_share(language: str, question: str, words: str) -> None:
    guess = learned.hear(words, question, language).guess
    assert guess is not None
    assert guess.level.rank >= Level.URGENT.rank
    assert 0.5 < guess.score < 1


PLAIN = {
    "ko": ["네", "네, 맞습니다.", "네, 맞아요.", "응, 맞아. 누구라고?", "그럼요", "네 괜찮아요", "네, 괜찮습니다.", "네 먹었어요",
           "네, 고맙습니다.", "여보세요?", "뭐라고요? 잘 안 들려요", "말씀하세요", "그냥 그래요", "딸이 전화해요", "잘 지내고 있어요", "저기"],
    "en": ["Yes", "Yes, that's right.", "Speaking.", "No, thank you", "I'm fine, thank you", "Not bad", "Pardon?",
           "Go ahead", "So so", "Yes I have", "My daughter rings me", "That's me. Who is it?", "Same as ever", "Hello?"],
}  # fmt: skip


@pytest.mark.parametrize("language", PLAIN)
def test_a_plain_answer_raises_no_guess_whatever_we_asked_of_ordinary_things(language: str) -> None:
    """Said a hundred times a day: who it is, that they have eaten, that there is nothing else."""
    asked = [fact.ask[language] for fact in facts_in(settings().prompts).values()]
    ends = {"ko": ["김순자 님 맞으세요?", "혹시 더 하시고 싶은 말씀이 있으세요?"],
            "en": ["Am I speaking with Mrs Kim?", "Is there anything else you would like to say?"]}[language]  # fmt: skip
    guesses = [(question, words) for question in ["", *asked, *ends] for words in PLAIN[language]
               if any(hit.rule == GUESSED for hit in Ear(language).hear(words, question).hits)]  # fmt: skip
    assert guesses == []


THANKS = {"ko": ["네, 알겠어요.", "네, 그래요.", "알겠습니다.", "아, 그래요.", "네네.", "그럼요.", "네, 고맙습니다.", "고마워요."],
          "en": ["I see.", "I see, yes.", "Oh right.", "Yes, all right.", "Okay.", "Mm, right.", "Thank you.", "Thanks, dear."]}  # fmt: skip


@pytest.mark.parametrize("language", Language)
def test_who_only_shows_that_they_listen_raises_no_guess_whatever_we_say(language: Language) -> None:
    """Our own questions to somebody in danger sound like danger. One such guess, of blows, kept a dropped line from being
    rung again (R-21)."""
    guesses = [(text, words) for _, text in lines.nameless(language) for words in THANKS[language]
               if any(hit.rule == GUESSED for hit in Ear(language).hear(words, text).hits)]  # fmt: skip
    assert guesses == []


def test_of_several_sentences_the_evidence_is_the_one_that_says_why() -> None:
    words = "The garden is lovely this year. I'm on the kitchen floor and I can't get up. My daughter rings on Sundays."
    guess = learned.hear(words, "", "en").guess
    assert guess is not None
    assert words[guess.start : guess.end] == "I'm on the kitchen floor and I can't get up."


def test_the_kind_of_trouble_is_told() -> None:
    for words, language, code in (
        ("가스 냄새가 온 집안에 진동해요", "ko", SignalCode.SAFETY_THREAT),
        ("가슴이 쥐어짜듯이 아파요", "ko", SignalCode.CHEST_PAIN),
        ("I've saved all my tablets up and I'm going to take them tonight", "en", SignalCode.SUICIDAL_IDEATION),
    ):
        guess = learned.hear(words, "", language).guess
        assert guess is not None
        assert guess.code is code


def test_a_short_answer_is_heard_with_its_question() -> None:
    assert "?floor&yes" in learned.grams("Yes", "Are you still on the floor?", "en")


def test_what_is_not_speech_is_no_guess() -> None:
    for words in ("", "   ", "…", "?!"):
        assert learned.hear(words, "", "en").guess is None
    assert learned.hear("bonjour", "", "fr") == learned.Opinion()


def test_the_table_is_small() -> None:
    assert len(learned.TABLE.read_bytes()) < 1_200_000


@pytest.mark.parametrize(("language", "turn"), [
    ("en", "my knees ache a bit but I got out to the shops yesterday and my daughter rang last night and I had porridge"),
    ("ko", "네 잘 지내고 있어요 밥은 먹었는데 약은 안 먹었고 병원은 갔다 왔어 어제 친구가 와서 경로당에 같이 갔다가"),
])  # fmt: skip
def test_a_turn_takes_about_a_millisecond_at_most(language: str, turn: str) -> None:
    took = []
    for _ in range(100):
        began = time.thread_time()
        learned.hear(turn, "How are you feeling today?", language)
        took.append(time.thread_time() - began)
    assert min(took) < 0.001 * slowness()


@pytest.mark.parametrize(
    ("language", "words"),
    [("ko", "어제부터 아무것도 못 먹었어요. 쌀이 떨어졌는데 사러 갈 기운도 없고."), ("ko", "심장약이 떨어진 지 사흘 됐어요."),
     ("en", "I haven't eaten anything since yesterday. The food ran out and I have no strength to go out for more.")],
)  # fmt: skip
def test_what_a_rule_has_counted_is_not_raised_by_a_model_that_cannot_count(language: str, words: str) -> None:
    """Nothing since yesterday is urgent, two days an emergency: a difference of one word among many (risk policy)."""
    ear = Ear(language)
    levels = [hit.level for hit in ear.hear(words).hits if hit.code]
    assert max(levels, key=lambda level: level.rank) is Level.URGENT
    rest = words.partition(". ")[2] or words  # a recogniser cuts a sentence off
    assert Level.EMERGENCY not in {hit.level for hit in ear.hear(rest).hits}


@pytest.mark.parametrize(
    ("language", "words"),
    [("ko", "그저께부터 아무것도 못 먹었어요. 쌀도 없고 일어나지도 못하겠어요."), ("ko", "심장약을 사흘째 못 먹었더니 가슴이 조이고 식은땀이 나요."),
     ("en", "I haven't eaten for three days and there's nothing in the house, I can't stand up.")],
)  # fmt: skip
def test_and_graver_words_beside_it_are(language: str, words: str) -> None:
    assert Level.EMERGENCY in {hit.level for hit in Ear(language).hear(words).hits}


def doubting(monkeypatch: pytest.MonkeyPatch, away: float = 9.0) -> None:
    monkeypatch.setattr(learned, "hear", lambda *_, **__: learned.Opinion(away=away))
    monkeypatch.setattr(learned, "away", lambda *_: away)


@pytest.mark.parametrize(
    ("language", "words", "least"),
    [
        ("ko", "칼 들고 문을 두드리고 있어요", learned.DOUBTED_BY),
        ("en", "he's got a knife and he's at my door right now", learned.DOUBTED_BY),
        ("ko", "살려 주세요", learned.CERTAIN_BY),
        ("ko", "숨이 안 쉬어져요", learned.CERTAIN_BY),
        ("en", "help me please", learned.CERTAIN_BY),
        ("en", "I smell gas in the kitchen", learned.CERTAIN_BY),
        ("en", "there's smoke in the kitchen", learned.CERTAIN_BY),
    ],
)
def test_a_doubted_phrase_is_urgent_and_what_is_certain_only_far_from_any_danger(
    language: str, words: str, least: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """T-2, N-4: never less than urgent."""
    assert Ear(language, guesses=False).hear(words).level is Level.EMERGENCY
    doubting(monkeypatch, least - 0.1)
    assert Ear(language).hear(words).level is Level.EMERGENCY
    doubting(monkeypatch, least + 0.1)
    assert Ear(language).hear(words).level is Level.URGENT


def test_what_several_turns_say_together_is_not_doubted(monkeypatch: pytest.MonkeyPatch) -> None:
    """The model hears one turn at a time."""
    doubting(monkeypatch)
    ear = Ear("ko")
    ear.hear("인슐린은 아침에 맞았어요")
    assert ear.hear("손이 덜덜 떨리고 식은땀이 나").level is Level.EMERGENCY


def test_only_words_that_sound_like_no_emergency_at_all_are_doubted() -> None:
    for words in ("넘어졌는데 못 일어나겠어", "가슴이 쥐어짜듯이 아파요", "아들이 칼을 들고 문을 부수고 있어"):
        assert learned.hear(words, "", "ko").away < learned.DOUBTED_BY
    assert learned.hear("아침에 된장국 끓여서 밥 말아 먹었어요", "식사는 하셨어요?", "ko").away > learned.CERTAIN_BY


@pytest.fixture
def three_words_that_tell(monkeypatch: pytest.MonkeyPatch) -> None:
    """A model that knows three words: two that lean to an emergency only together, and one that does so by a little."""
    weights = {"wlantern": 3.0, "worchard": 3.0, "wmarmalade": 3.8}
    of_one = learned.STEP / learned.FEWEST**learned.EVEN
    known = {gram: learned.packed(round(weight * of_one), 0) for gram, weight in weights.items()}
    table = learned.Weights(known, {}, [SignalCode.NUTRITION], (-3.2, -9.0), (0.9, 0.9), -9.0)
    monkeypatch.setattr(learned, "weights", lambda _: table)


@pytest.mark.parametrize(
    ("turns", "level"),
    [
        (("a lantern for the cat", "then an orchard came"), Level.EMERGENCY),
        (("a lantern for the cat", "my cousin plays whist", "then an orchard came"), Level.NONE),  # one between
        (("a lantern for the cat", "my cousin plays whist"), Level.NONE),
        (("then an orchard came",), Level.NONE),
        (("marmalade it was",), Level.EMERGENCY),
        (("a lantern in the orchard", "my cousin plays whist"), Level.NONE),  # it was heard in the first
        (("my cousin plays whist", "marmalade it was"), Level.NONE),  # leans too little beside harmless talk
    ],
)
def test_two_turns_are_heard_together(turns: tuple[str, ...], level: Level, three_words_that_tell: None) -> None:
    """Half of real emergencies are told in pieces, each nearly nothing by itself."""
    ear = Ear("en")
    assert [ear.hear(words, "How have you been?").level for words in turns][-1] is level
