"""What only a stand-in has: ordering faults and people, reading ledger and debugger, listening to a call's people."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import asdict

from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from oncall.sandbox.phone.arrival import arrive
from oncall.sandbox.phone.exchange import Exchange
from oncall.sandbox.phone.faults import Faults
from oncall.sandbox.phone.ledger import entry
from oncall.sandbox.phone.order import Instruction


def routes(exchange: Exchange) -> list[Route]:
    """Open to everyone who reaches the stand-in; nothing here exists at the real carrier."""

    async def show_faults(_request: Request) -> Response:
        return JSONResponse(exchange.chance.faults.model_dump())

    async def order_faults(request: Request) -> Response:
        """Change the faults named in a JSON object; the others stay."""
        try:
            exchange.chance.set(exchange.chance.faults.changed(await request.json()))
        except (ValidationError, ValueError, TypeError) as problem:
            return JSONResponse({"error": str(problem)}, 422)
        return await show_faults(request)

    async def clear_faults(request: Request) -> Response:
        exchange.chance.set(Faults(seed=exchange.chance.faults.seed))
        return await show_faults(request)

    async def ledger(_request: Request) -> Response:
        return JSONResponse([entry(call) for call in exchange.calls.values()])

    async def messages(_request: Request) -> Response:
        return JSONResponse([message.as_json() for message in exchange.messages.values()])

    async def debugger(_request: Request) -> Response:
        return JSONResponse([asdict(warned) for warned in exchange.warnings])

    async def conversation(request: Request) -> Response:
        """What the person on a call said, and what they had understood each time they answered."""
        call = exchange.calls.get(request.path_params["call"])
        if call is None:
            return JSONResponse({"error": "no such call"}, 404)
        said = call.line.person.conversation if call.line else call.conversation
        return JSONResponse(entry(call) | {"conversation": [asdict(one) for one in said]})

    async def press(request: Request) -> Response:
        """Have the callee press keys: {"digits": "1"}."""
        call = exchange.calls.get(request.path_params["call"])
        if call is None or call.line is None:
            return JSONResponse({"error": "nobody is on the line"}, 409)
        for digit in str((await request.json())["digits"]):
            call.line.press(digit)
        return Response(status_code=204)

    async def people(_request: Request) -> Response:
        return JSONResponse(exchange.directory.own())

    async def give_numbers(request: Request) -> Response:
        """Give numbers to people told in a story's fields: {"+8210...": {"greeting": "...", "language": "ko"}}."""
        try:
            told = await request.json()
            for number, person in told.items():
                exchange.directory.give(number, person)
        except (ValidationError, ValueError, TypeError, AttributeError) as problem:
            return JSONResponse({"error": str(problem)}, 422)
        return await people(request)

    async def take_numbers_back(request: Request) -> Response:
        exchange.directory.take_back()
        return await people(request)

    async def ring_in(request: Request) -> Response:
        """Somebody rings one of the account's numbers: {"from": "+82...", "to": "+82..."}; gives back the call's sid.

        `voice_url` stands in for the number's own.
        """
        told = await request.json()
        own = exchange.own_number(str(told["to"]))
        if own is None:
            return JSONResponse({"error": "that number is not the account's"}, 404)
        voice = Instruction(str(told["voice_url"])) if told.get("voice_url") else own.voice
        if voice is None:
            return JSONResponse({"error": "the number has no VoiceUrl"}, 409)
        call = await arrive(exchange, str(told["from"]), own, voice)
        return JSONResponse(entry(call), 201)

    async def clock(_request: Request) -> Response:
        clock = exchange.clock
        return JSONResponse({"speed": clock.speed, "frames": clock.ticks, "slipped_seconds": clock.slipped})

    table: list[tuple[str, str, Callable[[Request], Awaitable[Response]]]] = [
        ("GET", "/sandbox/faults", show_faults),
        ("POST", "/sandbox/faults", order_faults),
        ("DELETE", "/sandbox/faults", clear_faults),
        ("GET", "/sandbox/people", people),
        ("POST", "/sandbox/people", give_numbers),
        ("DELETE", "/sandbox/people", take_numbers_back),
        ("POST", "/sandbox/inbound", ring_in),
        ("GET", "/sandbox/ledger", ledger),
        ("GET", "/sandbox/messages", messages),
        ("GET", "/sandbox/debugger", debugger),
        ("GET", "/sandbox/clock", clock),
        ("GET", "/sandbox/calls/{call}", conversation),
        ("POST", "/sandbox/calls/{call}/digits", press),
    ]
    return [Route(path, handler, methods=[method]) for method, path, handler in table]
