"""The account's numbers over REST: found, taken, and told what to do when they are rung."""

from __future__ import annotations

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from oncall.sandbox.phone.call import now
from oncall.sandbox.phone.exchange import Exchange
from oncall.sandbox.phone.order import is_number
from oncall.sandbox.phone.own_number import SETTINGS, OwnNumber
from oncall.sandbox.phone.paging import page
from oncall.sandbox.phone.problem import Refused, not_found


async def list_numbers(exchange: Exchange, request: Request) -> Response:
    """Numbers, newest first; `PhoneNumber` may be a whole one or a part."""
    wanted = request.query_params
    asked = wanted.get("PhoneNumber", "").replace(" ", "+")
    if is_number(asked):
        exchange.own_number(asked)
    digits = asked.strip("+*")
    found = [
        one
        for one in reversed(exchange.numbers.values())
        if digits in one.number and wanted.get("FriendlyName", one.friendly_name) == one.friendly_name
    ]
    return page(request, "incoming_phone_numbers", found, OwnNumber.as_json)


async def take_number(exchange: Exchange, request: Request) -> Response:
    """Take a number for the account."""
    async with request.form() as form:
        number = str(form.get("PhoneNumber") or "")
        if not is_number(number):
            raise Refused(400, 21421, "PhoneNumber is invalid")
        own = exchange.numbers.get(number)
        if own is None:
            own = exchange.numbers[number] = OwnNumber(exchange.config.account_sid, number)
        _set(own, form)
    return JSONResponse(own.as_json(), 201)


async def fetch_number(exchange: Exchange, request: Request) -> Response:
    """One number."""
    return JSONResponse(_number(exchange, request).as_json())


async def update_number(exchange: Exchange, request: Request) -> Response:
    """Other settings."""
    own = _number(exchange, request)
    async with request.form() as form:
        _set(own, form)
    return JSONResponse(own.as_json())


async def release_number(exchange: Exchange, request: Request) -> Response:
    """Give a number back."""
    del exchange.numbers[_number(exchange, request).number]
    return Response(status_code=204)


def _number(exchange: Exchange, request: Request) -> OwnNumber:
    sid = request.path_params["number"]
    own = next((one for one in exchange.numbers.values() if one.sid == sid), None)
    if own is None:
        raise not_found(request.url.path)
    return own


def _set(own: OwnNumber, form: FormData) -> None:
    for name in SETTINGS:
        wire = "".join(word.capitalize() for word in name.split("_"))
        if (value := form.get(wire)) is not None:
            if wire.endswith(("Url", "Callback")) and value and not str(value).startswith(("http://", "https://")):
                raise Refused(400, 21402, f"{wire} is not a valid URL")
            own.settings[name] = str(value)
    if (friendly := form.get("FriendlyName")) is not None:
        own.friendly_name = str(friendly)
    own.updated = now()
