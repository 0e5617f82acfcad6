"""The standing rules of speech, held against our own words before they are heard (safety.md 2.3, 2.4, 2.7).

Words in, decisions out, without a model: what may not be said is in `prompts/speech.*.toml`; how much at once, how many
questions and which numbers is decided here. The fixed lines residents hear word for word always may be said (T-7).

    rules = SpeechRules(Language.KO, ("cannot_walk",))
    rules.they_said("누구요? 사람이에요?")
    rules.check("아니요, 저는 인공지능이에요.")         # None: may be heard
    rules.check("계좌번호 좀 불러 주시겠어요?")          # Broken("C-06.account", ..., Severity.STOP)
    rules.turn_done()
"""

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from oncall.call import lines, wording
from oncall.call.sentences import sentences_of
from oncall.call.speech_rulebook import Kept, MayNotSay, Severity, rulebook
from oncall.models import Language
from oncall.models.contact import contacts_in
from oncall.settings import settings

MOST_SENTENCES = 3  # two, and what was heard said back (C-11)
MOST_SYLLABLES = 40  # of one Korean sentence
MOST_WORDS = 25  # of one English sentence
ANSWER = 6  # letters of what can be told from any other words
PROMISES = "C-13"  # how the rules about promises are named
SHORT = {Language.KO: 15, Language.EN: 60}  # letters of what can be a filler (C-41)

_NUMBER = re.compile(r"\d(?:[\s.-]?\d){2,}")
_HANGUL = re.compile(r"[가-힣]")
_KO_QUESTION = re.compile(r"(까요|까|나요|은가요|신가요|던가요|ㄴ가요)\s*[.~]*$")


class Broken(NamedTuple):
    """A rule one of our sentences breaks; `why` is said to whoever reads the count, never to a resident."""

    rule: str
    why: str
    severity: Severity


class SpeechRules:
    """One call's rules and what they must remember of it; `circumstances` are the resident's (C-39), `answers` what a
    person has written to be said to them: no promise of ours, but one that stands in the database (C-13)."""

    def __init__(self, language: Language, circumstances: Sequence[str] = (), answers: Sequence[str] = ()) -> None:
        self._language, self._book = language, rulebook(language)
        read = (self._book.read(sentence)[0][:-2].strip() for one in answers for sentence in sentences_of(one))
        self._answers = [words for words in read if len(words) >= ANSWER]
        self._circumstances = set(circumstances)
        self._said: set[str] = set()  # what could be a filler, over the whole call
        self._questions = self._sentences = 0  # of this turn
        self._heard: set[str] = set()  # what their last turn was about, by HeardRule
        self._owed: set[str] = set()  # what this turn must still say, by MustSay

    def they_said(self, words: str) -> None:
        """Their turn in words: some things may not be said to it (C-38), some must be (C-14)."""
        text, present = self._book.read(words)
        self._heard = {entry.rule.id for entry in self._book.heard if entry.fits(text, present)}
        self._owed = {one.rule.id for one in self._book.must if one.rule.after in self._heard}

    def check(self, sentence: str) -> Broken | None:
        """The gravest rule this sentence of ours breaks; None when it may be heard. Call it once a sentence."""
        found = self.broken(sentence)
        return next((one for one in found if one.severity is Severity.STOP), found[0] if found else None)

    def broken(self, sentence: str) -> list[Broken]:
        """Every rule this sentence breaks; it counts as said."""
        text, present = self._book.read(sentence)
        if not text:
            return []
        self._owed -= {one.rule.id for one in self._book.must if one.fits(text, present)}
        if text[:-2] in _fixed(self._language):
            return []
        is_answer = any(answer in text for answer in self._answers)
        found = [_broken(entry.rule) for entry in self._book.rules
                 if self._holds(entry.rule) and entry.fits(text, present)
                 and not (is_answer and entry.rule.id.startswith(PROMISES))]  # fmt: skip
        return [*found, *_numbers(sentence), *self._shape(sentence, text)]

    def turn_done(self) -> Broken | None:
        """Our turn is over; what it owed and did not say."""
        owed = [_broken(one.rule) for one in self._book.must if one.rule.id in self._owed]
        self._questions = self._sentences = 0
        self._heard, self._owed = set(), set()
        return owed[0] if owed else None

    def _holds(self, rule: MayNotSay) -> bool:
        if rule.after and rule.after not in self._heard:
            return False
        return not rule.when or not self._circumstances.isdisjoint(rule.when)

    def _shape(self, sentence: str, text: str) -> list[Broken]:
        """How much is said at once, and whether it was said before: counted, never cut."""
        found = []
        asked = _questions_in(sentence, self._language)
        if asked and self._questions + asked > 1:
            found.append(Broken("C-11.questions", "more than one question in a turn", Severity.NOTE))
        self._questions += asked
        self._sentences += 1
        if self._sentences == MOST_SENTENCES + 1:
            found.append(Broken("C-11.sentences", "more than two sentences besides what was said back", Severity.NOTE))
        if _is_long(sentence, text, self._language):
            found.append(Broken("C-11.length", "a sentence too long to follow on the telephone", Severity.NOTE))
        if not asked and len(text) <= SHORT[self._language]:
            if text in self._said:
                found.append(Broken("C-41.filler", "the same filler twice in a call", Severity.NOTE))
            self._said.add(text)
        return found


def warm() -> None:
    """Read the files and compile every pattern now rather than while somebody waits for our voice."""
    for language in Language:
        book = rulebook(language)
        for group in (book.heard, book.rules, book.must):
            for entry in group:
                entry.compile()
        _fixed(language)


def rule_ids(language: Language) -> list[str]:
    """Every rule there is, those of the file first."""
    book = rulebook(language)
    return [*(entry.rule.id for entry in book.rules), *(entry.rule.id for entry in book.must), *_COUNTED]


_COUNTED = ("T-7.numbers", "C-11.questions", "C-11.sentences", "C-11.length", "C-41.filler")


def _broken(rule: Kept) -> Broken:
    return Broken(rule.id, rule.why, rule.severity)


def _numbers(sentence: str) -> list[Broken]:
    """Numbers to call are for fixed lines: any hotline, and anything long enough to be a telephone number (T-7)."""
    config = settings()
    ours = _digits(config.city_phone)
    known = {_digits(contact.number) for contact in contacts_in(config.prompts).by_code.values()}
    for found in _NUMBER.finditer(sentence):
        digits = _digits(found.group())
        if _MEASURED.search(sentence[max(0, found.start() - 20) : found.start()]):
            continue
        if digits != ours and (digits in known | _ELSEWHERE or len(digits) >= 7):
            return [Broken("T-7.numbers", "a number to call that no fixed line says", Severity.STOP)]
    return []


_ELSEWHERE = {"911", "999", "988", "116123", "1393", "15770199", "1366"}
_MEASURED = re.compile(r"혈압|혈당|당뇨|pressure|sugar|pulse", re.IGNORECASE)


def _digits(number: str) -> str:
    return "".join(filter(str.isdigit, number))


def _questions_in(sentence: str, language: Language) -> int:
    asked = sentence.count("?") + sentence.count("？")
    if not asked and language is Language.KO and _KO_QUESTION.search(sentence):
        return 1
    return asked


def _is_long(sentence: str, text: str, language: Language) -> bool:
    if language is Language.KO:
        return len(_HANGUL.findall(sentence)) > MOST_SYLLABLES
    return len(text.split()) > MOST_WORDS


@lru_cache(maxsize=2)
def _fixed(language: Language) -> frozenset[str]:
    """Every sentence of every fixed line, as the rules read it."""
    return frozenset(
        wording.plain(sentence, language)[:-2]
        for _, line in lines.nameless(language)
        for sentence in sentences_of(line)
    )
