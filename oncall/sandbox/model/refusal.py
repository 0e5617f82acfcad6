"""OpenAI's way of saying no: one shape for REST bodies and for the realtime `error` event."""

from __future__ import annotations

from starlette.responses import JSONResponse


class Refusal(Exception):
    """A request the stand-in turns down, with the code and parameter OpenAI would name."""

    def __init__(
        self,
        message: str,
        *,
        code: str | None = None,
        param: str | None = None,
        status: int = 400,
        type: str = "invalid_request_error",
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.param = param
        self.status = status
        self.type = type
        self.headers = headers or {}

    def answer(self) -> JSONResponse:
        """The REST reply."""
        body = {"error": {"message": self.message, "type": self.type, "param": self.param, "code": self.code}}
        return JSONResponse(body, status_code=self.status, headers=self.headers)

    def event(self, event_id: str | None) -> dict[str, str | None]:
        """The `error` of a realtime error event; `event_id` is that of the client event at fault."""
        return {
            "type": self.type,
            "code": self.code,
            "message": self.message,
            "param": self.param,
            "event_id": event_id,
        }


def server_trouble(status: int, *, retry_after: str | None = None) -> Refusal:
    """What OpenAI says when it is the one in trouble: 429 as a rate limit, anything else as a server error."""
    headers = {"retry-after": retry_after} if retry_after is not None else {}
    if status == 429:
        return Refusal(
            "Rate limit reached for requests. Please try again later.",
            code="rate_limit_exceeded",
            status=429,
            type="requests",
            headers=headers,
        )
    return Refusal(
        "The server had an error while processing your request. Sorry about that!",
        status=status,
        type="server_error",
        headers=headers,
    )
