"""The shapes of sound settings: formats, turn detection, transcription, voice and speed."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from oncall.sandbox.model.shape import Shape


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


class ResponseAudioOut(Shape):
    format: Format | None = None
    voice: str | VoiceId | None = None


class ResponseAudio(Shape):
    output: ResponseAudioOut | None = None
