"""The carrier's REST interface, 2010-04-01: its paths, and the password before them."""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Awaitable, Callable
from typing import Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from oncall.sandbox.phone import (
    rest_calls,
    rest_conferences,
    rest_messages,
    rest_numbers,
    rest_recordings,
    rest_streams,
)
from oncall.sandbox.phone.exchange import Exchange
from oncall.sandbox.phone.problem import Refused, not_found, refusal

Handler = Callable[[Exchange, Request], Awaitable[Response]]
_ACCOUNT: Final = "/2010-04-01/Accounts/{account}"


def routes(exchange: Exchange) -> list[Route]:
    """Every resource, each behind the account's password."""
    calls, recordings, rooms = f"{_ACCOUNT}/Calls", f"{_ACCOUNT}/Recordings", f"{_ACCOUNT}/Conferences"
    numbers = f"{_ACCOUNT}/IncomingPhoneNumbers"
    messages = f"{_ACCOUNT}/Messages"
    table: list[tuple[str, str, Handler]] = [
        ("GET", _ACCOUNT + ".json", fetch_account),
        ("POST", calls + ".json", rest_calls.create_call),
        ("GET", calls + ".json", rest_calls.list_calls),
        ("POST", calls + "/{call}/Recordings.json", rest_recordings.start_recording),
        ("GET", calls + "/{call}/Recordings.json", rest_recordings.list_recordings),
        ("POST", calls + "/{call}/Recordings/{recording}.json", rest_recordings.update_recording),
        ("GET", calls + "/{call}/Recordings/{recording}.json", rest_recordings.fetch_recording),
        ("DELETE", calls + "/{call}/Recordings/{recording}.json", rest_recordings.delete_recording),
        ("POST", calls + "/{call}/Streams.json", rest_streams.start),
        ("POST", calls + "/{call}/Streams/{stream}.json", rest_streams.update),
        ("GET", calls + "/{call}.json", rest_calls.fetch_call),
        ("POST", calls + "/{call}.json", rest_calls.update_call),
        ("DELETE", calls + "/{call}.json", rest_calls.delete_call),
        ("GET", numbers + ".json", rest_numbers.list_numbers),
        ("POST", numbers + ".json", rest_numbers.take_number),
        ("GET", numbers + "/{number}.json", rest_numbers.fetch_number),
        ("POST", numbers + "/{number}.json", rest_numbers.update_number),
        ("DELETE", numbers + "/{number}.json", rest_numbers.release_number),
        ("POST", messages + ".json", rest_messages.send),
        ("GET", messages + ".json", rest_messages.list_messages),
        ("GET", messages + "/{message}.json", rest_messages.fetch),
        ("POST", messages + "/{message}.json", rest_messages.redact),
        ("DELETE", messages + "/{message}.json", rest_messages.forget),
        ("GET", rooms + ".json", rest_conferences.list_conferences),
        ("POST", rooms + "/{conference}/Participants.json", rest_conferences.add_participant),
        ("GET", rooms + "/{conference}/Participants.json", rest_conferences.list_participants),
        ("GET", rooms + "/{conference}/Participants/{participant}.json", rest_conferences.fetch_participant),
        ("POST", rooms + "/{conference}/Participants/{participant}.json", rest_conferences.update_participant),
        ("DELETE", rooms + "/{conference}/Participants/{participant}.json", rest_conferences.remove_participant),
        ("GET", rooms + "/{conference}.json", rest_conferences.fetch_conference),
        ("POST", rooms + "/{conference}.json", rest_conferences.update_conference),
        ("GET", recordings + ".json", rest_recordings.list_recordings),
        ("GET", recordings + "/{recording}.json", rest_recordings.fetch_recording),
        ("DELETE", recordings + "/{recording}.json", rest_recordings.delete_recording),
        ("GET", recordings + "/{recording}", rest_recordings.fetch_sound),
    ]
    return [Route(path, _guarded(exchange, handler), methods=[method]) for method, path, handler in table]


def _guarded(exchange: Exchange, handler: Handler) -> Callable[[Request], Awaitable[Response]]:
    async def guarded(request: Request) -> Response:
        try:
            _authenticate(exchange, request)
            if request.path_params["account"] != exchange.config.account_sid:
                raise not_found(request.url.path)
            placing = request.method == "POST" and request.url.path.endswith("/Calls.json")
            if not placing and exchange.chance.strikes("rest_error_500"):
                raise refusal(20500)
            exchange.base = str(request.base_url).rstrip("/")
            return await handler(exchange, request)
        except Refused as refused:
            headers = {"WWW-Authenticate": 'Basic realm="Twilio API"'} if refused.status == 401 else None
            return JSONResponse(refused.body, refused.status, headers)

    return guarded


def _authenticate(exchange: Exchange, request: Request) -> None:
    config = exchange.config
    scheme, _, credentials = request.headers.get("authorization", "").partition(" ")
    try:
        user, _, password = base64.b64decode(credentials).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        user = password = ""
    known = {config.account_sid: config.auth_token, **config.api_keys}
    right = user in known and hmac.compare_digest(known[user].encode(), password.encode())
    if scheme.lower() != "basic" or not right:
        raise Refused(401, 20003, "Authenticate")


async def fetch_account(exchange: Exchange, _request: Request) -> Response:
    """The account itself."""
    sid = exchange.config.account_sid
    return JSONResponse(
        {
            "sid": sid,
            "friendly_name": "Stand-in",
            "status": "active",
            "type": "Full",
            "owner_account_sid": sid,
            "date_created": None,
            "date_updated": None,
            "auth_token": None,
            "uri": f"/2010-04-01/Accounts/{sid}.json",
            "subresource_uris": {},
        }
    )
