"""The Response object of `POST /v1/responses`, whole or in one of the ways it can go wrong."""

from __future__ import annotations

import json
import random
import time
from typing import Any

from oncall.sandbox.model.faults import ResponsesMode
from oncall.sandbox.model.parts import Call, Part

_chance = random.Random()


def response_object(
    body: dict[str, Any], model: str, form: dict[str, Any], parts: list[Part], read: int, mode: ResponsesMode
) -> dict[str, Any]:
    """`read` is how many characters of input there were; `mode` spoils the answer, its length may cut it short."""
    limit = body.get("max_output_tokens")
    output = [_item(part) for part in parts]
    written = sum(len(_text(item)) for item in output)
    tokens = written // 3 + 1
    status, error, why = "completed", None, None
    if mode is ResponsesMode.REFUSAL:
        output = [_message([{"type": "refusal", "refusal": "I'm sorry, but I can't assist with that request."}])]
    elif mode is ResponsesMode.INVALID_JSON and output:
        _spoil(output[-1])
    elif mode is ResponsesMode.CONTENT_FILTER:
        status, why = "incomplete", {"reason": "content_filter"}
        output = _cut(output, written // 3)
    elif mode is ResponsesMode.INCOMPLETE or (limit is not None and tokens > limit):
        status, why = "incomplete", {"reason": "max_output_tokens"}
        output = _cut(output, min(written // 2, (limit or tokens) * 3))
    elif mode is ResponsesMode.FAILED:
        status, error = "failed", {"code": "server_error", "message": "The model failed to generate a response."}
        output = []
    now = int(time.time())
    text = {"format": {"description": None, **form} if form["type"] == "json_schema" else form, "verbosity": "medium"}
    reasoning = body.get("reasoning") or {}
    return {
        "id": _new_id("resp"),
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
        "output": output,
        "parallel_tool_calls": body.get("parallel_tool_calls") is not False,
        "previous_response_id": body.get("previous_response_id"),
        "prompt_cache_key": body.get("prompt_cache_key"),
        "reasoning": {"effort": reasoning.get("effort"), "summary": None},
        "safety_identifier": body.get("safety_identifier"),
        "service_tier": "default",
        "temperature": 1.0,
        "text": text,
        "tool_choice": body.get("tool_choice") or "auto",
        "tools": [{"strict": True, **tool} for tool in body.get("tools") or []],
        "top_logprobs": 0,
        "top_p": 1.0,
        "truncation": "disabled",
        "usage": {
            "input_tokens": read // 3 + 1,
            "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
            "output_tokens": tokens,
            "output_tokens_details": {"reasoning_tokens": 0},
            "total_tokens": read // 3 + 1 + tokens,
        },
        "user": None,
        "metadata": body.get("metadata") or {},
    }


def _item(part: Part) -> dict[str, Any]:
    if isinstance(part, Call):
        return {
            "id": _new_id("fc"),
            "type": "function_call",
            "status": "completed",
            "name": part.name,
            "call_id": _new_id("call"),
            "arguments": json.dumps(part.arguments, ensure_ascii=False),
        }
    return _message([{"type": "output_text", "text": part.text, "annotations": [], "logprobs": []}])


def _message(content: list[dict[str, Any]]) -> dict[str, Any]:
    return {"id": _new_id("msg"), "type": "message", "role": "assistant", "status": "completed", "content": content}


def _text(item: dict[str, Any]) -> str:
    return str(item["arguments"] if item["type"] == "function_call" else item["content"][0].get("text", ""))


def _with_text(item: dict[str, Any], text: str) -> dict[str, Any]:
    if item["type"] == "function_call":
        return {**item, "arguments": text}
    return {**item, "content": [{**item["content"][0], "text": text}]}


def _spoil(item: dict[str, Any]) -> None:
    item.update(_with_text(item, _text(item)[:-1] + ',"level":'))


def _cut(output: list[dict[str, Any]], length: int) -> list[dict[str, Any]]:
    """The first so many characters; the item they end in is incomplete, and none comes after it."""
    kept: list[dict[str, Any]] = []
    for item in output:
        text = _text(item)
        if len(text) > length:
            return [*kept, {**_with_text(item, text[:length]), "status": "incomplete"}]
        kept.append(item)
        length -= len(text)
    return kept


def _new_id(kind: str) -> str:
    return f"{kind}_{_chance.getrandbits(96):024x}"
