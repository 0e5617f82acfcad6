"""One keypad check on the line: rows in, TwiML out, every answer in the rows before the next question is asked.

No process remembers anything: the address an answer comes to names its step, and what was answered before stands in the
fact notes and live turns, so any node can take the next step and a repeated webhook is given the same TwiML.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime

from sqlmodel import Session, col, select
from twilio.twiml.voice_response import Gather, Start, VoiceResponse

from oncall.call import about_me, half_said, keyed_wishes, keypad, model_health
from oncall.call.alarm_entry import Raised, Told
from oncall.call.checklist import Checklist
from oncall.call.ears import Ears
from oncall.call.emergency import Cues
from oncall.call.keyed_danger import Begun, KeyedDanger, is_raised, known_numbers, lines_of
from oncall.call.keyed_notes import KeyedNotes
from oncall.call.keyed_turns import NO_DIGIT, KeyedTurns, key_of
from oncall.call.keyed_voice import KeyedVoice
from oncall.call.keyed_words import KeyedWords
from oncall.call.keypad import Check, Kind, Next, Step
from oncall.call.line import Danger, Line
from oncall.call.yes_no import Answer, reading
from oncall.models import (
    Alarm,
    AlarmState,
    AnsweredBy,
    Attempt,
    AttemptKind,
    ConsentScope,
    Language,
    Level,
    Path,
    Resident,
    SignalCode,
    Speaker,
    Speaks,
    Subject,
    Turn,
)  # fmt: skip
from oncall.models.consent import scopes_given
from oncall.models.fact import Fact, facts_in
from oncall.models.identity_number import covered
from oncall.models.risk import Detector
from oncall.models.wish import Wish
from oncall.settings import settings

CERTAIN, NOT_CERTAIN = 0.9, 0.3  # of an alarm: a key or words; nothing where somebody had been (T-1)
_UNKNOWN = Danger(SignalCode.HEALTH_ACUTE, Level.EMERGENCY, Subject.RESIDENT, {})  # of a redial whose alarm is gone


def begin(session: Session, attempt: Attempt, now: datetime) -> str:
    """TwiML for a call just answered: who we are and that we are an AI, then whether it is the right person.

    Recorded only with consent to that and to processing abroad, and only after the line that says so (C-03).
    """
    check = _KeypadCheck(session, attempt, now)
    answer = VoiceResponse()
    if attempt.kind is AttemptKind.REDIAL:
        # The line dropped after danger was heard: no questions, we stay.
        return check.answer(answer, check.holds_on(check.line.danger or _UNKNOWN))
    check.notes.spare(check.spared)
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
    """TwiML after the model died in the call: on with the keys, with what has not been answered yet; when danger stands,
    with what was being asked of it."""
    attempt.path = Path.KEYPAD
    attempt.error = attempt.error or model_health.DOWN
    check = _KeypadCheck(session, attempt, now)
    answer = VoiceResponse()
    if (danger := check.stands()) is not None:
        return check.answer(answer, check.holds_on(danger))
    check.voice.say(answer, "keypad_switch")
    known = attempt.answered_by is AnsweredBy.RESIDENT or bool(check.notes.done)
    check.notes.spare(check.spared)
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
    kept: dict[str, int] = field(default_factory=dict)  # with the question asked next

    def __post_init__(self) -> None:
        self.line = Line.of(self.session, self.attempt)
        self.resident = self.session.get_one(Resident, self.attempt.resident_id)
        self.scopes = scopes_given(self.session, {self.resident.id})[self.resident.id]
        written = facts_in(settings().prompts)
        self.facts: list[Fact] = [written[code] for code in self.line.facts if code in written]
        self.spared = Checklist.of(self.line.facts, written, self.line.circumstances, self.now.month).spared
        self.turns = KeyedTurns(self.session, self.attempt, self.now)
        name = self.resident.preferred_name or self.resident.name or ""
        self.voice = KeyedVoice(self.line, name, self.facts, self.may_be_heard_abroad)
        self.notes = KeyedNotes(self.session, self.attempt, self.resident.seal, self.now)

    @property
    def may_be_heard_abroad(self) -> bool:
        """Whether what they say may be put into words outside the country; if not, keys are all we take."""
        return ConsentScope.OVERSEAS in self.scopes

    @property
    def rules(self) -> Check:
        """The steps as they stand: what a talk has answered already, and what they are spared, is not asked."""
        listens = self.may_be_heard_abroad and self.attempt.answered_by is not AnsweredBy.MACHINE
        done = self.notes.done | self.spared.keys()
        return Check(self.facts, done, listens, arranged=bool(self.line.known.promised))

    # -- danger

    def stands(self) -> Danger | None:
        """The gravest danger heard in this call before the keys that no person has closed and they have not denied."""
        rows = self.session.exec(
            select(Alarm)
            .where(Alarm.attempt_id == self.attempt.id, Alarm.state != AlarmState.CLOSED)
            .order_by(col(Alarm.raised_at))
        )
        alarm = max(rows, key=lambda one: one.level.rank, default=None)
        if alarm is None:
            return None
        answers = alarm.answers(self.resident.seal)
        denied = alarm.level is not Level.EMERGENCY and reading(answers.get("dying", "")) is Answer.NO
        return None if denied else Danger(alarm.code, alarm.level, alarm.subject, answers, alarm.speaks)

    def holds_on(self, danger: Danger) -> Next:
        """Go on with an emergency that began before the keys."""
        begun = Begun(danger.code, danger.level, danger.subject, danger.speaks)
        known = {question for question, words in danger.answers.items() if words}
        self.danger = self._danger_before(None)
        self.kept = begun.numbers | known_numbers(danger.answers)
        return self._held(self.danger.begin(begun, self.now, known=known))

    @property
    def _by_key(self) -> Begun:
        """Danger of which a key, or no sign at all, is everything we know."""
        return Begun(speaks=Speaks.OTHER if self.attempt.answered_by is AnsweredBy.OTHER else Speaks.RESIDENT)

    def _danger_before(self, turn: Turn | None) -> KeyedDanger:
        again = self.attempt.kind is AttemptKind.REDIAL
        return KeyedDanger.before(self.turns, self.resident.seal, turn, again=again)

    def _held(self, cues: Cues, *, alarm: bool = False) -> Next:
        lines = lines_of(cues, by_keys=not self.may_be_heard_abroad)
        return Next(lines or (("stay", self.danger.holds),), self.danger.step, alarm=alarm)

    def _somebody_has_it(self) -> bool:
        return self.session.exec(
            select(Alarm.id).where(Alarm.attempt_id == self.attempt.id, Alarm.state == AlarmState.ACKNOWLEDGED).limit(1)
        ).first() is not None  # fmt: skip

    # -- what was heard

    def repeated(self, step: Step) -> Next | None:
        """What followed when this very step was answered before; None the first time."""
        turn = self.turns.answer_to(step)
        if turn is None:
            return None
        key = key_of(turn)
        return self._follow(step, key, "" if key else turn.words(self.resident.seal), KeyedWords.of_turn(turn))

    def heard(self, step: Step, digit: str, words: str, ears: Ears | None) -> Next:
        """Take the answer down and say what follows."""
        words = covered(words.strip()) if self.may_be_heard_abroad and not digit else ""
        key = digit if digit.isdecimal() else ("*" if digit else "")
        meant = KeyedWords.of(words, step, self.line.language, ears, who=self.attempt.answered_by)
        follows = self._follow(step, key, words, meant)
        half_said.answered(self.turns, step)
        begun = meant.danger or (self._by_key if follows.alarm else None)
        wished_before = any(KeyedWords.of_turn(turn).wish is follows.wish for turn in self.turns.rows)
        turn = self._write_answer(step, key, words, meant, begun, follows.arrived)
        if begun is not None:
            sure = meant.confidence if meant.danger else CERTAIN if follows.certain else NOT_CERTAIN
            self._raise(begun, turn, sure, by_words=meant.danger is not None)
        if step.kind is Kind.HOLD:
            self._tell()
        if follows.wish is not None and (follows.wish is Wish.SLOWER or not wished_before):
            keyed_wishes.grant(self.session, self.line, follows.wish, self.now)
            self.line = self.voice.line = Line.of(self.session, self.attempt)
        if follows.answered_by is not None:
            self.attempt.answered_by = follows.answered_by
        if follows.note is not None:
            note = follows.note
            self.notes.write(self.facts[note.number].code, note.state, note.reason, words)
        return follows

    def _follow(self, step: Step, key: str, words: str, meant: KeyedWords) -> Next:
        after = self.turns.followed_by(step)
        at = after.said_at if after is not None else self.now
        self.danger = self._danger_before(after)
        key = key or meant.key
        if step.kind is Kind.HOLD:
            return self._stays(key, words, meant, at, is_new=after is None)
        if meant.danger is not None:
            return self._held(self.danger.begin(meant.danger, at, came_from=step), alarm=True)
        follows = self._of_rules(step, key, words, meant)
        if not follows.alarm:
            return follows
        held = self._held(self.danger.begin(self._by_key, at, came_from=step), alarm=True)
        if follows.certain:
            return held
        self.kept = self._by_key.numbers  # nothing came, and no turn of theirs can keep it
        return replace(held, lines=(*follows.lines, *held.lines[1:]), certain=False)

    def _stays(self, key: str, words: str, meant: KeyedWords, at: datetime, *, is_new: bool) -> Next:
        """What follows an answer, or none, while danger stands; a set phrase that was denied lets the check go on."""
        if key or words:
            cues = self.danger.heard(key, words, meant.danger, at)
        else:
            cues = self.danger.waited(at, somebody_has_it=is_new and self._somebody_has_it())
        if self.danger.machine.is_on:
            return replace(self._held(cues, alarm=key == keypad.HELP_KEY), wish=meant.wish)
        return self.rules.resumes(self.danger.came_from)

    def _of_rules(self, step: Step, key: str, words: str, meant: KeyedWords) -> Next:
        if meant.is_child:
            return keypad.TO_A_CHILD
        if meant.wish is not None:
            wished = self.rules.wished(step, meant.wish)
            tells = wished.wish is Wish.ABOUT_ME and self.attempt.answered_by is AnsweredBy.RESIDENT
            return replace(wished, lines=lines_of(about_me.cues(self.line.known), by_keys=False)) if tells else wished
        return self.rules.follow(step, key) if key or not words else self.rules.in_words(step)

    def _write_answer(self, step: Step, key: str, words: str, meant: KeyedWords, begun: Begun | None,
                      arrived: bool | None) -> Turn | None:  # fmt: skip
        if not key and not words:
            return None
        timing = {"step": step.code} | meant.numbers | (begun.numbers if begun else {})
        pressed_or_said = key or meant.key
        if pressed_or_said and meant.wish is None and meant.danger is None:
            timing["key"] = int(pressed_or_said) if pressed_or_said.isdecimal() else NO_DIGIT
        if arrived is not None:
            timing["arrived"] = int(arrived)
        return self.turns.add(Speaker.RESIDENT, words or pressed(key, self.line.language), timing)

    def _raise(self, begun: Begun, turn: Turn | None, confidence: float, *, by_words: bool) -> None:
        if is_raised(self.session, self.attempt, begun):
            return
        Raised(
            self.line, begun.code, begun.level, Detector.NET if by_words else Detector.KEYPAD,
            turn.words(self.resident.seal) if turn is not None else "", self.turns.at_ms / 1000, self.now,
            begun.subject, confidence, begun.speaks,
        ).write(self.session)  # fmt: skip

    def _tell(self) -> None:
        """What they answered goes on the alarm's card, and raises it if it says so."""
        told = self.danger.told(self.line.language, by_keys=not self.may_be_heard_abroad)
        if told:
            Told(self.line, told, self.danger.machine.level).write(self.session)

    # -- what is said

    def answer(self, twiml: VoiceResponse, follows: Next) -> str:
        """The TwiML of what follows."""
        verb: VoiceResponse | Gather = twiml
        if follows.step is not None:
            verb = self.voice.gather(follows.step)
        for key, turn in follows.lines:
            self.voice.say(verb, key, turn)
        if follows.step is not None:
            self.voice.ask(verb, follows.step)
            twiml.append(verb)
        else:
            self.attempt.end_reason = follows.ends
            twiml.hangup()
        self._write_question(follows)
        return str(twiml)

    def _write_question(self, follows: Next) -> None:
        asked = follows.step.code if follows.step is not None else 0
        if not self.turns.was_asked(asked):
            self.turns.add(Speaker.AGENT, " ".join(self.voice.spoken), {"step": asked} | self.kept)


def pressed(key: str, language: Language) -> str:
    """How a key stands among the words of a call: as what it was, a key."""
    return f"[{key}번 누름]" if language is Language.KO else f"[pressed {key}]"
