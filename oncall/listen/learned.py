"""What a small linear model, trained by `scripts/train_net`, makes of one turn: a second opinion beside the rules.

A guess is a level with a calibrated score, the kind of trouble it sounds most like, and the sentence that sounds so;
it can only raise (D2). Where the model hears nothing grave at all it says so: a rule that is not certain by itself is
then urgent and no emergency (T-2). Nothing but sums over a table of small numbers, so the same words give the same
opinion everywhere.
"""

import json
import re
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
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
_AROUND = 24  # letters on either side of a phrase that are heard with it, where its sentence is longer
_READ = 400  # letters of a turn that are looked at
_ASKED = 60  # letters at the end of our question
_SHORT = 5  # words of an answer that means little without its question
_SENTENCE = re.compile(r"[^.?!。？！\n\"“”]*[.?!。？！\n\"“”]*")
_HANGUL_WORD = re.compile(r"[가-힣0-9]+")


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
    """What the model makes of a turn; `doubts` when no emergency sounds like this, in none of its sentences."""

    guess: Guess | None = None
    doubts: bool = False


@dataclass(frozen=True)
class Weights:
    """One language's table: by gram the weight for each head, by head its bias and the score it is right with, and how
    far from an emergency a turn must lean to be doubted."""

    grams: dict[str, tuple[int, int]]
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
    text = spelling.english(words).text
    found = {text[at : at + size] for size in (3, 4, 5) for at in range(len(text) - size + 1)}
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
    found = {text[at : at + size] for size in (2, 3, 4) for at in range(len(text) - size + 1)}
    spoken = [spelling.folded(word)[:3] for word in _HANGUL_WORD.findall(words)]
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


def leanings(found: Iterable[str], known: Weights) -> tuple[float, float]:
    """By head, how far `found` leans beyond what is raised; above nought it is."""
    grave, urgent, weights_of = 0, 0, known.grams.get
    rows = [row for gram in found if (row := weights_of(gram)) is not None]
    for row in rows:
        grave += row[0]
        urgent += row[1]
    even = max(len(rows), FEWEST) ** EVEN / STEP
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
        {gram: (grave, urgent) for gram, grave, urgent in written["grams"]},
        {gram: [(code, gain) for code, gain in kinds] for gram, kinds in written["kinds"]},
        [SignalCode(code) for code in written["codes"]],
        tuple(written["biases"]),
        tuple(written["precisions"]),
        written["doubted"],
    )


def hear(words: str, question: str, language: str, *, alone: float = ALONE) -> Opinion:
    """The gravest level the model is sure enough of, if any. `question` is what we said just before.

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
    doubts = max(lean[0] for lean in leaning.values()) < known.doubted - DOUBTED_BY
    whole = (0, len(words))
    for head, level in enumerate(HEADS):
        if max(lean[head] - (alone if span != whole else 0.0) for span, lean in leaning.items()) > 0:
            place = max(leaning, key=lambda span: (leaning[span][head], span[0] - span[1]))
            return Opinion(Guess(level, known.precisions[head], _kind(heard[place], known), *place), doubts)
    return Opinion(None, doubts)


def doubts(words: str, start: int, end: int, language: str) -> bool:
    """Whether the phrase at `[start, end)`, with what stands next to it, sounds like no emergency either: in a long turn
    without a full stop all else would drown it."""
    known = weights(language)
    if known is None:
        return False
    first = words.rfind(" ", 0, max(0, start - _AROUND)) + 1
    last = words.find(" ", end + _AROUND)
    around = grams(words[first : last if last >= 0 else len(words)], "", language)
    return leanings(around, known)[0] < known.doubted - DOUBTED_BY


def pieces(words: str, question: str, language: str) -> dict[tuple[int, int], set[str]]:
    """The grams of the whole turn, and of each of its sentences by itself, by where they stand; our question belongs to
    what follows it."""
    heard = {(0, len(words)): grams(words, question, language)}
    for span in _sentences(words):
        heard.setdefault(span, grams(words[slice(*span)], question if span[0] == 0 else "", language))
    return heard


def _sentences(words: str) -> list[tuple[int, int]]:
    """Where the sentences of a turn stand; none when it is a single one."""
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
