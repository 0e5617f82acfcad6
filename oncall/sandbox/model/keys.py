"""Who may come in: the bearer key of a request, or the key a browser hides among its websocket subprotocols."""

from __future__ import annotations

from starlette.requests import HTTPConnection

from oncall.sandbox.model.refusal import Refusal

_SUBPROTOCOL = "openai-insecure-api-key."


def check_key(connection: HTTPConnection, expected: str | None) -> None:
    """Refuse with 401 unless a key is given and, where one is `expected`, it is that one."""
    given = _given_key(connection)
    if not given:
        raise Refusal(
            "You didn't provide an API key. You need to provide your API key in an Authorization header using Bearer "
            "auth (i.e. Authorization: Bearer YOUR_KEY).",
            status=401,
        )
    if expected is not None and given != expected:
        raise Refusal("Incorrect API key provided.", code="invalid_api_key", status=401)


def _given_key(connection: HTTPConnection) -> str:
    scheme, _, key = connection.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return key.strip()
    for protocol in connection.scope.get("subprotocols", []):
        if protocol.startswith(_SUBPROTOCOL):
            return str(protocol.removeprefix(_SUBPROTOCOL))
    return ""
