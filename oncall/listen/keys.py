"""What a keypad check says: each 2 is a signal of its question, a 9 is an emergency, and no key is not known."""

from dataclasses import replace

from sqlmodel import Session, select

from oncall.listen.arrival import Arrived
from oncall.listen.evidence import Span
from oncall.listen.hearing import Call, Said, far_end_spoke
from oncall.listen.judgement import NOT_ANSWERED, NOTHING_SAID, Found, Judgement, together
from oncall.models import (
    AnsweredBy,
    CheckIn,
    FactNote,
    FactState,
    Keyed,
    Level,
    SignalCode,
    Speaker,
    Subject,
    Tense,
)  # fmt: skip
from oncall.models.fact import facts_in
from oncall.models.risk import Detector
from oncall.settings import settings

SURE = 0.9  # a finger may slip
HELP_NOW = 9


def woven_in(turns: tuple[Said, ...], call: Call) -> tuple[Said, ...]:
    """The recording's turns with the keys among them: a recording has no words for a key."""
    keys = [said for said in call.live if said.key is not None]
    return tuple(sorted([*turns, *keys], key=lambda said: said.starts_ms)) if keys else turns


def counted(judgement: Judgement, call: Call, turns: tuple[Said, ...]) -> Judgement:
    """`judgement` of the words, with what the keys say. They may only raise; whoever pressed 1 at their name is taken to
    be that person, and nobody else's keys are fine."""
    found = [*_worse(call, turns), *_help(turns)]
    who = call.attempt.answered_by
    if who not in {AnsweredBy.RESIDENT, AnsweredBy.OTHER}:
        who = judgement.answered_by if far_end_spoke(turns) else AnsweredBy.UNKNOWN
    if judgement.answered_by in {AnsweredBy.OTHER, AnsweredBy.MACHINE}:
        who = judgement.answered_by
    keyed = any(said.key is not None for said in turns)
    of_the_call = [code for code in judgement.unknown if code not in call.facts]
    return replace(
        together(judgement, tuple(found)),
        answered_by=who,
        unknown=(
            *(code for code in call.facts if not _is_known(code, call, judgement)),
            *(code for code in of_the_call if not keyed or code not in {NOTHING_SAID, NOT_ANSWERED}),
        ),
        wants_human=judgement.wants_human or call.attempt.end_reason == "asked_for_person",
    )


def arrived(call: Call) -> dict[int, Arrived]:
    """What a key told of everything that was arranged when it was pressed, by place among the promises."""
    told = next((said for said in reversed(call.live) if said.arrived is not None), None)
    if told is None or told.said_at is None:
        return {}
    came, at = Arrived.YES if told.arrived else Arrived.NO, told.said_at
    return {place: came for place, one in enumerate(call.promises) if one.since is None or one.since <= at}


def understood(session: Session, check_in: CheckIn, judgement: Judgement) -> None:
    """Facts answered in words during a keypad check, and understood since, are answered."""
    if not judgement.model:
        return
    spoken = select(FactNote).where(FactNote.check_in_id == check_in.id, FactNote.reason == Keyed.SPOKEN)
    for note in session.exec(spoken):
        if note.fact not in judgement.unknown:
            note.state = FactState.ANSWERED


def _worse(call: Call, turns: tuple[Said, ...]) -> list[Found]:
    written = facts_in(settings().prompts)
    pressed = {said.said_at: number for number, said in enumerate(turns) if said.key == 2}
    return [
        Found(
            fact.keypad_signal, fact.keypad_level, Subject.RESIDENT, Tense.NOW, SURE, Detector.KEYPAD,
            _span(pressed.get(note.noted_at), turns),
        )
        for note in call.notes
        if note.reason == Keyed.WORSE and (fact := written.get(note.fact)) is not None
    ]  # fmt: skip


def _help(turns: tuple[Said, ...]) -> list[Found]:
    numbers = [number for number, said in enumerate(turns) if said.key == HELP_NOW and said.speaker is Speaker.RESIDENT]
    return [
        Found(SignalCode.HEALTH_ACUTE, Level.EMERGENCY, Subject.RESIDENT, Tense.NOW, SURE, Detector.KEYPAD,
              _span(number, turns))
        for number in numbers[:1]
    ]  # fmt: skip


def _is_known(code: str, call: Call, judgement: Judgement) -> bool:
    if judgement.model and not judgement.failed and code not in judgement.unknown:
        return True
    return any(note.fact == code and note.state is FactState.ANSWERED for note in call.notes)


def _span(number: int | None, turns: tuple[Said, ...]) -> tuple[Span, ...]:
    """The key itself, as it stands among the words of the call; the question before it says what it meant."""
    return () if number is None else (Span(number, 0, len(turns[number].words), turns[number].words),)
