"""Recordings over REST: started, paused, fetched, listed, deleted."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from oncall.sandbox.phone.exchange import Exchange
from oncall.sandbox.phone.order import read_recording_callback
from oncall.sandbox.phone.paging import page, within
from oncall.sandbox.phone.problem import Refused, not_found
from oncall.sandbox.phone.recording import Recording, RecordingStatus
from oncall.sandbox.phone.rest_calls import the_call


async def start_recording(exchange: Exchange, request: Request) -> Response:
    """Start recording a live call."""
    call = the_call(exchange, request)
    async with request.form() as form:
        recording = Recording(
            call.account_sid,
            call.sid,
            "StartCallRecordingAPI",
            channels=1 if form.get("RecordingChannels", "mono") == "mono" else 2,
            track=str(form.get("RecordingTrack") or "both"),
            trim=form.get("Trim") == "trim-silence",
        )
        exchange.start_recording(call, recording, read_recording_callback(form))
    return JSONResponse(recording.as_json(exchange.base), 201)


async def update_recording(exchange: Exchange, request: Request) -> Response:
    """Pause, go on with or stop a recording; `Twilio.CURRENT` is the one that runs."""
    call = the_call(exchange, request)
    recording = _recording(exchange, request)
    async with request.form() as form:
        status, behaviour = form.get("Status"), form.get("PauseBehavior")
    if not recording.running:
        raise Refused(400, 21220, "Recording is not in-progress.")
    if status == "paused":
        recording.skip_pauses = behaviour == "skip"
        recording.status = RecordingStatus.PAUSED
    elif status == "in-progress":
        recording.status = RecordingStatus.IN_PROGRESS
    elif status == "stopped":
        exchange.end_recording(recording, call)
    else:
        raise Refused(400, 20001, "Status is not valid.")
    shown = recording.as_json(exchange.base)
    return JSONResponse(shown | {"status": "stopped"} if status == "stopped" else shown)


async def fetch_recording(exchange: Exchange, request: Request) -> Response:
    """One recording, or with `.wav` its sound."""
    return JSONResponse(_recording(exchange, request).as_json(exchange.base))


async def delete_recording(exchange: Exchange, request: Request) -> Response:
    """Forget a recording."""
    recording = _recording(exchange, request)
    recording.delete()
    del exchange.recordings[recording.sid]
    return Response(status_code=204)


async def list_recordings(exchange: Exchange, request: Request) -> Response:
    """Recordings of the account or of one call, newest first."""
    call_sid = request.path_params.get("call") or request.query_params.get("CallSid")
    found = [
        recording
        for recording in reversed(exchange.recordings.values())
        if call_sid in (None, recording.call_sid) and within(request.query_params, "DateCreated", recording.started)
    ]
    return page(request, "recordings", found, lambda recording: recording.as_json(exchange.base))


async def fetch_sound(exchange: Exchange, request: Request) -> Response:
    """The sound: `.wav` or no ending; 404 until it is ready, 400 for two channels where there is one."""
    name, _, ending = request.path_params["recording"].partition(".")
    recording = exchange.recordings.get(name)
    if recording is None or ending not in ("", "wav") or recording.status is not RecordingStatus.COMPLETED:
        raise not_found(request.url.path)
    if recording.refusals_left:
        recording.refusals_left -= 1
        raise not_found(request.url.path)
    channels = int(request.query_params.get("RequestedChannels") or recording.channels)
    if channels not in (1, 2) or channels > recording.channels:
        raise Refused(400, 20001, "Requested channels are not available for this recording")
    return Response(recording.wav(channels), media_type="audio/x-wav")


def _recording(exchange: Exchange, request: Request) -> Recording:
    sid = request.path_params["recording"]
    recording = exchange.recordings.get(sid)
    if sid == "Twilio.CURRENT":
        recording = next((one for one in the_call(exchange, request).recordings if one.running), None)
    if recording is None or request.path_params.get("call", recording.call_sid) != recording.call_sid:
        raise not_found(request.url.path)
    return recording
