"""What is said where a key was asked for: danger, a wish about the call, who is there, or the key itself in words."""

from dataclasses import dataclass

from oncall.call import keypad
from oncall.call.ears import Ears, cannot_wait
from oncall.call.far_end import NOT_TO_WAIT
from oncall.call.keyed_danger import Begun
from oncall.call.keyed_turns import timing_of
from oncall.call.keypad import Kind, Step
from oncall.models import AnsweredBy, Language, Speaks, Turn
from oncall.models.first_words import FirstWords
from oncall.models.wish import Wish

_WHO = {FirstWords.YES: "1", FirstWords.NO: "2", FirstWords.OTHER: "2"}
_A_CHILD, _WISH_FROM = 99, 100  # what followed a turn, where its step and its key do not tell


@dataclass(frozen=True)
class KeyedWords:
    """One answer in words, understood as an answer to a step; no words are none of these."""

    danger: Begun | None = None
    confidence: float = 0.0  # of the danger
    wish: Wish | None = None
    key: str = ""  # the key these words stand for
    is_child: bool = False

    @classmethod
    def of(cls, words: str, step: Step, language: Language, ears: Ears | None, *,
           who: AnsweredBy = AnsweredBy.UNKNOWN) -> "KeyedWords":  # fmt: skip
        """Understand `words`, said when `step` was asked, by `who` as far as was known; the phrase net hears them like
        those of a talk."""
        if not words or ears is None:
            return cls()
        understood = ears.ear(language.value).hear(words)
        wish = next((hit.wish for hit in understood.hits if hit.wish is not None), None)
        key = keypad.key_said(words, language, step)
        first = ears.first_words(words, language.value)
        danger, confidence = None, 0.0
        if (hit := cannot_wait(understood.hits, NOT_TO_WAIT)) is not None:
            speaks = Speaks.OTHER if AnsweredBy.OTHER in {who, understood.answered_by} else Speaks.RESIDENT
            speaks = Speaks.CHILD if first is FirstWords.CHILD else speaks
            danger, confidence = Begun(hit.code, hit.level, hit.subject, speaks), hit.confidence
        if step.kind not in {Kind.WHO, Kind.OTHER}:
            return cls(danger, confidence, wish, key)
        is_child = first is FirstWords.CHILD and wish is None
        return cls(danger, confidence, wish, key or _WHO.get(first, ""), is_child)

    @classmethod
    def of_turn(cls, turn: Turn) -> "KeyedWords":
        """The same of an answer that was taken down before."""
        follows = timing_of(turn, "follows")
        wish = list(Wish)[follows - _WISH_FROM] if follows >= _WISH_FROM else None
        return cls(Begun.of_turn(turn), wish=wish, is_child=follows == _A_CHILD)

    @property
    def numbers(self) -> dict[str, int]:
        """What a turn's timing keeps of it."""
        numbers = self.danger.numbers if self.danger else {}
        if self.wish is not None:
            return numbers | {"follows": _WISH_FROM + list(Wish).index(self.wish)}
        return numbers | ({"follows": _A_CHILD} if self.is_child else {})
