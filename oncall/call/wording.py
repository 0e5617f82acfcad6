"""Wordings in the files of speech rules, written almost as they are spoken, and made into patterns of bounded work.

    계좌 ~ {알려|불러} 주    a space may be missing in Korean; ~ lets a few letters (in English two words) pass, ~~ more
    {약|진통제|}            one of these, or (an empty one) nothing;  <ask> is a set named in the file (sets may nest)
    {!말씀|기다}             none of these may stand here
    _앱                    only at the beginning of a word;  prescri*  in English, any ending
    ^take ~~ .             ^ is the beginning of the sentence, . the end of one that asks nothing, ? of one that asks

The signs are those of the phrase net's files, so that who can read one can read the other; the text is our own, which
has no recogniser's errors, so nothing else of the net is needed here.
"""

import re
import unicodedata
from dataclasses import dataclass
from functools import cached_property

_PIECE = re.compile(r"\{[^{}]*\}|<[a-z_]+>|~~|~|[^{}<>~]+")
_KO_GAP = {"~": r".{0,7}?", "~~": r".{0,20}?"}
_EN_GAP = {"~": r"(?:\S{1,20} ){0,2}?", "~~": r"(?:\S{1,20} ){0,7}?"}
_NO_LETTERS = re.compile(r"[^\w%]+")
_SHORT_WILL = re.compile(r"['’]ll\b")
_ASKS = re.compile(r"[?？]\W*$")
_SIGNS = re.compile(r"[\s_^*.?\-]+")
_APOSTROPHES = re.compile(r"['’‘`´]")


def plain(sentence: str, language: str) -> str:
    """Lower-case words one space apart and, as a word of its own, "?" or "." for whether something is asked.

    English has a space at each end, no apostrophes ("youre"), and "I will" for "I'll", which is not "ill".
    """
    text = unicodedata.normalize("NFC", sentence).lower()
    if language != "ko":
        text = _APOSTROPHES.sub("", _SHORT_WILL.sub(" will", text))
    words = _NO_LETTERS.sub(" ", text).strip()
    if not words:
        return ""
    return f" {words} {'?' if _ASKS.search(text) else '.'} "


def joined(text: str) -> str:
    """A text, or words of a wording, without spaces and signs: as `needs` are looked for."""
    return _APOSTROPHES.sub("", _SIGNS.sub("", text.lower()))


@dataclass(frozen=True)
class Wording:
    """One wording: `pattern` can only fit where a word of each set in `needs` stands in the text without its spaces."""

    source: str
    needs: tuple[frozenset[str], ...]
    regex: str

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """The compiled pattern; compiled at the first text that could hold it."""
        return re.compile(self.regex)

    def places(self, text: str, present: set[str]) -> list[tuple[int, int]]:
        """Where it stands in `text` (as `plain` spells it), of whose words `present` are those a file asks about."""
        if any(need.isdisjoint(present) for need in self.needs):
            return []
        return [found.span() for found in self.pattern.finditer(text)]

    @property
    def words(self) -> set[str]:
        """Every word it asks about."""
        return {word for need in self.needs for word in need}


def read(source: str, language: str, sets: dict[str, str]) -> Wording:
    """The wording written as `source`. Raises ValueError for an unknown set or a wording that fits anything."""
    if "".join(_PIECE.findall(source)) != source:
        raise ValueError(f"unbalanced brackets in {source!r}")
    gaps, one_of, words = (_KO_GAP, _ko_one, _ko_words) if language == "ko" else (_EN_GAP, _en_one, _en_words)
    needs: list[frozenset[str]] = []
    regex = "" if language == "ko" else "(?<= )"
    for piece in _PIECE.findall(source):
        if piece.startswith("{!"):
            regex += f"(?!{one_of(_choices('{' + piece[2:], sets))})"
        elif piece[0] in "{<":
            choices = _choices(piece, sets)
            regex += one_of(choices)
            if all(choices):
                needs.append(frozenset(joined(word) for word in choices))
        elif piece.strip() in gaps:
            regex += gaps[piece.strip()]
        elif piece.strip():
            regex += words(piece)
            needs.append(frozenset({joined(piece)}))
        elif language == "ko":
            regex += " ?"
    if not needs:
        raise ValueError(f"the wording {source!r} would fit any text")
    return Wording(source, tuple(needs), regex)


def _choices(piece: str, sets: dict[str, str]) -> list[str]:
    if piece[0] == "{":
        return [word for part in piece[1:-1].split("|") for word in _named(part.strip(), sets)]
    return _named(piece, sets)


def _named(part: str, sets: dict[str, str]) -> list[str]:
    if not (part.startswith("<") and part.endswith(">")):
        return [part]
    if part[1:-1] not in sets:
        raise ValueError(f"no set is named {part}")
    return [word for written in sets[part[1:-1]].split("|") for word in _named(written.strip(), sets)]


def _ko_one(choices: list[str]) -> str:
    longest_first = sorted(filter(None, choices), key=len, reverse=True)
    return "(?:" + "|".join(_ko_words(word) for word in longest_first) + ")" + "?" * ("" in choices)


def _ko_words(words: str) -> str:
    lead, tail = " ?" * words.startswith(" "), " ?" * words.endswith(" ")
    return lead + " ?".join(_ko_word(word) for word in words.split()) + tail


def _ko_word(word: str) -> str:
    lead = r"(?<!\w)" if word.startswith("_") else r"(?<=^ )" if word.startswith("^") else ""
    return lead + re.escape(word.lstrip("_^"))


def _en_one(choices: list[str]) -> str:
    longest_first = sorted(filter(None, choices), key=len, reverse=True)
    return "(?:" + "|".join(_en_words(word) for word in longest_first) + ")" + "?" * ("" in choices)


def _en_words(words: str) -> str:
    return "".join(_en_word(word) for word in _APOSTROPHES.sub("", words.lower()).replace("-", " ").split())


def _en_word(word: str) -> str:
    lead = r"(?<=^ )" * word.startswith("^")
    return lead + re.escape(word.lstrip("^").removesuffix("*")) + r"\w{0,12}" * word.endswith("*") + " "
