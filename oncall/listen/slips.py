"""Stems heard with one sound wrong: recognisers of Korean confuse a final or a vowel more often than a whole word.

Linear: of a stem with one wrong sound one half is right, so the right half is looked up and the other one compared.
"""

from functools import cached_property

from oncall.listen.spelling import sounds_of


class Sounds:
    """A text as the sounds it is made of, taken apart once and only when somebody asks."""

    def __init__(self, text: str) -> None:
        self._text = text

    @cached_property
    def _parts(self) -> tuple[str, list[int]]:
        parts = [sounds_of(letter) for letter in self._text]
        return "".join(parts), [place for place, part in enumerate(parts) for _ in part]

    def find(self, stems: tuple[str, ...], confusable: list[str]) -> list[tuple[int, int]]:
        """Where one of `stems` (as sounds) stands in the text but for one sound added, lost or exchanged.

        What contains one of `confusable` is a word of its own and not a slip.
        """
        sounds, owners = self._parts
        found = []
        for stem in stems:
            middle = len(stem) // 2
            for half, shift in ((stem[:middle], 0), (stem[middle:], middle)):
                at = sounds.find(half)
                while at >= 0:
                    start, end = _closest(sounds, max(0, at - shift - 1), stem)
                    if end > start:
                        span = owners[start], owners[end - 1] + 1
                        near = self._text[max(0, span[0] - 1) : span[1] + 1]
                        if not any(word in near for word in confusable):
                            found.append(span)
                            break
                    at = sounds.find(half, at + 1)
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
