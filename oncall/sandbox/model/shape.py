"""The mould of all shapes a client may send, and how OpenAI words what does not fit one."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from oncall.sandbox.model.refusal import Refusal


class Shape(BaseModel):
    """Nothing unknown gets in."""

    model_config = ConfigDict(extra="forbid", strict=True)


def misfit(invalid: ValidationError, event: dict[str, Any]) -> Refusal:
    """OpenAI's code and dotted parameter for the first thing pydantic found wrong."""
    # Of a union's complaints, the one deepest in the object is about the member that was meant.
    first = max(
        invalid.errors(include_url=False),
        key=lambda error: (len(path_of(error["loc"], event)), error["type"] != "literal_error"),
    )
    path = path_of(first["loc"], event)
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


def path_of(loc: tuple[int | str, ...], event: Any) -> str:
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
