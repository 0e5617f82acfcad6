"""What is said where a key was asked for: danger, a wish about the call, who is there, or the key itself in words."""

from dataclasses import dataclass

from oncall.call import keypad
from oncall.call.ears import Ears, Hit
from oncall.call.keypad import Kind, Step
from oncall.models import Language, Level
from oncall.models.first_words import FirstWords
from oncall.models.wish import Wish

_WHO = {FirstWords.YES: "1", FirstWords.NO: "2", FirstWords.OTHER: "2"}


@dataclass(frozen=True)
class KeyedWords:
    """One answer in words, understood as an answer to a step; no words are none of these."""

    danger: Hit | None = None
    wish: Wish | None = None
    key: str = ""  # the key these words stand for
    is_child: bool = False

    @classmethod
    def of(cls, words: str, step: Step, language: Language, ears: Ears | None) -> "KeyedWords":
        """Understand `words`, said when `step` was asked; the phrase net hears them like those of a talk."""
        if not words or ears is None:
            return cls()
        hits = ears.ear(language.value).hear(words).hits
        danger = next((hit for hit in hits if hit.code is not None and hit.level is Level.EMERGENCY), None)
        wish = next((hit.wish for hit in hits if hit.wish is not None), None)
        key = keypad.key_said(words, language, step)
        if step.kind not in {Kind.WHO, Kind.OTHER}:
            return cls(danger, wish, key)
        who = ears.first_words(words, language.value)
        return cls(danger, wish, key or _WHO.get(who, ""), is_child=who is FirstWords.CHILD and wish is None)
