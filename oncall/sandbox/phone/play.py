"""<Play>: recorded sound, fetched and played; or keys, whose tones nobody understands here."""

from __future__ import annotations

from typing import Final
from xml.etree.ElementTree import Element

from oncall.sandbox.phone.say import loops
from oncall.sandbox.phone.script import Script, verb
from oncall.sandbox.phone.soundfile import Unplayable, read_sound
from oncall.sandbox.phone.webhook import Unfetched

_TONE: Final = 0.1
_WAIT: Final = 0.5


@verb("Play")
async def play(script: Script, element: Element) -> None:
    """Play a file as often as `loop` says; one that cannot be had is warned of and passed over."""
    digits = element.get("digits")
    if digits:
        await script.line.wait(sum(_WAIT if digit in "wW" else _TONE for digit in digits))
        return
    url = (element.text or "").strip()
    where = script.elsewhere(url).url
    if not url or not where:
        script.exchange.warn(13233, script.call, "Play of nothing")
        return
    try:
        answer = await script.exchange.webhooks.fetch(where)
        sound = read_sound(answer.content, answer.content_type)
    except Unfetched as problem:
        script.exchange.warn(problem.code, script.call, f"Play: {problem}")
        return
    except Unplayable as problem:
        script.exchange.warn(12300, script.call, f"Play: {problem}")
        return
    for _ in range(loops(element) if sound else 0):
        await script.line.play(sound)
