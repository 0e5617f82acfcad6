"""Checks an event of a realtime server against the types of OpenAI's own client, more strictly than the client does.

`check_server_event` raises `Unlike` unless the event is valid for its type *and* every field in it, at every depth, is
one the type declares. The one exception is documented by OpenAI and missing in the client's type: `id`, `object` and
`expires_at` of a session.
"""

from __future__ import annotations

import json
import types
import typing
from typing import Any

from openai.types.realtime import RealtimeClientEvent, RealtimeServerEvent
from openai.types.realtime.realtime_session_create_response import RealtimeSessionCreateResponse
from pydantic import BaseModel, TypeAdapter, ValidationError

_SESSION_ONLY = ("id", "object", "expires_at")


class Unlike(AssertionError):
    """The event is not what OpenAI's types say it is."""


def _by_type(union: Any) -> dict[str, type[BaseModel]]:
    members = typing.get_args(typing.get_args(union)[0])
    return {typing.get_args(member.model_fields["type"].annotation)[0]: member for member in members}


SERVER_EVENTS = _by_type(RealtimeServerEvent)
CLIENT_EVENTS = _by_type(RealtimeClientEvent)
_server: TypeAdapter[Any] = TypeAdapter(RealtimeServerEvent)
_client: TypeAdapter[Any] = TypeAdapter(RealtimeClientEvent)
_session: TypeAdapter[Any] = TypeAdapter(RealtimeSessionCreateResponse)


def check_server_event(raw: str | bytes | dict[str, Any]) -> dict[str, Any]:
    """The event as a dict, if it is strictly one of OpenAI's server events."""
    event: dict[str, Any] = raw if isinstance(raw, dict) else json.loads(raw)
    checked = event
    if event.get("type") in ("session.created", "session.updated"):
        session = dict(event["session"])
        try:
            _session.validate_json(json.dumps({key: session.pop(key) for key in _SESSION_ONLY} | {"type": "realtime"}))
        except (KeyError, ValidationError) as invalid:
            raise Unlike(f"session without its own fields: {invalid}") from invalid
        checked = {**event, "session": session}
    return _check(checked, event, SERVER_EVENTS, _server)


def check_client_event(raw: str | bytes | dict[str, Any]) -> dict[str, Any]:
    """The event as a dict, if it is strictly one of OpenAI's client events."""
    event: dict[str, Any] = raw if isinstance(raw, dict) else json.loads(raw)
    return _check(event, event, CLIENT_EVENTS, _client)


def check_object(value: Any, declared: type[BaseModel]) -> None:
    """The same check for a REST body, such as `openai.types.responses.Response`."""
    try:
        parsed = TypeAdapter(declared).validate_json(json.dumps(value), strict=True)
    except ValidationError as invalid:
        raise Unlike(f"{declared.__name__}: {invalid}") from invalid
    _no_extra(parsed, value, declared.__name__)


class Recorder(list[dict[str, Any]]):
    """A list of server events, each checked as it is added; `unknown` names event types to let through unchecked."""

    def __init__(self, *, unknown: tuple[str, ...] = ()) -> None:
        super().__init__()
        self._unknown = unknown
        self._ids: set[str] = set()

    def record(self, raw: str | bytes) -> dict[str, Any]:
        """Check, keep and return one event; its event_id must be new."""
        event: dict[str, Any] = json.loads(raw)
        if event.get("type") not in self._unknown:
            check_server_event(event)
        if event["event_id"] in self._ids:
            raise Unlike(f"{event['event_id']} was used before")
        self._ids.add(event["event_id"])
        self.append(event)
        return event

    def of(self, kind: str) -> list[dict[str, Any]]:
        """The events of one type, in order."""
        return [event for event in self if event["type"] == kind]

    @property
    def types(self) -> list[str]:
        """The types in order."""
        return [event["type"] for event in self]


def _check(
    checked: dict[str, Any], event: dict[str, Any], known: dict[str, type[BaseModel]], adapter: TypeAdapter[Any]
) -> dict[str, Any]:
    kind = str(event.get("type"))
    declared = known.get(kind)
    if declared is None:
        raise Unlike(f"no event is called {kind!r}")
    text = json.dumps(checked)
    try:
        adapter.validate_json(text, strict=True)
        parsed = TypeAdapter(declared).validate_json(text, strict=True)
    except ValidationError as invalid:
        raise Unlike(f"{kind}: {invalid}") from invalid
    _no_extra(parsed, checked, kind)
    return event


def _no_extra(parsed: Any, given: Any, path: str) -> None:
    """Walk the parsed models beside the JSON: whatever pydantic kept as `model_extra` is not declared."""
    if isinstance(parsed, BaseModel):
        if parsed.model_extra:
            raise Unlike(f"{path} has fields OpenAI's type does not: {sorted(parsed.model_extra)}")
        for name in type(parsed).model_fields:
            if isinstance(given, dict) and name in given:
                _no_extra(getattr(parsed, name), given[name], f"{path}.{name}")
    elif isinstance(parsed, list):
        for index, part in enumerate(parsed):
            _no_extra(part, given[index], f"{path}[{index}]")
    elif isinstance(parsed, types.SimpleNamespace):
        raise Unlike(f"{path} was not understood")
