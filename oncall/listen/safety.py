"""The phrase net: what must never be missed, heard in-process, without network or model, on every far-end turn.

It can only raise. The model may hear more, a person may lower; nothing said by the agent, and no instruction spoken
into the line, makes it quiet (D2, N-1 to N-7).
"""

from oncall.listen import learned
from oncall.listen.ear import Ear
from oncall.listen.reading import Hit, Place, Understood
from oncall.listen.rulebook import LANGUAGES, rulebook
from oncall.models.wish import Wish

__all__ = ["Ear", "Hit", "Place", "Understood", "Wish", "hear", "listen", "warm"]


def hear(text: str, language: str) -> list[Hit]:
    """What one far-end turn raises and asks for. Under a millisecond; `language` is "ko" or "en".

    A turn in another script than its language's is read with that script's rules too (H-45).
    """
    return listen(text, language).hits


def listen(text: str, language: str) -> Understood:
    """The same, with who seems to speak and whether the words are addressed to the machine (E9)."""
    return Ear(language).hear(text)


def warm() -> None:
    """Read the rule files and compile what is compiled at first use, so that no call pays for it."""
    for language in LANGUAGES:
        rulebook(language).compile()
        learned.weights(language)
