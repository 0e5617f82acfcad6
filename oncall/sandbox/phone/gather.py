"""<Gather>: asks, and waits for keys or words; words are told of as they are heard, and complete keys even when the line
goes down in that moment."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from itertools import count
from xml.etree.ElementTree import Element

from oncall.sandbox.phone.script import GoTo, Script, verb
from oncall.sandbox.sound import FRAME_MS, Listener, loudness

_SPEECH = 30
_PIECE_FRAMES = 10
"""Of the telephone's time between two looks whether there is more to tell of."""


class Ear:
    """Takes down what the callee says until they have been quiet for a while, and tells `more` of it meanwhile."""

    def __init__(self, quiet_seconds: float, more: Callable[[str], None] = lambda _: None) -> None:
        self.done = asyncio.Event()
        self._more = more
        self._told = ""
        self._frames = 0
        self._listener = Listener()
        self._quiet_frames = round(quiet_seconds * 1000 / FRAME_MS)
        self._quiet = 0
        self._spoken = False

    @property
    def words(self) -> str:
        """What was said so far."""
        return self._listener.text

    def tap(self, said: bytes, _heard: bytes) -> None:
        """One more frame."""
        self._listener.hear(said)
        self._frames += 1
        if self._frames % _PIECE_FRAMES == 0 and self.words != self._told:
            self._told = self.words
            self._more(self._told)
        if loudness(said) > _SPEECH:
            self._spoken, self._quiet = True, 0
            return
        self._quiet += 1
        if self._spoken and self._quiet >= self._quiet_frames:
            self.done.set()


@verb("Gather")
async def gather(script: Script, element: Element) -> None:
    """Prompt, collect, and go on at `action`; without an answer the next verb follows."""
    pieces = count()

    def more(words: str) -> None:
        piece = {"UnstableSpeechResult": words, "StableSpeechResult": "", "Stability": "0.1"}
        script.tell(
            element, "partialResultCallback", script.call.as_params() | piece | {"SequenceNumber": str(next(pieces))}
        )

    ear, digits = Ear(_seconds(element.get("speechTimeout"), 1.0), more), list[str]()
    action = script.elsewhere(element.get("action") or "", element.get("method"))
    try:
        answered, finished_on = await _collect(script, element, ear, digits)
    except asyncio.CancelledError:
        if len(digits) >= _most(element):
            script.still_ask(action, {"Digits": "".join(digits), "FinishedOnKey": ""})
        raise
    if answered or element.get("actionOnEmptyResult") == "true":
        params = {"Digits": "".join(digits), "FinishedOnKey": finished_on}
        if not digits and ear.words:
            params = {"SpeechResult": ear.words, "Confidence": "0.9"}
        raise GoTo(action, params)


async def _collect(script: Script, element: Element, ear: Ear, digits: list[str]) -> tuple[bool, str]:
    """Fill `digits` and `ear`: whether anything came, and the key that finished it."""
    wanted = (element.get("input") or "dtmf").split()
    line, pressed = script.line, asyncio.Event()

    def press(digit: str) -> None:
        digits.append(digit)
        pressed.set()

    if "dtmf" in wanted:
        line.on_digit.append(press)
    if "speech" in wanted:
        line.taps.append(ear.tap)
    prompt = asyncio.create_task(script.do(element))
    try:
        answered = await _first(prompt, pressed, ear)
        if not answered:
            answered = await _within(_seconds(element.get("timeout"), 5.0), script, pressed, ear)
        return answered, await _further_digits(element, script, digits, pressed) if digits else ""
    finally:
        prompt.cancel()
        await asyncio.gather(prompt, return_exceptions=True)
        if press in line.on_digit:
            line.on_digit.remove(press)
        if ear.tap in line.taps:
            line.taps.remove(ear.tap)


async def _first(prompt: asyncio.Task[None], pressed: asyncio.Event, ear: Ear) -> bool:
    """Whether an answer came before the prompt was over."""
    answers = [asyncio.create_task(pressed.wait()), asyncio.create_task(ear.done.wait())]
    try:
        await asyncio.wait((prompt, *answers), return_when=asyncio.FIRST_COMPLETED)
        return pressed.is_set() or ear.done.is_set()
    finally:
        for answer in answers:
            answer.cancel()


async def _within(seconds: float, script: Script, pressed: asyncio.Event, ear: Ear) -> bool:
    waiting = asyncio.create_task(script.line.wait(seconds))
    answered = await _first(waiting, pressed, ear)
    waiting.cancel()
    if not answered and ear.words:
        # Still speaking when the time was over: they are heard out.
        answered = await _first(asyncio.create_task(script.line.wait(30)), pressed, ear)
    return answered


async def _further_digits(element: Element, script: Script, digits: list[str], pressed: asyncio.Event) -> str:
    """Wait for more keys; gives back the finishing key, which is no digit, or nothing."""
    most = _most(element)
    finish = element.get("finishOnKey", "#")
    while True:
        if finish and digits and digits[-1] in finish:
            return digits.pop()
        if len(digits) >= most:
            return ""
        pressed.clear()
        if not await _within(_seconds(element.get("timeout"), 5.0), script, pressed, Ear(1.0)):
            return ""


def _most(element: Element) -> int:
    """After so many keys nothing more is waited for."""
    return int(element.get("numDigits") or 1000)


def _seconds(value: str | None, default: float) -> float:
    return float(value) if value and value.replace(".", "", 1).isdigit() else default
