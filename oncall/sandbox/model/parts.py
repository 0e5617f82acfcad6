"""What one response is made of: words to say and functions to call."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Say:
    """One spoken (or written) message item."""

    text: str
    language: str


@dataclass(frozen=True, slots=True)
class Call:
    """One function call item."""

    name: str
    arguments: dict[str, Any]


Part = Say | Call
