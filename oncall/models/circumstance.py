"""Circumstances: what is known of a resident because of which some things are not asked or said (C-39)."""

import tomllib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path


@dataclass(frozen=True)
class Circumstance:
    """One; `label` is by language, `tell` what the model is told of it, "" when it only spares a question."""

    code: str
    label: dict[str, str]
    tell: str = ""


@lru_cache(maxsize=4)
def circumstances_in(prompts: Path) -> dict[str, Circumstance]:
    """Every circumstance there is, by code. Raises OSError or TypeError on a broken file."""
    written = tomllib.loads((prompts / "circumstances.toml").read_text(encoding="utf-8"))
    return {code: Circumstance(code=code, **about) for code, about in written.items()}
