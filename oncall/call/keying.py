"""One keypad check on the line: rows in, TwiML out, every answer in the rows before the next question is asked.

No process remembers anything: the address an answer comes to names its step, and what was answered before stands in the
fact notes and live turns, so any node can take the next step and a repeated webhook is given the same TwiML.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import Session, col, select
from twilio.twiml.voice_response import Gather, Start, VoiceResponse

from oncall.call import half_said, keypad, model_health, wishes
from oncall.call.ears import Ears, Hit
from oncall.call.entry import Raised
from oncall.call.keyed_turns import KeyedTurns
from oncall.call.keyed_voice import KeyedVoice
from oncall.call.keyed_words import KeyedWords
from oncall.call.keypad import Check, Kind, Next, Step
from oncall.call.line import Line
from oncall.models import (
    Alarm,
    AlarmState,
    AnsweredBy,
    Attempt,
    AttemptKind,
    ConsentScope,
    FactNote,
    FactState,
    Keyed,
    Language,
    Level,
    Manner,
    Path,
    Resident,
    SignalCode,
    Speaker,
    Turn,
)  # fmt: skip
from oncall.models.consent import scopes_given
from oncall.models.fact import Fact, facts_in
from oncall.models.identity_number import covered
from oncall.models.risk import Detector
from oncall.models.wish import Wish
from oncall.settings import settings

NOBODY_YET_AFTER = timedelta(seconds=60)
CERTAIN, NOT_CERTAIN = 0.9, 0.3  # of an alarm: a key or words; nothing where somebody had been (T-1)
_KEYED = frozenset(Keyed)


def begin(session: Session, attempt: Attempt, now: datetime) -> str:
    """TwiML for a call just answered: who we are and that we are an AI, then whether it is the right person.

    Recorded only with consent to that and to processing abroad, and only after the line that says so (C-03).
    """
    check = _KeypadCheck(session, attempt, now)
    answer = VoiceResponse()
    if attempt.kind is AttemptKind.REDIAL:
        # The line dropped after danger was heard: no questions, we stay.
        check.voice.say(answer, "call_again")
        return check.answer(answer, Next((("hold", 0),), Step(Kind.HOLD)))
    recorded = check.may_be_heard_abroad and ConsentScope.RECORDING in check.scopes
    check.voice.say(answer, "opening")
    check.voice.say(answer, "recorded" if recorded else "not_recorded")
    if recorded:
        start = Start()
        start.recording(
            channels="dual", track="both", trim="do-not-trim", recording_status_callback_event="completed absent",
            recording_status_callback=f"{settings().public_url}/voice/{attempt.token}/recording",
        )  # fmt: skip
        answer.append(start)
    return check.answer(answer, check.rules.first())


def switch(session: Session, attempt: Attempt, now: datetime) -> str:
    """TwiML after the model died in the call: on with the keys, with what has not been answered yet; when danger was
    heard before, staying is all we do."""
    attempt.path = Path.KEYPAD
    attempt.error = attempt.error or model_health.DOWN
    check = _KeypadCheck(session, attempt, now)
    answer = VoiceResponse()
    if check.alarm() is not None:
        return check.answer(answer, Next((("hold", 0),), Step(Kind.HOLD)))
    check.voice.say(answer, "keypad_switch")
    known = attempt.answered_by is AnsweredBy.RESIDENT or bool(check.rules.done)
    return check.answer(answer, check.rules.first(known=known))


def go_on(session: Session, attempt: Attempt, step: Step, now: datetime, *, digit: str, words: str,
          ears: Ears | None) -> str:  # fmt: skip
    """TwiML after an answer to `step`: a key ("" for none), or words, which need `ears`. The attempt row must be locked by
    the caller."""
    check = _KeypadCheck(session, attempt, now)
    follows = check.repeated(step) or check.heard(step, digit[:1], words, ears)
    return check.answer(VoiceResponse(), follows)


@dataclass
class _KeypadCheck:
    """The check of one attempt at one moment."""

    session: Session
    attempt: Attempt
    now: datetime

    def __post_init__(self) -> None:
        self.line = Line.of(self.session, self.attempt)
        self.resident = self.session.get_one(Resident, self.attempt.resident_id)
        self.scopes = scopes_given(self.session, {self.resident.id})[self.resident.id]
        written = facts_in(settings().prompts)
        self.facts: list[Fact] = [written[code] for code in self.line.facts if code in written]
        self.turns = KeyedTurns(self.session, self.attempt, self.now)
        manner = self.session.get(Manner, self.resident.id) or Manner(resident_id=self.resident.id)
        name = self.resident.preferred_name or self.resident.name or ""
        self.voice = KeyedVoice(self.line, manner, name, self.facts, self.may_be_heard_abroad)
        self.notes = {
            note.fact: note
            for note in self.session.exec(select(FactNote).where(FactNote.check_in_id == self.attempt.check_in_id))
        }

    @property
    def may_be_heard_abroad(self) -> bool:
        """Whether what they say may be put into words outside the country; if not, keys are all we take."""
        return ConsentScope.OVERSEAS in self.scopes

    @property
    def rules(self) -> Check:
        """The steps as they stand: what a talk has answered already is not asked again."""
        done = {
            code for code, note in self.notes.items()
            if note.state is FactState.ANSWERED and note.reason not in _KEYED
        }  # fmt: skip
        listens = self.may_be_heard_abroad and self.attempt.answered_by is not AnsweredBy.MACHINE
        return Check(self.facts, done, listens)

    def alarm(self) -> Alarm | None:
        """The newest alarm of this call that no person has closed."""
        return self.session.exec(
            select(Alarm)
            .where(Alarm.attempt_id == self.attempt.id, Alarm.state != AlarmState.CLOSED)
            .order_by(col(Alarm.raised_at).desc())
        ).first()

    # -- what was heard

    def repeated(self, step: Step) -> Next | None:
        """What followed when this very step was answered before; None the first time."""
        turn = self.turns.answer_to(step)
        if turn is None:
            return None
        follows = (turn.timing or {}).get("follows")
        key = "" if turn.key is None else str(turn.key)
        words = "" if key else turn.words(self.resident.seal)
        if follows == Kind.HOLD:
            return Next((("hold", 0),), Step(Kind.HOLD))
        if follows == _A_CHILD:
            return keypad.TO_A_CHILD
        return self._follow(step, key, words, KeyedWords(wish=_wish_of(follows)))

    def heard(self, step: Step, digit: str, words: str, ears: Ears | None) -> Next:
        """Take the answer down and say what follows."""
        words = covered(words.strip()) if self.may_be_heard_abroad and not digit else ""
        key = digit if digit.isdecimal() else ("*" if digit else "")
        meant = KeyedWords.of(words, step, self.line.language, ears)
        if meant.danger is not None and step.kind is not Kind.HOLD:
            follows = Next((("hold", 0),), Step(Kind.HOLD), alarm=True)
        elif meant.is_child:
            follows = keypad.TO_A_CHILD
        else:
            follows = self._follow(step, key, words, meant)
        half_said.answered(self.turns, step)
        turn = self._write_answer(step, key, words, follows, meant)
        if follows.alarm and self.alarm() is None:
            self._raise(meant.danger, turn, CERTAIN if follows.certain else NOT_CERTAIN)
        if follows.wish is not None:
            wishes.honour(self.session, self.line, follows.wish, self.now)
        if follows.answered_by is not None:
            self.attempt.answered_by = follows.answered_by
        if follows.note is not None:
            self._note(follows, words)
        return follows

    def _follow(self, step: Step, key: str, words: str, meant: KeyedWords) -> Next:
        if key:
            return self.rules.follow(step, key)
        if meant.wish is not None and step.kind is not Kind.HOLD:
            return self.rules.wished(step, meant.wish)
        if meant.key or not words:
            return self.rules.follow(step, meant.key)
        return self.rules.in_words(step)

    def _write_answer(self, step: Step, key: str, words: str, follows: Next, meant: KeyedWords) -> Turn | None:
        if not key and not words:
            return None
        timing = {"step": step.code}
        pressed_or_said = key or meant.key
        if pressed_or_said.isdecimal() and meant.wish is None:
            timing["key"] = int(pressed_or_said)
        if follows.step is not None and follows.alarm:
            timing["follows"] = int(Kind.HOLD)
        elif follows is keypad.TO_A_CHILD:
            timing["follows"] = _A_CHILD
        elif meant.wish is not None:
            timing["follows"] = _WISH_FROM + list(Wish).index(meant.wish)
        return self.turns.add(Speaker.RESIDENT, words or pressed(key, self.line.language), timing)

    def _note(self, follows: Next, words: str) -> None:
        assert follows.note is not None
        code = self.facts[follows.note.number].code
        note = self.notes.get(code)
        if note is None:
            note = FactNote(
                check_in_id=self.attempt.check_in_id, attempt_id=self.attempt.id, resident_id=self.resident.id,
                campaign_id=self.attempt.campaign_id, fact=code, state=follows.note.state, noted_at=self.now,
            )  # fmt: skip
        elif note.reason in {Keyed.WELL, Keyed.WORSE} and note.attempt_id == self.attempt.id:
            return  # late news of a step already answered
        note.state, note.reason, note.noted_at = follows.note.state, follows.note.reason, self.now
        note.attempt_id = self.attempt.id
        if words:
            note.write(self.resident.seal, words)
        self.session.add(note)

    def _raise(self, danger: Hit | None, turn: Turn | None, confidence: float) -> None:
        code = SignalCode.HEALTH_ACUTE if danger is None or danger.code is None else danger.code
        raised = Raised(
            self.line, code, Level.EMERGENCY, Detector.KEYPAD if danger is None else Detector.NET,
            turn.words(self.resident.seal) if turn is not None else "", self.turns.at_ms / 1000, self.now,
            confidence=confidence,
        )  # fmt: skip
        raised.write(self.session)

    # -- what is said

    def answer(self, twiml: VoiceResponse, follows: Next) -> str:
        """The TwiML of what follows."""
        verb: VoiceResponse | Gather = twiml
        if follows.step is not None:
            verb = self.voice.gather(follows.step)
        for key, turn in follows.lines:
            self.voice.say(verb, self._stay(key), turn)
        if follows.step is not None:
            self.voice.ask(verb, follows.step)
            twiml.append(verb)
        else:
            self.attempt.end_reason = follows.ends
            twiml.hangup()
        self._write_question(follows)
        return str(twiml)

    def _stay(self, key: str) -> str:
        """While nobody has come for a minute, every fourth word of comfort says so plainly (E4)."""
        if key != "stay" or not self.turns.rows or self.turns.position % 4:
            return key
        alarm = self.alarm()
        waits = alarm is not None and alarm.state is AlarmState.RAISED and self.now - alarm.raised_at > NOBODY_YET_AFTER
        return "nobody_yet" if waits else key

    def _write_question(self, follows: Next) -> None:
        asked = follows.step.code if follows.step is not None else 0
        if not self.turns.was_asked(asked):
            self.turns.add(Speaker.AGENT, " ".join(self.voice.spoken), {"step": asked})


def pressed(key: str, language: Language) -> str:
    """How a key stands among the words of a call: as what it was, a key."""
    return f"[{key}번 누름]" if language is Language.KO else f"[pressed {key}]"


_A_CHILD = 99  # what followed a turn, where its kind of step does not tell
_WISH_FROM = 100


def _wish_of(follows: int | None) -> Wish | None:
    return list(Wish)[follows - _WISH_FROM] if follows is not None and follows >= _WISH_FROM else None
