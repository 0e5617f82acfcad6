"""Calls over REST: created, fetched, changed, listed."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from oncall.sandbox.phone.call import Call, Status
from oncall.sandbox.phone.exchange import Exchange
from oncall.sandbox.phone.order import Instruction, read_instruction, read_order, read_status_callback, read_url
from oncall.sandbox.phone.paging import page, within
from oncall.sandbox.phone.problem import Refused, not_found, refusal, wrong_state


async def create_call(exchange: Exchange, request: Request) -> Response:
    """Take a call, and answer as the ordered faults will have it."""
    chance, faults = exchange.chance, exchange.chance.faults
    if chance.strikes_create("http_429"):
        raise Refused(429, 20429, "Too Many Requests")
    if chance.strikes_create("error_500"):
        raise Refused(500, 20500, "Internal Server Error")
    async with request.form() as form:
        order = read_order(form)
    if order.to in faults.calls_refused_to:
        raise refusal(faults.calls_refused_code)
    call = await exchange.place(order)
    if faults.callback_before_reply:
        await exchange.first_callback(call)
    if chance.strikes_create("drop_reply_after_create"):
        return _NoAnswer()
    if chance.strikes_create("error_500_after_create"):
        raise Refused(500, 20500, "Internal Server Error")
    return JSONResponse(call.as_json(), 201)


class _NoAnswer(Response):
    """The connection is cut instead of an answer."""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        # ASGI has no word for this; the server's own cycle behind `receive` holds the socket.
        transport = getattr(getattr(receive, "__self__", None), "transport", None)
        if transport is not None:
            transport.abort()
            return
        await send({"type": "http.response.start", "status": 201, "headers": [(b"content-length", b"1000")]})
        await send({"type": "http.response.body", "body": b"{", "more_body": False})


async def fetch_call(exchange: Exchange, request: Request) -> Response:
    """One call."""
    return JSONResponse(the_call(exchange, request).as_json())


async def update_call(exchange: Exchange, request: Request) -> Response:
    """End a call, lead it elsewhere, or change who is told of it."""
    call = the_call(exchange, request)
    async with request.form() as form:
        status = form.get("Status")
        instruction = read_instruction(form)
        if status not in (None, "", "canceled", "completed"):
            raise Refused(400, 20001, "Status is not valid.")
        if call.status.ended or (instruction is not None and call.status is not Status.IN_PROGRESS):
            raise wrong_state()
        if callback := read_status_callback(form):
            call.status_callback = callback
        if fallback_url := read_url(form, "FallbackUrl"):
            call.fallback = Instruction(fallback_url)
    if status:
        await exchange.end(call, cancel=status == "canceled")
    elif instruction is not None:
        call.instruction = instruction
        call.redirected.set()
    return JSONResponse(call.as_json())


async def delete_call(exchange: Exchange, request: Request) -> Response:
    """Forget a call that has ended."""
    call = the_call(exchange, request)
    if not call.status.ended:
        raise Refused(400, 20009, "Call has not ended yet")
    del exchange.calls[call.sid]
    return Response(status_code=204)


async def list_calls(exchange: Exchange, request: Request) -> Response:
    """Calls, newest first, filtered and paged."""
    wanted = request.query_params
    found = [
        call
        for call in reversed(exchange.calls.values())
        if wanted.get("To", call.to) == call.to
        and wanted.get("From", call.from_) == call.from_
        and wanted.get("Status", call.status.shown) == call.status.shown
        and wanted.get("ParentCallSid", call.parent_sid) == call.parent_sid
        and within(wanted, "StartTime", call.dialled)
        and within(wanted, "EndTime", call.ended)
    ]
    return page(request, "calls", found, Call.as_json)


def the_call(exchange: Exchange, request: Request) -> Call:
    """The call a path names; Refused (20404) when there is none."""
    call = exchange.calls.get(request.path_params["call"])
    if call is None:
        raise not_found(request.url.path)
    return call
