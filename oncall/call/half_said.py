"""Words that are still being said where a key was asked for: kept while the carrier hears them, and taken as they are when
the line goes down before they were an answer (H-40).

The carrier tells nobody what was said last by somebody who drops the receiver; what it heard up to then it does tell,
piece by piece. Such a piece is a turn that was cut off. It goes when the answer comes, and is judged when none can come
any more: the end of a Korean sentence may turn all of it round, so nothing is judged while it is being said.
"""

from datetime import datetime

from sqlmodel import Session, col, select

from oncall.call import redial, wishes
from oncall.call.ears import Ears
from oncall.call.entry import Raised
from oncall.call.keyed_words import KeyedWords
from oncall.call.keypad import FIRST_POSITION, Step
from oncall.call.line import Line
from oncall.models import Attempt, AttemptState, ConsentScope, Level, Speaker, Turn, TurnSource
from oncall.models.consent import standing_consent
from oncall.models.identity_number import covered
from oncall.models.risk import Detector

CONFIDENCE = 0.7  # of an alarm: words, and perhaps not all of them


def keep(session: Session, attempt: Attempt, step: Step, words: str, number: int, now: datetime, ears: Ears) -> None:
    """Keep what was heard so far in answer to `step`; `number` counts the pieces, and a later one has more of the words.

    A piece that comes when the call is over is judged at once. The attempt row must be locked by the caller.
    """
    turns = _turns(session, attempt)
    if not words.strip() or not standing_consent(session, attempt.resident_id, ConsentScope.OVERSEAS):
        return
    if any(_of(turn, "step") == step.code and turn.speaker is Speaker.RESIDENT for turn in turns):
        return
    kept = next((turn for turn in turns if _of(turn, "part_of") == step.code), None)
    if kept is not None and number < _of(kept, "part"):
        return
    line = Line.of(session, attempt)
    at = int((now - (attempt.answered_at or now)).total_seconds() * 1000)
    if kept is None:
        kept = Turn(attempt_id=attempt.id, resident_id=attempt.resident_id, source=TurnSource.LIVE,
                    position=max((turn.position for turn in turns), default=FIRST_POSITION - 1) + 1,
                    speaker=Speaker.RESIDENT, words_sealed=b"", starts_ms=at, ends_ms=at, cut_off=True,
                    said_at=now)  # fmt: skip
    kept.timing, kept.ends_ms = {"part_of": step.code, "part": number}, at
    kept.write(line.seal, covered(words.strip()))
    session.add(kept)
    if attempt.state is AttemptState.ENDED:
        _judge(session, attempt, line, kept, now, ears)
        redial.if_dropped(session, attempt, now)


def answered(session: Session, attempt: Attempt, step: Step) -> None:
    """The answer to `step` has come: the pieces of it have had their time."""
    for turn in _turns(session, attempt):
        if _of(turn, "part_of") == step.code:
            session.delete(turn)


def hear_out(session: Session, attempt: Attempt, now: datetime, ears: Ears) -> None:
    """The line is down: what was being said in that moment is all there will be of it; judged once. The attempt row must be
    locked."""
    for turn in _turns(session, attempt):
        if _of(turn, "part_of") and not _of(turn, "judged"):
            _judge(session, attempt, Line.of(session, attempt), turn, now, ears)


def _judge(session: Session, attempt: Attempt, line: Line, turn: Turn, now: datetime, ears: Ears) -> None:
    turn.timing = (turn.timing or {}) | {"judged": 1}
    words = turn.words(line.seal)
    heard = KeyedWords.of(words, Step.of_code(_of(turn, "part_of")), line.language, ears)
    if heard.danger is not None and redial.standing_alarm(session, attempt) is None:
        Raised(line, heard.danger.code, Level.EMERGENCY, Detector.NET, words, turn.ends_ms / 1000, now,
               confidence=CONFIDENCE).write(session)  # fmt: skip
    if heard.wish is not None:
        wishes.honour(session, line, heard.wish, now)


def _turns(session: Session, attempt: Attempt) -> list[Turn]:
    return list(session.exec(
        select(Turn)
        .where(Turn.attempt_id == attempt.id, Turn.source == TurnSource.LIVE, col(Turn.position) >= FIRST_POSITION)
        .order_by(col(Turn.position))
    ))  # fmt: skip


def _of(turn: Turn, name: str) -> int:
    return (turn.timing or {}).get(name, 0)
