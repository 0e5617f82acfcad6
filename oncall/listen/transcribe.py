"""Transcription of a recording: each stretch of speech on its own, so that every sentence knows its second.

The transcription models give no timestamps (protocol note 6); ours come from where the sound was cut. What
recognisers invent on silence is left out, and identity numbers are covered before anything is stored (H-36).
"""

import re
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import structlog

from oncall.gateways import model
from oncall.listen.sound import Sound, Stretch
from oncall.models.identity_number import covered
from oncall.models.turn import Speaker

log = structlog.get_logger()

FAR_CHANNEL, OUR_CHANNEL = 0, 1  # a carrier's two-party recording: what it received, then what it played
AT_ONCE = 4
_CONTEXT = {
    "ko": "시청 복지과의 안부 전화입니다. 어르신이 사투리로 말씀하시기도 합니다.",
    "en": "A welfare check call from the city to an older resident.",
}
# Sentences that recognisers make up where nobody speaks.
_INVENTED = re.compile(
    r"^\W*(시청해 ?주셔서 감사합니다|구독과 좋아요.*|다음 영상에서 만나요.*|자막 ?제공.*|한글 ?자막.*|MBC 뉴스.*|thanks? (you )?for watching.*|"
    r"please subscribe.*|subtitles by.*)\W*$",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Spoken:
    """One turn as the recording has it; times in milliseconds of the recording."""

    speaker: Speaker
    words: str
    starts_ms: int
    ends_ms: int


def transcribe(sound: Sound, language: str, *, ours: list[str] | None = None) -> list[Spoken]:
    """Both ends of the line in words, in the order they were said. Raises ModelUnavailable.

    `ours` is what we are known to have said: when the words show that the channels are the other way round, they are
    taken so. A recording of one channel is the far end's.
    """
    pieces = [(channel, part) for channel in range(min(len(sound.channels), 2)) for part in sound.speech(channel)]

    def heard(piece: tuple[int, Stretch]) -> str:
        channel, part = piece
        return model.transcribe(sound.wav(channel, part), language=language, prompt=_CONTEXT.get(language, ""))

    with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="transcribe") as pool:
        words = list(pool.map(heard, pieces))
    kept = [
        (channel, part, covered(text))
        for (channel, part), text in zip(pieces, words, strict=True)
        if text.strip() and not _INVENTED.match(text)
    ]
    far = _far_channel(kept, ours or [])
    spoken = [
        Spoken(Speaker.RESIDENT if channel == far else Speaker.AGENT, text, part.starts_ms, part.ends_ms)
        for channel, part, text in kept
    ]
    return sorted(spoken, key=lambda turn: (turn.starts_ms, turn.ends_ms))


def _far_channel(kept: list[tuple[int, Stretch, str]], ours: list[str]) -> int:
    """Channel 1 unless our own known sentences are plainly on it and not on the other."""
    if not ours:
        return FAR_CHANNEL
    known = _pairs(" ".join(ours))
    likeness = [_likeness(_pairs(" ".join(text for at, _, text in kept if at == channel)), known) for channel in (0, 1)]
    if likeness[FAR_CHANNEL] > 0.5 and likeness[FAR_CHANNEL] > 2 * likeness[OUR_CHANNEL]:
        log.warning("channels_swapped", far=round(likeness[0], 2), ours=round(likeness[1], 2))
        return OUR_CHANNEL
    return FAR_CHANNEL


def _pairs(text: str) -> Counter[str]:
    letters = "".join(filter(str.isalnum, text.lower()))
    return Counter(letters[at : at + 2] for at in range(len(letters) - 1))


def _likeness(heard: Counter[str], known: Counter[str]) -> float:
    """How much of what was heard is in what is known, 0 to 1."""
    return (heard & known).total() / heard.total() if heard else 0.0
