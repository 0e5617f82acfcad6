"""How one stand-in OpenAI is set up when it starts; what goes wrong on purpose is in faults."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ModelConfig:
    """Everything fixed for the life of the server.

    `speed` divides thinking time and the pauses between deltas, never the length of audio. `audio_pace` is how many
    times faster than real time audio leaves. `two_items_every` makes every n-th answer two message items (0 never).
    """

    api_key: str | None = None
    """The only bearer key let in; None lets in any that is not empty."""
    speed: float = 1.0
    thinking_seconds: float = 0.35
    transcription_seconds: float = 0.6
    """From the committed turn to its transcript, so that it usually comes after the response has begun."""
    audio_pace: float = 6.0
    session_seconds: float = 3600.0
    """OpenAI ends a session after 60 minutes."""
    two_items_every: int = 3
    seed: int = 0
    remembered_sessions: int = 200
    """How many ended sessions `GET /sandbox/sessions` still tells about."""
