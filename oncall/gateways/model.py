"""The door to the model: sound to words, words to sound or a typed answer, and the live conversation's address.

Only a base URL differs between OpenAI and anything that speaks its protocol. Every call has its own time limit and few
retries, because the SDK's default of ten minutes would outlive the job that waits (protocol note 7).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, cast
from urllib.parse import urlencode

import openai
from openai import AsyncOpenAI, OpenAI
from openai.types.responses import Response, ResponseInputParam, ToolParam

from oncall.gateways import chat
from oncall.gateways.asked import Answer, Asked, ModelUnavailable
from oncall.settings import settings

__all__ = ["Answer", "ModelUnavailable", "answer", "realtime_address", "speech", "transcribe"]

TRANSCRIBE_SECONDS = 120.0
ANSWER_SECONDS = 60.0
SPEECH_SECONDS = 30.0
CONNECT_SECONDS = 5.0
RETRIES = 2
MOST_ANSWER_TOKENS = 8000  # reasoning tokens count too
MOST_TALK_TOKENS = 4000
_NOT_WORTH_REPEATING = {"insufficient_quota", "credit_balance_exhausted", "billing_hard_limit_reached"}


@dataclass(frozen=True, slots=True)
class ToolCall:
    """One function the model wants called; `arguments` are JSON text, `call_id` is what its output must name."""

    name: str
    arguments: str
    call_id: str


@dataclass(frozen=True, slots=True)
class Utterance:
    """One turn of a conversation in text."""

    text: str
    calls: tuple[ToolCall, ...]
    model: str


def transcribe(wav: bytes, *, language: str, prompt: str = "") -> str:
    """The words in one short piece of sound (WAV, at most 25 MB); "" when there are none. Raises ModelUnavailable."""
    config = settings()
    client = _client().with_options(timeout=_limit(TRANSCRIBE_SECONDS), max_retries=RETRIES)
    try:
        heard = client.audio.transcriptions.create(
            model=config.transcribe_model,
            file=("call.wav", wav, "audio/wav"),
            language=language,
            response_format="json",
            prompt=prompt or openai.omit,
        )
    except openai.OpenAIError as error:
        raise _unavailable(error) from None
    return heard.text.strip()


def speech(text: str, *, language: str, speed: float) -> bytes:
    """`text` spoken, in the configured format: 24 kHz 16-bit samples, or 8 kHz mu-law. Raises ModelUnavailable.

    `speed` 1.0 is an ordinary pace. It is asked for in words as well: not every model heeds the number.
    """
    config = settings()
    client = _client().with_options(timeout=_limit(SPEECH_SECONDS), max_retries=RETRIES)
    try:
        spoken = client.audio.speech.create(
            input=text,
            model=config.speech_model,
            voice=config.speech_voice,
            instructions=_manner_of_speech(language, speed),
            speed=speed,
            # Not the SDK's own argument: "mulaw" is known to servers that speak to telephones, not to the SDK.
            extra_body={"response_format": config.speech_format.value},
        )
    except openai.OpenAIError as error:
        raise _unavailable(error) from None
    if not spoken.content:
        raise ModelUnavailable("empty", permanent=False)
    return spoken.content


def answer(
    *, instructions: str, material: str, schema_name: str, schema: dict[str, Any], safety_identifier: str
) -> Answer:
    """One answer in the shape of `schema` (strict JSON schema), as JSON text still to be checked by the caller.

    `material` is what to judge, never instructions. `safety_identifier` must not name a person. Nothing is stored by
    the provider. Raises ModelUnavailable, also for a refusal, a filtered and a truncated answer.
    """
    config = settings()
    client = _client().with_options(timeout=_limit(ANSWER_SECONDS), max_retries=RETRIES)
    asked = Asked(config.assess_model, instructions, material, schema_name, schema, MOST_ANSWER_TOKENS)
    try:
        if not chat.is_all(client):
            try:
                response = client.responses.create(
                    model=asked.model,
                    instructions=asked.instructions,
                    input=[{"role": "user", "content": asked.material}],
                    text={"format": {"type": "json_schema", "name": schema_name, "strict": True, "schema": schema}},
                    max_output_tokens=asked.most_tokens,
                    store=False,
                    safety_identifier=safety_identifier,
                )
                return Answer(_text_of(response), str(response.model))
            except openai.NotFoundError as error:
                if error.code == "model_not_found":
                    raise
        return chat.answer(client, asked)
    except openai.OpenAIError as error:
        raise _unavailable(error) from None


def converse(
    *,
    instructions: str,
    items: Sequence[dict[str, Any]],
    tools: Sequence[dict[str, Any]] = (),
    safety_identifier: str,
) -> Utterance:
    """The next turn of a conversation in text: what is said, and which functions are called; both may be nothing.

    `items` are messages, function calls and their outputs, oldest first. Nothing is stored by the provider. Raises
    ModelUnavailable.
    """
    config = settings()
    client = _client().with_options(timeout=_limit(ANSWER_SECONDS), max_retries=RETRIES)
    try:
        response = client.responses.create(
            model=config.assess_model,
            instructions=instructions,
            input=cast(ResponseInputParam, list(items)),
            tools=cast(list[ToolParam], list(tools)) if tools else openai.omit,
            max_output_tokens=MOST_TALK_TOKENS,
            store=False,
            safety_identifier=safety_identifier,
        )
    except openai.OpenAIError as error:
        raise _unavailable(error) from None
    _refuse_half(response)
    calls = [item for item in response.output if item.type == "function_call"]
    return Utterance(
        response.output_text.strip(),
        tuple(ToolCall(call.name, call.arguments, call.call_id) for call in calls),
        str(response.model),
    )


def realtime_address() -> tuple[str, dict[str, str]]:
    """Where and with which headers the SDK itself would open a live conversation with the realtime model."""
    config = settings()
    url, headers = _realtime(_key(), config.openai_base_url, config.realtime_model)
    return url, dict(headers)


@lru_cache(maxsize=4)
def _realtime(key: str, base_url: str | None, model: str) -> tuple[str, dict[str, str]]:
    # Kept: making a client reads the certificate store, 20 ms that every call in the process would hear.
    client = AsyncOpenAI(api_key=key, base_url=base_url)
    base = str(client.websocket_base_url or client.base_url).rstrip("/")
    socket = "ws" + base.removeprefix("http") if base.startswith("http") else base
    headers = {**client.auth_headers, **client.default_headers}
    return (
        f"{socket}/realtime?{urlencode({'model': model})}",
        {name: value for name, value in headers.items() if isinstance(value, str)},
    )


def _manner_of_speech(language: str, speed: float) -> str:
    tongue = "standard Korean" if language == "ko" else "English"
    pace = "slowly" if speed >= 0.85 else "very slowly"
    return (
        f"Speak {tongue}, warmly and {pace}, every word clear: a telephone call to an old person who hears badly. "
        "Read the text as it stands and add nothing."
    )


def _client() -> OpenAI:
    return _opened(_key(), settings().openai_base_url)


@lru_cache(maxsize=4)
def _opened(key: str, base_url: str | None) -> OpenAI:
    return OpenAI(api_key=key, base_url=base_url)


def _key() -> str:
    config = settings()
    key = config.openai_api_key.get_secret_value()
    if key:
        return key
    if config.openai_base_url:
        # A server of one's own may want no key, but the SDK insists on one.
        return "none"
    raise ModelUnavailable("no_key", permanent=True)


def _limit(seconds: float) -> openai.Timeout:
    return openai.Timeout(seconds, connect=CONNECT_SECONDS)


def _text_of(response: Response) -> str:
    _refuse_half(response)
    if not response.output_text:
        raise ModelUnavailable("empty", permanent=False)
    return response.output_text


def _refuse_half(response: Response) -> None:
    """Raise unless the answer is whole; order matters: an incomplete answer may still carry half a text."""
    if response.status == "incomplete":
        why = response.incomplete_details.reason if response.incomplete_details else None
        raise ModelUnavailable(why or "incomplete", permanent=True)
    if response.error is not None or response.status in {"failed", "cancelled"}:
        raise ModelUnavailable(response.error.code if response.error else "failed", permanent=False)
    for item in response.output:
        if item.type == "message" and any(part.type == "refusal" for part in item.content):
            raise ModelUnavailable("refused", permanent=True)


def _unavailable(error: openai.OpenAIError) -> ModelUnavailable:
    """Our word for the SDK's error, without its text: that may repeat what was sent."""
    if isinstance(error, openai.APITimeoutError):
        return ModelUnavailable("timeout", permanent=False)
    if isinstance(error, openai.APIConnectionError):
        return ModelUnavailable("unreachable", permanent=False)
    if isinstance(error, openai.APIStatusError):
        if error.code in _NOT_WORTH_REPEATING:
            return ModelUnavailable(str(error.code), permanent=True)
        again = error.status_code in {408, 409, 429} or error.status_code >= 500
        return ModelUnavailable(f"http_{error.status_code}", permanent=not again)
    return ModelUnavailable("unreadable", permanent=False)
