"""What a stand-in carrier is started with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True)
class PhoneConfig:
    """The account and the network it lives in."""

    account_sid: str = "AC5a0d5a0d5a0d5a0d5a0d5a0d5a0d5a0d"
    auth_token: str = "sandbox-auth-token"  # no secret: it opens the stand-in only
    """Password of the account and key of every webhook signature."""
    api_keys: Mapping[str, str] = field(default_factory=dict)
    """Further REST credentials: key sid to secret."""
    cps: float = 1.0
    """Calls dialled per second of the telephone's clock; the rest wait in its queue."""
    numbers: tuple[str, ...] | None = None
    """The account's incoming numbers; None has every number that is asked for."""
    lines: int | None = None
    """Most calls at once; more are refused with error 10004. None is no limit."""
    speed: float = 1.0
    """How many times faster than real the telephone's clock runs: ringing, frames, pauses, queue."""
    ledger: Path | None = None
    """A file that every placed and ended call is appended to, as JSON lines, on disk before the answer leaves."""
    recordings: Path | None = None
    """Folder for finished recordings; None is a temporary one."""
    tapes: Path | None = None
    """Folder for the whole sound of every call, `<sid>.wav`, kept by nobody else; None keeps none."""
    seed: int = 1
    """Of everything left to chance."""
