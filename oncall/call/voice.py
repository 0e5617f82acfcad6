"""The voice of the fixed lines: each spoken once by the speech endpoint, kept, and played with no model in the loop.

Kept on the shelf under the fingerprint of everything the sound depends on, so that a changed word, voice or model is a
new sound and nothing is ever stale. Only lines that are the same for everybody are spoken: one with a name, a place or
a kind of danger in it never leaves this machine (P-30), and the carrier's own voice says it.
"""

import threading
import time
from dataclasses import dataclass, field
from datetime import datetime

import structlog

from oncall.call import lines, mulaw
from oncall.gateways import model, store
from oncall.gateways.model import ModelUnavailable
from oncall.models import Language
from oncall.models.fact import facts_in
from oncall.models.seal import ring
from oncall.settings import SpeechFormat, settings

log = structlog.get_logger()

SPEEDS = (0.9, 0.75)
_FOLDER = "voice"
_BEFORE_MS, _AFTER_MS = 60, 120
_FAILURES_ALLOWED = 3  # in a row; then the endpoint is left alone until the next time
_FIRST = (
    "opening",
    "right_person",
    "recorded",
    "not_recorded",
    "purpose",
    "filler",
    "hold",
    "stay",
    "fact_",
    "keypad_",
)


@dataclass
class _Cache:
    """What this process has in memory: sounds by fingerprint."""

    sounds: dict[str, bytes] = field(default_factory=dict)
    rendering: threading.Lock = field(default_factory=threading.Lock)
    stopped: threading.Event = field(default_factory=threading.Event)


_cache = _Cache()


def sound(text: str, language: Language, speed: float) -> bytes | None:
    """The line as 8 kHz mu-law at the nearest speed there is; None when it has not been spoken yet.

    From memory alone: never waits, safe on the event loop.
    """
    return _cache.sounds.get(fingerprint(text, language, speed))


def fingerprint(text: str, language: Language, speed: float) -> str:
    """The name of this line's sound: of the words, the pace, and whose voice it is. Keyed, so that only who was told a
    name can ask for the sound."""
    config = settings()
    pace = min(SPEEDS, key=lambda known: abs(known - speed))
    about = (text, language.value, f"{pace:g}", config.speech_model, config.speech_voice, config.speech_format.value)
    return ring().index_of("voice", "\0".join(about)).hex()[:40]


def by_fingerprint(name: str) -> bytes | None:
    """The sound of this name, from memory or from the shelf; None when there is none. May wait for the shelf, but is
    not led there by a name that is none of ours."""
    kept = _cache.sounds.get(name)
    if kept is None and name not in _wanted():
        return None
    if kept is None:
        try:
            kept = _cache.sounds[name] = store.fetch(f"{_FOLDER}/{name}")
        except store.NotKept:
            return None
    return kept


def fixed_texts(language: Language) -> list[str]:
    """Everything said word for word to everybody, those heard first in a call first: the lines without a name in
    them in all their variants, and how each fact is asked aloud and by keypad."""
    known = sorted(lines.nameless(language), key=lambda line: not line[0].startswith(_FIRST))
    asked = [
        wording[language]
        for fact in facts_in(settings().prompts).values()
        for wording in (fact.ask, fact.keypad)
        if language in wording
    ]
    return list(dict.fromkeys([*(text for _, text in known), *asked]))


def load() -> int:
    """Bring what the shelf has into memory. Returns how many lines are still without a sound."""
    wanted = _wanted()
    if any(name not in _cache.sounds for name in wanted):
        there = {key.rsplit("/", 1)[-1] for key in store.keys(_FOLDER)}
        for name in wanted:
            if name in there:
                by_fingerprint(name)
    return sum(name not in _cache.sounds for name in wanted)


def render(now: datetime, *, seconds: float = 240.0) -> int:
    """Have every line spoken that is not on the shelf yet; returns how many were. Never raises for the endpoint's sake.

    Stops after `seconds`, or when the endpoint fails repeatedly; what is missing is said by the carrier's voice, and
    the next time goes on.
    """
    if not _cache.rendering.acquire(blocking=False):
        return 0
    try:
        return _render(time.monotonic() + seconds) if load() else 0
    finally:
        _cache.rendering.release()


def stop() -> None:
    """Have no further line spoken by this process: it is going down."""
    _cache.stopped.set()


def louder(sounded: bytes) -> bytes:
    """The same sound 6 dB louder."""
    return mulaw.louder(sounded)


def _wanted() -> dict[str, tuple[str, Language, float]]:
    """Every sound there ought to be, by its name: the ordinary pace of both languages first."""
    return {
        fingerprint(text, language, speed): (text, language, speed)
        for speed in SPEEDS
        for language in Language
        for text in fixed_texts(language)
    }


def _render(until: float) -> int:
    rendered = failures = 0
    for name, (text, language, speed) in _wanted().items():
        if by_fingerprint(name) is not None:  # another worker may have been quicker
            continue
        if _cache.stopped.is_set() or time.monotonic() > until or failures == _FAILURES_ALLOWED:
            break
        try:
            spoken = model.speech(text, language=language.value, speed=speed)
        except ModelUnavailable as error:
            log.warning("line_not_spoken", reason=error.reason)
            failures += 1
            continue
        sounded = mulaw.from_wide(spoken) if settings().speech_format is SpeechFormat.PCM else spoken
        sounded = mulaw.trimmed(sounded, before_ms=_BEFORE_MS, after_ms=_AFTER_MS)
        store.keep(f"{_FOLDER}/{name}", sounded)
        _cache.sounds[name] = sounded
        rendered, failures = rendered + 1, 0
    if rendered:
        log.info("lines_spoken", count=rendered)
    return rendered
