"""Text as the phrase net reads it: one spelling without what recognisers get wrong, every letter knowing its place.

Korean loses its spaces (recognisers place them badly, N-3), English its apostrophes and capitals. Of punctuation only
"." remains for the end of a sentence, and "," in English. Hesitations and words of mere emphasis go.
"""

import re
import unicodedata
from dataclasses import dataclass
from functools import cached_property, lru_cache

END = "."
_ENDS = frozenset(".?!。？！\n")
_KO_EMPHASIS = (
    "어 음 으음 에 아 흠 막 좀 쫌 그냥 진짜 진짜로 정말 정말로 너무 너무너무 이제 인자 인제 아주 되게 엄청 참 "
    "억수로 솔직히 글쎄 아이고 아이구 에구 아유 어휴 에휴 뭐야 있잖아 있잖아요 저기 그러니까 긍게 하이고"
)
_EN_EMPHASIS = (
    "um uh er erm ah oh hmm just really very actually quite honestly totally so basically simply even literally"
)
KO_EMPTY, EN_EMPTY = frozenset(_KO_EMPHASIS.split()), frozenset(_EN_EMPHASIS.split())
_WORD = re.compile(r"\S+")
_SYLLABLES = re.compile(r"[가-힣0-9]+")
_EDGES = " ,.?!…~-\"'“”‘’·。？！"
_APOSTROPHES = frozenset("'’‘`´")
_BREAKS = frozenset(",;:—–")
_SHORT_IS = re.compile(r"(?i)(?<!\bit)(?<!\bhe)(?<!\bshe)(?<!\bthat)(?<!\bthere)(?<!\bwhat)(?<!\bwho)(?<!\blet)['’]s$")


# Letters that recognisers exchange because they sound alike (ㅐ for ㅔ, a final ㅆ for ㅅ), and dialect words of one
# syllable: phrases and speech are both read in the one spelling. Guards are not: 대 (they say) is not 데 (but).
_ALIKE_VOWELS = {1: 5, 3: 5, 7: 5, 10: 11, 15: 11}
_ALIKE_CODAS = {20: 19}
_FOLDED = {
    code: chr(0xAC00 + (onset * 21 + _ALIKE_VOWELS.get(vowel, vowel)) * 28 + _ALIKE_CODAS.get(coda, coda))
    for code in range(0xAC00, 0xAC00 + 11172)
    for onset, vowel, coda in [((code - 0xAC00) // 588, (code - 0xAC00) // 28 % 21, (code - 0xAC00) % 28)]
    if vowel in _ALIKE_VOWELS or coda in _ALIKE_CODAS
} | {
    ord(said): meant for said, meant in {"몬": "못", "읎": "업", "없": "업", "않": "안", "찮": "찬", "묵": "먹"}.items()
}


_KNOWN = 1 << 15  # words of each language whose spelling is kept: speech is made of few
_UNSPACED = 8  # letters: a longer word is several that the recogniser wrote as one


def folded(text: str) -> str:
    """Hangul with letters that are often confused written one way; as many letters as before."""
    return text.translate(_FOLDED)


# Endings of verbs: rules name some of them, to tell what has happened from what is asked.
_ENDINGS = tuple(
    map(
        folded, ["습니", "는데", "어요", "아요", "다고", "니까", "지요", "합니", "입니", "면서", "려고", "더니", "거든"]
    )
)
# Particles and small adverbs that people write together with what follows.
_MAY_END = frozenset(folded("이가은는을를도에로만고꽉콱막안못몬또잘다더쭉확푹뚝온왼맨죽.0123456789"))


@dataclass(frozen=True, slots=True)
class _Word:
    """One spoken word in the net's spelling; letter i of it came from `[starts[i], ends[i])` of the word."""

    text: str
    starts: tuple[int, ...]
    ends: tuple[int, ...]


@dataclass(frozen=True)
class Spelled:
    """`text` as the net reads it, and where each letter of it came from in what was said.

    `plain` is the same before letters that sound alike were written one way.
    """

    text: str
    plain: str
    _words: list[tuple[int, _Word]]  # with where each begins

    @cached_property
    def starts(self) -> list[int]:
        """Of each letter, where it begins in what was said; looked for only once something was heard."""
        return [at + start for at, word in self._words for start in word.starts]

    @cached_property
    def ends(self) -> list[int]:
        """Of each letter, where it ends in what was said."""
        return [at + end for at, word in self._words for end in word.ends]

    @cached_property
    def words(self) -> list[int]:
        """The number of the spoken word that each letter belongs to."""
        return [number for number, (_, word) in enumerate(self._words) for _ in word.text]

    def place(self, start: int, end: int) -> tuple[int, int]:
        """Where `[start, end)` of this spelling stands in what was said."""
        return self.starts[start], self.ends[end - 1]

    def begins_word(self, start: int) -> bool:
        """Whether letter `start` may begin a word: spaces say so, where there are any, or a particle before it."""
        words = self.words
        if start == 0 or words[start] != words[start - 1] or self.text[start - 1] in _MAY_END:
            return True
        if self.text.startswith(_ENDINGS, start):
            return True
        return words.count(words[start]) >= _UNSPACED


@lru_cache(maxsize=8)  # rules and trained model read the same turn
def korean(said: str) -> Spelled:
    """Hangul without spaces and commas, sentences ending in a single "."."""
    words: list[tuple[int, _Word]] = []
    ended = True  # nothing to end
    for spoken in _WORD.finditer(said):
        word = _korean_word(spoken.group(), ended=ended)
        if word.text:
            words.append((spoken.start(), word))
            ended = word.text[-1] == END
    plain = "".join([word.text for _, word in words])
    return Spelled(folded(plain), plain, words)


@lru_cache(maxsize=8)
def english(said: str) -> Spelled:
    """Lower-case words one space apart, without apostrophes; "," and "." stand as words of their own."""
    words = [(0, _SPACE)]
    last = None
    for spoken in _WORD.finditer(said):
        word = _english_word(spoken.group(), last)
        if word.text:
            words.append((spoken.start(), word))
            last = word.text[-2:-1] if word.text[-2:-1] in _SIGNS else ""
    plain = "".join([word.text for _, word in words])
    return Spelled(plain, plain, words)


_SPACE = _Word(" ", (0,), (0,))
_SIGNS = frozenset({END, ","})


@lru_cache(maxsize=_KNOWN)
def _korean_word(spoken: str, *, ended: bool) -> _Word:
    """`ended` when a sentence has ended before it, or nothing was said yet."""
    letters: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    if spoken.strip(_EDGES) in KO_EMPTY:
        if spoken[-1] in "?!。？！" and not ended:
            _add(END, len(spoken) - 1, len(spoken), letters, starts, ends)
    elif _SYLLABLES.fullmatch(spoken):  # most words: nothing in them but whole syllables
        return _Word(spoken, tuple(range(len(spoken))), tuple(range(1, len(spoken) + 1)))
    else:
        for letter, start, end in _letters(spoken):
            if letter.isalnum():
                _add(letter, start, end, letters, starts, ends)
            elif letter in _ENDS and not _trails_off(spoken, letter) and not (letters[-1] == END if letters else ended):
                _add(END, start, end, letters, starts, ends)
    return _Word("".join(letters), tuple(starts), tuple(ends))


@lru_cache(maxsize=_KNOWN)
def _english_word(spoken: str, last: str | None) -> _Word:
    """With the space behind it; `last` is the sign before it, "" if it is another word, None if nothing was said yet."""
    letters = [" "] if last is None else [last, " "]
    known = len(letters)
    starts, ends = [0] * known, [0] * known
    if spoken.strip(_EDGES).lower() in EN_EMPTY:
        return _Word("", (), ())
    if spoken.isascii() and spoken.isalnum():  # most words: nothing in them but letters
        size = len(spoken)
        return _Word(spoken.lower() + " ", tuple(range(size + 1)), (*range(1, size + 1), size))
    short = _SHORT_IS.search(spoken.rstrip(_EDGES))
    for letter, start, end in _letters(spoken):
        if letter.isalnum():
            if short and start == short.start() + 1:
                # "my chest's tight" is read as "my chest is tight"
                _add(" ", start, start, letters, starts, ends)
                _add("i", start, start, letters, starts, ends)
            _add(letter, start, end, letters, starts, ends)
        elif letter in _APOSTROPHES:
            continue
        elif letter in _ENDS and not _trails_off(spoken, letter):
            _mark(END, start, end, letters, starts, ends)
        elif letter in _BREAKS:
            _mark(",", start, end, letters, starts, ends)
        elif letters[-1] != " ":
            _add(" ", start, end, letters, starts, ends)
    if letters[-1] != " ":
        _add(" ", len(spoken), len(spoken), letters, starts, ends)
    return _Word("".join(letters[known:]), tuple(starts[known:]), tuple(ends[known:]))


def _trails_off(spoken: str, letter: str) -> bool:
    """Dots in a row are a pause of somebody short of breath or words, not the end of a sentence."""
    return letter == "." and ".." in spoken


def _mark(sign: str, start: int, end: int, letters: list[str], starts: list[int], ends: list[int]) -> None:
    if letters[-1] != " ":
        _add(" ", start, start, letters, starts, ends)
    if len(letters) > 1 and letters[-2] != sign:
        _add(sign, start, end, letters, starts, ends)


def _add(letter: str, start: int, end: int, letters: list[str], starts: list[int], ends: list[int]) -> None:
    letters.append(letter)
    starts.append(start)
    ends.append(end)


def _letters(spoken: str) -> list[tuple[str, int, int]]:
    """Composed lower-case letters with their places; a letter sent in parts (NFD) counts as one."""
    if spoken.isascii() or unicodedata.is_normalized("NFC", spoken):
        return [(letter, i, i + 1) for i, letter in enumerate(_lower(spoken))]
    found: list[tuple[str, int, int]] = []
    start = 0
    for i in range(1, len(spoken) + 1):
        if i == len(spoken) or not _belongs_to_the_one_before(spoken[i]):
            found.extend((letter, start, i) for letter in _lower(unicodedata.normalize("NFC", spoken[start:i])))
            start = i
    return found


def _belongs_to_the_one_before(letter: str) -> bool:
    return unicodedata.combining(letter) != 0 or "\u1160" <= letter <= "\u11ff"


def _lower(text: str) -> str:
    lowered = text.lower()
    return lowered if len(lowered) == len(text) else text
