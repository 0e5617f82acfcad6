"""The minutes of one talk: its turns in order, the wishes and the alarms, handed to the scribe as they come."""

from collections.abc import Callable
from uuid import UUID

from oncall import clock
from oncall.call.line import Line
from oncall.call.playback import Spoken
from oncall.call.scribe import Quoted, Raised, Record, Said, Wished
from oncall.models import Level, SignalCode, Speaker
from oncall.models.identity_number import covered
from oncall.models.risk import Detector
from oncall.models.wish import Wish


class Minutes:
    """What is written down of one call while it goes on; times are milliseconds of the stream."""

    def __init__(self, line: Line, write: Callable[[Record], None]) -> None:
        self._line, self._write = line, write
        self._position = 0
        self._alarmed: set[tuple[SignalCode, Level]] = set()
        self._wished: set[Wish] = set()
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
            self._said(Speaker.AGENT, words, max(0, int(ends_ms - heard_ms)), ends_ms, cut_off=cut_off)

    def wish(self, wish: Wish) -> None:
        """The resident wishes something about the call (C-10: stored before it ends); heard twice, written once."""
        if wish in self._wished:
            return
        self._wished.add(wish)
        self._write(Wished(self._line, wish, clock.now()))

    def net_alarm(self, code: SignalCode, level: Level, words: str, at_ms: int) -> None:
        """The phrase net heard danger in these words."""
        self._raise(code, level, Detector.NET, covered(words), at_ms)

    def model_alarm(self, code: SignalCode, level: Level, item: str, at_ms: int) -> None:
        """The model heard danger in the turn `item`, whose words may still be on their way."""
        heard_item, words = self._last_words
        raised = self._raise(code, level, Detector.MODEL, words if heard_item == item else "", at_ms)
        if raised is not None and not raised.quote:
            self._unquoted[item] = raised.alarm_id

    def _raise(self, code: SignalCode, level: Level, by: Detector, quote: str, at_ms: int) -> Raised | None:
        if (code, level) in self._alarmed:
            return None
        self._alarmed.add((code, level))
        raised = Raised(self._line, code, level, by, quote, at_ms / 1000, clock.now())
        self._write(raised)
        return raised

    def _said(self, speaker: Speaker, words: str, starts_ms: int, ends_ms: int, *, cut_off: bool = False) -> None:
        self._position += 1
        self._write(Said(self._line, self._position, speaker, words, starts_ms, ends_ms, clock.now(), cut_off))
