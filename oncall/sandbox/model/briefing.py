"""What the instructions ask for: numbered questions, a closing, a sentence to say word for word, a language."""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass

_QUESTION = re.compile(r"^\s*\d+[.)]\s*\[([^\]\n]+)\]\s*(\S.*?)\s*$", re.MULTILINE)
_NAMED = re.compile(r"\[([^\]\n]{1,60})\]")
_CLOSING = re.compile(
    r"^[^\n\"“「]{0,60}(?:closing|마무리)[^\n\"“「]{0,60}\n?[^\"“「]{0,400}?[\"“「]([^\"”」]+)[\"”」]",
    re.IGNORECASE | re.MULTILINE,
)
_EXACTLY = re.compile(
    r"(?:say exactly|그대로 (?:말하|말씀하|읽으)\S*)\s*[:：]?\s*[\"“「](.+)[\"”」]", re.IGNORECASE | re.DOTALL
)
_END = re.compile(
    r"\b(end|finish|close|wrap up) the call|say goodbye|통화를 (마무리|종료|끝)|마무리 ?인사|작별", re.IGNORECASE
)
_LIKED = re.compile(r"may mention one[^\n«]*«([^»\n]+)»")
_HANGUL = re.compile("[가-힣]")
_LATIN = re.compile("[A-Za-z]")


@dataclass(frozen=True, slots=True)
class Question:
    """One line `N. [code] question text`."""

    code: str
    text: str


@dataclass(frozen=True, slots=True)
class Briefing:
    """The instructions as the stand-in understands them; everything may be missing."""

    questions: tuple[Question, ...] = ()
    closing: str | None = None
    exactly: str | None = None
    wants_end: bool = False
    language: str | None = None
    liked: str = ""
    """Something noted of the person that may be mentioned once; "" for nothing."""
    named: tuple[str, ...] = ()
    """Codes in square brackets outside the numbered lines, as in "ask [sleep] next"."""


@functools.lru_cache(maxsize=256)
def read_briefing(instructions: str) -> Briefing:
    """Read instructions of any length; nothing recognised gives an empty briefing."""
    questions = tuple(Question(code.strip(), text) for code, text in _QUESTION.findall(instructions))
    closing = _CLOSING.search(instructions)
    exactly, liked = _EXACTLY.search(instructions), _LIKED.search(instructions)
    spoken = " ".join(question.text for question in questions) or (exactly.group(1) if exactly else instructions)
    return Briefing(
        questions=questions,
        closing=" ".join(closing.group(1).split()) if closing else None,
        exactly=" ".join(exactly.group(1).split()) if exactly else None,
        wants_end=bool(_END.search(instructions)),
        language=language_of(spoken),
        liked=liked.group(1) if liked else "",
        named=tuple(code.strip() for code in _NAMED.findall(_QUESTION.sub("", instructions))),
    )


def language_of(text: str) -> str | None:
    """ko or en, whichever script there is more of (a syllable counts for three letters); None without letters."""
    hangul, latin = len(_HANGUL.findall(text)), len(_LATIN.findall(text))
    if not hangul and not latin:
        return None
    return "ko" if 3 * hangul >= latin else "en"
