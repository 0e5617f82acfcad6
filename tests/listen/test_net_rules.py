"""The phrase net's rule files: every rule has somebody who answers for it, and rings where it says and nowhere else."""

import re
import time
import tomllib

import pytest

from oncall.listen import reading, safety, spelling
from oncall.listen.phrase import pieces, read
from oncall.listen.rulebook import LANGUAGES, rulebook
from oncall.listen.rules import (
    AcrossRule,
    AskedRule,
    InstructionRule,
    PartRule,
    Rule,
    SignalRule,
    VagueRule,
    VoiceRule,
    WishRule,
)
from oncall.models.risk import Level, SignalCode
from oncall.models.wish import Wish
from oncall.settings import settings
from tests.pace import slowness

RULES = [(language, rule) for language in LANGUAGES for rule in rulebook(language).rules()]
EXAMPLES = [
    pytest.param(language, rule, said, rings, id=f"{rule.id}-{'yes' if rings else 'no'}-{number}")
    for language, rule in RULES
    for rings, sentences in ((True, rule.yes), (False, rule.no))
    for number, said in enumerate(sentences)
]


@pytest.mark.parametrize(("language", "rule", "said", "rings"), EXAMPLES)
def test_a_rule_rings_at_its_own_sentences_and_only_there(language: str, rule: Rule, said: str, rings: bool) -> None:
    understood = safety.Ear(language, guesses=False).hear(said)
    match rule:
        case SignalRule():
            own = [hit for hit in understood.hits if hit.rule == rule.id]
            if rings:
                assert {hit.level for hit in own} & {rule.level, rule.others}
            else:
                assert all(hit.level.rank < max(rule.level.rank, Level.WATCH.rank) for hit in own)
        case WishRule():
            assert any(hit.wish is rule.wish for hit in understood.hits) is rings
        case VoiceRule():
            assert (understood.answered_by is rule.answered_by) is rings
        case InstructionRule():
            assert understood.instruction is rings
        case VagueRule():
            assert understood.vague is rings
        case PartRule():
            assert (rule.id in reading.read(said, language).parts) is rings


ACROSS = [
    pytest.param(language, rule, turns, rings, id=f"{rule.id}-{'yes' if rings else 'no'}-{number}")
    for language in LANGUAGES
    for rule in rulebook(language).across
    for rings, calls in ((True, rule.yes), (False, rule.no))
    for number, turns in enumerate(calls)
]
ASKED = [
    pytest.param(language, one.rule, question, answer, rings, id=f"{one.rule.id}-{'yes' if rings else 'no'}-{number}")
    for language in LANGUAGES
    for one in rulebook(language).asked
    for rings, pairs in ((True, one.rule.yes), (False, one.rule.no))
    for number, (question, answer) in enumerate(pairs)
]


@pytest.mark.parametrize(("language", "rule", "turns", "rings"), ACROSS)
def test_parts_ring_together_and_not_one_without_the_other(
    language: str, rule: AcrossRule, turns: list[str], rings: bool
) -> None:
    ear = safety.Ear(language, guesses=False)
    heard = [hit for words in turns for hit in ear.hear(words, question="…").hits if hit.rule == rule.id]
    assert bool(heard) is rings
    for part_missing in range(len(turns)) if rings and len(turns) > 1 else ():
        ear = safety.Ear(language, guesses=False)
        fewer = [words for number, words in enumerate(turns) if number != part_missing]
        assert not [hit for words in fewer for hit in ear.hear(words, question="…").hits if hit.rule == rule.id]


@pytest.mark.parametrize(("language", "rule", "question", "answer", "rings"), ASKED)
def test_a_short_answer_means_what_was_asked(
    language: str, rule: AskedRule, question: str, answer: str, rings: bool
) -> None:
    levels = [hit.level.rank for hit in safety.Ear(language, guesses=False).hear(answer, question).hits]
    assert (max(levels, default=0) >= Level.URGENT.rank) is rings
    assert safety.Ear(language, guesses=False).hear(answer).level.rank <= max(levels, default=0)


def test_every_rule_has_an_owner_and_a_name_of_its_own() -> None:
    names = [(language, rule.id) for language, rule in RULES]
    assert len(names) == len(set(names))
    assert all(rule.owner.strip() for _, rule in RULES)


def test_a_rule_without_a_sentence_that_must_not_ring_is_refused() -> None:
    written = {"id": "x", "owner": "somebody", "phrases": ["a"], "yes": ["a"], "code": "fall", "level": "watch"}
    with pytest.raises(ValueError, match="no"):
        SignalRule.model_validate(written)
    with pytest.raises(ValueError, match="yes"):
        SignalRule.model_validate(written | {"yes": [], "no": ["b"]})
    across = {
        "id": "x",
        "owner": "somebody",
        "parts": ["a", "b"],
        "code": "fall",
        "level": "watch",
        "yes": [["a", "b"]],
    }
    with pytest.raises(ValueError, match="no"):
        AcrossRule.model_validate(across)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_net_listens_for_every_code_and_every_wish_that_follow_up_depends_on(language: str) -> None:
    rules = rulebook(language).rules()
    assert {rule.code for rule in rules if isinstance(rule, SignalRule)} == set(SignalCode)
    assert {rule.wish for rule in rules if isinstance(rule, WishRule)} == set(Wish)


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_phrase_needs_a_word_the_net_does_not_read(language: str) -> None:
    """A word of emphasis is taken out of what is said, so a phrase that waits for one would never ring."""
    empty = spelling.KO_EMPTY if language == "ko" else spelling.EN_EMPTY
    sets: dict[str, str] = {}
    for name in ("net", "across"):
        sets |= tomllib.loads((settings().prompts / f"{name}.{language}.toml").read_text(encoding="utf-8"))["sets"]
    for rule in rulebook(language).rules():
        for source in rule.phrases:
            for piece in pieces(source, sets):
                words = piece.split() if isinstance(piece, str) else []
                assert language == "ko" or not empty.intersection(words), (rule.id, source)
                assert language == "en" or isinstance(piece, list) or piece not in empty, (rule.id, source)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_pattern_is_bounded_so_that_time_grows_with_the_words_only(language: str) -> None:
    for entry in rulebook(language).entries:
        for phrase in (*entry.phrases, *entry.unless):
            assert not re.search(r"(?<!\\)[*+](?!\))", phrase.regex.replace(r"\+", "")), phrase.source


def test_an_unknown_set_or_a_phrase_that_fits_anything_is_refused() -> None:
    with pytest.raises(ValueError, match="no set"):
        read("<nobody> fell", "en", {})
    with pytest.raises(ValueError, match="any text"):
        read("{a|} ~ {b|}", "en", {})
    with pytest.raises(ValueError, match="unbalanced"):
        read("{a|b", "en", {})


@pytest.mark.parametrize(("language", "turn"), [
    ("ko", "네 잘 지내고 있어요 밥은 먹었는데 약은 안 먹었고 병원은 갔다 왔어 어제 친구가 와서 경로당에 같이 갔다가 거기서 점심을 먹고 화투도 치고 놀았지 무릎이야 늘 쑤시지 " * 3),
    ("ko", "넘어졌는데 못 일어나겠어 숨이 차서 말을 못 하겠고 가스 냄새도 나 살려 주세요 119 불러 줘요 죽고 싶어 " * 4),
    ("en", "my knees ache a bit but I got out to the shops yesterday and my daughter rang last night and I had porridge and took my tablets " * 3),
])  # fmt: skip
def test_a_long_turn_is_heard_within_a_few_milliseconds(language: str, turn: str) -> None:
    safety.warm()
    took = []
    for _ in range(200):
        began = time.thread_time()
        safety.hear(turn[:200], language)
        took.append(time.thread_time() - began)
    # Its own time on the processor, the best of many: what the machine does besides is not the net's. Five are the aim.
    assert min(took) < 0.005 * slowness()


def test_ten_times_the_words_take_about_ten_times_as_long() -> None:
    safety.warm()

    def best(said: str) -> float:
        took = []
        for _ in range(15):
            began = time.perf_counter()
            safety.hear(said, "ko")
            took.append(time.perf_counter() - began)
        return min(took)

    for unit in ("약 가스 숨 불 ", "안안못못", "숨이 숨이 차 차 "):
        assert best(unit * 250) < 40 * best(unit * 25) + 0.002
