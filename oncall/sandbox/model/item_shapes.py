"""The shapes of conversation items as a client may send them."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from oncall.sandbox.model.shape import Shape


class InputContent(Shape):
    type: Literal["input_text", "input_audio", "input_image"]
    text: str | None = None
    audio: str | None = None
    transcript: str | None = None
    image_url: str | None = None
    detail: Literal["auto", "low", "high"] | None = None


class SystemContent(Shape):
    type: Literal["input_text"]
    text: str


class OutputContent(Shape):
    type: Literal["output_text", "output_audio"]
    text: str | None = None
    transcript: str | None = None


class ItemShape(Shape):
    id: Annotated[str, Field(max_length=32)] | None = None
    object: Literal["realtime.item"] | None = None
    status: Literal["completed", "incomplete", "in_progress"] | None = None


class UserMessage(ItemShape):
    type: Literal["message"]
    role: Literal["user"]
    content: list[InputContent]


class SystemMessage(ItemShape):
    type: Literal["message"]
    role: Literal["system"]
    content: list[SystemContent]


class AssistantMessage(ItemShape):
    type: Literal["message"]
    role: Literal["assistant"]
    content: list[OutputContent]


class FunctionCall(ItemShape):
    type: Literal["function_call"]
    name: str
    arguments: str
    call_id: str | None = None


class FunctionCallOutput(ItemShape):
    type: Literal["function_call_output"]
    call_id: str
    output: str


class ItemReference(Shape):
    type: Literal["item_reference"]
    id: str


Message = Annotated[UserMessage | SystemMessage | AssistantMessage, Field(discriminator="role")]
AnyItem = Annotated[Message | FunctionCall | FunctionCallOutput, Field(discriminator="type")]
InputItem = Annotated[Message | FunctionCall | FunctionCallOutput | ItemReference, Field(discriminator="type")]
