"""An order for a call: what a create or update request asks for, and what is wrong with it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from starlette.datastructures import FormData

from oncall.sandbox.phone.problem import Refused

_NUMBER: Final = re.compile(r"\+[1-9][0-9]{6,14}")
_EVENTS: Final = frozenset({"initiated", "ringing", "answered", "completed"})


@dataclass(frozen=True, slots=True)
class Instruction:
    """Where the next TwiML comes from: itself, or a URL."""

    url: str | None = None
    method: str = "POST"
    twiml: str | None = None


@dataclass(frozen=True, slots=True)
class Callback:
    """A URL that wants to know, and of what."""

    url: str
    method: str
    events: frozenset[str]


@dataclass(frozen=True, slots=True)
class Order:
    """What was asked for when the call was created."""

    to: str
    from_: str
    instruction: Instruction
    fallback: Instruction | None
    status_callback: Callback | None
    ring_seconds: float
    time_limit: float
    record: bool
    recording_channels: int
    recording_track: str
    recording_trim: bool
    recording_callback: Callback | None
    machine_detection: str | None
    machine_options: dict[str, float]
    async_amd: bool
    amd_callback: Callback | None


def read_order(form: FormData) -> Order:
    """The order in a create request; Refused names what is wrong with it."""
    to, from_ = _text(form, "To"), _text(form, "From")
    if not to:
        raise Refused(400, 21201, "No 'To' number is specified")
    if not _NUMBER.fullmatch(to):
        raise Refused(400, 21211, "The phone number you are attempting to call is not valid.")
    if not from_:
        raise Refused(400, 21213, "No 'From' number is specified")
    if not _NUMBER.fullmatch(from_):
        raise Refused(400, 21212, "The source phone number provided is not a valid phone number.")
    instruction = read_instruction(form)
    if instruction is None:
        raise Refused(400, 21205, "Url parameter is required.")
    fallback_url = read_url(form, "FallbackUrl")
    detection = _text(form, "MachineDetection")
    channels = _text(form, "RecordingChannels") or "mono"
    return Order(
        to=to,
        from_=from_,
        instruction=instruction,
        fallback=Instruction(fallback_url, _method(form, "FallbackMethod")) if fallback_url else None,
        status_callback=read_status_callback(form),
        ring_seconds=min(600.0, _number(form, "Timeout", 60)),
        time_limit=_number(form, "TimeLimit", 14400),
        record=_text(form, "Record").lower() == "true",
        recording_channels=2 if channels == "dual" else 1,
        recording_track=_text(form, "RecordingTrack") or "both",
        recording_trim=(_text(form, "Trim") or "trim-silence") == "trim-silence",
        recording_callback=read_recording_callback(form),
        machine_detection=detection if detection in ("Enable", "DetectMessageEnd") else None,
        machine_options={
            "timeout": _number(form, "MachineDetectionTimeout", 30),
            "speech": _number(form, "MachineDetectionSpeechThreshold", 2400) / 1000,
            "speech_end": _number(form, "MachineDetectionSpeechEndThreshold", 1200) / 1000,
            "silence": _number(form, "MachineDetectionSilenceTimeout", 5000) / 1000,
        },
        async_amd=_text(form, "AsyncAmd").lower() == "true",
        amd_callback=_callback(form, "AsyncAmdStatusCallback", frozenset({"amd"})),
    )


def is_number(text: str) -> bool:
    """Whether this is a telephone number in its international form."""
    return bool(_NUMBER.fullmatch(text))


def read_instruction(form: FormData) -> Instruction | None:
    """The TwiML or its URL in a create or update request; the URL wins. None when there is neither."""
    url, twiml = read_url(form, "Url"), _text(form, "Twiml")
    if url:
        return Instruction(url, _method(form, "Method"))
    return Instruction(twiml=twiml) if twiml else None


def read_status_callback(form: FormData) -> Callback | None:
    """Who wants status callbacks; Refused (21626) for events there are not."""
    wanted = frozenset(_several(form, "StatusCallbackEvent")) or frozenset({"completed"})
    if not wanted <= _EVENTS:
        raise Refused(400, 21626, "StatusCallbackEvent is not valid.")
    return _callback(form, "StatusCallback", wanted)


def read_recording_callback(form: FormData) -> Callback | None:
    """Who wants to know of recordings; several events come as several keys or in one, with spaces."""
    wanted = _several(form, "RecordingStatusCallbackEvent") or ["completed"]
    return _callback(form, "RecordingStatusCallback", frozenset(wanted))


def read_url(form: FormData, name: str) -> str | None:
    """A URL, or None; Refused (21205) when it is none."""
    url = _text(form, name)
    if url and not url.startswith(("http://", "https://")):
        raise Refused(400, 21205, f"{name} is not a valid URL.")
    return url or None


def _callback(form: FormData, name: str, events: frozenset[str]) -> Callback | None:
    url = read_url(form, name)
    return Callback(url, _method(form, f"{name}Method"), events) if url else None


def _text(form: FormData, name: str) -> str:
    value = form.get(name)
    return value.strip() if isinstance(value, str) else ""


def _several(form: FormData, name: str) -> list[str]:
    return [word for value in form.getlist(name) if isinstance(value, str) for word in value.split()]


def _method(form: FormData, name: str) -> str:
    return "GET" if _text(form, name).upper() == "GET" else "POST"


def _number(form: FormData, name: str, default: float) -> float:
    value = _text(form, name)
    if not value:
        return default
    try:
        return float(value)
    except ValueError:
        raise Refused(400, 20001, f"{name} is not a number.") from None
