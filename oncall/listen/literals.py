"""Which of many words stand in a text, found in one pass over it, so that only phrases that could fit are tried."""

from collections import defaultdict
from collections.abc import Iterable


class Literals:
    """A fixed set of words, looked up by their first two letters, or as the beginnings of a word."""

    def __init__(self, words: Iterable[str]) -> None:
        self._all = frozenset(words)
        self._longest = max(map(len, self._all), default=0)
        self._single: set[str] = set()
        longer: dict[str, list[str]] = defaultdict(list)
        for word in self._all:
            if len(word) == 1:
                self._single.add(word)
            else:
                longer[word[:2]].append(word)
        self._longer = {start: tuple(sorted(found)) for start, found in longer.items()}

    def beginning_words(self, text: str) -> set[str]:
        """Those of the words that a word of `text` begins with: the same, for a language that is written with spaces."""
        every, longest = self._all, self._longest
        found = self._single.intersection(text)
        for spoken in set(text.split()):
            for size in range(2, min(len(spoken), longest) + 1):
                if (word := spoken[:size]) in every:
                    found.add(word)
        return found

    def within(self, text: str) -> set[str]:
        """Those of the words that `text` contains."""
        found = self._single.intersection(text)
        longer = self._longer
        for place in range(len(text) - 1):
            words = longer.get(text[place : place + 2])
            if words is not None:
                for word in words:
                    if word not in found and text.startswith(word, place):
                        found.add(word)
        return found
