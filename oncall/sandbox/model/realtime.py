"""The realtime websocket: who may connect, and the pump between the socket and a session."""

from __future__ import annotations

import asyncio
import random
from collections import OrderedDict
from dataclasses import asdict
from typing import Any

import structlog
from starlette.responses import Response
from starlette.websockets import WebSocket, WebSocketDisconnect

from oncall.sandbox.model.config import ModelConfig
from oncall.sandbox.model.diary import Diary
from oncall.sandbox.model.faults import FaultBox
from oncall.sandbox.model.keys import check_key
from oncall.sandbox.model.model_list import Job, known_model
from oncall.sandbox.model.refusal import Refusal, server_trouble
from oncall.sandbox.model.session import Session

log = structlog.get_logger()

BETA_GONE = (
    "The Realtime Beta API is no longer supported. Please use /v1/realtime for the GA API and remove the OpenAI-Beta "
    "header."
)
_CUT = 1006
_REFUSALS = {
    401: Refusal("Incorrect API key provided.", code="invalid_api_key", status=401),
    403: Refusal("Your account is not active.", code="account_deactivated", status=403),
    404: Refusal("The requested model does not exist.", code="model_not_found", status=404),
}


class Switchboard:
    """All realtime sessions of the server, the living and the last to have ended."""

    def __init__(self, config: ModelConfig, faults: FaultBox) -> None:
        self._config = config
        self._faults = faults
        self._chance = random.Random(config.seed)
        self._refusals = random.Random(config.seed)
        self._living: dict[str, Session] = {}
        self._diaries: OrderedDict[str, Diary] = OrderedDict()

    async def connect(self, websocket: WebSocket) -> None:
        """Serve one websocket until it closes."""
        faults = self._faults.for_realtime()
        try:
            if faults.refuse_connect and self._refusals.random() < faults.refuse_share:
                raise _REFUSALS.get(faults.refuse_connect) or server_trouble(
                    faults.refuse_connect, retry_after=faults.retry_after
                )
            check_key(websocket, self._config.api_key)
            model = websocket.query_params.get("model")
            if not model:
                raise Refusal("You must provide a model parameter.", code="missing_model", param="model")
            known_model(model, Job.REALTIME)
        except Refusal as refusal:
            await _deny(websocket, refusal.answer())
            return
        await websocket.accept("realtime" if "realtime" in websocket.scope.get("subprotocols", []) else None)
        outbox: asyncio.Queue[str | tuple[int, str]] = asyncio.Queue()
        session = Session(
            self._config,
            model,
            faults,
            random.Random(self._chance.getrandbits(64)),
            send=outbox.put_nowait,
            close=lambda code, reason: outbox.put_nowait((code, reason)),
        )
        if "openai-beta" in websocket.headers:
            session.emit("error", error=Refusal(BETA_GONE, code="beta_api_shape_disabled").event(None))
            session.end(4000, "invalid_request_error.beta_api_shape_disabled")
        else:
            self._remember(session)
            session.open()
        await self._pump(websocket, session, outbox)

    async def _pump(self, websocket: WebSocket, session: Session, outbox: asyncio.Queue[str | tuple[int, str]]) -> None:
        reader = asyncio.create_task(_read(websocket, session))
        writer = asyncio.create_task(_write(websocket, outbox))
        try:
            # The writer ends first only when it has cut or closed the line; after a close, the reader sees it through.
            done, _ = await asyncio.wait({reader, writer}, return_when=asyncio.FIRST_COMPLETED)
            if writer in done and session.diary.close_code != _CUT:
                await asyncio.wait({reader}, timeout=5)
        finally:
            reader.cancel()
            writer.cancel()
            ends = await asyncio.gather(reader, writer, return_exceptions=True)
            await session.stop()
            self._living.pop(session.diary.id, None)
            for end in ends:
                if isinstance(end, Exception) and not isinstance(end, WebSocketDisconnect | RuntimeError | OSError):
                    log.error("sandbox_session_broke", session=session.diary.id, exc_info=end)

    def sessions(self) -> list[dict[str, Any]]:
        """Every remembered session, oldest first, with what it heard and said."""
        return [asdict(diary) for diary in self._diaries.values()]

    def close(self, session_id: str, code: int) -> None:
        """End a living session from this side; 404 when there is none of that id."""
        session = self._living.get(session_id)
        if session is None:
            raise Refusal(f"No living session {session_id}.", status=404)
        session.end(code, "closed by the sandbox")

    def _remember(self, session: Session) -> None:
        self._living[session.diary.id] = session
        self._diaries[session.diary.id] = session.diary
        while len(self._diaries) > self._config.remembered_sessions:
            self._diaries.popitem(last=False)


async def _read(websocket: WebSocket, session: Session) -> None:
    while True:
        message = await websocket.receive()
        if message["type"] != "websocket.receive":
            if session.diary.close_code is None:
                session.diary.close_code = message.get("code")
            return
        session.receive(message.get("text"))


async def _write(websocket: WebSocket, outbox: asyncio.Queue[str | tuple[int, str]]) -> None:
    while True:
        message = await outbox.get()
        if isinstance(message, str):
            await websocket.send({"type": "websocket.send", "text": message})
            continue
        code, reason = message
        if code != _CUT:
            await websocket.close(code, reason)
        return


async def _deny(websocket: WebSocket, answer: Response) -> None:
    if "websocket.http.response" in websocket.scope.get("extensions", {}):
        await websocket.send_denial_response(answer)
    else:
        await websocket.close(1008)
