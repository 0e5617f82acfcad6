"""Runs a worker: the clock of `worker.py`, its jobs, and the rescue of those that a dead worker held."""

import asyncio
from datetime import timedelta
from functools import partial

import procrastinate
import structlog
from apscheduler.schedulers.background import BackgroundScheduler

from oncall import clock, db, worker
from oncall.call import voice
from oncall.call.load import load
from oncall.call.pulse import pulse
from oncall.call.scribe import scribe
from oncall.models import NodeKind
from oncall.settings import settings, sooner
from oncall.worker import calmly, jobs

log = structlog.get_logger()

STALLED_AFTER = timedelta(seconds=30)
HASTE_STOPS_AT = timedelta(seconds=10)  # a busy machine is not a dead one, however great the haste
ANEW_AFTER_SECONDS = 1.0  # between the end of a queue's worker that the database left, and the next


async def run(stop: asyncio.Event) -> None:
    """Work until `stop` is set; what is in hand is finished first."""
    queue = jobs.with_connector(procrastinate.PsycopgConnector(conninfo=db.driver_url(), min_size=1, max_size=6))
    clockwork = BackgroundScheduler(timezone="UTC", job_defaults={"coalesce": True, "max_instances": 1})
    for one, seconds in worker.HEARTBEATS.items():
        first = clock.now() + timedelta(seconds=worker.FIRST.get(one, seconds))
        seconds = max(1, round(seconds / settings().haste))
        clockwork.add_job(calmly, "interval", args=[one], seconds=seconds, id=one.__name__, misfire_grace_time=None,
                          next_run_time=first)  # fmt: skip
    scribe.start()  # what a process that died here heard is brought to the database by whoever runs next
    async with queue.open_async():
        rescue = asyncio.create_task(_rescue_stalled(queue))
        turning = asyncio.create_task(load.watch())
        working = asyncio.create_task(_work(queue))
        clockwork.start()
        try:
            await asyncio.wait({working, asyncio.create_task(stop.wait())}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            voice.stop()
            clockwork.shutdown(wait=False)
            for task in (rescue, working, turning):
                task.cancel()
            await asyncio.gather(working, rescue, turning, return_exceptions=True)
            await asyncio.to_thread(calmly, partial(pulse.leave, NodeKind.WORKER))
            await asyncio.to_thread(scribe.stop)


async def _work(queue: procrastinate.App) -> None:
    """Take jobs until cancelled, under a new name in the queue whenever the old one was lost.

    The queue's worker ends, and says nothing, when the database was away for a moment, or when this process stood still
    for so long that the others took it for dead; neither is a reason for the process, and the calls in it, to end.
    """
    stalled = _stalled_after().total_seconds()
    while True:
        try:
            await queue.run_worker_async(
                concurrency=settings().worker_jobs, install_signal_handlers=False, fetch_job_polling_interval=0.2,
                shutdown_graceful_timeout=20, update_heartbeat_interval=stalled / 6, stalled_worker_timeout=stalled,
            )  # fmt: skip
            log.warning("worker_anew")
        except Exception:
            log.exception("worker_anew")
        await asyncio.sleep(ANEW_AFTER_SECONDS)


def _stalled_after() -> timedelta:
    return max(sooner(STALLED_AFTER), min(STALLED_AFTER, HASTE_STOPS_AT))


async def _rescue_stalled(queue: procrastinate.App) -> None:
    """Jobs of a worker that died are given to another; every job tolerates having half run before."""
    stalled = _stalled_after().total_seconds()
    while True:
        await asyncio.sleep(stalled / 2)
        try:
            for job in await queue.job_manager.get_stalled_jobs(seconds_since_heartbeat=stalled):
                log.warning("job_rescued", job=job.id, task=job.task_name)
                await queue.job_manager.retry_job(job)
        except Exception:
            log.exception("rescue_failed")
