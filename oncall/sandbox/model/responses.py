"""POST /v1/responses: an assessment, a turn of the caller in text, or a turn of a person played from a description."""

from __future__ import annotations

import json
from typing import Any

from oncall.sandbox.model.assessor import assess
from oncall.sandbox.model.briefing import language_of, read_briefing
from oncall.sandbox.model.faults import Faults, ResponsesMode
from oncall.sandbox.model.model_list import Job, known_model
from oncall.sandbox.model.parts import Part, Say
from oncall.sandbox.model.persona import is_persona, play
from oncall.sandbox.model.refusal import Refusal, server_trouble
from oncall.sandbox.model.response_object import response_object
from oncall.sandbox.model.said import read_transcript
from oncall.sandbox.model.strict_schema import lint_strict
from oncall.sandbox.model.talker import Shelf, check_calls, items_in, talk, texts_in

_FIELDS = {
    "background", "conversation", "include", "input", "instructions", "max_output_tokens", "max_tool_calls", "metadata",
    "model", "parallel_tool_calls", "previous_response_id", "prompt", "prompt_cache_key", "prompt_cache_retention",
    "prompt_cache_options", "reasoning", "safety_identifier", "service_tier", "store", "stream", "stream_options",
    "temperature", "text", "tool_choice", "tools", "top_logprobs", "top_p", "truncation", "user",
}  # fmt: skip


class ResponsesDesk:
    """Answers for one stand-in and keeps what it was asked to store."""

    def __init__(self) -> None:
        self._shelf = Shelf()

    def respond(self, body: Any, faults: Faults) -> dict[str, Any]:
        """The Response object; refused like OpenAI where the request is at fault, or by the fault in force."""
        if faults.responses_mode is ResponsesMode.HTTP_500:
            raise server_trouble(500)
        if faults.responses_mode is ResponsesMode.HTTP_429:
            raise server_trouble(429, retry_after=faults.retry_after)
        model, form = _check(body)
        items = [*self._shelf.before(body.get("previous_response_id")), *items_in(body.get("input") or [])]
        check_calls(items)
        instructions, rest = _instructions(body, items)
        parts = _answer(body, form, instructions, rest, faults)
        read = len(instructions) + sum(map(len, texts_in(rest)))
        shown = response_object(body, model, form, parts, read, faults.responses_mode)
        if body.get("store") is not False:
            self._shelf.keep(shown["id"], [*items, *shown["output"]])
        return shown


def _answer(
    body: dict[str, Any], form: dict[str, Any], instructions: str, items: list[dict[str, Any]], faults: Faults
) -> list[Part]:
    """Who is meant is told by what is asked: a schema the assessor, functions or questions the caller, a role a person."""
    prompt = "\n".join([instructions, *texts_in(items)])
    language = language_of(prompt) or "en"
    if form["type"] == "json_schema":
        report = assess(read_transcript(prompt), form["schema"])
        return [Say(json.dumps(report, ensure_ascii=False), language)]
    if form["type"] == "json_object":
        return [Say("{}", language)]
    tools = body.get("tools") or []
    if tools or read_briefing(instructions).questions:
        return talk(items, instructions, tools, body.get("tool_choice") or "auto", faults)
    if is_persona(instructions):
        return [Say(play(items, instructions), language)]
    return [Say("네, 알겠습니다." if language == "ko" else "All right.", language)]


def _instructions(body: dict[str, Any], items: list[dict[str, Any]]) -> tuple[str, list[dict[str, Any]]]:
    """The standing instructions and what is left; without any in the body, the system messages before all else."""
    if body.get("instructions"):
        return str(body["instructions"]), items
    leading = 0
    while leading < len(items) and items[leading].get("role") in ("system", "developer"):
        leading += 1
    return "\n".join(texts_in(items[:leading])), items[leading:]


def _check(body: Any) -> tuple[str, dict[str, Any]]:
    """The model and the text format."""
    if not isinstance(body, dict):
        raise Refusal("We could not parse the JSON body of your request.")
    for name in body:
        if name not in _FIELDS:
            raise Refusal(f"Unknown parameter: '{name}'.", code="unknown_parameter", param=name)
    for name in ("model", "input"):
        if not body.get(name) and not (name == "input" and body.get("previous_response_id")):
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
    _check_tools(body.get("tools") or [])
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


def _check_tools(tools: Any) -> None:
    """Functions in the flat form, each with a name."""
    for at, tool in enumerate(tools):
        if not isinstance(tool, dict) or tool.get("type") != "function":
            kind = tool.get("type") if isinstance(tool, dict) else tool
            raise Refusal(
                f"Invalid value: '{kind}'. The stand-in supports 'function' only.",
                code="invalid_value",
                param=f"tools[{at}].type",
            )
        for name in ("name", "parameters"):
            if name not in tool:
                raise Refusal(
                    f"Missing required parameter: 'tools[{at}].{name}'.",
                    code="missing_required_parameter",
                    param=f"tools[{at}].{name}",
                )
        if tool.get("strict"):
            lint_strict(tool["name"], tool["parameters"])
