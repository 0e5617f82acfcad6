"""The telephone door: the official Twilio SDK, towards Twilio or any server that speaks as it does.

A call is created at most once: there is no retry, and an answer that does not come clearly is said to be unclear
(D5). Nothing here knows residents; it is handed a number and a token and returns the carrier's own ids.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

import requests
from twilio.base.exceptions import TwilioException, TwilioRestException
from twilio.http.http_client import TwilioHttpClient
from twilio.request_validator import RequestValidator
from twilio.rest import Client

from oncall.errors import SettingError
from oncall.settings import Voicemail, settings

TIMEOUT_SECONDS = 10.0
RING_SECONDS = 40
LONGEST_CALL_SECONDS = 900
LONGEST_EMERGENCY_SECONDS = 3900  # an hour and the time until somebody said what makes it one
DUTY_RING_SECONDS = 25
LONGEST_NOTICE_SECONDS = 120
ASKED_AGAIN = "rc=3&rp=ct,rt,5xx"  # of an address: asked up to three times more when nobody answers (protocol notes 2)
STATUS_EVENTS = ["initiated", "ringing", "answered", "completed"]

# What asking the carrier for news may end in; placing a call says it in its own words instead (below).
NO_ANSWER = (TwilioException, requests.RequestException, SettingError)

_CONFIGURATION = {20003, 10001, 21210, 21212, 21215, 21219, 573002, 573005}
_OF_A_COUNTRY = {21215, 21219}
SHORTEST = 8  # digits; what has fewer is an emergency or service number, with a country's code or without
_BAD_NUMBER = {21201, 21211, 21214, 21216, 21217}


class NotPlaced(Exception):
    """The carrier said no before anything left for the network: this call is known not to have been placed.

    `code` is the carrier's error code; `bad_number` when the number itself is at fault; `configuration` when no call
    can succeed until an operator acts (`by_number`: at least none to numbers like this one).
    """

    def __init__(self, code: int | str) -> None:
        super().__init__(f"the carrier refused the call ({code})")
        self.code = str(code)
        self.bad_number = code in _BAD_NUMBER
        self.configuration = code in _CONFIGURATION
        self.by_number = code in _OF_A_COUNTRY


class Unclear(Exception):
    """The carrier's answer was lost or broken: the telephone may be ringing. Never ask again; reconcile."""


@dataclass(frozen=True)
class CarrierCall:
    """One call as the carrier tells it; `status` is the carrier's own word."""

    sid: str
    status: str
    placed_at: datetime
    answered_by: str | None
    seconds: int | None


@lru_cache
def _client() -> Client:
    config = settings()
    if not config.twilio_account_sid or not config.twilio_auth_token.get_secret_value():
        raise SettingError("TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN are needed to place calls")
    client = Client(
        config.twilio_account_sid,
        config.twilio_auth_token.get_secret_value(),
        http_client=TwilioHttpClient(timeout=TIMEOUT_SECONDS, max_retries=None),
    )
    if config.twilio_url:
        # The SDK edits the host name for a region or an edge, which breaks any address that is not Twilio's own.
        for name in ("TWILIO_REGION", "TWILIO_EDGE"):
            if os.environ.get(name):
                raise SettingError(f"{name} cannot be used together with ONCALL_TWILIO_URL")
        client.api.base_url = config.twilio_url
    return client


def place(to: str, token: str) -> str:
    """Ask for one call to `to` (E.164); every callback carries `token`. Returns the carrier's id for the call.

    Raises NotPlaced when it was refused, Unclear when it may have been taken.
    """
    back = f"{settings().public_url}/voice/{token}"
    return _placed(
        to,
        lambda: _client().calls.create(
            to=to,
            from_=settings().caller_id,
            url=f"{back}/answer",
            fallback_url=f"{back}/fallback",
            status_callback=f"{back}/status#{ASKED_AGAIN}",
            status_callback_event=STATUS_EVENTS,
            timeout=RING_SECONDS,
            time_limit=LONGEST_CALL_SECONDS,
            machine_detection=_detection(),
            machine_detection_speech_threshold=3000,
            async_amd="true",
            async_amd_status_callback=f"{back}/machine",
        ),
    )


def place_to_duty(to: str, token: str) -> str:
    """Ask for one call to somebody on duty, as `place` does; its callbacks go to the duty leg."""
    back = f"{settings().public_url}/voice/duty/{token}"
    return _placed(
        to,
        lambda: _client().calls.create(
            to=to,
            from_=settings().caller_id,
            url=f"{back}/answer",
            fallback_url=f"{back}/over",
            status_callback=f"{back}/status#{ASKED_AGAIN}",
            status_callback_event=STATUS_EVENTS,
            timeout=DUTY_RING_SECONDS,
            time_limit=LONGEST_EMERGENCY_SECONDS,
        ),
    )


def text_to_duty(to: str, words: str, token: str) -> str:
    """Send one text message to somebody on duty; it holds no personal words. Raises as `place` does."""
    back = f"{settings().public_url}/voice/duty/{token}/status#{ASKED_AGAIN}"
    return _placed(
        to, lambda: _client().messages.create(to=to, from_=settings().sms_from, body=words, status_callback=back)
    )


def announce(to: str, twiml: str) -> str:
    """Ring `to` and say what stands in `twiml`; nothing of ours is asked for it. Raises as `place` does."""
    return _placed(
        to,
        lambda: _client().calls.create(
            to=to,
            from_=settings().caller_id,
            twiml=twiml,
            timeout=RING_SECONDS,
            time_limit=LONGEST_NOTICE_SECONDS,
        ),
    )


def text(to: str, words: str) -> str:
    """Send one text message of which nothing more is heard. Raises as `place` does."""
    return _placed(to, lambda: _client().messages.create(to=to, from_=settings().sms_from, body=words))


def lead(call_sid: str, path: str) -> bool:
    """Have a live call follow the instructions at `path` of ours from now on, whatever it is doing; False when it is over.

    It may then last as long as an emergency does.
    """
    try:
        _client().calls(call_sid).update(
            url=settings().public_url + path, method="POST", time_limit=LONGEST_EMERGENCY_SECONDS
        )
    except TwilioRestException as error:
        if error.code not in {21220, 20404}:
            raise
        return False
    return True


def lengthen(call_sid: str) -> None:
    """Let a live call last as long as an emergency does: the carrier's cost limit must not end it (C-28)."""
    try:
        _client().calls(call_sid).update(time_limit=LONGEST_EMERGENCY_SECONDS)
    except TwilioRestException as error:
        if error.code not in {21220, 20404}:
            raise


def _placed(to: str, create: Callable[[], Any]) -> str:
    """Every call and text goes out here, and none to 119 or its like: dispatching is for people (D4)."""
    if sum(map(str.isdigit, to)) < SHORTEST:
        raise NotPlaced(21211)
    try:
        made = create()
    except TwilioRestException as error:
        if error.status >= 500:
            raise Unclear(f"the carrier answered {error.status}") from error
        raise NotPlaced(error.code or error.status) from error
    except TwilioException as error:
        raise Unclear("the carrier's answer could not be read") from error
    except requests.exceptions.ConnectTimeout as error:
        raise NotPlaced("no_connection") from error
    except requests.exceptions.ConnectionError as error:
        if "NewConnectionError" in repr(error) or "Name or service" in repr(error):
            raise NotPlaced("no_connection") from error
        raise Unclear("the connection broke") from error
    except requests.RequestException as error:
        raise Unclear("no answer from the carrier") from error
    if not made.sid:
        raise Unclear("the carrier gave no id")
    return str(made.sid)


def hang_up(call_sid: str) -> None:
    """End a call that is going on; an already ended one is left as it is."""
    try:
        _client().calls(call_sid).update(status="completed")
    except TwilioRestException as error:
        if error.code not in {21220, 20404}:
            raise


def say_and_hang_up(call_sid: str, twiml: str) -> None:
    """Lead a call that is going on to other TwiML; one that has ended is left as it is."""
    try:
        _client().calls(call_sid).update(twiml=twiml)
    except TwilioRestException as error:
        if error.code not in {21220, 20404}:
            raise


def calls_to(to: str, since: datetime) -> list[CarrierCall]:
    """The carrier's calls from our number to `to` created at or after `since`, oldest first (protocol §1.5).

    Filtered here, because the carrier's own time filter hides calls that are still queued.
    """
    rows = _client().calls.list(to=to, from_=settings().caller_id, limit=40)
    found = [_told(row) for row in rows if row.date_created and row.date_created >= since]
    return sorted(found, key=lambda call: call.placed_at)


def calls_since(since: datetime) -> list[tuple[str, CarrierCall]]:
    """Every call from our number created at or after `since`, with the number it went to, oldest first."""
    found = []
    for row in _client().calls.stream(from_=settings().caller_id, page_size=1000):
        if row.date_created is None or row.date_created < since:
            break  # the carrier tells the newest first
        found.append((str(row.to), _told(row)))
    return sorted(found, key=lambda pair: pair[1].placed_at)


def look_up(call_sid: str) -> CarrierCall:
    """One call as the carrier tells it now."""
    return _told(_client().calls(call_sid).fetch())


def led_here() -> bool | None:
    """Whether calls to our own number are led to us; None when the carrier has no such number of ours. Raises what the
    SDK raises."""
    number = _our_number()
    return None if number is None else (number.voice_url, number.status_callback) == _call_back_addresses()


def lead_here() -> bool:
    """Have calls to our own number led to us, and their end told; False when the carrier has no such number of ours.
    Raises what the SDK raises."""
    number = _our_number()
    if number is None:
        return False
    voice_url, status = _call_back_addresses()
    number.update(voice_url=voice_url, voice_method="POST", status_callback=status, status_callback_method="POST")
    return True


def signed_by_carrier(path_and_query: str, fields: object, signature: str | None, *, media: bool = False) -> bool:
    """Whether the carrier signed this request (TH-01). The address is rebuilt from the configured public one."""
    if not signature:
        return False
    config = settings()
    validator = RequestValidator(config.twilio_auth_token.get_secret_value())
    address = (config.media_url if media else config.public_url) + path_and_query
    tries = [address, address.removesuffix("/") if address.endswith("/") else address + "/"] if media else [address]
    return any(validator.validate(uri, fields, signature) for uri in tries)


def reach() -> str:
    """Ask the carrier who we are; used by `oncall doctor`. Returns the account's status. Raises what the SDK raises."""
    account = _client().api.accounts(settings().twilio_account_sid).fetch()
    return str(account.status)


def _detection() -> str:
    """How a machine is looked for: as early as can be, to hang up; or to the end of its greeting, to leave a word."""
    return "DetectMessageEnd" if settings().voicemail is Voicemail.NAME else "Enable"


def _our_number() -> Any:  # the SDK's rows carry no types
    ours = settings().caller_id
    return next((row for row in _client().incoming_phone_numbers.list(phone_number=ours, limit=5)
                 if row.phone_number == ours), None)  # fmt: skip


def _call_back_addresses() -> tuple[str, str]:
    return f"{settings().public_url}/voice/inbound", f"{settings().public_url}/voice/inbound/status"


def _told(row: Any) -> CarrierCall:  # the SDK's rows carry no types
    sid, status, seconds = str(row.sid), str(row.status), row.duration
    return CarrierCall(sid, status, row.date_created, row.answered_by or None, int(seconds) if seconds else None)
