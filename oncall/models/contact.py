"""Contacts: the numbers people are told or shown in danger, from one checked file, never from a prompt (T-7)."""

import tomllib
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from pathlib import Path

GOOD_FOR = timedelta(days=180)


@dataclass(frozen=True)
class Contact:
    """One number; `said` is how a voice reads it, by language."""

    code: str
    number: str
    said: dict[str, str]


@dataclass(frozen=True)
class Contacts:
    """All numbers of one city, who answers for them, and when they were last checked."""

    owner: str
    verified: date
    by_code: dict[str, Contact]

    def are_stale(self, today: date) -> bool:
        """Not checked for more than 180 days."""
        return today - self.verified > GOOD_FOR


@lru_cache(maxsize=4)
def contacts_in(prompts: Path) -> Contacts:
    """The contacts file. Raises OSError, KeyError or TypeError on a broken one."""
    written = tomllib.loads((prompts / "contacts.toml").read_text(encoding="utf-8"))
    owner, verified = written.pop("owner"), written.pop("verified")
    return Contacts(owner, verified, {code: Contact(code=code, **about) for code, about in written.items()})
