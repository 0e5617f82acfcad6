"""The session object: what a new session is told, and how session.update changes it."""

from __future__ import annotations

import copy
from typing import Any

from oncall.sandbox.model.audio_shapes import AudioIn, AudioOut, ServerVad, VoiceId
from oncall.sandbox.model.model_list import MODELS, Job, reasons
from oncall.sandbox.model.refusal import Refusal
from oncall.sandbox.model.session_shapes import SessionSettings

VOICES = ("alloy", "ash", "ballad", "coral", "echo", "sage", "shimmer", "verse", "marin", "cedar")
DEFAULT_INSTRUCTIONS = (
    "Your knowledge cutoff is 2026-01. You are a helpful, witty, and friendly AI. Act like a human, but remember that "
    "you aren't a human and that you can't do human things in the real world. Your voice and personality should be "
    "warm and engaging, with a lively and playful tone."
)
_PLAIN = (
    "instructions",
    "output_modalities",
    "max_output_tokens",
    "tool_choice",
    "parallel_tool_calls",
    "reasoning",
    "truncation",
    "tracing",
    "include",
    "prompt",
)


def new_session(session_id: str, model: str, expires_at: int) -> dict[str, Any]:
    """The session as session.created tells it; audio is 24 kHz PCM both ways until an update says otherwise."""
    pcm = {"type": "audio/pcm", "rate": 24000}
    return {
        "type": "realtime",
        "object": "realtime.session",
        "id": session_id,
        "model": model,
        "output_modalities": ["audio"],
        "instructions": DEFAULT_INSTRUCTIONS,
        "tools": [],
        "tool_choice": "auto",
        "max_output_tokens": "inf",
        "tracing": None,
        "truncation": "auto",
        "prompt": None,
        "include": None,
        "expires_at": expires_at,
        "audio": {
            "input": {
                "format": dict(pcm),
                "transcription": None,
                "noise_reduction": None,
                "turn_detection": ServerVad(type="server_vad").model_dump(),
            },
            "output": {"format": dict(pcm), "voice": "marin", "speed": 1.0},
        },
    }


def updated_session(session: dict[str, Any], wanted: SessionSettings, *, has_spoken: bool) -> dict[str, Any]:
    """A changed copy; keys left out stay, null switches off. All or nothing: `Refusal` leaves the session as it was."""
    changed = copy.deepcopy(session)
    if wanted.model is not None and wanted.model != session["model"]:
        raise Refusal(
            "The model of a session cannot be changed after the session is created.",
            code="invalid_value",
            param="session.model",
        )
    if wanted.reasoning is not None and not reasons(session["model"]):
        raise Refusal(
            f"Unsupported parameter: 'session.reasoning' is not supported with the '{session['model']}' model.",
            code="unsupported_parameter",
            param="session.reasoning",
        )
    given = wanted.model_dump(exclude_unset=True)
    defaults = new_session(session["id"], session["model"], session["expires_at"])
    for key in _PLAIN:
        if key in given:
            changed[key] = defaults.get(key) if given[key] is None else given[key]
    if "tools" in given:
        changed["tools"] = given["tools"] or []
    if wanted.audio is not None:
        if wanted.audio.input is not None:
            _update_input(changed["audio"]["input"], wanted.audio.input)
        if wanted.audio.output is not None:
            _update_output(changed["audio"]["output"], wanted.audio.output, has_spoken=has_spoken)
    return changed


def _update_input(current: dict[str, Any], wanted: AudioIn) -> None:
    if wanted.format is not None:
        current["format"] = wanted.format.model_dump()
    if "noise_reduction" in wanted.model_fields_set:
        current["noise_reduction"] = wanted.noise_reduction and wanted.noise_reduction.model_dump(exclude_unset=True)
    if "turn_detection" in wanted.model_fields_set:
        current["turn_detection"] = wanted.turn_detection and wanted.turn_detection.model_dump()
    if "transcription" in wanted.model_fields_set:
        transcription = wanted.transcription
        if transcription is not None and transcription.model is not None:
            model = MODELS.get(transcription.model)
            if model is None or model.job not in (Job.TRANSCRIPTION, Job.LIVE_TRANSCRIPTION):
                names = ", ".join(f"'{name}'" for name, known in MODELS.items() if known.job is Job.TRANSCRIPTION)
                raise Refusal(
                    f"Invalid value: '{transcription.model}'. Supported values are: {names}.",
                    code="invalid_value",
                    param="session.audio.input.transcription.model",
                )
        current["transcription"] = transcription and transcription.model_dump(exclude_unset=True)


def _update_output(current: dict[str, Any], wanted: AudioOut, *, has_spoken: bool) -> None:
    if wanted.format is not None:
        current["format"] = wanted.format.model_dump()
    if wanted.speed is not None:
        current["speed"] = wanted.speed
    if wanted.voice is not None:
        voice = known_voice(wanted.voice, "session.audio.output.voice")
        if has_spoken and voice != current["voice"]:
            raise Refusal(
                "Cannot update a conversation's voice if assistant audio is present.",
                code="cannot_update_voice",
                param="session.audio.output.voice",
            )
        current["voice"] = voice


def known_voice(voice: str | VoiceId, param: str) -> str | dict[str, str]:
    """The voice as the protocol shows it; refused when the name is none of OpenAI's."""
    if isinstance(voice, VoiceId):
        return {"id": voice.id}
    if voice not in VOICES:
        raise Refusal(
            f"Invalid value: '{voice}'. Supported values are: {', '.join(repr(name) for name in VOICES)}.",
            code="invalid_value",
            param=param,
        )
    return voice
