"""The minutes of one talk: its turns in order, the wishes and the alarms, handed to the scribe as they come."""

from collections.abc import Callable
from uuid import UUID

from oncall import clock
from oncall.call.alarm_entry import Quoted, Raised, Told
from oncall.call.entry import Answered, Noted, Record, Recorded, Requested, Said, Wished
from oncall.call.line import Line
from oncall.call.playback import Spoken
from oncall.models import AnsweredBy, FactState, Level, SignalCode, Speaker, Speaks, Subject
from oncall.models.identity_number import covered
from oncall.models.risk import Detector
from oncall.models.wish import Wish


class Minutes:
    """What is written down of one call while it goes on.

    Times come in as milliseconds of the stream and are written as milliseconds since they picked up, so that a call
    that was led away and back has one clock.
    """

    def __init__(self, line: Line, write: Callable[[Record], None]) -> None:
        self._line, self._write = line, write
        self._position, self._since_ms = line.turns, line.since_ms
        self._alarmed: set[tuple[SignalCode, Level]] = set()
        self._wished: set[Wish] = set()
        self._who: AnsweredBy | None = None
        self._last_words = ("", "")  # the far end's last turn that has words: its item, and they
        self._unquoted: dict[str, UUID] = {}  # alarms that wait for the words of a turn

    def resident_said(self, item: str, words: str, starts_ms: int, ends_ms: int) -> None:
        """A turn of the far end is in words (none, when it could not be understood)."""
        words = covered(words)
        self._said(Speaker.RESIDENT, words, starts_ms, ends_ms)
        if words and (waiting := self._unquoted.pop(item, None)):
            self._write(Quoted(self._line, waiting, words))
        self._last_words = (item, words)

    def we_said(self, spoken: Spoken, ends_ms: int) -> None:
        """Something of ours was heard, whole or up to where it was cut; its words are taken once."""
        if spoken.words is None:
            return
        heard_ms = spoken.cut_at_ms if spoken.cut_at_ms is not None else spoken.sent_ms
        cut_off = spoken.cut_at_ms is not None and spoken.cut_at_ms < spoken.sent_ms
        share = heard_ms / spoken.sent_ms if cut_off and spoken.sent_ms else 1.0
        words, spoken.words = spoken.words[: round(len(spoken.words) * share)], None
        if words:
            timing = spoken.timing
            if timing is not None and spoken.answers_since is not None and spoken.first_heard_at is not None:
                timing = {**timing, "mark_ms": int((spoken.first_heard_at - spoken.answers_since) * 1000)}
            self._said(Speaker.AGENT, words, max(0, int(ends_ms - heard_ms)), ends_ms, cut_off=cut_off, timing=timing)

    def wish(self, wish: Wish) -> None:
        """The resident wishes something about the call (C-10: stored before it ends); heard twice, written once."""
        if wish in self._wished:
            return
        self._wished.add(wish)
        self._write(Wished(self._line, wish, clock.now()))

    def noted(self, fact: str, state: FactState, reason: str, words: str) -> None:
        """A planned question has come to this."""
        self._write(Noted(self._line, fact, state, reason, covered(words), clock.now()))

    def requested(self, words: str) -> None:
        """The resident asks for help with something."""
        if words.strip():
            self._write(Requested(self._line, covered(words.strip()), clock.now()))

    def answered_by(self, who: AnsweredBy) -> None:
        """Their own words tell who picked up."""
        if who is not self._who:
            self._who = who
            self._write(Answered(self._line, who, clock.now()))

    def tape_runs(self, sid: str, since_ms: int) -> None:
        """The recording began at this moment of the stream."""
        self._write(Recorded(self._line, sid, self._since_ms + since_ms, clock.now()))

    def emergency_answers(self, answers: dict[str, str], level: Level) -> None:
        """What they answered in the emergency so far, and how grave it has shown to be."""
        self._write(Told(self._line, {what: covered(words) for what, words in answers.items()}, level))

    def key_alarm(self, at_ms: int) -> None:
        """They pressed the key for help now."""
        self._raise(SignalCode.HEALTH_ACUTE, Level.EMERGENCY, Detector.KEYPAD, "", at_ms)

    def net_alarm(self, code: SignalCode, level: Level, words: str, at_ms: int, *,
                  subject: Subject = Subject.RESIDENT, confidence: float = 0.9,
                  speaks: Speaks = Speaks.RESIDENT) -> None:  # fmt: skip
        """The phrase net heard danger in these words."""
        self._raise(code, level, Detector.NET, covered(words), at_ms, subject, confidence, speaks)

    def model_alarm(self, code: SignalCode, level: Level, item: str, at_ms: int) -> None:
        """The model heard danger in the turn `item`, whose words may still be on their way."""
        heard_item, words = self._last_words
        raised = self._raise(code, level, Detector.MODEL, words if heard_item == item else "", at_ms)
        if raised is not None and not raised.quote:
            self._unquoted[item] = raised.alarm_id

    def _raise(self, code: SignalCode, level: Level, by: Detector, quote: str, at_ms: int,
               subject: Subject = Subject.RESIDENT, confidence: float = 0.9,
               speaks: Speaks = Speaks.RESIDENT) -> Raised | None:  # fmt: skip
        if (code, level) in self._alarmed:
            return None
        self._alarmed.add((code, level))
        second = (self._since_ms + at_ms) / 1000
        raised = Raised(self._line, code, level, by, quote, second, clock.now(), subject, confidence, speaks)
        self._write(raised)
        return raised

    def _said(self, speaker: Speaker, words: str, starts_ms: int, ends_ms: int, *, cut_off: bool = False,
              timing: dict[str, int] | None = None) -> None:  # fmt: skip
        self._position += 1
        starts_ms, ends_ms = self._since_ms + starts_ms, self._since_ms + ends_ms
        self._write(Said(self._line, self._position, speaker, words, starts_ms, ends_ms, clock.now(), cut_off, timing))
