"""Reads the model's words as they come, ahead of their sound, and has our voice stopped before what may not be said is heard.

The words of a response arrive with or before its sound, and both much faster than the telephone plays them: a sentence
that breaks a rule of speech is nearly always still in the carrier's buffer when it is found (C-17).
"""

import json
from collections.abc import Callable

import structlog

from oncall.call.line import Line
from oncall.call.sentences import Sentences
from oncall.call.speech_rulebook import Severity
from oncall.call.speech_rules import SpeechRules

log = structlog.get_logger()


class Proofreader:
    """One call's. `stop` is called, at most once a response, when a sentence must not be heard."""

    def __init__(self, line: Line, stop: Callable[[], None]) -> None:
        self._line, self._stop = line, stop
        self._rules = SpeechRules(line.language, line.circumstances, line.known.promised + line.known.declined)
        self._spoken = Sentences()
        self._item, self._stopped = "", False

    def they_said(self, words: str) -> None:
        """Their turn: some things may not be said to it."""
        self._rules.they_said(words)

    def more(self, raw: bytes) -> None:
        """Some more words of a response, as the event came."""
        event = json.loads(raw)
        if event["item_id"] != self._item:
            self.finished()
            self._item = event["item_id"]
        for sentence in self._spoken.add(event["delta"]):
            self._read(sentence)

    def finished(self) -> None:
        """The response is complete: read what is left, and close its turn."""
        for sentence in self._spoken.rest():
            self._read(sentence)
        self._item, self._stopped = "", False
        if (owed := self._rules.turn_done()) is not None:
            log.warning("speech_rule", attempt=str(self._line.attempt_id), rule=owed.rule, stopped=False)

    def _read(self, sentence: str) -> None:
        broken = None if self._stopped else self._rules.check(sentence)
        if broken is None:
            return
        self._stopped = broken.severity is Severity.STOP
        log.warning("speech_rule", attempt=str(self._line.attempt_id), rule=broken.rule, stopped=self._stopped)
        if self._stopped:
            self._stop()
