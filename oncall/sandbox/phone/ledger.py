"""The ledger: every call the carrier placed, on disk before anybody is told."""

from __future__ import annotations

import asyncio
import json
import os
import re
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from oncall.sandbox.phone.call import Call, now

_TOKEN: Final = re.compile(r"[A-Za-z0-9_-]{16,}")


class Ledger:
    """Append-only JSON lines; without a file nothing is written."""

    def __init__(self, file: Path | None) -> None:
        self._file = file
        self._lock = asyncio.Lock()

    async def write(self, event: str, call: Call) -> None:
        """Append what became of a call, as it is now, and wait until it is on disk.

        `event` is placed, arrived, rang, answered or ended.
        """
        if self._file is not None:
            line = {"event": event, "at": now().isoformat()} | entry(call)
            async with self._lock:
                await asyncio.to_thread(_append, self._file, line)


def entry(call: Call) -> dict[str, object]:
    """A call as the ledger knows it."""
    return {
        "sid": call.sid,
        "parent_sid": call.parent_sid,
        "direction": call.direction,
        "to": call.to,
        "from": call.from_,
        "url": call.order.instruction.url if call.order else None,
        "status_callback": call.status_callback.url if call.status_callback else None,
        "token": _token(call),
        "created": call.created.isoformat(),
        "dialled": call.dialled.isoformat() if call.dialled else None,
        "rang": call.rang.isoformat() if call.rang else None,
        "answered": call.answered.isoformat() if call.answered else None,
        "ended": call.ended.isoformat() if call.ended else None,
        "status": str(call.status),
        "duration": call.duration,
        "answered_by": call.answered_by,
    }


def _token(call: Call) -> str | None:
    """What in the paths of the call's URLs nobody could guess, by which its owner knows it again; None without any."""
    urls = [
        call.status_callback.url if call.status_callback else None,
        call.order.instruction.url if call.order else None,
    ]
    parts = [part for url in urls if url for part in urlsplit(url).path.split("/")]
    return next((part for part in parts if _TOKEN.fullmatch(part)), None)


def _append(file: Path, line: dict[str, object]) -> None:
    with file.open("ab") as handle:
        handle.write(json.dumps(line, ensure_ascii=False).encode() + b"\n")
        handle.flush()
        os.fsync(handle.fileno())
