"""Stems heard as they sound: recognisers of Korean confuse a final or a vowel more often than a whole word.

A text is taken as a row of plain sounds (finals carried over, tense and aspirated as plain, ㅐ as ㅔ), and of a stem
with one more sound wrong either the first or the last few are right: those are looked up, the rest compared.
"""

from collections.abc import Iterable

_ONSETS = [
    "ㄱ",
    "ㄱ",
    "ㄴ",
    "ㄷ",
    "ㄷ",
    "ㄹ",
    "ㅁ",
    "ㅂ",
    "ㅂ",
    "ㅅ",
    "ㅅ",
    "-",
    "ㅈ",
    "ㅈ",
    "ㅈ",
    "ㄱ",
    "ㄷ",
    "ㅂ",
    "-",
]
_VOWELS = [
    "ㅏ",
    "ㅔ",
    "ㅑ",
    "ㅔ",
    "ㅓ",
    "ㅔ",
    "ㅓ",
    "ㅔ",
    "ㅗ",
    "ㅘ",
    "ㅔ",
    "ㅔ",
    "ㅛ",
    "ㅜ",
    "ㅝ",
    "ㅔ",
    "ㅟ",
    "ㅠ",
    "ㅡ",
    "ㅣ",
    "ㅣ",
]
_CODAS = [
    "-",
    "ㄱ",
    "ㄱ",
    "ㄱㅅ",
    "ㄴ",
    "ㄴㅈ",
    "ㄴ",
    "ㄷ",
    "ㄹ",
    "ㄹㄱ",
    "ㄹㅁ",
    "ㄹㅂ",
    "ㄹㅅ",
    "ㄹㄷ",
    "ㄹㅂ",
    "ㄹ",
    "ㅁ",
    "ㅂ",
    "ㅂㅅ",
    "ㅅ",
    "ㅅ",
    "ㅇ",
    "ㅈ",
    "ㅈ",
    "ㄱ",
    "ㄷ",
    "ㅂ",
    "-",
]
_SOUNDS = {
    0xAC00 + (onset * 21 + vowel) * 28 + coda: (_ONSETS[onset] + _VOWELS[vowel] + _CODAS[coda]).replace("-", "")
    for onset in range(19)
    for vowel in range(21)
    for coda in range(28)
}
_GRAM = 6  # sounds at either end of a stem that are looked up


def sounds_of(text: str) -> str:
    """The plain sounds of `text`; what is not Hangul is its own sound."""
    return text.translate(_SOUNDS)


def ends(stem: str) -> set[str]:
    """The first and the last few sounds of `stem` (given as sounds), one of which a text must hold."""
    return {stem[:_GRAM], stem[-_GRAM:]}


class Sounds:
    """A text as the sounds it is made of."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._sounds = sounds_of(text)

    def grams(self) -> set[str]:
        """Every few sounds in a row."""
        sounds = self._sounds
        return {sounds[place : place + _GRAM] for place in range(len(sounds) - _GRAM + 1)}

    def find(self, stem: str, confusable: Iterable[str]) -> list[tuple[int, int]]:
        """Where `stem` (as sounds) stands in the text but for one sound added, lost or exchanged.

        What contains one of `confusable` is a word of its own and not a slip.
        """
        owners = [place for place, letter in enumerate(self._text) for _ in sounds_of(letter)]
        found = []
        for half, shift in ((stem[:_GRAM], 0), (stem[-_GRAM:], len(stem) - _GRAM)):
            at = self._sounds.find(half)
            while at >= 0:
                start, end = _closest(self._sounds, max(0, at - shift - 1), stem)
                if end > start:
                    span = owners[start], owners[end - 1] + 1
                    near = self._text[max(0, span[0] - 1) : span[1] + 2]
                    if span not in found and not any(word in near for word in confusable):
                        found.append(span)
                        break
                at = self._sounds.find(half, at + 1)
        return found


def _closest(sounds: str, around: int, stem: str) -> tuple[int, int]:
    """A stretch beginning within two sounds of `around` that is at most one sound from `stem`; (0, 0) if none."""
    for start in range(around, min(around + 3, len(sounds))):
        for length in (len(stem), len(stem) - 1, len(stem) + 1):
            if start + length <= len(sounds) and _one_apart(sounds[start : start + length], stem):
                return start, start + length
    return 0, 0


def _one_apart(heard: str, meant: str) -> bool:
    """At most one sound added, lost or exchanged."""
    same = 0
    shorter = min(len(heard), len(meant))
    while same < shorter and heard[same] == meant[same]:
        same += 1
    if same == len(heard) == len(meant):
        return True
    if len(heard) == len(meant):
        return heard[same + 1 :] == meant[same + 1 :]
    if len(heard) < len(meant):
        return heard[same:] == meant[same + 1 :]
    return heard[same + 1 :] == meant[same:]
