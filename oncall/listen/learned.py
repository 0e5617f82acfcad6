"""What a small linear model, trained by `scripts/train_net`, makes of one turn: a second opinion beside the rules.

It only ever adds: a guess is a level with a calibrated score and no code, for the whole turn. Nothing but arithmetic on
a table of small numbers, so the same words give the same guess everywhere.
"""

import json
import zlib
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from pathlib import Path

from oncall.listen import spelling
from oncall.models.risk import Level, SignalCode

TABLE = Path(__file__).with_suffix(".bin")
HEADS = (Level.EMERGENCY, Level.URGENT)  # "so or worse"
BUCKETS = 1 << 16
_READ = 400  # letters of a turn that are looked at
_ASKED = 60  # letters at the end of our question


@dataclass(frozen=True, slots=True)
class Guess:
    """`score` is the share of such turns that were rightly so in cross-validation; `code` is None: it cannot tell."""

    level: Level
    score: float
    code: SignalCode | None = None


@dataclass(frozen=True)
class Weights:
    """One language's table: a signed byte for each bucket and head, and by head its scale, bias and threshold."""

    tables: tuple[memoryview, ...]
    scales: tuple[float, ...]
    biases: tuple[float, ...]
    thresholds: tuple[float, ...]
    precisions: tuple[float, ...]


def buckets(words: str, question: str, language: str) -> list[int]:
    """The buckets of the n-grams of a turn and of the end of our question, each once and in order."""
    read = _korean if language == "ko" else _english
    found = read(words[:_READ])
    asked = question.strip()[-_ASKED:]
    found |= _asked(asked, language)
    return sorted({zlib.crc32(gram) & (BUCKETS - 1) for gram in found})


def _english(words: str) -> set[bytes]:
    text = spelling.english(words).text.encode("ascii", "replace")
    found = {text[at : at + size] for size in (3, 4, 5) for at in range(len(text) - size + 1)}
    spoken = [b"w" + word for word in text.split()]
    found.update(spoken)
    found.update(one + b" " + two for one, two in pairwise(spoken))
    return found


def _korean(words: str) -> set[bytes]:
    text = ("." + spelling.korean(words).text).encode("utf-16-le")
    return {text[at : at + size] for size in (4, 6, 8) for at in range(0, len(text) - size + 1, 2)}


def _asked(question: str, language: str) -> set[bytes]:
    if language == "ko":
        text = spelling.korean(question).text.rstrip(".")[-8:].encode("utf-16-le")
        return {b"?" + text[at : at + 6] for at in range(0, len(text) - 5, 2)}
    return {b"?" + word for word in spelling.english(question).text.encode("ascii", "replace").split()[-5:]}


def sums(found: list[int], weights: Weights) -> list[float]:
    """By head, how far `found` leans to it; lengths of turns are evened out."""
    even = len(found) ** -0.5 if found else 0.0
    return [
        bias + scale * even * sum([table[at] for at in found])
        for table, scale, bias in zip(weights.tables, weights.scales, weights.biases, strict=True)
    ]


@lru_cache(maxsize=4)
def weights(language: str) -> Weights | None:
    """The table of a language (ko, en); None where nothing was trained."""
    if not TABLE.exists():
        return None
    head, _, body = TABLE.read_bytes().partition(b"\n")
    written = json.loads(head)["languages"]
    if language not in written:
        return None
    table = memoryview(zlib.decompress(body)).cast("b")
    first = list(written).index(language) * len(HEADS) * BUCKETS
    tables = tuple(table[first + n * BUCKETS : first + (n + 1) * BUCKETS] for n in range(len(HEADS)))
    row = written[language]
    return Weights(tables, *(tuple(row[name]) for name in ("scales", "biases", "thresholds", "precisions")))


def hear(words: str, question: str, language: str) -> list[Guess]:
    """The gravest level the model is sure enough of, or nothing. `question` is what we said just before."""
    known = weights(language)
    if known is None or not words.strip():
        return []
    leaning = sums(buckets(words, question, language), known)
    for level, sum_, threshold, precision in zip(HEADS, leaning, known.thresholds, known.precisions, strict=True):
        if sum_ >= threshold:
            return [Guess(level, precision)]
    return []
