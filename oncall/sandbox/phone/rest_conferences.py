"""Conferences over REST, and who is in them."""

from __future__ import annotations

from xml.sax.saxutils import escape, quoteattr

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from oncall.sandbox.phone.attend import announce, open_room
from oncall.sandbox.phone.call import rfc2822
from oncall.sandbox.phone.conference import Conference, Participant
from oncall.sandbox.phone.exchange import Exchange
from oncall.sandbox.phone.order import Instruction, read_order, read_url
from oncall.sandbox.phone.paging import page, within
from oncall.sandbox.phone.problem import Refused, not_found


async def list_conferences(exchange: Exchange, request: Request) -> Response:
    """Conferences, newest first, filtered and paged."""
    wanted = request.query_params
    found = [
        one
        for one in reversed(exchange.conferences.values())
        if wanted.get("FriendlyName", one.name) == one.name
        and wanted.get("Status", one.status) == one.status
        and within(wanted, "DateCreated", one.created)
        and within(wanted, "DateUpdated", one.updated)
    ]
    return page(request, "conferences", found, Conference.as_json)


async def fetch_conference(exchange: Exchange, request: Request) -> Response:
    """One conference."""
    return JSONResponse(_conference(exchange, request).as_json())


async def update_conference(exchange: Exchange, request: Request) -> Response:
    """End a conference, or say something to everyone in it."""
    conference = _conference(exchange, request)
    async with request.form() as form:
        status, announced = form.get("Status"), _instruction(form, "Announce")
    if status not in (None, "", "completed"):
        raise Refused(400, 20001, "Status is not valid.")
    if status and conference.status != "completed":
        conference.end("conference-ended-via-api", "conference_ended_via_api")
    elif announced is not None:
        exchange.webhooks.start(announce(exchange, conference, list(conference.participants), announced))
    return JSONResponse(conference.as_json())


async def list_participants(exchange: Exchange, request: Request) -> Response:
    """Who is in now, newest first."""
    conference = _conference(exchange, request)
    wanted = request.query_params
    found = [
        one
        for one in reversed(conference.participants)
        if _fits(wanted.get("Muted"), one.muted) and _fits(wanted.get("Hold"), one.hold)
    ]
    return page(request, "participants", found, lambda one: one.as_json(conference))


async def add_participant(exchange: Exchange, request: Request) -> Response:
    """Call somebody into a conference, which may be named instead of by its sid and need not be there yet."""
    wanted = request.path_params["conference"]
    conference = exchange.conferences.get(wanted)
    if wanted.startswith("CF") and (conference is None or conference.status == "completed"):
        raise not_found(request.url.path)
    conference = conference or open_room(exchange, wanted)
    async with request.form() as form:
        order = read_order(FormData([*form.multi_items(), ("Twiml", _way_in(form, conference.name))]))
        label = str(form.get("Label") or "")
    call = await exchange.place(order)
    shown = {
        "account_sid": call.account_sid,
        "call_sid": call.sid,
        "label": label or None,
        "call_sid_to_coach": None,
        "coaching": False,
        "conference_sid": conference.sid,
        "date_created": rfc2822(call.created),
        "date_updated": rfc2822(call.updated),
        "end_conference_on_exit": form.get("EndConferenceOnExit") == "true",
        "muted": form.get("Muted") == "true",
        "hold": False,
        "start_conference_on_enter": form.get("StartConferenceOnEnter") != "false",
        "status": "queued",
        "queue_time": str(call.queue_ms),
        "uri": f"{conference.path}/Participants/{call.sid}.json",
    }
    return JSONResponse(shown, 201)


async def fetch_participant(exchange: Exchange, request: Request) -> Response:
    """One who is in."""
    conference = _conference(exchange, request)
    return JSONResponse(_participant(conference, request).as_json(conference))


async def update_participant(exchange: Exchange, request: Request) -> Response:
    """Mute or hold somebody, say something to them alone, or change what their leaving means."""
    conference = _conference(exchange, request)
    participant = _participant(conference, request)
    async with request.form() as form:
        conference.change(participant, muted=_flag(form, "Muted"), hold=_flag(form, "Hold"))
        ends, beeps = _flag(form, "EndConferenceOnExit"), _flag(form, "BeepOnExit")
        announced = _instruction(form, "Announce")
    if ends is not None or beeps is not None:
        participant.ends = participant.ends if ends is None else ends
        participant.beeps_on_exit = participant.beeps_on_exit if beeps is None else beeps
        conference.tell("modify", "participant-modify", participant.as_params())
    if announced is not None:
        exchange.webhooks.start(announce(exchange, conference, [participant], announced))
    return JSONResponse(participant.as_json(conference))


async def remove_participant(exchange: Exchange, request: Request) -> Response:
    """Show somebody out; their call goes on after the <Dial>."""
    conference = _conference(exchange, request)
    conference.leave(_participant(conference, request), "participant_updated_via_api", kicked=True)
    return Response(status_code=204)


def _conference(exchange: Exchange, request: Request) -> Conference:
    conference = exchange.conferences.get(request.path_params["conference"])
    if conference is None:
        raise not_found(request.url.path)
    return conference


def _participant(conference: Conference, request: Request) -> Participant:
    participant = conference.participant(request.path_params["participant"])
    if participant is None:
        raise not_found(request.url.path)
    return participant


def _way_in(form: FormData, name: str) -> str:
    """TwiML that leads a called participant into the room."""
    attributes = {
        "participantLabel": "Label",
        "muted": "Muted",
        "beep": "Beep",
        "startConferenceOnEnter": "StartConferenceOnEnter",
        "endConferenceOnExit": "EndConferenceOnExit",
        "waitUrl": "WaitUrl",
        "waitMethod": "WaitMethod",
        "maxParticipants": "MaxParticipants",
        "statusCallback": "ConferenceStatusCallback",
        "statusCallbackMethod": "ConferenceStatusCallbackMethod",
    }
    written = "".join(
        f" {attribute}={quoteattr(str(form[field]))}" for attribute, field in attributes.items() if field in form
    )
    if events := form.getlist("ConferenceStatusCallbackEvent"):
        written += f" statusCallbackEvent={quoteattr(' '.join(map(str, events)))}"
    return f"<Response><Dial><Conference{written}>{escape(name)}</Conference></Dial></Response>"


def _instruction(form: FormData, prefix: str) -> Instruction | None:
    url = read_url(form, f"{prefix}Url")
    return Instruction(url, "GET" if form.get(f"{prefix}Method") == "GET" else "POST") if url else None


def _flag(form: FormData, name: str) -> bool | None:
    value = form.get(name)
    return None if value is None else str(value).lower() == "true"


def _fits(wanted: str | None, value: bool) -> bool:
    return wanted is None or (wanted == "true") is value
