"""Sentences out of words that arrive piece by piece, each handed on as soon as it has ended."""

import re

# After Hangul a sign ends a sentence at once; elsewhere it may stand in a number or a short form.
_END = re.compile(r"(?<=[가-힣])[.?!。？！…]+[\"'”’)\]]*|[.?!。？！…]+[\"'”’)\]]*(?=\s)|\n+")
_WORD = re.compile(r"\w")
_NO_END = re.compile(r"(?:\b(?:dr|mr|mrs|ms|st|no|e\.g|i\.e)|\d)\.$", re.IGNORECASE)


class Sentences:
    """The sentences of one turn, while it is being spoken."""

    def __init__(self) -> None:
        self._begun = ""

    def add(self, words: str) -> list[str]:
        """The sentences that have ended now; where a sign may not be the end, that is known once more follows."""
        self._begun += words
        whole, start = [], 0
        for end in _END.finditer(self._begun):
            if _NO_END.search(self._begun[start : end.end()]):
                continue
            whole.append(self._begun[start : end.end()].strip())
            start = end.end()
        self._begun = self._begun[start:]
        return [sentence for sentence in whole if _WORD.search(sentence)]

    def rest(self) -> list[str]:
        """The turn is over: what has not been handed on."""
        last, self._begun = self._begun.strip(), ""
        return [last] if _WORD.search(last) else []


def sentences_of(text: str) -> list[str]:
    """The sentences of a whole text, in order."""
    spoken = Sentences()
    return [*spoken.add(text), *spoken.rest()]
