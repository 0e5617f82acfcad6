"""Whether this process can do its job, for load balancers and watchers; no personal words, no sign-in."""

import shutil
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from threading import Lock

import sqlalchemy as sa
import structlog
from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from sqlmodel import Session

from oncall import clock
from oncall.db import engine
from oncall.models import NodeKind, heartbeat
from oncall.report.jobs import LATE, late
from oncall.settings import settings

log = structlog.get_logger()
router = APIRouter()

LEAST_FREE_BYTES = 200 * 1024 * 1024
ANSWERS_WITHIN_SECONDS = 3.0
WORKERS_PART = frozenset({"queue", "clock"})

Reasons = dict[str, str]


@dataclass
class _Asked:
    """The one question this process has to the database; a frozen database is not asked again beside it."""

    _lock: Lock = field(default_factory=Lock)
    _pool: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1, "health"))
    _asked: "Future[Reasons] | None" = None

    def reasons(self, now: datetime) -> Reasons:
        """What the rows say is wrong; that they say nothing is a reason too."""
        with self._lock:
            asked = self._asked
            if asked is None or asked.done():
                asked = self._asked = self._pool.submit(_in_rows, now)
        try:
            return asked.result(ANSWERS_WITHIN_SECONDS)
        except TimeoutError:
            return {"database": f"no answer within {ANSWERS_WITHIN_SECONDS:.0f} s"}
        except sa.exc.SQLAlchemyError:
            return {"database": "no answer"}
        except Exception as error:
            log.exception("health_not_known")
            return {"database": type(error).__name__}


_asked = _Asked()
_up_since = time.monotonic()


@router.get("/healthz")
def healthz(request: Request, proxy: bool = False) -> Response:
    """200 when everything this process needs is there, else 503 with the reasons.

    With `?proxy=true` 503 only for what another web could do better: that no worker works is said, but takes no web out
    of a proxy, or calls that go on would lose their ground with the worker.

    `database` answers; `queue`: no job waits too long; `clock`: a worker's clock ticks, here or elsewhere; `spool`: what
    was heard is in the database, and this machine's disk takes more; `disk`: there is room.
    """
    started = time.monotonic()
    reasons = _asked.reasons(clock.now())
    reasons |= _of_process(getattr(request.app.state, "own_troubles", {}))
    if shutil.disk_usage(settings().data).free < LEAST_FREE_BYTES:
        reasons["disk"] = "less than 200 MB free"
    body = {"ok": not reasons, "reasons": reasons, "milliseconds": round((time.monotonic() - started) * 1000, 1)}
    failed = reasons.keys() - WORKERS_PART if proxy else reasons
    return JSONResponse(body, status_code=503 if failed else 200)


def _of_process(troubles: Mapping[str, Callable[[], str | None]]) -> Reasons:
    return {name: said for name, look in troubles.items() if (said := look()) is not None}


def _in_rows(now: datetime) -> Reasons:
    reasons: Reasons = {}
    with Session(engine()) as session:
        waiting = late(session, now)
        heard = heartbeat.newest(session, NodeKind.WORKER)
    if waiting:
        reasons["queue"] = f"{waiting} jobs wait longer than {LATE.seconds} s"
    silent = heard is None or now - heard > heartbeat.SILENT_AFTER
    # Whoever has just begun gives a worker that begins with it the same time to be heard of.
    if silent and time.monotonic() - _up_since > heartbeat.SILENT_AFTER.seconds:
        reasons["clock"] = (
            f"no worker's clock has ticked for {(now - heard).total_seconds():.0f} s" if heard else "no worker is known"
        )
    return reasons
