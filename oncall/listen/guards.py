"""What makes a phrase mean less than it says: denied, long past, on television, only supposed, somebody else's.

A guard only ever lowers what one phrase would raise, and never takes it away: a guarded phrase is still reported, at
the lower level, so that it can be asked about (N-4). Minimising ("it's nothing") is not a guard.
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from oncall.models.risk import Level, Subject, Tense

_FORM_SAID, _FORM_AFTER = 12, 8
_BEFORE, _AFTER = 48, 40  # letters looked at on either side, within the sentence


_NEVER = re.compile(r"(?!)")


class Guard(StrEnum):
    """Why a phrase counts for less."""

    DENIED = "denied"
    TOLD = "told"  # television, a film, a dream, a song
    SUPPOSED = "supposed"  # "if", "in case"
    OTHER = "other"  # somebody outside the household, and not here
    PAST = "past"  # long ago, and over
    FADED = "faded"  # an event of days ago
    UNLESS = "unless"  # the rule's own exceptions
    EASED = "eased"  # passed since
    TOPIC = "topic"  # of what was asked, which is something else
    DOUBTED = "doubted"  # the trained model hears nothing of the kind


@dataclass(frozen=True, slots=True)
class Context:
    """The sentence on either side of a phrase, as the net reads it, and what the turn says before and after it.

    `earlier` begins with the question that the turn answers.
    """

    before: str
    said: str
    after: str
    earlier: str = ""
    later: str = ""


def context(text: str, start: int, end: int, question: str = "") -> Context:
    """The words around `[start, end)`, no further than the sentence and never longer than a fixed stretch.

    What lies beyond the sentence is kept apart, as long again.
    """
    before = text[max(0, start - _BEFORE) : start]
    after, _, later = text[end : end + 2 * _AFTER].partition(".")
    begins = start - len(before) + before.rfind(".") + 1
    earlier = f"{question[-_AFTER:]}.{text[max(0, begins - _BEFORE) : begins]}"
    return Context(before[before.rfind(".") + 1 :], text[start:end], after[:_AFTER], earlier, later)


@dataclass(frozen=True)
class Words:
    """The guard words of one language, from its rule file; each compiled once."""

    language: str
    past: re.Pattern[str]
    months: re.Pattern[str]
    recent: re.Pattern[str]
    now: re.Pattern[str]
    past_form: re.Pattern[str]
    past_any: re.Pattern[str]
    told: re.Pattern[str]
    told_form: re.Pattern[str]
    hearsay: re.Pattern[str]
    supposed_before: re.Pattern[str]
    supposed_after: re.Pattern[str]
    denied_before: re.Pattern[str]
    denied_after: re.Pattern[str]
    denied_twice: re.Pattern[str]
    third_party: re.Pattern[str]
    household: re.Pattern[str]
    self: re.Pattern[str]
    wants_not: re.Pattern[str] = _NEVER  # ends of phrases that the "not" after them completes
    told_source: re.Pattern[str] = _NEVER  # "it is only the television"
    told_own: re.Pattern[str] = _NEVER  # what happened to the teller while watching
    reported: re.Pattern[str] = _NEVER  # the form of speech of somebody who tells what others did
    turns_to_self: re.Pattern[str] = _NEVER  # ends the telling
    over: re.Pattern[str] = _NEVER  # said afterwards: that was long ago
    eased: re.Pattern[str] = _NEVER  # said afterwards: that has passed
    named: re.Pattern[str] = _NEVER  # what is eaten or drunk, named and not left to the question

    def denied(self, near: Context) -> bool:
        """The sentence says it is not so; a denial of the denial does not count as one."""
        if self.wants_not.search(near.said):
            return False
        if self.denied_twice.search(near.said + near.after) or self.denied_twice.search(near.before):
            return False
        return bool(self.denied_before.search(near.before) or self.denied_after.match(near.after))

    def supposed(self, near: Context) -> bool:
        """It is only imagined or provided for."""
        return bool(self.supposed_before.search(near.before) or self.supposed_after.match(near.after))

    def told_of(self, near: Context, *, strict: bool) -> bool:
        """It happened on a screen or in a dream; `strict` asks for the teller's form of speech besides."""
        sentence = near.before + near.said + near.after
        if self._told_before(near, sentence):
            return True
        if self.told_own.search(near.before) and not self.reported.search(sentence):
            return False
        # English puts where and when at the end ("on the news", "years ago"), Korean before the verb.
        if not self.told.search(near.before + near.said + (near.after if self.language == "en" else "")):
            return False
        return not strict or bool(self.told_form.search(sentence))

    def _told_before(self, near: Context, sentence: str) -> bool:
        """What the turn, or our question, has said already makes the sentence a tale."""
        if self.turns_to_self.search(near.before + near.said):
            return False
        if self.told_source.search(near.earlier) or self.told_source.search(near.later):
            return True
        tells = self.reported.search(sentence) or self.hearsay.search(sentence)
        return bool(tells and self.told.search(near.earlier))

    def eased_since(self, near: Context) -> bool:
        """It has passed by now, as the words after it say."""
        return bool(self.eased.search(near.said + near.after) or self.eased.search(near.later))

    def subject(self, near: Context) -> Subject:
        """Whose trouble it is: the person named last before the phrase."""
        last, who = -1, Subject.RESIDENT
        for subject, pattern in (
            (Subject.HOUSEHOLD, self.household),
            (Subject.THIRD_PARTY, self.third_party),
            (Subject.RESIDENT, self.self),
        ):
            for found in pattern.finditer(near.before):
                if found.end() >= last:
                    last, who = found.end(), subject
        return who

    def only_heard_of(self, near: Context) -> bool:
        """News of somebody who is not in reach."""
        return bool(self.hearsay.search(near.before) or self.hearsay.search(near.after))

    def tense(self, near: Context, *, strict: bool, lasting: bool) -> Tense:
        """When it was, by the last time word up to its end, else by its form; `strict` asks for both.

        Weeks and months ago are past, but recent for what is `lasting` (a death, an attempt on one's life).
        """
        if self.over.search(f"{near.after}.{near.later}") and not self.now.search(near.before + near.said):
            return Tense.PAST
        last, when = -1, None
        months = Tense.RECENT if lasting else Tense.PAST
        for tense, pattern in (
            (Tense.PAST, self.past),
            (months, self.months),
            (Tense.RECENT, self.recent),
            (Tense.NOW, self.now),
        ):
            for found in pattern.finditer(near.before + near.said):
                if found.end() > last:
                    last, when = found.end(), tense
        if when is None and self.language == "en" and self.past.search(near.said + near.after):
            when = Tense.PAST
        if strict:
            over = when is Tense.PAST and self.past_any.search(near.said + near.after)
            return Tense.PAST if over else Tense.NOW
        formed = bool(self.past_form.search(near.said[-_FORM_SAID:] + near.after[:_FORM_AFTER]))
        if when is None:
            return Tense.PAST if formed else Tense.NOW
        return when


@lru_cache(maxsize=256)
def one_below(level: Level) -> Level:
    """The level one step less grave; NONE stays."""
    return list(Level)[max(level.rank - 1, 0)]
