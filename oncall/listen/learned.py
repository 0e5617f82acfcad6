"""What a small linear model, trained by `scripts/train_net`, makes of one turn: a second opinion beside the rules.

A guess is a level with a calibrated score, the kind of trouble it sounds most like, and the sentence that sounds so;
it can only raise (D2). How far a turn is from any emergency it says as well: what a phrase alone has heard in words far
from one is then urgent and no emergency (T-2). Nothing but sums over a table of small numbers, so the same words give the same
opinion everywhere.
"""

import json
import re
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise, repeat
from pathlib import Path

from oncall.listen import spelling
from oncall.models.risk import Level, SignalCode

TABLE = Path(__file__).with_suffix(".bin")
HEADS = (Level.EMERGENCY, Level.URGENT)  # "so or worse"
STEP = 100.0  # what a weight is multiplied with before it is rounded to a whole number
ALONE = 2.0  # how much farther one sentence of several must lean by itself: what stands beside it often explains it
EVEN = -0.3  # how far the lengths of turns are evened out: their sums times the number of known grams to this power
FEWEST = 16  # as of so many are the sums of fewer grams taken: one word alone says little
DOUBTED_BY = 1.0  # how much farther words must lean to be doubted: what is said in few of them leans little
CERTAIN_BY = 4.0  # the same of rules marked `certain` (N-4)
FOLLOWING = 1.0  # how much farther a turn must lean to be an emergency when the one before it was none,
TOGETHER = 2.5  # and how much farther the two of them together: half of real emergencies are told in pieces
_AROUND = 24  # letters on either side of a phrase that are heard with it, where its sentence is longer
_READ = 400  # letters of a turn that are looked at
_ASKED = 60  # letters at the end of our question
_SHORT = 5  # words of an answer that means little without its question
_SENTENCE = re.compile(r"[^.?!。？！\n\"“”]*[.?!。？！\n\"“”]*")
_ENDS = re.compile(r"[.?!。？！\n\"“”]")
_NO_WORD = re.compile(r"\b(?=\w{4})(?=\w*[a-z]\d[a-z]|\d[a-z]+\d)\w+")  # "wr1te": written to slip past, said by nobody
_HANGUL_WORD = re.compile(r"[가-힣0-9]+")
_FIELD = 1 << 20  # a sum of weights is nowhere near so large
_HALF = _FIELD // 2


@dataclass(frozen=True, slots=True)
class Guess:
    """`score` is the share of such turns that were rightly so in cross-validation; `[start, end)` sounds most like it."""

    level: Level
    score: float
    code: SignalCode
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Opinion:
    """What the model makes of a turn, and how far it leans from any emergency, in the sentence that leans least from one."""

    guess: Guess | None = None
    away: float = 0.0


@dataclass(frozen=True)
class Weights:
    """One language's table: by gram the weight for each head, by head its bias and the score it is right with, and how
    far from an emergency a turn must lean to be doubted.

    The weights of a gram are one number (`packed`), to be summed at once.
    """

    grams: dict[str, int]
    kinds: dict[str, list[tuple[int, int]]]  # by gram, numbers of codes and what they gain
    codes: list[SignalCode]
    biases: tuple[float, float]  # less the threshold: above nought it is a guess
    precisions: tuple[float, float]
    doubted: float


def grams(words: str, question: str, language: str) -> set[str]:
    """The pieces of a turn and of the end of our question that the model has weights for."""
    asked = question.strip()[-_ASKED:]
    return _korean(words[:_READ], asked) if language == "ko" else _english(words[:_READ], asked)


def _english(words: str, asked: str) -> set[str]:
    text = spelling.english(_NO_WORD.sub(" ", words)).text
    found = _in_a_row(text, (3, 4, 5))
    spoken = [word for word in text.split() if word not in ".,"]
    found.update(["w" + word for word in spoken])
    found.update([f"b{one}_{two}" for one, two in pairwise(spoken)])
    found.update([f"k{one}_{two}" for one, two in zip(spoken, spoken[2:], strict=False)])
    question = spelling.english(asked).text.split()[-8:]
    found.update(["?" + word for word in question])
    if len(spoken) <= _SHORT:
        found.update([f"?{one}&{two}" for one in question for two in spoken])
    return found


def _korean(words: str, asked: str) -> set[str]:
    text = "." + spelling.korean(words).text
    found = _in_a_row(text, (2, 3, 4))
    spoken = [word[:3] for word in _HANGUL_WORD.findall(spelling.folded(words))]
    found.update(["W" + word for word in spoken])
    spoken = [word[:2] for word in spoken]
    found.update(["w" + word for word in spoken])
    found.update([f"b{one}_{two}" for one, two in pairwise(spoken)])
    found.update([f"k{one}_{two}" for one, two in zip(spoken, spoken[2:], strict=False)])
    question = spelling.korean(asked).text.rstrip(".")[-12:]
    found.update(["?" + question[at : at + 3] for at in range(len(question) - 2)])
    if len(spoken) < _SHORT:
        found.update([f"?{question[at : at + 2]}&{word}" for at in range(len(question) - 1) for word in spoken])
    return found


def _in_a_row(text: str, sizes: tuple[int, ...]) -> set[str]:
    """Every so many letters of `text` in a row."""
    return set().union(*(map(text.__getitem__, _slices(len(text), size)) for size in sizes))


@lru_cache(maxsize=2048)
def _slices(length: int, size: int) -> list[slice]:
    return [slice(at, at + size) for at in range(length - size + 1)]


def packed(grave: int, urgent: int) -> int:
    """One gram, its weight for an emergency and its weight for urgent, as one number."""
    return (_FIELD + grave) * _FIELD + urgent


def leanings(found: Iterable[str], known: Weights) -> tuple[float, float]:
    """By head, how far `found` leans beyond what is raised; above nought it is."""
    # One sum for all three, how many there are and the two weights: this is done for every sentence of every turn.
    told = sum(map(known.grams.get, found, repeat(0)))
    urgent = (told + _HALF) % _FIELD - _HALF
    told = (told - urgent) // _FIELD
    grave = (told + _HALF) % _FIELD - _HALF
    even = max((told - grave) // _FIELD, FEWEST) ** EVEN / STEP
    return known.biases[0] + grave * even, known.biases[1] + urgent * even


@lru_cache(maxsize=4)
def weights(language: str) -> Weights | None:
    """The table of a language (ko, en); None where nothing was trained."""
    if not TABLE.exists():
        return None
    written = json.loads(zlib.decompress(TABLE.read_bytes())).get(language)
    if written is None:
        return None
    return Weights(
        {gram: packed(grave, urgent) for gram, grave, urgent in written["grams"]},
        {gram: [(code, gain) for code, gain in kinds] for gram, kinds in written["kinds"]},
        [SignalCode(code) for code in written["codes"]],
        tuple(written["biases"]),
        tuple(written["precisions"]),
        written["doubted"],
    )


def hear(
    words: str, question: str, language: str, *, alone: float = ALONE, before: tuple[str, str] | None = None
) -> Opinion:
    """The gravest level the model is sure enough of, if any. `question` is what we said just before, `before` the turn
    before this one, with its question.

    Of several sentences each is heard by itself as well, and must lean `alone` farther then: nothing said beside it makes a
    plain danger less (TH-05).
    """
    known = weights(language)
    if known is None or not words.strip():
        return Opinion()
    heard = pieces(words, question, language)
    leaning = {span: leanings(found, known) for span, found in heard.items()}
    if not alone and question:
        # Whatever was said before it may be there to part an answer from its question.
        for start, end in [span for span in heard if span[0]]:
            grave, urgent = leanings(grams(words[start:end], question, language), known)
            leaning[start, end] = max(grave, leaning[start, end][0]), max(urgent, leaning[start, end][1])
    away = known.doubted - max(lean[0] for lean in leaning.values())
    whole = (0, len(words))
    following = FOLLOWING if before and alone else 0.0
    for head, level in enumerate(HEADS):
        least = following if level is Level.EMERGENCY else 0.0
        if max(lean[head] - (alone if span != whole else 0.0) for span, lean in leaning.items()) > least:
            place = max(leaning, key=lambda span: (leaning[span][head], span[0] - span[1]))
            return Opinion(Guess(level, known.precisions[head], _kind(heard[place], known), *place), away)
        if before and level is Level.EMERGENCY:
            together = grams(f"{before[0]} {words}", before[1], language)
            if leanings(together, known)[head] > TOGETHER:
                return Opinion(Guess(level, known.precisions[head], _kind(together, known), *whole), away)
    return Opinion(None, away)


def away(words: str, start: int, end: int, language: str) -> float:
    """How far the phrase at `[start, end)`, with what stands next to it, leans from any emergency: in a long turn without a
    full stop all else would drown it."""
    known = weights(language)
    if known is None:
        return 0.0
    first = words.rfind(" ", 0, max(0, start - _AROUND)) + 1
    last = words.find(" ", end + _AROUND)
    around = grams(words[first : last if last >= 0 else len(words)], "", language)
    return known.doubted - leanings(around, known)[0]


def pieces(words: str, question: str, language: str) -> dict[tuple[int, int], set[str]]:
    """The grams of the whole turn, and of each of its sentences by itself, by where they stand; our question belongs to
    what follows it."""
    heard = {(0, len(words)): grams(words, question, language)}
    for span in _sentences(words):
        heard.setdefault(span, grams(words[slice(*span)], question if span[0] == 0 else "", language))
    return heard


def _sentences(words: str) -> list[tuple[int, int]]:
    """Where the sentences of a turn stand; none when it is a single one."""
    if _ENDS.search(words, 0, min(_READ, len(words) - 1)) is None:
        return []
    found = []
    for match in _SENTENCE.finditer(words[:_READ]):
        start, end = match.span()
        start += len(match.group()) - len(match.group().lstrip())
        if words[start:end].strip(' ,.?!。？！\n"“”'):
            found.append((start, start + len(words[start:end].rstrip())))
    return found if len(found) > 1 else []


def _kind(found: set[str], known: Weights) -> SignalCode:
    """The kind of trouble that gains most."""
    gains = [0] * len(known.codes)
    for gram in found & known.kinds.keys():
        for code, gain in known.kinds[gram]:
            gains[code] += gain
    return known.codes[max(range(len(gains)), key=gains.__getitem__)]
