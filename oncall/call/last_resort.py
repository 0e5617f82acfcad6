"""The last path of an alarm: when the database does not take it within three seconds, the last-resort number is told.

Straight through the telephone door, with fixed words and no personal data, once an alarm: the spool knows that it was
about to be rung before it is. When the database is back, the alarm becomes a page like any other.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

import structlog
from twilio.twiml.voice_response import VoiceResponse

from oncall import clock
from oncall.call import script
from oncall.gateways import phone
from oncall.models import Language
from oncall.settings import settings

log = structlog.get_logger()

DATABASE_WITHIN_SECONDS = 3.0
ASKED_AGAIN_SECONDS = 10.0  # after the carrier said a clear no
TRIES = 6
_LOOKS_EVERY_SECONDS = 0.25
_SPEECH = {Language.KO: "ko-KR", Language.EN: "en-US"}


@dataclass
class _Awaited:
    due: float  # on the monotonic clock
    at: datetime
    first: Callable[[], bool]  # writes down that it is rung; False when it was before
    tries: int = 0


@dataclass
class LastResort:
    """Waits for the database's word on each alarm; one thread, which nothing else keeps busy."""

    _awaited: dict[UUID, _Awaited] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _thread: threading.Thread | None = None

    def watch(self, alarm: UUID, at: datetime, about_to_ring: Callable[[], bool]) -> None:
        """Ring unless `settled` is told about this alarm within three seconds."""
        with self._lock:
            self._awaited.setdefault(alarm, _Awaited(time.monotonic() + DATABASE_WITHIN_SECONDS, at, about_to_ring))
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._run, name="last resort", daemon=True)
                self._thread.start()

    def settled(self, alarm: UUID) -> None:
        """The database has it: the ladder takes it from here."""
        with self._lock:
            self._awaited.pop(alarm, None)

    def _run(self) -> None:
        while True:
            time.sleep(_LOOKS_EVERY_SECONDS)
            with self._lock:
                if not self._awaited:
                    self._thread = None
                    return
                late = [(alarm, one) for alarm, one in self._awaited.items() if one.due <= time.monotonic()]
            for alarm, one in late:
                try:
                    again = self._ring(alarm, one)
                except Exception:
                    log.exception("last_resort_failed", alarm=str(alarm))
                    again = False
                one.tries += 1
                one.due = time.monotonic() + ASKED_AGAIN_SECONDS
                if not again or one.tries >= TRIES:
                    self.settled(alarm)

    def _ring(self, alarm: UUID, one: _Awaited) -> bool:
        """Tell the last-resort number; True when it is certain that nobody was told."""
        to = settings().duty_last_resort
        if not to:
            log.error("alarm_not_in_database", alarm=str(alarm), told="nobody")
            return False
        if one.tries == 0 and not one.first():
            return False
        log.error("alarm_not_in_database", alarm=str(alarm), told="last_resort", tries=one.tries)
        told_by_text = _text(to, one.at) if one.tries == 0 else False
        try:
            phone.announce(to, notice(one.at))
        except phone.NotPlaced as refusal:
            log.error("last_resort_refused", alarm=str(alarm), code=refusal.code)
            return not told_by_text
        except phone.Unclear:
            log.error("last_resort_unclear", alarm=str(alarm))
        return False


def notice(at: datetime) -> str:
    """TwiML of the call: that danger was heard at this moment, and that the system fails; said three times. No name, no
    place, no words."""
    answer = VoiceResponse()
    words = script.line("last_resort_call", Language.KO, time=_clock_of(at, Language.KO))
    for _ in range(3):
        answer.say(words, language=_SPEECH[Language.KO])
        answer.pause(length=1)
    answer.hangup()
    return str(answer)


def _text(to: str, at: datetime) -> bool:
    if not settings().sms_from:
        return False
    try:
        phone.text(to, script.line("last_resort_text", Language.KO, time=_clock_of(at, Language.KO)))
    except (phone.NotPlaced, phone.Unclear):
        return False
    return True


def _clock_of(at: datetime, language: Language) -> str:
    wall = clock.civil(at, settings().timezone)
    return f"{wall.hour}시 {wall.minute}분" if language is Language.KO else f"{wall:%H:%M}"


last_resort = LastResort()
