"""The ledger: every call the carrier placed, on disk before anybody is told."""

from __future__ import annotations

import asyncio
import json
import os
from pathlib import Path

from oncall.sandbox.phone.call import Call


class Ledger:
    """Append-only JSON lines; without a file nothing is written."""

    def __init__(self, file: Path | None) -> None:
        self._file = file
        self._lock = asyncio.Lock()

    async def write(self, event: str, call: Call) -> None:
        """Append what became of a call, and wait until it is on disk."""
        if self._file is not None:
            async with self._lock:
                await asyncio.to_thread(_append, self._file, {"event": event} | entry(call))


def entry(call: Call) -> dict[str, object]:
    """A call as the ledger knows it."""
    return {
        "sid": call.sid,
        "parent_sid": call.parent_sid,
        "direction": call.direction,
        "to": call.to,
        "from": call.from_,
        "url": call.order.instruction.url if call.order else None,
        "status_callback": call.order.status_callback.url if call.order and call.order.status_callback else None,
        "created": call.created.isoformat(),
        "dialled": call.dialled.isoformat() if call.dialled else None,
        "ended": call.ended.isoformat() if call.ended else None,
        "status": str(call.status),
        "duration": call.duration,
        "answered_by": call.answered_by,
    }


def _append(file: Path, line: dict[str, object]) -> None:
    with file.open("ab") as handle:
        handle.write(json.dumps(line, ensure_ascii=False).encode() + b"\n")
        handle.flush()
        os.fsync(handle.fileno())
