"""What the carrier says happened: its own ledger, synced to disk before anybody was told of a call."""

import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path


@dataclass(frozen=True)
class Call:
    """One call as the carrier's ledger knows it; `rang` and `answered` are None when that never happened."""

    sid: str
    token: str | None
    to: str
    placed: datetime
    rang: datetime | None
    answered: datetime | None
    ended: datetime | None
    status: str

    @property
    def disturbed(self) -> bool:
        """Whether a telephone made a sound for it."""
        return self.rang is not None or self.answered is not None


def read(file: Path) -> list[Call]:
    """Every call that was placed from our number, in the order in which they were placed; a torn last line is passed over."""
    newest: dict[str, dict[str, str | None]] = {}
    for raw in file.read_bytes().splitlines():
        try:
            line = json.loads(raw)
        except ValueError:
            continue
        if line["direction"] == "outbound-api":
            # The lines of one call are written by several hands: what was known once stays known.
            known = newest.setdefault(line["sid"], {})
            known |= {key: value for key, value in line.items() if value is not None and not _older(key, known, line)}
    return sorted((_call(line) for line in newest.values()), key=lambda call: call.placed)


def _older(key: str, known: dict[str, str | None], line: dict[str, str | None]) -> bool:
    """Whether a line's status is that of a call which is known to have ended."""
    return key == "status" and known.get("ended") is not None and line.get("ended") is None


def _call(line: dict[str, str | None]) -> Call:
    moments = {key: line.get(key) for key in ("created", "rang", "answered", "ended")}
    at = {key: datetime.fromisoformat(value) if value else None for key, value in moments.items()}
    placed = at["created"]
    assert placed is not None, "every line of the ledger has it"
    return Call(
        str(line["sid"]), line.get("token"), str(line["to"]), placed, at["rang"], at["answered"], at["ended"],
        str(line["status"]),
    )  # fmt: skip
