"""The voices on the line: eSpeak NG spoken into telephone sound, with the words written into it.

Without the `sandbox` extra installed a plain murmur of one tone per syllable takes the voice's place, so that nothing
but the pleasure of listening depends on it.
"""

from __future__ import annotations

import ctypes
import functools
import math
import threading
from array import array
from collections.abc import Callable
from itertools import accumulate
from operator import sub
from typing import Any, Final

from oncall.sandbox.sound import FRAME, SILENCE, from_pcm16, write_words

try:
    import espeakng_loader
except ImportError:
    espeakng_loader = None

AGENT: Final = 0
WOMAN: Final = 1
MAN: Final = 2
DAUGHTER: Final = 3
CHILD: Final = 4
MACHINE: Final = 5

_EDGE = SILENCE * 3
"""60 ms before and after speech."""
_MEAN = 2600
_LOUDEST = 32000
_VOICES: dict[int, tuple[str, int, int]] = {
    # variant of eSpeak NG, pitch (0-99), words a minute
    AGENT: ("f2", 52, 165),
    WOMAN: ("f5", 38, 135),
    MAN: ("m3", 30, 130),
    DAUGHTER: ("f3", 60, 170),
    CHILD: ("f4", 85, 150),
    MACHINE: ("m1", 50, 175),
}
_SYNCHRONOUS = 2
_UTF8 = 1
_RATE_PARAMETER, _PITCH_PARAMETER = 1, 3
_ESPEAK_RATE = 22050
_lock = threading.Lock()


def say(text: str, language: str, voice: int = AGENT, utterance: int = 0, rate: float = 1.0) -> bytes:
    """`text` spoken, as whole frames of mu-law with its words written in; 60 ms of silence at either end."""
    return _EDGE + write_words(speak(text, language, voice=voice, rate=rate), text, utterance=utterance) + _EDGE


@functools.lru_cache(maxsize=1500)
def speak(text: str, language: str, *, voice: int = AGENT, rate: float = 1.0) -> bytes:
    """`text` spoken as mu-law at 8000 Hz without any words in it, cut close at both ends; at least one frame.

    `language` is ko or en (any code eSpeak NG knows), an unknown one is spoken as English; `rate` 1.0 is the
    voice's own.
    """
    with _lock:  # around its making as well: of two engines the library would go on calling the one that is gone
        engine = _engine()
        wide = engine(text, language, voice, rate) if engine is not None else None
    if wide is None:
        return _murmur(text, voice=voice, rate=rate)
    return _cut_close(_narrow(wide)) or SILENCE


Engine = Callable[[str, str, int, float], "array[int]"]


@functools.cache
def _engine() -> Engine | None:
    if espeakng_loader is None:
        return None
    library: Any = ctypes.CDLL(espeakng_loader.get_library_path())
    rate = library.espeak_Initialize(_SYNCHRONOUS, 0, str(espeakng_loader.get_data_path()).encode(), 0)
    if rate != _ESPEAK_RATE:
        return None
    collected: array[int] = array("h")
    callback_type = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p)

    def collect(samples: Any, count: int, _events: Any) -> int:
        if samples and count > 0:
            collected.frombytes(ctypes.string_at(samples, count * 2))
        return 0

    callback = callback_type(collect)
    library.espeak_SetSynthCallback(callback)

    def synthesise(text: str, language: str, voice: int, speed: float) -> array[int]:
        # Named here so that the callback lives as long as the engine does.
        _ = callback
        variant, pitch, words_a_minute = _VOICES.get(voice, _VOICES[AGENT])
        if library.espeak_SetVoiceByName(f"{language}+{variant}".encode()) != 0:
            library.espeak_SetVoiceByName(f"en+{variant}".encode())
        library.espeak_SetParameter(_RATE_PARAMETER, max(80, min(450, int(words_a_minute * speed))), 0)
        library.espeak_SetParameter(_PITCH_PARAMETER, pitch, 0)
        encoded = text.encode("utf-8", "replace").replace(b"\0", b" ")
        del collected[:]
        library.espeak_Synth(encoded, len(encoded) + 1, 0, 0, 0, _UTF8, None, None)
        return collected[:]

    return synthesise


def _narrow(wide: array[int]) -> bytes:
    """22050 Hz samples as 8000 Hz mu-law: 441 samples become one frame, each the mean of five neighbours."""
    blocks = len(wide) // 441
    if blocks == 0:
        return b""
    sums = list(accumulate(wide, initial=0)) + [0] * 5
    gain = _MEAN * len(wide) / max(sum(map(abs, wide)), 1) / 5
    narrow = array("h", bytes(2 * blocks * FRAME))
    for phase in range(FRAME):
        first = phase * 441 // FRAME
        stop = blocks * 441
        means = map(sub, sums[first + 5 : stop + 5 : 441], sums[first:stop:441])
        narrow[phase::FRAME] = array("h", [max(-_LOUDEST, min(_LOUDEST, int(total * gain))) for total in means])
    # The last block's widest means may reach past the end of the sound.
    narrow[-3:] = array("h", [0, 0, 0])
    return from_pcm16(narrow.tobytes())


def _cut_close(ulaw: bytes) -> bytes:
    return ulaw.strip(b"\xff\xfe\xfd\x7e\x7d")


def _murmur(text: str, *, voice: int, rate: float) -> bytes:
    """A syllable-like tone for each letter group: 180 ms for a Korean syllable, 75 ms for any other letter."""
    base = 120 + 25 * voice
    samples = array("h")
    for position, character in enumerate(text):
        wide = "가" <= character <= "힣"
        length = int((1440 if wide else 600) / max(rate, 0.2))
        if not character.isalnum():
            samples.extend([0] * (length // 2))
            continue
        pitch = base + 12 * (position % 5)
        samples.extend(
            int(6000 * math.sin(math.pi * n / length) * math.sin(2 * math.pi * pitch * n / 8000)) for n in range(length)
        )
    return _cut_close(from_pcm16(samples.tobytes())) or SILENCE
