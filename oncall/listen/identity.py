"""What the first words of somebody who picked up tell."""

import re

from oncall.models.first_words import FirstWords

_READ = [
    (FirstWords.NOTHING, re.compile(r"^\W*$")),
    (FirstWords.DECEASED, re.compile(r"돌아가셨|세상을 떠|passed away|has died")),
    (FirstWords.CHILD, re.compile(r"할머니 자|할아버지 자|엄마 없|grandma'?s asleep")),
    (FirstWords.NO, re.compile(r"아닌데|아니에요|잘못 거|wrong number|not (her|him|me)")),
    (FirstWords.OTHER, re.compile(r"딸인데|아들인데|며느리|daughter|her son")),
    (FirstWords.SAY_AGAIN, re.compile(r"뭐라고|다시 말|안 들려|sorry\?|pardon|say that again")),
    (FirstWords.WHO_ARE_YOU, re.compile(r"누구세요|누구요|who is this|who are you")),
    (FirstWords.YES, re.compile(r"^(네|예|응|맞|그래|yes|yeah|speaking)", re.I)),
]


def first_words(words: str, language: str) -> FirstWords:
    """One reading."""
    return next((kind for kind, pattern in _READ if pattern.search(words)), FirstWords.TALKS)


def is_back_channel(words: str, language: str) -> bool:
    """Only a sign of listening."""
    return re.fullmatch(r"\W*((네|예|응|어|음|그래|아|mm|uh|huh|yes|yeah)\W*)+", words, re.I) is not None


def interrupts(words: str, language: str) -> bool:
    """A call for attention."""
    return re.search(r"잠깐|여보세요|도와|wait|hold on|hello|help", words, re.I) is not None
