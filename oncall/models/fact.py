"""Facts: what a campaign may ask, how it is worded and what counts as an answer, as caseworkers wrote it down."""

import tomllib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path


@dataclass(frozen=True)
class Fact:
    """One question; `label` and `ask` are by language ("ko", "en")."""

    code: str
    label: dict[str, str]
    ask: dict[str, str]
    answered_by: str


@lru_cache(maxsize=4)
def facts_in(prompts: Path) -> dict[str, Fact]:
    """Every fact a campaign may name, by code, in the file's order. Raises OSError or TypeError on a broken file."""
    written = tomllib.loads((prompts / "facts.toml").read_text(encoding="utf-8"))
    return {code: Fact(code=code, **about) for code, about in written.items()}
