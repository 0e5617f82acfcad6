"""What a session heard and said, kept for whoever asks the sandbox."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass
class Diary:
    """What a session heard and said, for `GET /sandbox/sessions`."""

    id: str
    model: str
    began_at: float
    turns: list[dict[str, str]] = field(default_factory=list)
    calls: list[dict[str, Any]] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    alive: bool = True
    close_code: int | None = None
