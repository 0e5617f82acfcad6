"""The stand-in carrier as one web application."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse

# Imported for the verbs they declare.
from oncall.sandbox.phone import beside, control, dial, gather, play, rest, say, stream
from oncall.sandbox.phone.config import PhoneConfig
from oncall.sandbox.phone.exchange import Exchange
from oncall.sandbox.phone.life import live
from oncall.sandbox.phone.problem import not_found
from oncall.sandbox.phone.script import VERBS

_DECLARING = (stream, dial, gather, say, play, beside)
assert {"Connect", "Dial", "Gather", "Say", "Play", "Start"} <= VERBS.keys(), _DECLARING


def create_app(config: PhoneConfig) -> Starlette:
    """An application whose telephones ring while it runs; `app.state.exchange` is the exchange behind it."""
    exchange = Exchange(config, live)

    @contextlib.asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        running = asyncio.create_task(exchange.run(), name="exchange")
        try:
            yield
        finally:
            running.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await running

    async def nothing_here(request: Request, _problem: Exception) -> JSONResponse:
        refused = not_found(request.url.path)
        return JSONResponse(refused.body, refused.status)

    app = Starlette(
        routes=[*rest.routes(exchange), *control.routes(exchange)],
        lifespan=lifespan,
        exception_handlers={404: nothing_here},
    )
    app.state.exchange = exchange
    return app
