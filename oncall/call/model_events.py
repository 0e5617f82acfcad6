"""What the model's socket reports beside sound, sorted by kind; an event that cannot be read costs itself and not the call."""

import json
from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

import structlog

log = structlog.get_logger()

Handler = Callable[[dict[str, Any]], None]

_UNUSED = (b"response.content_part", b"transcription.delta", b"rate_limits")
_FATAL = {"insufficient_quota", "credit_balance_exhausted", "billing_hard_limit_reached", "invalid_api_key",
          "account_deactivated", "beta_api_shape_disabled", "session_expired"}  # fmt: skip


class ModelEvents:
    """One call's. `words` is given each event with some words of a response as it came, `handlers` the others by their
    kind, read; `fatal` is called when the model says that it cannot go on, `busy` when it is at a response already."""

    def __init__(self, attempt_id: UUID, words: Callable[[bytes], None], handlers: Mapping[str, Handler],
                 fatal: Callable[[], None], busy: Callable[[], None]) -> None:  # fmt: skip
        self._attempt, self._words, self._fatal, self._busy = str(attempt_id), words, fatal, busy
        self._handlers = {**handlers, "error": self._error}

    def read(self, raw: bytes) -> None:
        """One event, as it came; the many we have no use for are dropped unparsed."""
        head = raw[:120]
        if any(kind in head for kind in _UNUSED):
            return
        try:
            if b"audio_transcript.delta" in head:
                self._words(raw)
                return
            event = json.loads(raw)
            handler = self._handlers.get(event["type"])
        except (ValueError, KeyError, TypeError):
            log.warning("model_event_unreadable", attempt=self._attempt)
            return
        if handler is None:
            return
        try:
            handler(event)
        except (KeyError, TypeError, ValueError, AttributeError):
            # An event without what its kind must carry; the call goes on without it.
            log.exception("model_event_failed", attempt=self._attempt, kind=event["type"])

    def _error(self, event: dict[str, Any]) -> None:
        code = str((event.get("error") or {}).get("code"))
        if code in _FATAL:
            log.error("model_fatal", code=code)
            self._fatal()
        elif code == "conversation_already_has_active_response":
            self._busy()
