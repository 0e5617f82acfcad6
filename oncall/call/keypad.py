"""The keypad check step by step: what was asked and which key came, to what is said and asked next. Nothing is kept here.

The same questions as in a talk, in the same order, by fixed lines: 1 is well, 2 is not, 9 is help now and 0 a person at
any step. A step's answer leads to the same next step however often it comes, so a repeated webhook changes nothing.

Nobody hears the line here: whoever gives neither key nor word may be looking for the keys, or may lie there moaning
(H-39). A question that got nothing twice is followed by "can you hear me?", to which any key and any word is an answer;
nothing at all is an alarm, and marked as not certain. Before anybody has said who they are that holds only where words
are heard beside the keys, and no machine is thought to be there.
"""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from enum import IntEnum

from oncall.models import AnsweredBy, FactState, Keyed, Language
from oncall.models.fact import Fact
from oncall.models.wish import Wish

HELP_KEY = "9"  # danger, at any step and in any talk


class Kind(IntEnum):
    """What a step asks."""

    WHO = 1  # is it the right person?
    OTHER = 2  # has the right person come to the telephone?
    FACT = 3
    URGENT = 4  # is somebody needed right now, after a 2 that could be grave
    HOLD = 5  # danger stands: what the live protocol asks, or nothing more, and we stay
    THERE = 6  # are they there at all, after a question that got nothing twice
    ARRIVED = 7  # has come what a person arranged for them?


MOST_AGAIN = 9  # a television that asks for it louder is not answered for ever
BEFORE_ALL = 999  # the place of "can you hear me?" when they have not said who they are


@dataclass(frozen=True)
class Step:
    """One question put to the resident; `number` is the fact's place in the campaign, or how often we said to stay;
    `again` counts how often it has been repeated."""

    kind: Kind
    number: int = 0
    again: int = 0

    @property
    def path(self) -> str:
        """How the step is written in the address its answer comes back to."""
        return f"{self.kind.name.lower()}-{self.number}{'-again' if self.again else ''}" + (
            f"-{self.again}" if self.again > 1 else ""
        )

    @property
    def code(self) -> int:
        """The same as one number, for the turns' rows."""
        return (self.kind * 1000 + self.number) * 10 + self.again

    @classmethod
    def of_code(cls, code: int) -> "Step":
        """The step whose `code` this is."""
        kind, number = divmod(code // 10, 1000)
        return cls(Kind(kind), number, code % 10)


@dataclass(frozen=True)
class Note:
    """What became of the fact just asked."""

    number: int
    state: FactState
    reason: Keyed


@dataclass(frozen=True)
class Next:
    """What follows: lines said first (key, turn), then a step asked, or the end of the call with its reason."""

    lines: tuple[tuple[str, int], ...] = ()
    step: Step | None = None
    ends: str = ""
    note: Note | None = None
    wish: Wish | None = None
    answered_by: AnsweredBy | None = None
    arrived: bool | None = None  # what was arranged for them has come, or has not
    alarm: bool = False  # danger: what is said and asked from here on is `keyed_danger`'s
    certain: bool = True  # of an alarm: they asked for help, rather than fell silent


@dataclass(frozen=True)
class Check:
    """One campaign's questions; `done` are those answered before the keys or spared, `listens` when words are heard beside
    the keys and no machine is thought to be on the line. `arranged`: something was, and whether it came is asked second."""

    facts: Sequence[Fact]
    done: Collection[str] = ()
    listens: bool = False
    arranged: bool = False

    def first(self, *, known: bool = False) -> Next:
        """Where the check begins: at the right person, or at the questions when that is `known`."""
        return self._question_after(-1, ("keypad_purpose", 0)) if known else Next(step=Step(Kind.WHO))

    def follow(self, step: Step, key: str) -> Next:
        """What follows the key ("" for none) that came for `step`."""
        if key == HELP_KEY:
            return Next(alarm=True)
        if key == "0":
            return Next((("wish_person", 0),), ends="asked_for_person", wish=Wish.PERSON)
        match step.kind:
            case Kind.WHO:
                return self._who(step, key)
            case Kind.OTHER:
                return self._other(step, key)
            case Kind.FACT:
                return self._fact(step, key)
            case Kind.THERE:
                return self._there(step, key)
            case Kind.ARRIVED:
                return self._arrived(step, key)
        if key == "1" or step.again:
            return self._question_after(step.number, ("keypad_noted", step.number))
        return self._once_more(step)

    def in_words(self, step: Step) -> Next:
        """What follows an answer in words that is no key: kept for those who listen afterwards."""
        if step.kind is Kind.THERE:
            return self._back_from(step)
        if step.kind is Kind.ARRIVED:
            return self._question_after(step.number, ("keypad_noted", step.number), is_second=False)
        if step.kind is Kind.WHO and step.again:
            return _NOBODY  # somebody speaks, and does not say who they are
        if step.kind is not Kind.FACT or step.number >= len(self.facts):
            return self.follow(step, "")
        note = Note(step.number, FactState.UNCLEAR, Keyed.SPOKEN)
        return self._question_after(step.number, ("keypad_noted", step.number), note=note)

    def wished(self, step: Step, wish: Wish) -> Next:
        """What follows a wish that was spoken; one that does not end the call is confirmed and the question repeated,
        as often as they wish something."""
        key = wish.value if wish in {Wish.WRONG_PERSON, Wish.DECEASED} else f"wish_{wish.value}"
        if wish is Wish.PERSON or (step.again == MOST_AGAIN and not wish.ends_the_questions):
            return self.follow(step, "0" if wish is Wish.PERSON else "")
        if wish.ends_the_questions:
            return Next(((key, 0),), ends=wish.value, wish=wish)
        return Next(((key, 0),), Step(step.kind, step.number, step.again + 1), wish=wish)

    def resumes(self, step: Step | None) -> Next:
        """What follows when danger said at `step` (None: before the keys) was clearly denied: the question it was said at,
        or the next when that had been put twice. As in a talk, whoever spoke so is asked their name once more."""
        match step:
            case None:
                return self._question_after(-1)
            case Step(Kind.WHO | Kind.OTHER) if not step.again:
                return self._once_more(step)
            case Step(Kind.WHO | Kind.OTHER):
                return self._question_after(-1, ("keypad_purpose", 0), answered_by=AnsweredBy.RESIDENT)
            case Step(Kind.FACT, number) if not step.again and number < len(self.facts):
                return Next(step=Step(Kind.FACT, number, again=1))
        return self.in_words(step) if step.kind is not Kind.URGENT else self._question_after(step.number)

    def _who(self, step: Step, key: str) -> Next:
        if key == "1":
            return self._question_after(-1, ("keypad_purpose", 0), answered_by=AnsweredBy.RESIDENT)
        if key == "2":
            return Next((("third_party", 0),), Step(Kind.OTHER), answered_by=AnsweredBy.OTHER)
        if not step.again:
            return self._once_more(step)
        if self.listens and not step.number and not key:
            return Next(step=Step(Kind.THERE, BEFORE_ALL))
        return _NOBODY

    def _other(self, step: Step, key: str) -> Next:
        if key == "1":
            return self._question_after(-1, ("keypad_purpose", 0), answered_by=AnsweredBy.RESIDENT)
        if key == "2" or step.again:
            return Next((("third_party_bye", 0),), ends="other_person")
        return self._once_more(step)

    def _fact(self, step: Step, key: str) -> Next:
        number = step.number
        if number >= len(self.facts):  # the campaign was changed meanwhile
            return self._question_after(number)
        if key == "1":
            note = Note(number, FactState.ANSWERED, Keyed.WELL)
            return self._question_after(number, ("keypad_noted", number), note=note)
        if key == "2":
            note = Note(number, FactState.ANSWERED, Keyed.WORSE)
            if self.facts[number].keypad_grave:
                return Next((("keypad_worse", number),), Step(Kind.URGENT, number), note=note)
            return self._question_after(number, ("keypad_worse", number), note=note)
        if not step.again:
            return self._once_more(step)
        if key:
            return self._question_after(number, note=Note(number, FactState.UNCLEAR, Keyed.OTHER_KEY))
        return Next(step=Step(Kind.THERE, number), note=Note(number, FactState.UNCLEAR, Keyed.NO_KEY))

    def _arrived(self, step: Step, key: str) -> Next:
        if key not in {"1", "2"}:
            return self._question_after(step.number, is_second=False) if step.again else self._once_more(step)
        says = ("keypad_noted" if key == "1" else "keypad_worse", step.number)
        return replace(self._question_after(step.number, says, is_second=False), arrived=key == "1")

    def _there(self, step: Step, key: str) -> Next:
        if key:
            return self._back_from(step)
        return Next((("keypad_unheard", 0),), alarm=True, certain=False)

    def _question_after(self, number: int, *lines: tuple[str, int], note: Note | None = None,
                        answered_by: AnsweredBy | None = None, is_second: bool | None = None) -> Next:  # fmt: skip
        places = [place for place, fact in enumerate(self.facts) if fact.code not in self.done]
        later = [place for place in places if place > number]
        if is_second is None:  # as in a talk, not the first thing they hear
            is_second = len(places) - len(later) == min(1, len(places))
        if self.arranged and is_second:
            return Next(lines, Step(Kind.ARRIVED, max(number, 0)), note=note, answered_by=answered_by)
        if later:
            return Next(lines, Step(Kind.FACT, later[0]), note=note, answered_by=answered_by)
        return Next((*lines, ("closing", 0)), ends="goodbye", note=note, answered_by=answered_by)

    def _back_from(self, step: Step) -> Next:
        """They are there: on with the next question, or once more with who they are."""
        return Next(step=Step(Kind.WHO, 1, again=1)) if step.number == BEFORE_ALL else self._question_after(step.number)

    @staticmethod
    def _once_more(step: Step) -> Next:
        return Next((("keypad_again", 0),), Step(step.kind, step.number, again=1))


_NOBODY = Next((("keypad_nothing", 0),), ends="silence")
TO_A_CHILD = Next((("child", 0),), ends="child", answered_by=AnsweredBy.OTHER)  # is asked nothing (C-33)


def step_at(path: str) -> Step | None:
    """The step an address names; None when it names none."""
    found = re.fullmatch(r"([a-z]+)-(\d{1,3})(-again(?:-([2-9]))?)?", path)
    if found is None or found[1].upper() not in Kind.__members__:
        return None
    return Step(Kind[found[1].upper()], int(found[2]), int(found[4] or 1) if found[3] else 0)


def key_said(words: str, language: Language, step: Step) -> str:
    """The key somebody means who says it instead of pressing it, or says yes or no to their own name; "" for neither."""
    said = re.sub(r"[\s.,!?~]+", "", words.lower())
    for key, spoken in _SPOKEN[language].items():
        if re.fullmatch(spoken, said):
            return key
    answers = _ARRIVED if step.kind is Kind.ARRIVED else _TO_THE_NAME if step.kind in {Kind.WHO, Kind.OTHER} else {}
    for key, spoken in answers.get(language, {}).items():
        if re.match(spoken, said):
            return key
    return ""


_SPOKEN = {
    Language.KO: {"1": "(1|일|하나)번?(이요|이에요|요)?", "2": "(2|이|둘)번(이요|이에요|요)?|2", "9": "(9|구|아홉)번?(이요|이에요|요)?",
                  "0": "(0|영|공)번(이요|이에요|요)?|0"},
    Language.EN: {"1": "(press|number|key)?(1|one)(please)?", "2": "(press|number|key)?(2|two)(please)?",
                  "9": "(press|number|key)?(9|nine)(please)?", "0": "(press|number|key)?(0|zero)(please)?"},
}  # fmt: skip
_TO_THE_NAME = {
    Language.KO: {"2": "아니|없어|안계", "1": "네|예|응|그래|맞아|맞습|전데|접니다|나예요|나요"},
    Language.EN: {"2": "no(?!w)|she's|he's|wrong", "1": "yes|yeah|yep|speaking|thatsme|that'sme|itsme|it'sme|iam"},
}
_ARRIVED = {
    Language.KO: {
        "2": ".*(아니|아직|안[왔오온해됐되고]|못[받했왔]|없)",
        "1": "네|예|응|그래|그럼|.*(왔|받았|됐|되었|해주|해줬|고쳤)",
    },
    Language.EN: {
        "2": "no(?!w)|.*(notyet|n't|never|nobody|nothing|still)",
        "1": "yes|yeah|yep|.*(came|arrived|done|got|fixed)",
    },
}
