"""One far-end turn, read by the rules of its language: what it raises, asks for, and leaves to be joined with others."""

import re
from dataclasses import dataclass, field, replace

from oncall.listen import guards, slips, spelling
from oncall.listen.guards import Context, Guard, Words
from oncall.listen.phrase import Phrase
from oncall.listen.rulebook import LANGUAGES, Entry, Rulebook, rulebook
from oncall.listen.rules import InstructionRule, PartRule, SignalRule, VoiceRule, WishRule
from oncall.listen.spelling import Spelled
from oncall.models.risk import AnsweredBy, Level, SignalCode, Subject, Tense
from oncall.models.wish import Wish

LONGEST = 4000  # letters of one turn that are read; a turn is seconds long, so more than that is not speech
_LONG = 4  # letters of a piece that nobody says inside another word
_HANGUL = re.compile(r"[\uac00-\ud7a3\u1100-\u11ff\u3131-\u318e]")
_LATIN = re.compile(r"[A-Za-z]{2}")
_GIVES_WAY = {Wish.STOP_CALLING, Wish.LATER, Wish.FORGET}  # to words of ending one's life (H-27)


@dataclass(frozen=True, slots=True)
class Place:
    """`[start, end)` of the words of one far-end turn; turns are numbered as they were heard, from 0."""

    turn: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Hit:
    """One phrase heard: `[start, end)` of the words as they were said.

    `level` NONE means that the phrase was heard and a guard (or its nature) made it nothing by itself: worth asking
    about, never an alarm. A wish carries level NONE. `also` are places in earlier turns that the meaning rests on.
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
    also: tuple[Place, ...] = ()


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


@dataclass(slots=True)
class Reading:
    """One turn as read by itself; `parts` maps what may mean more beside something else to where it was said."""

    hits: list[Hit] = field(default_factory=list)
    parts: dict[str, tuple[int, int]] = field(default_factory=dict)
    answered_by: AnsweredBy | None = None
    instruction: bool = False
    vague: bool = False


def read(said: str, language: str, question: str = "") -> Reading:
    """What `said` means; of the `question` before it only that it asks of something else, or of a film.

    A turn in another script than its language's is read with that script's rules too (H-45).
    """
    said = said[:LONGEST]
    reading = Reading()
    for book in books(said, language):
        _read_with(book, said, reading, spelled_for(book, question[-LONGEST:]))
    if any(hit.code is SignalCode.SUICIDAL_IDEATION and hit.level.rank >= Level.URGENT.rank for hit in reading.hits):
        reading.hits = [hit for hit in reading.hits if hit.wish not in _GIVES_WAY]
    return reading


def books(said: str, language: str) -> list[Rulebook]:
    """The rules to read `said` with: of the scripts it is written in, or those of `language`."""
    spoken = [code for code, script in (("ko", _HANGUL), ("en", _LATIN)) if script.search(said)]
    return [rulebook(code) for code in spoken or [language if language in LANGUAGES else "ko"]]


def spelled_for(book: Rulebook, said: str) -> Spelled:
    """`said` in the spelling the rules of `book` are written for."""
    return spelling.korean(said) if book.language == "ko" else spelling.english(said)


def _read_with(book: Rulebook, said: str, reading: Reading, question: Spelled) -> None:
    spelled = spelled_for(book, said)
    text = spelled.text
    present = book.present(text)
    candidates = book.candidates.among(present)
    sounds = slips.Sounds(text) if book.sounding else None
    stems = book.slips(sounds.grams()) if sounds else {}
    for number in sorted({*candidates, *stems}):
        entry = book.entries[number]
        spans = _spans(entry, candidates.get(number, []), spelled)
        if not spans and sounds:
            spans = [span for stem in stems.get(number, ()) for span in sounds.find(stem, entry.not_slips)]
            spans = [span for span in spans if spelled.begins_word(span[0])]
        if not spans:
            continue
        rule, unless = entry.rule, [written for written in entry.unless if written.could_fit(present)]
        if isinstance(rule, SignalRule):
            off_topic = bool(entry.not_after) and _asked_of(entry, book, question)
            nothing = any(fits(harmless, text, present) for harmless in entry.harmless)
            for span in spans:
                hit = _signal(rule, unless, span, spelled, book.words, question.plain, off_topic)
                reading.hits.append(replace(hit, level=Level.NONE, guard=Guard.UNLESS) if nothing else hit)
        elif isinstance(rule, PartRule):
            for span in spans:
                if _stands(rule, unless, span, spelled, book.words):
                    reading.parts.setdefault(rule.id, spelled.place(*span))
        elif _any_in(unless, text):
            continue
        elif isinstance(rule, WishRule):
            reading.hits.append(_wish(rule, spans[0], spelled))
        elif isinstance(rule, VoiceRule):
            reading.answered_by = reading.answered_by or rule.answered_by
        elif isinstance(rule, InstructionRule):
            reading.instruction = True
        else:
            reading.vague = True


def _spans(entry: Entry, phrases: list[Phrase], spelled: Spelled) -> list[tuple[int, int]]:
    text = spelled.text
    found = [span for phrase in phrases for span in _found(phrase.pattern, spelled)]
    if isinstance(entry.rule, SignalRule) and entry.rule.alone:
        letters = len(text.replace(" ", "").replace(".", ""))
        found = [(start, end) for start, end in found if end - start >= letters - 2]
    return sorted(found)  # the words of a text come in no order; what is found in them must


def fits(phrase: Phrase, text: str, present: set[str]) -> bool:
    """Whether `phrase` stands in `text`, of which `present` are the known words."""
    return phrase.could_fit(present) and phrase.pattern.search(text) is not None


def _found(pattern: re.Pattern[str], spelled: Spelled) -> list[tuple[int, int]]:
    spans, text, begun = [], spelled.text, 0
    while match := pattern.search(text, begun):
        start, end = match.span()
        if pattern.groups and not _made_of_words(match, spelled):
            begun = start + 1
            continue
        begun = max(end, start + 1)
        while end > start and text[end - 1] in " ,.":
            end -= 1
        if end > start:
            spans.append((start, end))
    return spans


def _made_of_words(match: re.Match[str], spelled: Spelled) -> bool:
    """No short piece of the phrase is the inside of some other word (말 … 새요 is not 말씀하세요)."""
    last = match.start()
    for number in range(1, len(match.groups()) + 1):
        start, end = match.span(number)
        if start < 0 or start == end:
            continue
        if end - start < _LONG and (start != last or number == 1) and not spelled.begins_word(start):
            return False
        last = end
    return True


def _sentence(spelled: Spelled, span: tuple[int, int], near: Context, words: Words) -> str:
    """The sentence around `span` in the spelling of the rules; `near` is the same one as it was said."""
    sentence = spelled.text[span[0] - len(near.before) : span[1] + len(near.after)]
    return f" {sentence.strip()} " if words.language == "en" else sentence


def _asked_of(entry: Entry, book: Rulebook, question: Spelled) -> bool:
    present = book.present(question.text)
    return any(fits(topic, question.text, present) for topic in entry.not_after)


def _any_in(phrases: list[Phrase], text: str) -> bool:
    return any(phrase.pattern.search(text) for phrase in phrases)


def _signal(
    rule: SignalRule,
    unless: list[Phrase],
    span: tuple[int, int],
    spelled: Spelled,
    words: Words,
    question: str,
    off_topic: bool,
) -> Hit:
    near = guards.context(spelled.plain, *span, question)
    sentence = _sentence(spelled, span, near, words)
    subject = rule.subject or (words.subject(near) if "other" in rule.guards else Subject.RESIDENT)
    level, tense, guard = rule.level, Tense.NOW, None
    if subject is not Subject.RESIDENT and rule.others:
        level = rule.others
    if _any_in(unless, sentence):
        level, guard = Level.NONE, Guard.UNLESS
    elif off_topic and not words.named.search(near.before + near.said + near.after):
        level, guard = Level.NONE, Guard.TOPIC
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
    if guard is None and rule.eases and words.eased_since(near):
        level, guard = guards.one_below(level), Guard.EASED
    start, end = spelled.place(*span)
    return Hit(rule.code, level, start, end, None, subject, tense, rule.confidence, guard, rule.id)


def _stands(rule: PartRule, unless: list[Phrase], span: tuple[int, int], spelled: Spelled, words: Words) -> bool:
    """Whether a part is said of the resident's household, now, and as it is."""
    near = guards.context(spelled.plain, *span)
    sentence = _sentence(spelled, span, near, words)
    guarded = rule.guards
    return not (
        _any_in(unless, sentence)
        or ("denied" in guarded and words.denied(near))
        or ("told" in guarded and words.told_of(near, strict=False))
        or ("supposed" in guarded and words.supposed(near))
        or ("other" in guarded and words.subject(near) is Subject.THIRD_PARTY)
        or ("past" in guarded and words.tense(near, strict=False, lasting=False) is Tense.PAST)
    )


def _wish(rule: WishRule, span: tuple[int, int], spelled: Spelled) -> Hit:
    start, end = spelled.place(*span)
    code = {Wish.DECEASED: SignalCode.BEREAVEMENT, Wish.SCAM_WORRY: SignalCode.SCAM}.get(
        rule.wish, SignalCode.SERVICE_REQUEST
    )
    return Hit(code, Level.NONE, start, end, rule.wish, rule=rule.id)
