"""Words that are still being said where a key was asked for: kept while the carrier hears them, and taken as they are when
the line goes down before they were an answer (H-40).

The carrier tells nobody what was said last by somebody who drops the receiver; what it heard up to then it does tell,
piece by piece. Such a piece is a turn that was cut off. It goes when the answer comes, and is judged when none can come
any more: the end of a Korean sentence may turn all of it round, so nothing is judged while it is being said. Where no carrier's
news of the end comes and a sweep finds it, the words stand in their turn and are judged with the whole call.
"""

from datetime import datetime

from sqlmodel import Session

from oncall.call import keyed_wishes, redial
from oncall.call.alarm_entry import Raised
from oncall.call.ears import Ears
from oncall.call.keyed_danger import is_raised
from oncall.call.keyed_turns import KeyedTurns, timing_of
from oncall.call.keyed_words import KeyedWords
from oncall.call.keypad import Step
from oncall.call.line import Line
from oncall.models import Attempt, AttemptState, ConsentScope, Resident, Speaker, Turn
from oncall.models.consent import standing_consent
from oncall.models.identity_number import covered
from oncall.models.risk import Detector

CONFIDENCE = 0.7  # of an alarm: words, and perhaps not all of them


def keep(session: Session, attempt: Attempt, step: Step, words: str, number: int, now: datetime, ears: Ears) -> None:
    """Keep what was heard so far in answer to `step`; `number` counts the pieces, and a later one has more of the words.

    A piece that comes when the call is over is judged at once. The attempt row must be locked by the caller.
    """
    turns = KeyedTurns(session, attempt, now)
    if not words.strip() or not standing_consent(session, attempt.resident_id, ConsentScope.OVERSEAS):
        return
    if turns.answer_to(step) is not None:
        return
    kept = turns.part_of(step)
    words, timing = covered(words.strip()), {"part_of": step.code, "part": number}
    if kept is None:
        kept = turns.add(Speaker.RESIDENT, words, timing, cut_off=True)
    elif number < timing_of(kept, "part"):
        return
    else:
        kept.timing, kept.ends_ms = timing, turns.at_ms
        kept.write(session.get_one(Resident, attempt.resident_id).seal, words)
    if attempt.state is AttemptState.ENDED:
        _judge(turns, kept, ears)
        redial.if_dropped(session, attempt, now)


def answered(turns: KeyedTurns, step: Step) -> None:
    """The answer to `step` has come: the pieces of it have had their time."""
    kept = turns.part_of(step)
    if kept is not None:
        turns.session.delete(kept)


def hear_out(session: Session, attempt: Attempt, now: datetime, ears: Ears) -> None:
    """The line is down: what was being said in that moment is all there will be of it; judged once. The attempt row must be
    locked."""
    turns = KeyedTurns(session, attempt, now)
    for turn in turns.rows:
        if timing_of(turn, "part_of") and not timing_of(turn, "judged"):
            _judge(turns, turn, ears)


def _judge(turns: KeyedTurns, turn: Turn, ears: Ears) -> None:
    turn.timing = (turn.timing or {}) | {"judged": 1}
    line = Line.of(turns.session, turns.attempt)
    words = turn.words(line.seal)
    heard = KeyedWords.of(words, Step.of_code(timing_of(turn, "part_of")), line.language, ears,
                          who=turns.attempt.answered_by)  # fmt: skip
    danger = heard.danger
    if danger is not None and not is_raised(turns.session, turns.attempt, danger):
        Raised(line, danger.code, danger.level, Detector.NET, words, turn.ends_ms / 1000, turns.now, danger.subject,
               CONFIDENCE, danger.speaks).write(turns.session)  # fmt: skip
    if heard.wish is not None:
        keyed_wishes.grant(turns.session, line, heard.wish, turns.now)
