"""Work that something else may cut short."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


async def unless(work: Coroutine[Any, Any, T], *interruptions: Coroutine[Any, Any, object]) -> T | None:
    """What the work comes to, or None when an interruption finished first; the loser has ended when this returns."""
    task = asyncio.create_task(work)
    others = [asyncio.create_task(interruption) for interruption in interruptions]
    try:
        await asyncio.wait((task, *others), return_when=asyncio.FIRST_COMPLETED)
        return task.result() if task.done() else None
    finally:
        for running in (task, *others):
            running.cancel()
        await asyncio.gather(task, *others, return_exceptions=True)
