"""The rules of speech: each has somebody who answers for it, holds at its own sentences, and lets kind speech pass."""

import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from oncall.call import lines, speech_rules, wording
from oncall.call.sentences import Sentences, sentences_of
from oncall.call.speech_rulebook import Entry, HeardRule, MayNotSay, MustSay, Severity, rulebook
from oncall.call.speech_rules import Broken, SpeechRules
from oncall.models import Language
from oncall.models.fact import facts_in
from oncall.settings import settings

CORPUS = Path(__file__).parent / "speech"
_LINE = re.compile(
    r"(?:(?P<rule>[A-Z]-\d+)(?: \[(?P<known>\w+)\])?(?: \((?P<after>.*?)\))?: |\((?P<heard>.*?)\) )?(?P<said>.*)"
)


def entries(language: Language) -> Iterator[Entry[HeardRule] | Entry[MayNotSay] | Entry[MustSay]]:
    book = rulebook(language)
    yield from book.heard
    yield from book.rules
    yield from book.must


EXAMPLES = [
    pytest.param(language, entry, said, breaks, id=f"{language}.{entry.rule.id}-{'yes' if breaks else 'no'}-{number}")
    for language in Language
    for entry in entries(language)
    for breaks, sentences in ((True, entry.rule.yes), (False, entry.rule.no))
    for number, said in enumerate(sentences)
]


def corpus(name: str, language: Language) -> list[re.Match[str]]:
    """The lines of one file of sentences, taken apart."""
    text = (CORPUS / f"{name}.{language}.txt").read_text(encoding="utf-8")
    found = [_LINE.fullmatch(line) for line in text.splitlines() if line and not line.startswith("#")]
    return [line for line in found if line]


def stops(language: Language, said: str, heard: str = "", known: str = "") -> list[Broken]:
    """What a whole turn of ours is cut for."""
    rules = SpeechRules(language, (known,) if known else ())
    if heard:
        rules.they_said(heard)
    broken = [one for sentence in sentences_of(said) for one in rules.broken(sentence)]
    owed = rules.turn_done()
    return [one for one in [*broken, *([owed] if owed else [])] if one.severity is Severity.STOP]


@pytest.mark.parametrize(("language", "entry", "said", "breaks"), EXAMPLES)
def test_a_rule_holds_at_its_own_sentences_and_only_there(
    language: Language, entry: Entry[HeardRule] | Entry[MayNotSay] | Entry[MustSay], said: str, breaks: bool
) -> None:
    rule = entry.rule
    if isinstance(rule, HeardRule):
        assert entry.fits(*rulebook(language).read(said)) is breaks
        return
    rules = SpeechRules(language, rule.when if isinstance(rule, MayNotSay) else ())
    if rule.after:
        rules.they_said(next(one.rule.yes[0] for one in rulebook(language).heard if one.rule.id == rule.after))
    broken = rules.broken(said)
    found = [rules.turn_done()] if isinstance(rule, MustSay) else broken
    assert (rule.id in {one.rule for one in found if one}) is breaks


@pytest.mark.parametrize("language", Language)
def test_every_rule_has_an_owner_and_a_name_of_its_own(language: Language) -> None:
    names = [entry.rule.id for entry in entries(language)]
    assert len(names) == len(set(names))
    assert all(entry.rule.owner.strip() for entry in entries(language))


def test_both_languages_have_the_same_rules() -> None:
    assert speech_rules.rule_ids(Language.KO) == speech_rules.rule_ids(Language.EN)


def test_a_rule_without_a_sentence_that_may_be_said_is_refused() -> None:
    written = {
        "id": "C-06.x",
        "owner": "somebody",
        "severity": "stop",
        "why": "asks for x",
        "phrases": ["a"],
        "yes": ["a"],
    }
    with pytest.raises(ValueError, match="no"):
        MayNotSay.model_validate(written)
    with pytest.raises(ValueError, match="severity"):
        MayNotSay.model_validate(written | {"no": ["b"], "severity": "grave"})


def test_a_wording_that_fits_anything_or_names_nobody_is_refused() -> None:
    with pytest.raises(ValueError, match="no set"):
        wording.read("<nobody> asks", "en", {})
    with pytest.raises(ValueError, match="any text"):
        wording.read("{a|} ~ {b|}", "en", {})
    with pytest.raises(ValueError, match="unbalanced"):
        wording.read("{a|b", "ko", {})


# -- bad sentences


@pytest.mark.parametrize("language", Language)
def test_no_bad_sentence_passes(language: Language) -> None:
    bad = corpus("bad", language)
    assert len(bad) >= 200
    passed = [
        line["said"] for line in bad if not stops(language, line["said"], line["after"] or "", line["known"] or "")
    ]
    assert passed == []


@pytest.mark.parametrize("language", Language)
def test_a_bad_sentence_is_nearly_always_stopped_for_its_own_reason(language: Language) -> None:
    bad = corpus("bad", language)
    own = [line for line in bad
           if any(broken.rule.startswith(line["rule"])
                  for broken in stops(language, line["said"], line["after"] or "", line["known"] or ""))]  # fmt: skip
    assert len(own) >= 0.97 * len(bad)


# -- good sentences


@pytest.mark.parametrize("language", Language)
def test_no_kind_sentence_is_cut(language: Language) -> None:
    good = corpus("good", language)
    assert len(good) >= 200
    cut = {line["said"]: stops(language, line["said"], line["heard"] or "") for line in good}
    assert {said: broken for said, broken in cut.items() if broken} == {}


@pytest.mark.parametrize("language", Language)
def test_no_fixed_line_and_no_way_a_fact_is_asked_is_cut(language: Language) -> None:
    said = [line for _, line in lines.nameless(language)]
    for fact in facts_in(settings().prompts).values():
        said += [fact.ask[language], fact.follow_up[language], fact.keypad[language]]
    assert len(said) > 60
    assert {line: stops(language, line) for line in said if stops(language, line)} == {}


@pytest.mark.parametrize("language", Language)
def test_how_a_fact_is_asked_breaks_nothing_at_all(language: Language) -> None:
    for fact in facts_in(settings().prompts).values():
        for said in (fact.ask[language], fact.follow_up[language]):
            assert SpeechRules(language).broken(said) == []


# -- are you a person?


def asked_if_person(language: Language) -> list[tuple[str, str, bool]]:
    found, question = [], ""
    for line in (CORPUS / f"person.{language}.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("? "):
            question = line[2:]
        elif line[:2] in {"+ ", "- "}:
            found.append((question, line[2:], line[0] == "+"))
    return found


PERSON = [(language, *one) for language in Language for one in asked_if_person(language)]


def test_thirty_ways_to_ask_whether_it_is_a_person() -> None:
    assert len({asked for _, asked, _, _ in PERSON}) >= 30


@pytest.mark.parametrize(("language", "asked", "reply", "right"), PERSON)
def test_asked_whether_it_is_a_person_it_says_that_it_is_an_ai(
    language: Language, asked: str, reply: str, right: bool
) -> None:
    assert bool(stops(language, reply, asked)) is not right


def test_the_answer_owed_is_owed_in_that_turn_only() -> None:
    rules = SpeechRules(Language.KO)
    rules.they_said("사람이에요, 기계예요?")
    assert rules.check("네, 식사는 하셨어요?") is None
    owed = rules.turn_done()
    assert owed is not None
    assert owed.rule == "C-14.evades"
    assert rules.check("잠은 좀 주무셨어요?") is None
    assert rules.turn_done() is None


# -- how much, how often


def test_a_second_question_in_a_turn_is_counted_and_not_cut() -> None:
    rules = SpeechRules(Language.KO)
    assert rules.check("식사는 하셨어요?") is None
    second = rules.check("약은 드셨어요?")
    assert second is not None
    assert (second.rule, second.severity) == ("C-11.questions", Severity.NOTE)
    rules.turn_done()
    assert rules.check("잠은 주무셨어요?") is None


def test_what_was_heard_said_back_and_two_sentences_are_enough() -> None:
    rules = SpeechRules(Language.EN)
    for sentence in ("You had soup.", "That is good to know.", "And how did you sleep?"):
        assert rules.check(sentence) is None
    fourth = rules.check("Was it cold.")
    assert fourth is not None
    assert fourth.rule == "C-11.sentences"


def test_a_sentence_nobody_could_follow_is_counted() -> None:
    assert (broken := SpeechRules(Language.KO).check("네 그러셨군요 " * 8)) is not None
    assert broken.rule == "C-11.length"
    assert (broken := SpeechRules(Language.EN).check("and so you went there " * 6)) is not None
    assert broken.rule == "C-11.length"


def test_the_same_filler_twice_in_a_call_is_counted_and_a_question_asked_again_is_not() -> None:
    rules = SpeechRules(Language.KO)
    assert rules.check("네, 그러셨군요.") is None
    rules.turn_done()
    again = rules.check("네 그러셨군요!")
    assert again is not None
    assert again.rule == "C-41.filler"
    assert SpeechRules(Language.KO).check("네, 그러셨군요.") is None
    rules = SpeechRules(Language.KO)
    assert [rules.broken("약은 드셨어요?"), rules.turn_done(), rules.broken("약은 드셨어요?")] == [[], None, []]


def test_only_what_is_known_of_somebody_makes_a_sentence_wrong() -> None:
    said = "Have you been to the doctor about it?"
    assert SpeechRules(Language.EN).check(said) is None
    assert SpeechRules(Language.EN, ("cannot_walk",)).check(said) is None
    broken = SpeechRules(Language.EN, ("no_money_for_doctor",)).check(said)
    assert broken is not None
    assert broken.rule == "C-39.doctor"


def test_congratulations_are_for_good_news() -> None:
    assert stops(Language.EN, "Congratulations!", "my grandson got into university") == []
    assert stops(Language.EN, "Congratulations!", "my husband died in May")


def test_only_fixed_lines_say_numbers_and_ours_may_always_be_said() -> None:
    assert stops(Language.KO, f"도움이 필요하시면 {settings().city_phone}으로 전화 주세요.") == []
    assert stops(Language.KO, "도움이 필요하시면 02-555-1234로 전화 주세요.")
    assert stops(Language.KO, "혈압이 129까지 올랐다고 하셨군요.") == []
    assert stops(Language.EN, "If you are able to, you can also press one one nine on your telephone.") == []
    assert stops(Language.EN, "You could press one one nine.")


# -- sentences out of pieces


def test_sentences_are_handed_on_as_soon_as_they_have_ended() -> None:
    spoken = Sentences()
    pieces = ["네, 그러", "셨군요.", " 식사는", " 하셨어요?", " 어", "제"]
    assert [spoken.add(piece) for piece in pieces] == [[], ["네, 그러셨군요."], [], ["식사는 하셨어요?"], [], []]
    assert spoken.rest() == ["어제"]
    assert spoken.rest() == []


def test_a_point_in_a_number_or_a_short_form_ends_nothing() -> None:
    assert sentences_of("It is 3.5 degrees at Dr. Kim's. Is it cold?") == [
        "It is 3.5 degrees at Dr. Kim's.",
        "Is it cold?",
    ]
    assert sentences_of("... ") == []


# -- time


@pytest.mark.parametrize(("language", "sentence"), [
    (Language.KO, "네, 어르신 어제 따님이 오셔서 된장국하고 생선을 드시고 저녁에는 약도 잘 챙겨 드셨군요, 그러면 병원에는 언제 가세요?"),
    (Language.KO, "계좌번호하고 비밀번호를 알려 주시면 제가 내일 병원에 가서 약을 사다 드릴게요, 걱정하지 마세요."),
    (Language.EN, "So your daughter came on Sunday and you had soup together, and you took your tablets in the evening, and then?"),
    (Language.EN, "You should see a doctor, I promise you that somebody will come tomorrow and it will all be fine."),
])  # fmt: skip
def test_a_sentence_is_held_against_every_rule_within_a_millisecond(language: Language, sentence: str) -> None:
    speech_rules.warm()
    rules, took = SpeechRules(language), []
    rules.broken(sentence)
    for _ in range(100):
        began = time.thread_time()
        rules.broken(sentence)
        took.append(time.thread_time() - began)
    assert min(took) < 0.001


@pytest.mark.parametrize(
    ("language", "unit"),
    [(Language.KO, "약을 병원 계좌 알려 내일 "), (Language.EN, "you should i will it is my the doctor ")],
)
def test_ten_times_the_words_take_about_ten_times_as_long(language: Language, unit: str) -> None:
    speech_rules.warm()
    rules = SpeechRules(language)

    def best(said: str) -> float:
        took = []
        for _ in range(10):
            began = time.perf_counter()
            rules.broken(said)
            took.append(time.perf_counter() - began)
        return min(took)

    assert best(unit * 100) < 30 * best(unit * 10) + 0.002
