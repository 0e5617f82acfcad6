"""Which phrases could stand in a text at all, by the words it holds: only those are tried."""

from collections import Counter
from collections.abc import Iterable

from oncall.listen.phrase import Phrase


class Candidates:
    """Phrases with the number of the rule they belong to, each looked up by that of its words that speech holds least often."""

    def __init__(self, phrases: Iterable[tuple[int, Phrase]], often: Counter[str]) -> None:
        """`often` is how many ordinary sentences hold a word."""
        keyed: dict[str, dict[tuple[int, Phrase, tuple[frozenset[str], ...]], None]] = {}
        for number, written in phrases:
            rarest, *others = sorted(written.needs, key=lambda need: sum(often[word] for word in need))
            for word in rarest:
                keyed.setdefault(word, {})[number, written, tuple(others)] = None
        self._keyed = {word: tuple(found) for word, found in keyed.items()}

    def among(self, present: set[str]) -> dict[int, list[Phrase]]:
        """By number, the phrases of which every word could be there, where a text holds the words `present`."""
        found: dict[int, list[Phrase]] = {}
        keyed = self._keyed
        for word in keyed.keys() & present:
            for number, written, others in keyed[word]:
                for need in others:
                    if need.isdisjoint(present):
                        break
                else:
                    phrases = found.setdefault(number, [])
                    if written not in phrases:
                        phrases.append(written)
        return found
