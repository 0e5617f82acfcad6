"""One-way streams over REST: started on a live call, and stopped."""

from __future__ import annotations

from xml.etree.ElementTree import Element, SubElement

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from oncall.sandbox.phone.beside import start_stream, stop_stream
from oncall.sandbox.phone.call import Call, now, rfc2822
from oncall.sandbox.phone.exchange import Exchange
from oncall.sandbox.phone.problem import Refused, not_found, wrong_state
from oncall.sandbox.phone.rest_calls import the_call
from oncall.sandbox.phone.script import Script

_ATTRIBUTES = {
    "url": "Url",
    "name": "Name",
    "track": "Track",
    "statusCallback": "StatusCallback",
    "statusCallbackMethod": "StatusCallbackMethod",
}


async def start(exchange: Exchange, request: Request) -> Response:
    """Fork the sound of a live call."""
    call = the_call(exchange, request)
    if call.line is None:
        raise wrong_state()
    async with request.form() as form:
        noun = _noun(form)
    if not noun.get("url"):
        raise Refused(400, 21205, "Url parameter is required.")
    stream = start_stream(Script(exchange, call), noun)
    return JSONResponse(_shown(call, stream.sid, noun.get("name"), "in-progress"), 201)


async def update(exchange: Exchange, request: Request) -> Response:
    """Stop a stream by its sid or name."""
    call = the_call(exchange, request)
    stream = request.path_params["stream"]
    async with request.form() as form:
        if form.get("Status") != "stopped":
            raise Refused(400, 20001, "Status is not valid.")
    name = next((one.name for one in call.streams if stream in (one.sid, one.name)), None)
    sid = next((one.sid for one in call.streams if stream in (one.sid, one.name)), "")
    if not stop_stream(call, stream):
        raise not_found(request.url.path)
    return JSONResponse(_shown(call, sid, name, "stopped"))


def _noun(form: FormData) -> Element:
    """The request as the <Stream> it stands for; `Parameter1.Name` and its kind become <Parameter>s."""
    written = {attribute: str(form[field]) for attribute, field in _ATTRIBUTES.items() if form.get(field)}
    noun = Element("Stream", written)
    for key, value in form.multi_items():
        if key.startswith("Parameter") and key.endswith(".Name"):
            number = key.removesuffix(".Name")
            SubElement(noun, "Parameter", name=str(value), value=str(form.get(f"{number}.Value") or ""))
    return noun


def _shown(call: Call, sid: str, name: str | None, status: str) -> dict[str, object]:
    return {
        "sid": sid,
        "account_sid": call.account_sid,
        "call_sid": call.sid,
        "name": name,
        "status": status,
        "date_updated": rfc2822(now()),
        "uri": f"{call.uri}/Streams/{sid}.json",
    }
