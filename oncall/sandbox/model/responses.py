"""POST /v1/responses: one structured answer per request, or one of the ways such an answer can go wrong."""

from __future__ import annotations

import json
import random
import time
from typing import Any

from oncall.sandbox.model.assessor import assess, read_transcript
from oncall.sandbox.model.faults import Faults, ResponsesMode
from oncall.sandbox.model.model_list import Job, known_model
from oncall.sandbox.model.refusal import Refusal, server_trouble
from oncall.sandbox.model.strict_schema import lint_strict

_FIELDS = {
    "background", "conversation", "include", "input", "instructions", "max_output_tokens", "max_tool_calls", "metadata",
    "model", "parallel_tool_calls", "previous_response_id", "prompt", "prompt_cache_key", "prompt_cache_retention",
    "prompt_cache_options", "reasoning", "safety_identifier", "service_tier", "store", "stream", "stream_options",
    "temperature", "text", "tool_choice", "tools", "top_logprobs", "top_p", "truncation", "user",
}  # fmt: skip
_chance = random.Random()


def respond(body: Any, faults: Faults) -> dict[str, Any]:
    """The Response object; refused like OpenAI where the request is at fault, or by the fault in force."""
    if faults.responses_mode is ResponsesMode.HTTP_500:
        raise server_trouble(500)
    if faults.responses_mode is ResponsesMode.HTTP_429:
        raise server_trouble(429, retry_after=faults.retry_after)
    model, form = _check(body)
    prompt = _texts(body.get("instructions")) + _texts(body["input"])
    if form["type"] == "json_schema":
        answer = json.dumps(assess(read_transcript("\n".join(prompt)), form["schema"]), ensure_ascii=False)
    elif form["type"] == "json_object":
        answer = "{}"
    else:
        answer = "네, 알겠습니다." if any("가" <= letter <= "힣" for letter in "".join(prompt)) else "All right."
    return _shown(body, model, form, answer, prompt, faults.responses_mode)


def _check(body: Any) -> tuple[str, dict[str, Any]]:
    """The model and the text format."""
    if not isinstance(body, dict):
        raise Refusal("We could not parse the JSON body of your request.")
    for name in body:
        if name not in _FIELDS:
            raise Refusal(f"Unknown parameter: '{name}'.", code="unknown_parameter", param=name)
    for name in ("model", "input"):
        if not body.get(name):
            raise Refusal(f"Missing required parameter: '{name}'.", code="missing_required_parameter", param=name)
    model = known_model(str(body["model"]), Job.RESPONSES).id
    if body.get("stream"):
        raise Refusal("The stand-in does not stream responses.", code="unsupported_value", param="stream")
    if body.get("temperature") is not None and not model.startswith("gpt-4"):
        raise Refusal(
            "Unsupported parameter: 'temperature' is not supported with this model.",
            code="unsupported_parameter",
            param="temperature",
        )
    limit = body.get("max_output_tokens")
    if limit is not None and (not isinstance(limit, int) or limit < 16):
        raise Refusal(
            f"Invalid 'max_output_tokens': integer below minimum value. Expected a value >= 16, but got {limit} instead.",
            code="integer_below_min_value",
            param="max_output_tokens",
        )
    form = (body.get("text") or {}).get("format") or {"type": "text"}
    if form.get("type") == "json_schema":
        for name in ("name", "schema"):
            if not form.get(name):
                raise Refusal(
                    f"Missing required parameter: 'text.format.{name}'.",
                    code="missing_required_parameter",
                    param=f"text.format.{name}",
                )
        if form.get("strict"):
            lint_strict(form["name"], form["schema"])
    elif form.get("type") not in ("text", "json_object"):
        raise Refusal(
            f"Invalid value: '{form.get('type')}'. Supported values are: 'json_object', 'json_schema', and 'text'.",
            code="invalid_value",
            param="text.format.type",
        )
    return model, form


def _texts(content: Any) -> list[str]:
    """Every text in an input: a string, messages, or content parts."""
    if isinstance(content, str):
        return [content]
    if isinstance(content, list):
        return [text for part in content for text in _texts(part)]
    if isinstance(content, dict):
        return _texts(content.get("content", content.get("text")))
    return []


def _shown(
    body: dict[str, Any], model: str, form: dict[str, Any], answer: str, prompt: list[str], mode: ResponsesMode
) -> dict[str, Any]:
    limit = body.get("max_output_tokens")
    tokens = len(answer) // 3 + 1
    status, error, why = "completed", None, None
    part: dict[str, Any] = {"type": "output_text", "text": answer, "annotations": [], "logprobs": []}
    if mode is ResponsesMode.REFUSAL:
        part = {"type": "refusal", "refusal": "I'm sorry, but I can't assist with that request."}
    elif mode is ResponsesMode.INVALID_JSON:
        part["text"] = answer[:-1] + ',"level":'
    elif mode is ResponsesMode.CONTENT_FILTER:
        status, why = "incomplete", {"reason": "content_filter"}
        part["text"] = answer[: len(answer) // 3]
    elif mode is ResponsesMode.INCOMPLETE or (limit is not None and tokens > limit):
        status, why = "incomplete", {"reason": "max_output_tokens"}
        part["text"] = answer[: min(len(answer) // 2, (limit or tokens) * 3)]
    elif mode is ResponsesMode.FAILED:
        status, error = "failed", {"code": "server_error", "message": "The model failed to generate a response."}
    output = [
        {
            "id": f"msg_{_chance.getrandbits(96):024x}",
            "type": "message",
            "role": "assistant",
            "status": "incomplete" if status == "incomplete" else "completed",
            "content": [part],
        }
    ]
    read = sum(map(len, prompt)) // 3 + 1
    now = int(time.time())
    text = {"format": {"description": None, **form} if form["type"] == "json_schema" else form, "verbosity": "medium"}
    reasoning = body.get("reasoning") or {}
    return {
        "id": f"resp_{_chance.getrandbits(96):024x}",
        "object": "response",
        "created_at": now,
        "completed_at": now if status == "completed" else None,
        "status": status,
        "background": False,
        "error": error,
        "incomplete_details": why,
        "instructions": body.get("instructions"),
        "max_output_tokens": limit,
        "max_tool_calls": None,
        "model": model,
        "output": [] if status == "failed" else output,
        "parallel_tool_calls": True,
        "previous_response_id": None,
        "prompt_cache_key": body.get("prompt_cache_key"),
        "reasoning": {"effort": reasoning.get("effort"), "summary": None},
        "safety_identifier": body.get("safety_identifier"),
        "service_tier": "default",
        "temperature": 1.0,
        "text": text,
        "tool_choice": "auto",
        "tools": [],
        "top_logprobs": 0,
        "top_p": 1.0,
        "truncation": "disabled",
        "usage": {
            "input_tokens": read,
            "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
            "output_tokens": tokens,
            "output_tokens_details": {"reasoning_tokens": 0},
            "total_tokens": read + tokens,
        },
        "user": None,
        "metadata": body.get("metadata") or {},
    }
