"""The same question over chat completions: for servers on a city's own premises that do not speak the Responses API.

The shape is asked for as a strict JSON schema; a server that knows no schemas is asked for a JSON object and told the
schema in words. Which of the two a server takes, and that it has no other way, is remembered while the process lives:
the caller checks every answer against the schema in any case.
"""

import json
from enum import StrEnum

import openai
from openai import OpenAI
from openai.types.chat import ChatCompletion
from openai.types.chat.completion_create_params import ResponseFormat

from oncall.gateways.asked import Answer, Asked, ModelUnavailable


class _Way(StrEnum):
    SCHEMA = "json_schema"
    OBJECT = "json_object"


_known: dict[str, _Way] = {}  # by base URL: written once an answer came that way
_NO_SCHEMAS = (400, 422)


def is_all(client: OpenAI) -> bool:
    """Whether this server has answered so before, after it had nothing at /responses."""
    return str(client.base_url) in _known


def answer(client: OpenAI, asked: Asked) -> Answer:
    """One answer. Raises openai's errors, and ModelUnavailable for a refused, filtered, truncated or empty one."""
    server = str(client.base_url)
    way = _known.get(server, _Way.SCHEMA)
    try:
        given = _create(client, asked, way)
    except openai.APIStatusError as error:
        if way is _Way.OBJECT or error.status_code not in _NO_SCHEMAS:
            raise
        way = _Way.OBJECT
        given = _create(client, asked, way)
    _known[server] = way
    return Answer(_text_of(given), given.model)


def forget() -> None:
    """Ask every server anew what it speaks."""
    _known.clear()


def _create(client: OpenAI, asked: Asked, way: _Way) -> ChatCompletion:
    shape: ResponseFormat = {"type": "json_object"}
    told = asked.instructions
    if way is _Way.SCHEMA:
        shape = {
            "type": "json_schema",
            "json_schema": {"name": asked.schema_name, "strict": True, "schema": asked.schema},
        }
    else:
        told += "\n\nAnswer with one JSON object of this schema and nothing else:\n" + json.dumps(asked.schema)
    # `max_tokens` is the name every such server knows; only OpenAI's own newest models refuse it.
    return client.chat.completions.create(
        model=asked.model,
        messages=[{"role": "system", "content": told}, {"role": "user", "content": asked.material}],
        response_format=shape,
        max_tokens=asked.most_tokens,
    )


def _text_of(given: ChatCompletion) -> str:
    if not given.choices:
        raise ModelUnavailable("empty", permanent=False)
    choice = given.choices[0]
    if choice.finish_reason == "length":
        raise ModelUnavailable("max_output_tokens", permanent=True)
    if choice.finish_reason == "content_filter":
        raise ModelUnavailable("content_filter", permanent=True)
    if choice.message.refusal:
        raise ModelUnavailable("refused", permanent=True)
    if not choice.message.content:
        raise ModelUnavailable("empty", permanent=False)
    return choice.message.content
