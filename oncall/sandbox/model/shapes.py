"""The shapes of everything a realtime client may send; what does not fit is refused as OpenAI words it."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from oncall.sandbox.model.refusal import Refusal


class Shape(BaseModel):
    """Nothing unknown gets in."""

    model_config = ConfigDict(extra="forbid", strict=True)


class Pcm(Shape):
    type: Literal["audio/pcm"]
    rate: Literal[24000] = 24000


class Pcmu(Shape):
    type: Literal["audio/pcmu"]


class Pcma(Shape):
    type: Literal["audio/pcma"]


Format = Annotated[Pcm | Pcmu | Pcma, Field(discriminator="type")]


class ServerVad(Shape):
    type: Literal["server_vad"]
    threshold: Annotated[float, Field(ge=0, le=1)] = 0.5
    prefix_padding_ms: Annotated[int, Field(ge=0)] = 300
    silence_duration_ms: Annotated[int, Field(ge=0)] = 500
    idle_timeout_ms: Annotated[int, Field(ge=5000, le=30000)] | None = None
    create_response: bool = True
    interrupt_response: bool = True


class SemanticVad(Shape):
    type: Literal["semantic_vad"]
    eagerness: Literal["low", "medium", "high", "auto"] = "auto"
    create_response: bool = True
    interrupt_response: bool = True


TurnDetection = Annotated[ServerVad | SemanticVad, Field(discriminator="type")]


class NoiseReduction(Shape):
    type: Literal["near_field", "far_field"]
    strength: float | None = None


class InputTranscription(Shape):
    model: str | None = None
    language: str | None = None
    languages: list[str] | None = None
    prompt: str | None = None
    keywords: list[str] | None = None
    delay: Literal["minimal", "low", "medium", "high", "xhigh"] | None = None


class VoiceId(Shape):
    id: str


Speed = Annotated[float, Field(ge=0.25, le=1.5)]


class AudioIn(Shape):
    format: Format | None = None
    noise_reduction: NoiseReduction | None = None
    transcription: InputTranscription | None = None
    turn_detection: TurnDetection | None = None


class AudioOut(Shape):
    format: Format | None = None
    voice: str | VoiceId | None = None
    speed: Speed | None = None


class Audio(Shape):
    input: AudioIn | None = None
    output: AudioOut | None = None


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


class ResponseAudioOut(Shape):
    format: Format | None = None
    voice: str | VoiceId | None = None


class ResponseAudio(Shape):
    output: ResponseAudioOut | None = None


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
        raise _refusal(invalid, event) from None


def _refusal(invalid: ValidationError, event: dict[str, Any]) -> Refusal:
    """OpenAI's code and dotted parameter for the first thing pydantic found wrong."""
    # Of a union's complaints, the one deepest in the object is about the member that was meant.
    first = max(
        invalid.errors(include_url=False),
        key=lambda error: (len(_path(error["loc"], event)), error["type"] != "literal_error"),
    )
    path = _path(first["loc"], event)
    param = path
    kind = first["type"]
    if kind == "extra_forbidden":
        return Refusal(f"Unknown parameter: '{param}'.", code="unknown_parameter", param=param)
    if kind == "missing":
        return Refusal(f"Missing required parameter: '{param}'.", code="missing_required_parameter", param=param)
    if kind == "union_tag_not_found":
        param = f"{param}.type"
        return Refusal(f"Missing required parameter: '{param}'.", code="missing_required_parameter", param=param)
    if kind == "union_tag_invalid":
        param = f"{param}.type"
        return Refusal(
            f"Invalid value: '{first['ctx']['tag']}'. Supported values are: {first['ctx']['expected_tags']}.",
            code="invalid_value",
            param=param,
        )
    if kind == "literal_error":
        return Refusal(
            f"Invalid value: {first['input']!r}. Supported values are: {first['ctx']['expected']}.",
            code="invalid_value",
            param=param,
        )
    if kind == "string_too_long":
        return Refusal(
            f"Invalid '{param}': string too long. Expected a string with maximum length "
            f"{first['ctx']['max_length']}, but got a string with length {len(first['input'])} instead.",
            code="string_above_max_length",
            param=param,
        )
    if kind in ("greater_than_equal", "less_than_equal"):
        low = kind == "greater_than_equal"
        bound = first["ctx"]["ge" if low else "le"]
        return Refusal(
            f"Invalid '{param}': value {'below minimum' if low else 'above maximum'}. Expected a value "
            f"{'>=' if low else '<='} {bound}, but got {first['input']} instead.",
            code=f"{'integer' if isinstance(first['input'], int) else 'decimal'}_{'below_min' if low else 'above_max'}_value",
            param=param,
        )
    return Refusal(f"Invalid type for '{param}': {first['msg']}.", code="invalid_type", param=param)


def _path(loc: tuple[int | str, ...], event: Any) -> str:
    """The location as OpenAI writes it (`item.content[0].text`), without the names pydantic gives to union members."""
    path = ""
    here: Any = event
    for index, part in enumerate(loc):
        if isinstance(part, int):
            path += f"[{part}]"
            here = here[part] if isinstance(here, list) and part < len(here) else None
        elif isinstance(here, dict) and (part in here or (index == len(loc) - 1 and "[" not in part)):
            if part not in here and part[:1].isupper():
                continue
            path += f".{part}" if path else part
            here = here.get(part)
    return path
