"""The shapes of a session's and a response's settings."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from oncall.sandbox.model.audio_shapes import Audio, ResponseAudio
from oncall.sandbox.model.item_shapes import InputItem
from oncall.sandbox.model.shape import Shape


class FunctionTool(Shape):
    type: Literal["function"]
    name: str
    description: str | None = None
    parameters: dict[str, Any] | None = None


class NamedFunction(Shape):
    type: Literal["function"]
    name: str


class Reasoning(Shape):
    effort: Literal["minimal", "low", "medium", "high", "xhigh"] | None = None


class TokenLimits(Shape):
    post_instructions: int | None = Field(None, ge=0)


class RetentionRatio(Shape):
    type: Literal["retention_ratio"]
    retention_ratio: float = Field(ge=0, le=1)
    token_limits: TokenLimits | None = None


class Trace(Shape):
    workflow_name: str | None = None
    group_id: str | None = None
    metadata: dict[str, Any] | None = None


ToolChoice = Literal["none", "auto", "required"] | NamedFunction
MaxTokens = Literal["inf"] | Annotated[int, Field(ge=1, le=4096)]
Modalities = Annotated[list[Literal["text", "audio"]], Field(min_length=1, max_length=1)]


class SessionSettings(Shape):
    """`session` of session.update."""

    type: Literal["realtime"]
    model: str | None = None
    instructions: str | None = None
    output_modalities: Modalities | None = None
    max_output_tokens: MaxTokens | None = None
    tool_choice: ToolChoice | None = None
    parallel_tool_calls: bool | None = None
    tools: list[FunctionTool] | None = None
    reasoning: Reasoning | None = None
    truncation: Literal["auto", "disabled"] | RetentionRatio | None = None
    tracing: Literal["auto"] | Trace | None = None
    include: list[Literal["item.input_audio_transcription.logprobs"]] | None = None
    prompt: dict[str, Any] | None = None
    audio: Audio | None = None


class ResponseSettings(Shape):
    """`response` of response.create."""

    conversation: str | None = None
    instructions: str | None = None
    input: list[InputItem] | None = None
    metadata: dict[str, str] | None = None
    output_modalities: Modalities | None = None
    tools: list[FunctionTool] | None = None
    tool_choice: ToolChoice | None = None
    parallel_tool_calls: bool | None = None
    max_output_tokens: MaxTokens | None = None
    reasoning: Reasoning | None = None
    prompt: dict[str, Any] | None = None
    audio: ResponseAudio | None = None
