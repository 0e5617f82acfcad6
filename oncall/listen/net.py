"""What the phrase net alone makes of a whole call: no network, no database, nothing that could be down (N-5)."""

import re

from oncall.listen import safety
from oncall.listen.evidence import Span
from oncall.listen.judgement import NOT_ANSWERED, NOTHING_SAID, Gathering, Judgement
from oncall.listen.transcript import Transcript
from oncall.models.risk import AnsweredBy, Detector, highest
from oncall.models.wish import Wish

_SHORT = 25  # letters: a longer answer that says "I don't know" somewhere says something besides
_EMPTY_ANSWER = re.compile(
    r"^(?:\W*(?:네|예|응|어|음|그래|그래요|글쎄|글쎄요|여보세요|yes|yeah|no|hello|uh|um|mm|hm|ok|okay|right)\W*)+$",
    re.IGNORECASE,
)


def assess_by_net(transcript: Transcript, *, guesses: bool = True) -> Judgement:
    """The call as the net alone hears it. Facts are the model's to tell; `unknown` speaks of the call as a whole.

    `guesses` is False for the rules without the small trained model beside them.
    """
    gathered = Gathering(Detector.NET)
    wishes: set[Wish] = set()
    voices: list[AnsweredBy] = []
    instruction = False
    answered: list[bool] = []
    ear = safety.Ear(transcript.lang, guesses=guesses)
    places: list[int] = []
    question = ""
    for number, line in enumerate(transcript.turns):
        if not line.is_far_end:
            question = line.text
            continue
        places.append(number)
        understood = ear.hear(line.text, question)
        question = ""
        instruction |= understood.instruction
        if understood.answered_by:
            voices.append(understood.answered_by)
        if line.text.strip() and not _EMPTY_ANSWER.match(line.text):
            answered.append(not (understood.instruction or (understood.vague and len(line.text) < _SHORT)))
        for hit in understood.hits:
            if hit.wish:
                wishes.add(hit.wish)
            else:
                here = [*((places[place.turn], place.start, place.end) for place in hit.also),
                        (number, hit.start, hit.end)]  # fmt: skip
                spans = tuple(
                    Span(turn, start, end, transcript.turns[turn].text[start:end]) for turn, start, end in here
                )
                gathered.add(hit.code, hit.level, hit.subject, hit.tense, hit.confidence, spans)
    signals = gathered.signals()
    unknown = [wish.value for wish in (Wish.WRONG_PERSON, Wish.DECEASED) if wish in wishes]
    if transcript.nothing_said:
        unknown = [NOTHING_SAID]
    elif not all(answered) or not answered:
        unknown.append(NOT_ANSWERED)
    return Judgement(
        level=highest([found.level for found in signals]),
        answered_by=_answered_by(transcript, wishes, voices),
        signals=signals,
        unknown=tuple(unknown),
        wants_human=Wish.PERSON in wishes,
        opt_out=Wish.STOP_CALLING in wishes,
        later=Wish.LATER in wishes,
        for_review=instruction or Wish.DECEASED in wishes,
    )


def _answered_by(transcript: Transcript, wishes: set[Wish], voices: list[AnsweredBy]) -> AnsweredBy:
    if transcript.nothing_said:
        return AnsweredBy.UNKNOWN
    if AnsweredBy.MACHINE in voices:
        return AnsweredBy.MACHINE
    if AnsweredBy.OTHER in voices or wishes & {Wish.WRONG_PERSON, Wish.DECEASED}:
        return AnsweredBy.OTHER
    return AnsweredBy.RESIDENT
