"""The phrase net: what must never be missed, heard in-process, without network or model, on every far-end turn.

It can only raise. The model may hear more, a person may lower; nothing said by the agent, and no instruction spoken
into the line, makes it quiet (D2, N-1 to N-7).
"""

import re
from dataclasses import dataclass, field

from oncall.listen import guards, slips, spelling
from oncall.listen.guards import Guard, Words
from oncall.listen.phrase import Phrase
from oncall.listen.rulebook import (
    LANGUAGES,
    Entry,
    InstructionRule,
    Rulebook,
    SignalRule,
    VoiceRule,
    WishRule,
    rulebook,
)
from oncall.listen.spelling import Spelled
from oncall.models.risk import AnsweredBy, Level, SignalCode, Subject, Tense
from oncall.models.wish import Wish

__all__ = ["Hit", "Understood", "Wish", "hear", "listen", "warm"]

_LONGEST = 4000  # letters of one turn that are read; a turn is seconds long, so more than that is not speech
_HANGUL = re.compile(r"[\uac00-\ud7a3\u1100-\u11ff\u3131-\u318e]")
_LATIN = re.compile(r"[A-Za-z]{2}")


@dataclass(frozen=True, slots=True)
class Hit:
    """One phrase heard: `[start, end)` of the words as they were said.

    `level` NONE means that the phrase was heard and a guard (or its nature) made it nothing by itself: worth asking
    about, never an alarm. A wish carries level NONE.
    """

    code: SignalCode
    level: Level
    start: int
    end: int
    wish: Wish | None = None
    subject: Subject = Subject.RESIDENT
    tense: Tense = Tense.NOW
    confidence: float = 0.9
    guard: Guard | None = None
    rule: str = ""


@dataclass(frozen=True, slots=True)
class Understood:
    """Everything the net makes of one turn; `answered_by` is None unless the words themselves tell."""

    hits: list[Hit] = field(default_factory=list)
    answered_by: AnsweredBy | None = None
    instruction: bool = False
    vague: bool = False

    @property
    def level(self) -> Level:
        """The gravest thing heard."""
        return max((hit.level for hit in self.hits), key=lambda level: level.rank, default=Level.NONE)


def hear(text: str, language: str) -> list[Hit]:
    """What one far-end turn raises and asks for. Under a millisecond; `language` is "ko" or "en".

    A turn in another script than its language's is read with that script's rules too (H-45).
    """
    return listen(text, language).hits


def listen(text: str, language: str) -> Understood:
    """The same, with who seems to speak and whether the words are addressed to the machine (E9)."""
    said = text[:_LONGEST]
    hits: list[Hit] = []
    answered_by: AnsweredBy | None = None
    instruction = vague = False
    for book in _books(said, language):
        spelled = spelling.korean(said) if book.language == "ko" else spelling.english(said)
        present = book.literals.within(spelled.text)
        sounds = slips.Sounds(spelled.text)
        for entry in book.candidates(present):
            spans = _spans(entry, spelled.text, present, sounds)
            if not spans:
                continue
            rule = entry.rule
            if isinstance(rule, SignalRule):
                hits.extend(_signal(rule, entry, span, spelled, present, book.words) for span in spans)
            elif any(_fits(unless, spelled.text, present) for unless in entry.unless):
                continue
            elif isinstance(rule, WishRule):
                hits.append(_wish(rule, spans[0], spelled))
            elif isinstance(rule, VoiceRule):
                answered_by = answered_by or rule.answered_by
            elif isinstance(rule, InstructionRule):
                instruction = True
            else:
                vague = True
    hits.sort(key=lambda hit: (-hit.level.rank, hit.start))
    return Understood(hits, answered_by, instruction, vague)


def warm() -> None:
    """Read both rule files and compile what is compiled at first use, so that no call pays for it."""
    for language in LANGUAGES:
        for entry in rulebook(language).entries:
            for phrase in (*entry.phrases, *entry.unless):
                _ = phrase.pattern


def _books(said: str, language: str) -> list[Rulebook]:
    spoken = [code for code, script in (("ko", _HANGUL), ("en", _LATIN)) if script.search(said)]
    return [rulebook(code) for code in spoken or [language if language in LANGUAGES else "ko"]]


def _spans(entry: Entry, text: str, present: set[str], sounds: slips.Sounds) -> list[tuple[int, int]]:
    found = [span for phrase in entry.phrases if phrase.could_fit(present) for span in _found(phrase.pattern, text)]
    if not isinstance(entry.rule, SignalRule):
        return found
    if not found and entry.slips:
        found = sounds.find(entry.slips, entry.rule.not_slips)
    if entry.rule.alone:
        letters = len(text.replace(" ", "").replace(".", ""))
        found = [(start, end) for start, end in found if end - start >= letters - 2]
    return found


def _fits(phrase: Phrase, text: str, present: set[str]) -> bool:
    return phrase.could_fit(present) and phrase.pattern.search(text) is not None


def _found(pattern: re.Pattern[str], text: str) -> list[tuple[int, int]]:
    spans = []
    for match in pattern.finditer(text):
        start, end = match.span()
        while end > start and text[end - 1] in " ,.":
            end -= 1
        if end > start:
            spans.append((start, end))
    return spans


def _signal(
    rule: SignalRule, entry: Entry, span: tuple[int, int], spelled: Spelled, present: set[str], words: Words
) -> Hit:
    near = guards.context(spelled.text, *span)
    sentence = near.before + near.said + near.after
    if words.language == "en":
        sentence = f" {sentence.strip()} "
    subject = rule.subject or (words.subject(near) if "other" in rule.guards else Subject.RESIDENT)
    level, tense, guard = rule.level, Tense.NOW, None
    if subject is not Subject.RESIDENT and rule.others:
        level = rule.others
    if any(_fits(unless, sentence, present) for unless in entry.unless):
        level, guard = Level.NONE, Guard.UNLESS
    elif "denied" in rule.guards and words.denied(near):
        level, guard = Level.NONE, Guard.DENIED
    elif "told" in rule.guards and words.told_of(near, strict=rule.strict):
        level, guard = Level.NONE, Guard.TOLD
    elif "supposed" in rule.guards and words.supposed(near):
        level, guard = Level.NONE, Guard.SUPPOSED
    elif (
        "other" in rule.guards
        and subject is Subject.THIRD_PARTY
        and (level is not Level.EMERGENCY or words.only_heard_of(near))
    ):
        level, guard = Level.NONE, Guard.OTHER
    elif "past" in rule.guards:
        tense = words.tense(near, strict=rule.strict, lasting=rule.lasting)
        if tense is Tense.PAST and level.rank > rule.past.rank:
            level, guard = rule.past, Guard.PAST
        elif tense is Tense.RECENT and rule.fades:
            level, guard = guards.one_below(level), Guard.FADED
    start, end = spelled.place(*span)
    return Hit(rule.code, level, start, end, None, subject, tense, rule.confidence, guard, rule.id)


def _wish(rule: WishRule, span: tuple[int, int], spelled: Spelled) -> Hit:
    start, end = spelled.place(*span)
    code = {Wish.DECEASED: SignalCode.BEREAVEMENT, Wish.SCAM_WORRY: SignalCode.SCAM}.get(
        rule.wish, SignalCode.SERVICE_REQUEST
    )
    return Hit(code, Level.NONE, start, end, rule.wish, rule=rule.id)
