"""Facts: what a campaign may ask, how it is worded and what counts as an answer, as caseworkers wrote it down."""

import tomllib
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from oncall.models.risk import Level, SignalCode


@dataclass(frozen=True)
class Fact:
    """One question; the wordings are by language ("ko", "en").

    `follow_up` is asked once after an answer of a single word; `months` are those in which it is asked at all, none
    meaning all; a circumstance of `skip_when` that is known of the resident spares them the question (C-39).
    `keypad` asks it so that 1 is well and 2 is not. A 2 is a signal of `keypad_signal`, at least `keypad_level`; when
    it could be `keypad_grave`, the check asks whether somebody is needed right now.
    """

    code: str
    label: dict[str, str]
    ask: dict[str, str]
    answered_by: str
    keypad: dict[str, str] = field(default_factory=dict)
    keypad_signal: SignalCode = SignalCode.SERVICE_REQUEST
    keypad_level: Level = Level.CONCERN
    keypad_grave: bool = False
    follow_up: dict[str, str] = field(default_factory=dict)
    months: tuple[int, ...] = ()
    skip_when: tuple[str, ...] = ()


@lru_cache(maxsize=4)
def facts_in(prompts: Path) -> dict[str, Fact]:
    """Every fact a campaign may name, by code, in the file's order. Raises OSError, TypeError or ValueError on a broken
    file."""
    written = tomllib.loads((prompts / "facts.toml").read_text(encoding="utf-8"))
    return {code: Fact(code=code, **_typed(about)) for code, about in written.items()}


def _typed(about: dict[str, Any]) -> dict[str, Any]:
    kinds = {"keypad_signal": SignalCode, "keypad_level": Level}
    return {key: kinds[key](value) if key in kinds else value for key, value in about.items()}
