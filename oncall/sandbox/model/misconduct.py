"""A realtime model that misbehaves: says what it must not, forgets its functions, ends early, asks twice."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from oncall.sandbox.model.brain import Brain
from oncall.sandbox.model.faults import Faults
from oncall.sandbox.model.parts import Part, Say

Tools = Sequence[dict[str, Any]]


class Misconduct:
    """What the faults of one session do to its replies; without any, nothing."""

    def __init__(self, faults: Faults, seed: int) -> None:
        self._faults = faults
        self._chance = random.Random(faults.seed if faults.seed is not None else seed)
        self._sentences = list(faults.misbehave)
        self._turns = 0

    def bend(self, brain: Brain, think: Callable[[Tools], list[Part]], tools: Tools, *, heard: bool) -> list[Part]:
        """The reply of `think` to be given these tools, bent as told; `heard` when it answers words of a person."""
        self._turns += heard
        if heard and self._chance.random() < self._faults.forget_tools:
            tools = ()
        parts = think(tools)
        if heard and self._faults.end_early and self._turns == 2:
            parts = brain.close("completed")
        spoken = next((at for at, part in enumerate(parts) if isinstance(part, Say)), None)
        if spoken is None or brain.mouth.exact:
            return parts
        said = parts[spoken]
        assert isinstance(said, Say)
        text = said.text
        if self._faults.double_question and (asked := brain.agenda.current_text) and asked in text:
            text = f"{text} {brain.agenda.other_question()}".strip()
        if self._sentences:
            text = _worked_in(text, self._sentences.pop(0))
        brain.mouth.note_own(text)
        return [*parts[:spoken], replace(said, text=text), *parts[spoken + 1 :]]


def _worked_in(text: str, sentence: str) -> str:
    """After the first sentence of the text, so that it neither begins nor (in a longer text) ends it."""
    ends = [at + 1 for mark in ".?!" if (at := text.find(f"{mark} ")) >= 0]
    at = min(ends, default=len(text))
    return " ".join(part for part in (text[:at].strip(), sentence, text[at:].strip()) if part)
