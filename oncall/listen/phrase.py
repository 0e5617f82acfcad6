"""One phrase of the net's rule files, written almost as it is spoken, made into a pattern that runs in linear time.

    숨 ~ {못|안} 쉬      a space joins words however the recogniser spaced them; ~ lets a few letters pass, ~~ some more
    {옆집|앞집|}         one of these, or (an empty one) nothing;  <person> is a set named in the rule file (sets may nest)
    ^뭐라고.  {요|$}     only where a sentence begins (Korean);  or where it ends
    가슴 + 식은땀        the second later in the same sentence;  가슴 & 식은땀  either may come first
    fall*                in English, any ending

A gap never crosses the end of a sentence, nor (but for + and &) a "not", and every repetition is bounded.
"""

import re
from dataclasses import dataclass, field
from functools import cached_property

from oncall.listen.spelling import KO_EMPTY, folded

_PIECE = re.compile(r"\{[^{}]*\}|<[a-z_]+>|~~|~|\+|[^{}<>~+]+")
_END = "$"
_KO_NOT = "(?!(?<![동집방])안|못)"  # not the second half of "during", "at home", "in the room"
_KO_GAP = {"~": rf"(?:{_KO_NOT}[^.]){{0,5}}?", "~~": rf"(?:{_KO_NOT}[^.]){{0,16}}?", "+": r"[^.]{0,30}?"}
_EN_NOT = (
    "(?!not |no |never |nor |cannot |(?:is|are|was|were|do|does|did|have|has|had|wo|ca|could|would|should|ai|must)nt )"
)
_EN_GAP = {
    "~": rf"(?:{_EN_NOT}(?!, )[^ .]{{1,20}} ){{0,2}}?",
    "~~": rf"(?:{_EN_NOT}[^ .]{{1,20}} ){{0,6}}?",
    "+": r"(?:[^ .]{1,20} ){0,12}?",
}


@dataclass(frozen=True)
class Phrase:
    """One phrase: `pattern` is tried only where one literal of every entry of `needs` is in the text.

    In Korean its groups are what follows a gap: words of few letters, that must not be the inside of another word.

    The entry least likely to be met by chance comes first.
    """

    source: str
    needs: tuple[frozenset[str], ...]
    regex: str = field(repr=False)

    def could_fit(self, present: set[str]) -> bool:
        """Whether the words `present` in a text leave the phrase a chance."""
        # A plain loop: this runs a dozen times for every turn, and a generator costs more than what it asks.
        for need in self.needs:  # noqa: SIM110 (for speed)
            if need.isdisjoint(present):
                return False
        return True

    @property
    def words(self) -> set[str]:
        """Every literal the phrase asks about."""
        return {word for need in self.needs for word in need}

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """The compiled pattern; compiled at the first text that could hold it."""
        return re.compile(self.regex)


def read_all(sources: list[str], language: str, sets: dict[str, str]) -> tuple[Phrase, ...]:
    """Every phrase of a rule; what may come in either order is read as two. Raises ValueError as `read` does."""
    written = [ordered for source in sources for ordered in _orders(source)]
    return tuple(read(source, language, sets) for source in written)


def _orders(source: str) -> list[str]:
    first, _, second = source.partition(" & ")
    return [f"{first} + {second}", f"{second} + {first}"] if second else [source]


def read(source: str, language: str, sets: dict[str, str]) -> Phrase:
    """The phrase written as `source`. Raises ValueError for an unknown set or a phrase that needs nothing."""
    build = _korean if language == "ko" else _english
    phrase = build(source, sets)
    if not phrase.needs:
        raise ValueError(f"the phrase {source!r} would fit any text")
    return phrase


def pieces(source: str, sets: dict[str, str]) -> list[str | list[str]]:
    """The phrase in order: a str is plain words or a gap, a list is one-of."""
    found: list[str | list[str]] = []
    if "".join(_PIECE.findall(source)) != source:
        raise ValueError(f"unbalanced brackets in the phrase {source!r}")
    for piece in _PIECE.findall(source):
        if piece[0] == "{":
            found.append([word for part in piece[1:-1].split("|") for word in _named(part.strip(), sets)])
        elif piece[0] == "<":
            found.append(_named(piece, sets))
        else:
            found.append(piece.strip() if piece.strip(" ") in {"~", "~~", "+"} else piece)
    return found


def _named(part: str, sets: dict[str, str]) -> list[str]:
    if not (part.startswith("<") and part.endswith(">")):
        return [part]
    if part[1:-1] not in sets:
        raise ValueError(f"no set is named {part}")
    return [word for written in sets[part[1:-1]].split("|") for word in _named(written.strip(), sets)]


def _rarest_first(needs: list[tuple[str, ...]]) -> tuple[frozenset[str], ...]:
    return tuple(frozenset(need) for need in sorted(needs, key=lambda need: (-min(map(len, need)), len(need))))


def _korean(source: str, sets: dict[str, str]) -> Phrase:
    needs: list[tuple[str, ...]] = []
    regex = r"(?<![^.])" * source.startswith("^")
    after_gap = True
    for piece in pieces(source.removeprefix("^"), sets):
        opens = "(" if after_gap else "(?:"
        after_gap = isinstance(piece, str) and (piece in _KO_GAP or (after_gap and not piece.strip()))
        if isinstance(piece, list):
            regex += opens + "|".join(_ko_words(word) for word in sorted(piece, key=len, reverse=True)) + ")"
            if all(word and word != _END for word in piece):
                needs.append(tuple(need for word in piece for need in _ko_needs(word)))
        elif piece in _KO_GAP:
            regex += _KO_GAP[piece]
        elif piece.strip():
            regex += r"\.?" * piece.startswith(" ") + f"{opens}{_ko_words(piece)})" + r"\.?" * piece.endswith(" ")
            needs.append(tuple(_ko_needs(piece)))
        else:
            regex += r"\.?"
    return Phrase(source, _rarest_first(needs), regex)


def _ko_words(words: str) -> str:
    """Words in a row; one of mere emphasis among them may be missing, since the spelling leaves it out."""
    written = words.split()
    if words == _END:
        return r"(?=\.|$)"
    inside = range(1, len(written) - 1)
    joined = r"\.?".join(
        f"(?:{re.escape(folded(word))})?" if word in KO_EMPTY and number in inside else re.escape(folded(word))
        for number, word in enumerate(written)
    )
    forms = _forms(joined[-1]) if len("".join(written)) > 1 else ""
    return f"{joined[:-1]}[{joined[-1]}{forms}]" if forms else joined


_INTO = {20: (6,), 13: (14,), 8: (9,), 18: (4, 0)}  # by vowel: 리 려, 우 워, 오 와, 쓰 써


def _forms(syllable: str) -> str:
    """How an open last syllable of a verb goes on (때리, 때려, 때렸; 나오, 나와, 나왔; 하, 해, 했); "" if it cannot."""
    code = ord(syllable) - 0xAC00
    if not 0 <= code < 11172 or code % 28:
        return ""
    onset, vowel = code // 588, code // 28 % 21
    vowels = (1,) if (onset, vowel) == (18, 0) else _INTO.get(vowel, ())
    open_forms = [0xAC00 + (onset * 21 + into) * 28 for into in vowels]
    past = [form + 20 for form in open_forms or [ord(syllable)]]
    return folded("".join(map(chr, [*open_forms, *past])))


def _ko_needs(words: str) -> list[str]:
    """Words of which one must be there; of the longest one every form it may go on in, or what they share."""
    written = words.split()
    word = folded(max([word for word in written if word not in KO_EMPTY] or written, key=len))
    forms = _forms(word[-1]) if folded(written[-1]) == word and len("".join(written)) > 1 else ""
    if not forms:
        return [word]
    return [word[:-1]] if len(word) > 2 else [word, *(word[:-1] + form for form in forms)]


def _english(source: str, sets: dict[str, str]) -> Phrase:
    needs: list[tuple[str, ...]] = []
    regex = "(?<= )"
    for piece in pieces(source, sets):
        if isinstance(piece, list):
            optional = "" in piece
            words = [word for word in piece if word]
            one = "|".join(_en_words(word) for word in sorted(words, key=len, reverse=True))
            regex += f"(?:(?:{one}) )" + "?" * optional
            if not optional:
                needs.append(tuple(_en_need(word) for word in words))
        elif piece in _EN_GAP:
            regex += _EN_GAP[piece]
        elif piece.strip():
            regex += _en_words(piece) + " "
            needs.append((_en_need(piece),))
        regex += "" if regex.endswith("(?:, )?") else "(?:, )?"
    return Phrase(source, _rarest_first(needs), regex.removesuffix("(?:, )?"))


def _en_words(words: str) -> str:
    return " (?:, )?".join(_en_word(word) for word in _plain(words).split())


def _en_word(word: str) -> str:
    return re.escape(word.removesuffix("*")) + ("[a-z]{0,12}" if word.endswith("*") else "")


def _en_need(words: str) -> str:
    return max((word.rstrip("*") for word in _plain(words).split()), key=len)


def _plain(words: str) -> str:
    return words.lower().replace("'", "").replace("’", "").replace("-", " ")
