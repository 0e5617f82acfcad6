"""Evidence: the resident's own words behind a signal, found by code where the model says they stand (D8)."""

import re
import unicodedata
from dataclasses import dataclass

from oncall.listen.transcript import Line

_QUOTES = "\"'“”‘’「」『』«»…. "
_YES = re.compile(
    r"^\W*(네|예|응|어|그래|그려|그라제|맞아|맞어|맞습|하모|기여|yes|yeah|yep|yup|aye|i do|i am|i have|that's right|right)(?!\w)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Span:
    """`[start, end)` of turn number `turn`, and the words that stand there."""

    turn: int
    start: int
    end: int
    text: str


def find(quote: str, said: str) -> tuple[int, int] | None:
    """Where `quote` stands word for word in `said`, as offsets into `said`; None if it does not.

    Composition (NFC) and the width of spaces do not count; everything else does.
    """
    meant = _plain(quote.strip(_QUOTES))[0] or _plain(quote.strip())[0]
    if not meant:
        return None
    heard, starts, ends = _plain(said)
    at = heard.find(meant)
    return None if at < 0 else (starts[at], ends[at + len(meant) - 1])


def ground(turn: int, quote: str, lines: list[Line]) -> Span | None:
    """The span of a far-end turn that the quote is; None when the far end never said it.

    A quote given with the wrong number is accepted where it stands in one far-end turn only. A "yes" may be quoted by
    its question: the span is then the answer.
    """
    if 0 <= turn < len(lines) and lines[turn].is_far_end and (found := find(quote, lines[turn].text)):
        return _span(turn, found, lines)
    elsewhere = [
        (number, found)
        for number, line in enumerate(lines)
        if line.is_far_end and (found := find(quote, line.text)) and found[1] - found[0] > 3
    ]
    if len(elsewhere) == 1:
        return _span(*elsewhere[0], lines)
    return None


def was_ours(turn: int, quote: str, lines: list[Line]) -> bool:
    """The quote is the agent's own sentence, and nobody said yes to it: it never raises a level."""
    if not (0 <= turn < len(lines)) or lines[turn].is_far_end or find(quote, lines[turn].text) is None:
        return False
    return not said_yes(turn, lines)


def said_yes(turn: int, lines: list[Line]) -> bool:
    """The turn after `turn` is the far end's yes."""
    return turn + 1 < len(lines) and lines[turn + 1].is_far_end and _YES.match(lines[turn + 1].text) is not None


def _span(turn: int, found: tuple[int, int], lines: list[Line]) -> Span:
    return Span(turn, *found, lines[turn].text[slice(*found)])


def _plain(text: str) -> tuple[str, list[int], list[int]]:
    """Composed letters with single spaces, and for each where it began and ended in `text`."""
    letters: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    at = 0
    while at < len(text):
        end = at + 1
        while end < len(text) and (unicodedata.combining(text[end]) or "\u1160" <= text[end] <= "\u11ff"):
            end += 1
        for letter in unicodedata.normalize("NFC", text[at:end]):
            if letter.isspace():
                if letters and letters[-1] == " ":
                    ends[-1] = end
                    continue
                letter = " "
            letters.append(letter)
            starts.append(at)
            ends.append(end)
        at = end
    return "".join(letters), starts, ends
