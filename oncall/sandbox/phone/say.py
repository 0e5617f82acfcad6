"""<Say>: words of the document and of what is nested in it, with their pauses and their pace."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final
from xml.etree.ElementTree import Element

from oncall.sandbox.phone.script import Script, verb

_RATES: Final = {"x-slow": 0.5, "slow": 0.75, "medium": 1.0, "default": 1.0, "fast": 1.25, "x-fast": 1.5}
_PAUSES: Final = {"none": 0.0, "x-weak": 0.1, "weak": 0.25, "medium": 0.5, "strong": 1.0, "x-strong": 1.5}
_TIME: Final = re.compile(r"(\d+(?:\.\d+)?)(ms|s)")
_APART: Final = frozenset({"s", "p"})
"""Elements whose words never run into those around them."""
MOST_LOOPS: Final = 1000
"""What `loop="0"`, which is for ever, comes to."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """Words said in one breath, and the seconds of silence after them."""

    words: str
    language: str
    rate: float = 1.0
    pause_seconds: float = 0.0


def stretches(element: Element, language: str) -> list[Stretch]:
    """What an element says, children of every kind included; those that are not known here are said plainly."""
    gathered: list[Stretch] = []
    for piece in _pieces(element, Stretch("", language)):
        last = gathered[-1] if gathered else None
        if last and not last.pause_seconds and (piece.language, piece.rate) == (last.language, last.rate):
            gathered[-1] = replace(piece, words=last.words + piece.words)
        else:
            gathered.append(piece)
    tidy = (replace(one, words=" ".join(one.words.split())) for one in gathered)
    return [one for one in tidy if one.words or one.pause_seconds]


def loops(element: Element) -> int:
    """How often an element is to be done."""
    value = element.get("loop") or "1"
    return (int(value) or MOST_LOOPS) if value.isdigit() else 1


def _pieces(element: Element, manner: Stretch) -> Iterator[Stretch]:
    yield replace(manner, words=element.text or "")
    for child in element:
        tag = child.tag.rpartition("}")[2]
        if tag == "break":
            yield replace(manner, pause_seconds=_pause(child))
        elif tag == "sub":
            yield replace(manner, words=child.get("alias") or child.text or "")
        else:
            edge = " " if tag in _APART else ""
            yield replace(manner, words=edge)
            yield from _pieces(child, _manner(child, tag, manner))
            yield replace(manner, words=edge)
        yield replace(manner, words=child.tail or "")


def _manner(child: Element, tag: str, manner: Stretch) -> Stretch:
    if tag == "prosody":
        return replace(manner, rate=manner.rate * _rate(child.get("rate") or "default"))
    if tag == "lang":
        language = next((value for key, value in child.attrib.items() if key.endswith("lang")), manner.language)
        return replace(manner, language=language.split("-")[0].lower())
    return manner


def _rate(value: str) -> float:
    if value in _RATES:
        return _RATES[value]
    number = value.removesuffix("%")
    if not re.fullmatch(r"[+-]?\d+(\.\d+)?", number):
        return 1.0
    if not value.endswith("%"):
        return max(0.2, float(number))
    share = float(number) / 100
    return max(0.2, 1 + share if number[0] in "+-" else share)


def _pause(child: Element) -> float:
    if (time := _TIME.fullmatch((child.get("time") or "").strip())) is not None:
        return min(10.0, float(time[1]) / (1000 if time[2] == "ms" else 1))
    return _PAUSES.get(child.get("strength") or "medium", 0.5)


@verb("Say")
async def say(script: Script, element: Element) -> None:
    """Speak, as often as `loop` says."""
    said = stretches(element, (element.get("language") or "en-US").split("-")[0].lower())
    for _ in range(loops(element)):
        for stretch in said:
            if stretch.words:
                await script.say(stretch.words, stretch.language, stretch.rate)
            if stretch.pause_seconds:
                await script.line.wait(stretch.pause_seconds)
        if not said:
            return
