"""What goes wrong on purpose, set at run time through `POST /sandbox/faults`."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field

Share = Annotated[float, Field(ge=0, le=1)]


class ResponsesMode(StrEnum):
    """How `POST /v1/responses` answers."""

    OK = "ok"
    REFUSAL = "refusal"
    INCOMPLETE = "incomplete"
    CONTENT_FILTER = "content_filter"
    FAILED = "failed"
    INVALID_JSON = "invalid_json"
    HTTP_500 = "http_500"
    HTTP_429 = "http_429"


class SpeechMode(StrEnum):
    """How `POST /v1/audio/speech` answers."""

    OK = "ok"
    HTTP_500 = "http_500"
    HTTP_429 = "http_429"


class TranscriptionsMode(StrEnum):
    """How `POST /v1/audio/transcriptions` answers."""

    OK = "ok"
    EMPTY = "empty"
    HTTP_500 = "http_500"
    HTTP_429 = "http_429"


class Faults(BaseModel):
    """Realtime faults are taken by a session when it connects, the others by each request.

    `times` limits them to the next so many connections and requests of a kind that has a fault set; then all is well.
    """

    model_config = ConfigDict(extra="forbid")

    refuse_connect: int | None = None
    """HTTP status the websocket upgrade is refused with (401, 403, 404, 429, 500, 503)."""
    refuse_share: Share = 1.0
    """The share of connects that `refuse_connect` strikes, seeded by the server's own seed."""
    die_after_seconds: float | None = None
    die_after_responses: Annotated[int, Field(ge=1)] | None = None
    """The session dies when so many responses are done."""
    silent_after_responses: Annotated[int, Field(ge=0)] | None = None
    """After so many responses one is still created when asked for, and nothing more ever comes of it."""
    die_code: int = 1011
    """Close code of the death; 1006 cuts the connection without a closing handshake."""
    slow_first_delta_seconds: float = 0.0
    garbage_event: bool = False
    """Send an event of a type no client knows, within every response."""
    response_error: str | None = None
    """Every response ends `failed` with this error code, such as rate_limit_exceeded or insufficient_quota."""
    transcription_failed: bool = False
    """Transcription of a realtime turn fails."""
    transcription_delay_seconds: Annotated[float, Field(ge=0)] = 0.0
    """The transcript of a realtime turn comes so much later than usual, in real seconds whatever the speed."""
    misbehave: list[str] = []
    """Sentences worked into the next replies of each session, one after another; not into words said exactly."""
    forget_tools: Share = 0.0
    """The share of the person's turns after which no function is called, whatever was said."""
    end_early: bool = False
    """The person's second turn is answered with the closing and end_call."""
    double_question: bool = False
    """Whenever a question is asked, the next one is asked in the same breath."""
    seed: int | None = None
    """Of `forget_tools`; None takes the session's own."""
    responses_mode: ResponsesMode = ResponsesMode.OK
    transcriptions_mode: TranscriptionsMode = TranscriptionsMode.OK
    speech_mode: SpeechMode = SpeechMode.OK
    speech_delay_seconds: Annotated[float, Field(ge=0)] = 0.0
    retry_after: str | None = None
    """The Retry-After header of a 429, in seconds."""
    times: int | None = None

    @property
    def touch_realtime(self) -> bool:
        return bool(
            self.refuse_connect
            or self.die_after_seconds is not None
            or self.slow_first_delta_seconds
            or self.garbage_event
            or self.response_error
            or self.transcription_failed
            or self.transcription_delay_seconds
            or self.die_after_responses is not None
            or self.silent_after_responses is not None
            or self.misbehave
            or self.forget_tools
            or self.end_early
            or self.double_question
        )

    @property
    def touch_responses(self) -> bool:
        return self.responses_mode is not ResponsesMode.OK

    @property
    def touch_transcriptions(self) -> bool:
        return self.transcriptions_mode is not TranscriptionsMode.OK

    @property
    def touch_speech(self) -> bool:
        return self.speech_mode is not SpeechMode.OK or self.speech_delay_seconds > 0

    def used_once(self) -> Self:
        """The faults that remain after one of them has struck."""
        if self.times is None:
            return self
        return type(self)() if self.times <= 1 else self.model_copy(update={"times": self.times - 1})


class FaultBox:
    """The faults in force; asked by each connection and request, which thereby uses one of `times`."""

    def __init__(self) -> None:
        self.current = Faults()

    def for_realtime(self) -> Faults:
        return self._strike(self.current.touch_realtime)

    def for_responses(self) -> Faults:
        return self._strike(self.current.touch_responses)

    def for_transcriptions(self) -> Faults:
        return self._strike(self.current.touch_transcriptions)

    def for_speech(self) -> Faults:
        return self._strike(self.current.touch_speech)

    def _strike(self, touched: bool) -> Faults:
        faults = self.current
        if touched:
            self.current = faults.used_once()
        return faults
