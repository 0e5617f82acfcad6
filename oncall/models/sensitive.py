"""Sensitive words: what no call speaks of before the resident does, as caseworkers wrote it down (C-15)."""

import re
import tomllib
import unicodedata
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path


@dataclass(frozen=True)
class Sensitive:
    """The words by kind ("health", "money" ...), who answers for them, and when they were last read through."""

    owner: str
    verified: date
    kinds: tuple[tuple[str, "re.Pattern[str]", "re.Pattern[str]"], ...]

    def touched_by(self, text: str) -> str | None:
        """The first kind of which `text` holds a word; None when none does. Either language is looked for."""
        plain = unicodedata.normalize("NFC", text).casefold()
        closed = "".join(plain.split())
        return next(
            (kind for kind, korean, english in self.kinds if korean.search(closed) or english.search(plain)), None
        )


@lru_cache(maxsize=4)
def sensitive_in(prompts: Path) -> Sensitive:
    """The list. Raises OSError, KeyError or TypeError on a broken file."""
    written = tomllib.loads((prompts / "sensitive.toml").read_text(encoding="utf-8"))
    owner, verified = written.pop("owner"), written.pop("verified")
    kinds = tuple((kind, _anywhere(words["ko"]), _whole(words["en"])) for kind, words in written.items())
    return Sensitive(owner, verified, kinds)


def _anywhere(words: list[str]) -> "re.Pattern[str]":
    return re.compile("|".join(re.escape("".join(word.split())) for word in words))


def _whole(words: list[str]) -> "re.Pattern[str]":
    stems = (re.escape(word.removesuffix("*")) + (r"\w*" if word.endswith("*") else "") for word in words)
    return re.compile(rf"\b(?:{'|'.join(stems)})\b")
