"""An ear for one call: what each far-end turn means after what was asked and beside what was said before it.

Half of real emergencies are quiet: "no food since Friday" and "my legs folded" come minutes apart, and "yes" means
what was asked. Only far-end words raise anything; a question gives them their meaning and raises nothing by itself.
"""

import re
from dataclasses import replace

from oncall.listen import learned
from oncall.listen.back_channel import back_channel
from oncall.listen.guards import Guard
from oncall.listen.reading import LONGEST, Hit, Place, Reading, Understood, books, fits, read, spelled_for
from oncall.listen.rulebook import Asked, Rulebook, rulebook
from oncall.listen.rules import AcrossRule
from oncall.listen.yes_no import YesNo, asks_plainly, begins_with_no, yes_or_no
from oncall.models.risk import Level, SignalCode
from oncall.models.wish import Wish

GUESSED = "learned"  # the rule of a hit that the trained model alone has heard
_SHORT = 60  # letters of an answer that may take its meaning from the question
_LAST_WORDS = re.compile(r"[^.?!。？！\n]+[.?!。？！\s]*$")


class Ear:
    """Hears one call turn by turn. Not to be shared between calls."""

    def __init__(self, language: str, *, guesses: bool = True) -> None:
        """`guesses` is False for the rules alone, without the trained model."""
        self._language = language
        self._guesses = guesses
        self._turn = -1
        self._before = self._asked = ""
        self._tells = False  # the turn before may mean more beside this one
        self._parts: dict[str, Place] = {}
        self._told: set[str] = set()
        self._counted: set[SignalCode | None] = set()  # kinds of trouble whose level a rule knows by counting

    def hear(self, words: str, question: str = "") -> Understood:
        """What this far-end turn means. `question` is what we said just before it, "" if nothing since its last turn.

        Hits are placed in `words`; those that rest on earlier turns say so in `also`.
        """
        self._turn += 1
        reading = read(words, self._language, question)
        opinion = learned.Opinion()
        if self._guesses:
            # Where a rule hears trouble, and where an order to the machine may be there to hide it, each sentence speaks for
            # itself (TH-05).
            grave = any(hit.level.rank >= Level.URGENT.rank for hit in reading.hits)
            alone = 0.0 if reading.instruction or grave else learned.ALONE
            before = (self._before, self._asked) if self._tells else None
            opinion = learned.hear(words, question, self._language, alone=alone, before=before)
        if opinion.away > learned.DOUBTED_BY and not reading.instruction:
            self._doubt(words, reading, opinion.away)
        if question:
            self._answer(words, question, reading)
        elif self._before:
            self._continue(words, reading)
        self._join(words, reading)
        self._guess(words, opinion.guess, reading)
        self._before, self._asked = words, question
        # After an emergency that was heard already everything would sound like one; a bare yes or no adds nothing, and no
        # order to the machine may make what follows it count for less (TH-05).
        heard = any(hit.level is Level.EMERGENCY for hit in reading.hits)
        bare = reading.instruction or yes_or_no(words, self._language) is not None
        self._tells = bool(words.strip()) and not heard and not bare
        # Who asks for it louder asks what was said as well: the wish that says more comes first.
        reading.hits.sort(key=lambda hit: (-hit.level.rank, hit.wish is Wish.SAY_AGAIN, hit.start))
        return Understood(reading.hits, reading.answered_by, reading.instruction, reading.vague)

    def _guess(self, words: str, guess: learned.Guess | None, reading: Reading) -> None:
        """What the trained model hears beyond the rules; here it can only raise."""
        measured = rulebook(self._language).measured
        self._counted |= {hit.code for hit in reading.hits if hit.rule in measured}
        bare = back_channel(words, self._language) or yes_or_no(words, self._language)
        if guess and (guess.code in self._counted or bare):
            return  # a bare yes or no says what was asked, for the rules to know; "I see" says nothing
        if guess and guess.level.rank > max((hit.level.rank for hit in reading.hits), default=0):
            # What a rule found is the better quote, and knows its kind.
            near = next((hit for hit in reading.hits if hit.wish is None), None)
            code, start, end = (near.code, near.start, near.end) if near else (guess.code, guess.start, guess.end)
            reading.hits.append(Hit(code, guess.level, start, end, confidence=guess.score, rule=GUESSED))

    def _doubt(self, words: str, reading: Reading, away: float) -> None:
        """An emergency heard by a phrase alone, in words that lean this far `away` from any, is urgent: a person still hears
        of it at once (T-2). What rules marked `certain` hear must be farther away. What was counted, what answers our
        question, and what several turns say together the model cannot doubt."""
        book = rulebook(self._language)

        def doubted(hit: Hit) -> bool:
            if hit.level is not Level.EMERGENCY or hit.rule in book.beyond_doubt:
                return False
            least = learned.CERTAIN_BY if hit.rule in book.certain else learned.DOUBTED_BY
            return min(away, learned.away(words, hit.start, hit.end, self._language)) > least

        reading.hits[:] = [
            replace(hit, level=Level.URGENT, guard=Guard.DOUBTED) if doubted(hit) else hit for hit in reading.hits
        ]

    def _answer(self, words: str, question: str, reading: Reading) -> None:
        """A short answer means what was asked."""
        if len(words) > _SHORT or not words.strip():
            return
        for says in self._meanings(words, question):
            meant = read(says, self._language)
            known = {hit.rule for hit in reading.hits if hit.level is not Level.NONE}
            reading.hits += [
                Hit(
                    hit.code,
                    hit.level,
                    0,
                    len(words),
                    None,
                    hit.subject,
                    hit.tense,
                    hit.confidence * 0.9,
                    None,
                    hit.rule,
                )
                for hit in meant.hits
                if hit.level is not Level.NONE and hit.rule not in known
            ]
            if says not in question:  # our own words, agreed to out of politeness, are no part of anything
                for part in meant.parts:
                    reading.parts.setdefault(part, (0, len(words)))

    def _meanings(self, words: str, question: str) -> list[str]:
        book = rulebook(self._language)
        asked = _LAST_WORDS.search(question.strip())
        last = asked.group() if asked else question
        plain = yes_or_no(words, book.language)
        heard, answer = spelled_for(book, last).text, spelled_for(book, words).text
        asking, answering = book.present(heard), book.present(answer)
        said = [
            one.rule.says.replace("{}", words)
            for one in book.asked
            if any(fits(written, heard, asking) for written in one.questions)
            and _is_meant(one, book, answer, answering, words, plain)
        ]
        if not said and plain is YesNo.YES and asks_plainly(last, book.language):
            said = [last.strip(" ?.!？。")]
        return said

    def _continue(self, words: str, reading: Reading) -> None:
        """Recognisers cut sentences in two: neighbouring turns are read together as well."""
        border = len(self._before) + 1
        if border + len(words) > LONGEST:
            return
        for hit in read(f"{self._before} {words}", self._language).hits:
            if hit.start < border - 1 < hit.end - 1:
                also = (Place(self._turn - 1, hit.start, border - 1),)
                reading.hits.append(
                    Hit(hit.code, hit.level, 0, hit.end - border, hit.wish, hit.subject, hit.tense, hit.confidence,
                        hit.guard, hit.rule, also)
                )  # fmt: skip

    def _join(self, words: str, reading: Reading) -> None:
        """Parts heard now beside those heard before."""
        if not reading.parts:
            return
        new = {part: Place(self._turn, *place) for part, place in reading.parts.items()}
        known = self._parts | new
        for book in books(words, self._language):
            for rule in book.across:
                found = self._whole(rule, known, new)
                if found:
                    self._told.add(rule.id)
                    here = [place for place in found if place.turn == self._turn]
                    also = tuple(place for place in found if place.turn != self._turn)
                    start, end = min(place.start for place in here), max(place.end for place in here)
                    reading.hits.append(
                        Hit(rule.code, rule.level, start, end, confidence=rule.confidence, rule=rule.id, also=also)
                    )
        self._parts = known

    def _whole(self, rule: AcrossRule, known: dict[str, Place], new: dict[str, Place]) -> list[Place]:
        """Where the parts of `rule` were said, if all were and the last of them now; else nothing."""
        if rule.id in self._told:
            return []
        places: list[Place] = []
        for either in rule.parts:
            named = [known[part] for part in either.split("|") if part in known]
            if not named:
                return []
            places.append(max(named, key=lambda place: place.turn))
        if any(_overlap(one, other) for number, one in enumerate(places) for other in places[:number]):
            return []
        first = min(place.turn for place in places)
        if self._turn - first > rule.within or not any(place in new.values() for place in places):
            return []
        return places


def _is_meant(one: Asked, book: Rulebook, answer: str, present: set[str], words: str, plain: YesNo | None) -> bool:
    """Whether `words`, as the rules spell them `answer`, are what `one` waits for; its question was asked."""
    if plain is not None and plain.value == one.rule.answer:
        return True
    if one.rule.answer == "yes" and begins_with_no(words, book.language):
        return False
    if any(fits(written, answer, present) for written in one.unless):
        return False
    return any(fits(written, answer, present) for written in one.answers)


def _overlap(one: Place, other: Place) -> bool:
    """The same words cannot be two parts."""
    return one.turn == other.turn and one.start < other.end and other.start < one.end
