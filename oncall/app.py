"""The web process: the stages' routers in the order a check-in meets them, inside the frame."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import structlog
from fastapi import FastAPI

from oncall import clock
from oncall.call import duty_leg, inbound, joining, keys, media, playing, voice, webhooks
from oncall.call import pages as call_pages
from oncall.call.ears import Ears
from oncall.call.load import load
from oncall.call.pulse import pulse
from oncall.call.scribe import scribe
from oncall.call.warm import warm
from oncall.enrol import pages as enrol_pages
from oncall.follow_up import alarm_pages, duty_pages
from oncall.follow_up import pages as follow_up_pages
from oncall.listen import pages as listen_pages
from oncall.listen import quality_pages, review_pages, safety
from oncall.listen.back_channel import back_channel, interrupts
from oncall.listen.ear import Ear
from oncall.listen.identity import identity
from oncall.models import NodeKind
from oncall.models.heartbeat import EVERY_SECONDS
from oncall.report import health, metrics
from oncall.report import pages as report_pages
from oncall.schedule import hold_pages
from oncall.schedule import pages as schedule_pages
from oncall.web import frame

log = structlog.get_logger()

LINES_AGAIN_SECONDS = 60


@asynccontextmanager
async def _life(app: FastAPI) -> AsyncIterator[None]:
    warm.run_on(asyncio.get_running_loop())
    scribe.start()
    safety.warm()
    lines = asyncio.create_task(_learn_lines())
    load_watch = asyncio.create_task(load.watch())
    beats = asyncio.create_task(_beat())
    try:
        yield
    finally:
        for task in (lines, load_watch, beats):
            task.cancel()
        await asyncio.to_thread(_leave)
        await asyncio.to_thread(scribe.stop)
        warm.run_on(None)


async def _beat() -> None:
    """Write this process's heartbeat for as long as its loop turns."""
    while True:
        try:
            await asyncio.to_thread(pulse.beat, NodeKind.WEB, clock.now())
        except Exception:  # the database is away: the row grows old, which says so
            log.warning("heartbeat_not_written")
        await asyncio.sleep(EVERY_SECONDS)


def _leave() -> None:
    try:
        pulse.leave(NodeKind.WEB)
    except Exception:
        log.warning("heartbeat_left")


async def _learn_lines() -> None:
    """Bring the voice of the fixed lines into memory, and go on looking while a worker is still having some spoken."""
    while True:
        try:
            if not await asyncio.to_thread(voice.load):
                return
        except Exception:  # the shelf is away: the carrier's own voice says the lines meanwhile
            log.exception("lines_not_loaded")
        await asyncio.sleep(LINES_AGAIN_SECONDS)


def make_app() -> FastAPI:
    """The application. `app.state.ears` is the listening every call is given (D2); `app.state.own_troubles` what this
    process knows of itself, for /healthz."""
    app = FastAPI(title="OnCall", docs_url=None, redoc_url=None, openapi_url=None, lifespan=_life)
    app.state.ears = Ears(Ear, identity, back_channel, interrupts)
    app.state.own_troubles = {"spool": pulse.spool_trouble}
    app.include_router(health.router)
    app.include_router(metrics.router)
    app.include_router(report_pages.router)
    app.include_router(enrol_pages.router)
    app.include_router(schedule_pages.router)
    app.include_router(hold_pages.router)
    app.include_router(playing.router)
    app.include_router(inbound.spoken)
    app.include_router(inbound.router)
    app.include_router(webhooks.spoken)
    app.include_router(keys.router)
    app.include_router(webhooks.router)
    app.include_router(joining.spoken)
    app.include_router(duty_leg.spoken)
    app.include_router(duty_leg.router)
    app.include_router(media.router)
    app.include_router(call_pages.router)
    app.include_router(listen_pages.router)
    app.include_router(review_pages.router)
    app.include_router(quality_pages.router)
    app.include_router(follow_up_pages.router)
    app.include_router(alarm_pages.router)
    app.include_router(duty_pages.router)
    frame.furnish(app)
    return app
