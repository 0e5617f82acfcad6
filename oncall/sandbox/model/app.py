"""The stand-in OpenAI as one ASGI application: the public routes of OpenAI and the controls of the sandbox."""

from __future__ import annotations

import asyncio
import json
import secrets
from collections.abc import Awaitable, Callable
from typing import Any

from pydantic import ValidationError
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route, WebSocketRoute

from oncall.sandbox.model.config import ModelConfig
from oncall.sandbox.model.faults import FaultBox, Faults
from oncall.sandbox.model.keys import check_key
from oncall.sandbox.model.model_list import MODELS, known_model
from oncall.sandbox.model.realtime import Switchboard
from oncall.sandbox.model.refusal import Refusal
from oncall.sandbox.model.responses import ResponsesDesk
from oncall.sandbox.model.speech import SpeechDesk
from oncall.sandbox.model.transcription import transcribe

Endpoint = Callable[[Request], Awaitable[Response]]


def create_app(config: ModelConfig) -> Starlette:
    """One stand-in, with its own faults and sessions; nothing is shared between two of them.

    Controls, without a key: GET and POST /sandbox/faults, GET /sandbox/sessions, DELETE /sandbox/sessions/{id}?code=,
    GET /sandbox/speech.
    """
    faults = FaultBox()
    switchboard = Switchboard(config, faults)
    desk = SpeechDesk()
    answers = ResponsesDesk()

    async def create_transcription(request: Request) -> Response:
        return await transcribe(request, faults.for_transcriptions())

    async def create_response(request: Request) -> Response:
        body = await _json(request)
        strike = faults.for_responses()
        await asyncio.sleep(config.thinking_seconds / config.speed)
        return JSONResponse(await run_in_threadpool(answers.respond, body, strike))

    async def create_speech(request: Request) -> Response:
        return await desk.speak(await _json(request), faults.for_speech())

    async def list_models(_request: Request) -> Response:
        return JSONResponse({"object": "list", "data": [model.shown() for model in MODELS.values()]})

    async def show_model(request: Request) -> Response:
        return JSONResponse(known_model(request.path_params["name"]).shown())

    async def show_faults(_request: Request) -> Response:
        return JSONResponse(faults.current.model_dump(mode="json"))

    async def set_faults(request: Request) -> Response:
        try:
            faults.current = Faults.model_validate(await _json(request))
        except ValidationError as invalid:
            raise Refusal(str(invalid.errors(include_url=False)[0]["msg"]), status=422) from None
        return await show_faults(request)

    async def show_sessions(_request: Request) -> Response:
        return JSONResponse(switchboard.sessions())

    async def show_speech(_request: Request) -> Response:
        return JSONResponse(desk.counted())

    async def close_session(request: Request) -> Response:
        switchboard.close(request.path_params["id"], int(request.query_params.get("code", "1011")))
        return Response(status_code=204)

    def keyed(endpoint: Endpoint) -> Endpoint:
        async def checked(request: Request) -> Response:
            check_key(request, config.api_key)
            response = await endpoint(request)
            response.headers["x-request-id"] = f"req_{secrets.token_hex(16)}"
            return response

        return checked

    return Starlette(
        routes=[
            WebSocketRoute("/v1/realtime", switchboard.connect),
            Route("/v1/audio/transcriptions", keyed(create_transcription), methods=["POST"]),
            Route("/v1/audio/speech", keyed(create_speech), methods=["POST"]),
            Route("/v1/responses", keyed(create_response), methods=["POST"]),
            Route("/v1/models", keyed(list_models)),
            Route("/v1/models/{name}", keyed(show_model)),
            Route("/sandbox/faults", show_faults, methods=["GET"]),
            Route("/sandbox/faults", set_faults, methods=["POST"]),
            Route("/sandbox/sessions", show_sessions),
            Route("/sandbox/speech", show_speech),
            Route("/sandbox/sessions/{id}", close_session, methods=["DELETE"]),
        ],
        exception_handlers={Refusal: _refuse, HTTPException: _no_such_route},
    )


async def _json(request: Request) -> Any:
    try:
        return json.loads(await request.body())
    except ValueError:
        raise Refusal(
            "We could not parse the JSON body of your request. (HINT: This likely means you aren't using your HTTP "
            "library correctly. The OpenAI API expects a JSON payload, but what was sent was not valid JSON.)"
        ) from None


async def _refuse(_request: Request, refusal: Exception) -> Response:
    assert isinstance(refusal, Refusal)
    answer = refusal.answer()
    answer.headers["x-request-id"] = f"req_{secrets.token_hex(16)}"
    return answer


async def _no_such_route(request: Request, problem: Exception) -> Response:
    assert isinstance(problem, HTTPException)
    message = f"Invalid URL ({request.method} {request.url.path})"
    return Refusal(message, status=problem.status_code).answer()
