"""What a websocket message says before anyone looks at its meaning: JSON, and sound in base64."""

from __future__ import annotations

import base64
import binascii
import json
from typing import Any

from oncall.sandbox.model.refusal import Refusal


def sound_in(audio: str, param: str) -> bytes:
    try:
        return base64.b64decode(audio, validate=True)
    except (binascii.Error, ValueError):
        raise Refusal(
            f"Invalid '{param}'. Expected base64-encoded audio bytes in the session's input format, but got an "
            "invalid value.",
            code="invalid_value",
            param=param,
        ) from None


def event_in(text: str | None) -> dict[str, Any]:
    try:
        event = json.loads(text or "")
    except ValueError:
        event = None
    if not isinstance(event, dict):
        raise Refusal(
            "We could not parse the JSON body of your request. The event should be a JSON object with a 'type'.",
            code="invalid_json",
        )
    return event
