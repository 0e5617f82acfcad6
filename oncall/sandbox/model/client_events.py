"""The shapes of everything a realtime client may send; what does not fit is refused as OpenAI words it."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, TypeAdapter, ValidationError

from oncall.sandbox.model.item_shapes import AnyItem
from oncall.sandbox.model.refusal import Refusal
from oncall.sandbox.model.session_shapes import ResponseSettings, SessionSettings
from oncall.sandbox.model.shape import Shape, misfit


class ClientEvent(Shape):
    event_id: Annotated[str, Field(max_length=512)] | None = None


class SessionUpdate(ClientEvent):
    type: Literal["session.update"]
    session: SessionSettings


class Append(ClientEvent):
    type: Literal["input_audio_buffer.append"]
    audio: str


class Commit(ClientEvent):
    type: Literal["input_audio_buffer.commit"]


class Clear(ClientEvent):
    type: Literal["input_audio_buffer.clear"]


class OutputClear(ClientEvent):
    type: Literal["output_audio_buffer.clear"]


class ItemCreate(ClientEvent):
    type: Literal["conversation.item.create"]
    item: AnyItem
    previous_item_id: str | None = None


class ItemDelete(ClientEvent):
    type: Literal["conversation.item.delete"]
    item_id: str


class ItemRetrieve(ClientEvent):
    type: Literal["conversation.item.retrieve"]
    item_id: str


class ItemTruncate(ClientEvent):
    type: Literal["conversation.item.truncate"]
    item_id: str
    content_index: Annotated[int, Field(ge=0)]
    audio_end_ms: Annotated[int, Field(ge=0)]


class ResponseCreate(ClientEvent):
    type: Literal["response.create"]
    response: ResponseSettings | None = None


class ResponseCancel(ClientEvent):
    type: Literal["response.cancel"]
    response_id: str | None = None


AnyClientEvent = (
    SessionUpdate
    | Append
    | Commit
    | Clear
    | OutputClear
    | ItemCreate
    | ItemDelete
    | ItemRetrieve
    | ItemTruncate
    | ResponseCreate
    | ResponseCancel
)
_events: TypeAdapter[AnyClientEvent] = TypeAdapter(Annotated[AnyClientEvent, Field(discriminator="type")])
CLIENT_EVENT_TYPES = (
    "session.update",
    "input_audio_buffer.append",
    "input_audio_buffer.commit",
    "input_audio_buffer.clear",
    "output_audio_buffer.clear",
    "conversation.item.create",
    "conversation.item.delete",
    "conversation.item.retrieve",
    "conversation.item.truncate",
    "response.create",
    "response.cancel",
)


def read_client_event(event: dict[str, Any]) -> AnyClientEvent:
    """The event in its shape; `Refusal` names the first parameter that does not fit."""
    if "type" not in event:
        raise Refusal("Missing required parameter: 'type'.", code="missing_required_parameter", param="type")
    if event["type"] not in CLIENT_EVENT_TYPES:
        raise Refusal(
            f"Invalid value: '{event['type']}'. Supported values are: "
            f"{', '.join(repr(kind) for kind in CLIENT_EVENT_TYPES)}.",
            code="invalid_value",
            param="type",
        )
    try:
        return _events.validate_python(event)
    except ValidationError as invalid:
        raise misfit(invalid, event) from None
