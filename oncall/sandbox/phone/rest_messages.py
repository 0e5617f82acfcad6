"""Text messages over REST: sent, fetched, listed, redacted and forgotten."""

from __future__ import annotations

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from oncall.sandbox.phone.exchange import Exchange
from oncall.sandbox.phone.message import Message, MessageStatus
from oncall.sandbox.phone.order import Callback, is_number, read_url
from oncall.sandbox.phone.paging import page, within
from oncall.sandbox.phone.problem import Refused, not_found, refusal

_MOST_CHARACTERS = 1600


async def send(exchange: Exchange, request: Request) -> Response:
    """Take a message, unless an ordered fault refuses it."""
    faults = exchange.chance.faults
    async with request.form() as form:
        message = _read(exchange, form)
    if exchange.chance.strikes("sms_error_500"):
        raise Refused(500, 20500, "Internal Server Error")
    if faults.sms_refused_code and (not faults.sms_refused_to or message.to in faults.sms_refused_to):
        raise refusal(faults.sms_refused_code)
    exchange.messages[message.sid] = message
    exchange.webhooks.start(_deliver(exchange, message))
    return JSONResponse(message.as_json(), 201)


async def fetch(exchange: Exchange, request: Request) -> Response:
    """One message."""
    return JSONResponse(_message(exchange, request).as_json())


async def redact(exchange: Exchange, request: Request) -> Response:
    """Take the words out of a message."""
    message = _message(exchange, request)
    async with request.form() as form:
        if form.get("Body") != "":
            raise Refused(400, 20001, "Body can only be emptied.")
    message.body = ""
    return JSONResponse(message.as_json())


async def forget(exchange: Exchange, request: Request) -> Response:
    """Forget a message."""
    del exchange.messages[_message(exchange, request).sid]
    return Response(status_code=204)


async def list_messages(exchange: Exchange, request: Request) -> Response:
    """Messages, newest first, filtered and paged."""
    wanted = request.query_params
    found = [
        message
        for message in reversed(exchange.messages.values())
        if wanted.get("To", message.to) == message.to
        and wanted.get("From", message.from_) == message.from_
        and within(wanted, "DateSent", message.sent)
    ]
    return page(request, "messages", found, Message.as_json)


async def _deliver(exchange: Exchange, message: Message) -> None:
    chance = exchange.chance
    _tell(exchange, message)
    await exchange.clock.sleep(0.5)
    if chance.strikes("sms_failed"):
        message.move(MessageStatus.FAILED, 30008)
    else:
        message.move(MessageStatus.SENT)
        _tell(exchange, message)
        await exchange.clock.sleep(1.0)
        if chance.strikes("sms_undelivered"):
            message.move(MessageStatus.UNDELIVERED, 30003)
        else:
            message.move(MessageStatus.DELIVERED)
    _tell(exchange, message)


def _tell(exchange: Exchange, message: Message) -> None:
    if message.callback is not None:
        exchange.webhooks.tell(message.callback.url, message.callback.method, message.as_params())


def _read(exchange: Exchange, form: FormData) -> Message:
    to, from_ = str(form.get("To") or ""), str(form.get("From") or "")
    service, body = str(form.get("MessagingServiceSid") or ""), str(form.get("Body") or "")
    if not to:
        raise Refused(400, 21604, "A 'To' phone number is required.")
    if not is_number(to):
        raise Refused(400, 21211, f"The 'To' number {to} is not a valid phone number.")
    if not (from_ or service):
        raise Refused(400, 21603, "A 'From' phone number is required.")
    if from_ and not is_number(from_):
        raise Refused(
            400, 21212, "The 'From' number is not a valid phone number, shortcode, or alphanumeric sender ID."
        )
    if not body and "MediaUrl" not in form:
        raise Refused(400, 21602, "Message body is required.")
    if len(body) > _MOST_CHARACTERS:
        raise Refused(400, 21617, "The concatenated message body exceeds the 1600 character limit.")
    url = read_url(form, "StatusCallback")
    callback = Callback(url, "POST", frozenset()) if url else None
    return Message(exchange.config.account_sid, to, from_, body, callback, service or None)


def _message(exchange: Exchange, request: Request) -> Message:
    message = exchange.messages.get(request.path_params["message"])
    if message is None:
        raise not_found(request.url.path)
    return message
