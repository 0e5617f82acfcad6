"""The rules a JSON schema must keep to be used with `strict: true`, checked as OpenAI checks them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from oncall.sandbox.model.refusal import Refusal

_MOST_PROPERTIES = 5000
_DEEPEST = 10
_MOST_ENUM_VALUES = 1000
_LONGEST_NAMES = 120_000
_UNKNOWN = ("default", "allOf", "oneOf", "not", "if", "then", "else", "dependentRequired", "dependentSchemas", "patternProperties", "unevaluatedProperties")  # fmt: skip
_TYPES = {"object", "array", "string", "number", "integer", "boolean", "null"}


def lint_strict(name: str, schema: Any) -> None:
    """Raise `Refusal` with OpenAI's code and wording for the first rule broken."""
    if not isinstance(schema, Mapping) or schema.get("type") != "object":
        kind = schema.get("type") if isinstance(schema, Mapping) else None
        raise _invalid(name, (), f"schema must be a JSON Schema of 'type: \"object\"', got 'type: \"{kind}\"'")
    if "anyOf" in schema:
        raise _invalid(name, (), "schema must have type 'object' and not have 'anyOf' at the top level")
    properties = enums = letters = 0
    for path, part in _walk(schema, ()):
        _lint_one(name, path, part, schema)
        names = part.get("properties", {})
        properties += len(names)
        values = part.get("enum", [])
        enums += len(values)
        letters += sum(map(len, names)) + sum(len(value) for value in values if isinstance(value, str))
        if _depth(path) > _DEEPEST:
            raise _invalid(name, path, f"{_depth(path)} levels of nesting exceeds limit of {_DEEPEST}")
    if properties > _MOST_PROPERTIES:
        raise _invalid(name, (), f"{properties} properties exceed the limit of {_MOST_PROPERTIES}")
    if enums > _MOST_ENUM_VALUES:
        raise _invalid(name, (), f"{enums} enum values exceed the limit of {_MOST_ENUM_VALUES}")
    if letters > _LONGEST_NAMES:
        raise _invalid(name, (), f"property names and enum values of {letters} characters exceed {_LONGEST_NAMES}")


def _lint_one(name: str, path: tuple[str, ...], part: Mapping[str, Any], root: Mapping[str, Any]) -> None:
    for keyword in _UNKNOWN:
        if keyword in part:
            raise _invalid(name, path, f"'{keyword}' is not permitted")
    if "$ref" in part:
        target: Any = root
        for step in str(part["$ref"]).removeprefix("#").strip("/").split("/"):
            target = target.get(step) if step and isinstance(target, Mapping) else target if not step else None
        if target is None:
            raise _invalid(
                name, path, f"reference can only point to definitions defined at the top level: {part['$ref']}"
            )
        extra = [key for key in part if key not in ("$ref", "description")]
        if extra:
            raise _invalid(name, path, f"$ref cannot have keywords {extra}")
        return
    kinds = part.get("type")
    if kinds is None and not ({"anyOf", "enum", "const"} & part.keys()):
        raise _invalid(name, path, "schema must have a 'type' key")
    for kind in [kinds] if isinstance(kinds, str) else kinds or []:
        if kind not in _TYPES:
            raise _invalid(name, path, f"'{kind}' is not a valid type")
    if kinds == "object" or "properties" in part:
        if part.get("additionalProperties") is not False:
            raise _invalid(name, path, "'additionalProperties' is required to be supplied and to be false")
        wanted, required = set(part.get("properties", {})), set(part.get("required", ()))
        if wanted - required:
            missing = sorted(wanted - required)[0]
            raise _invalid(
                name,
                path,
                "'required' is required to be supplied and to be an array including every key in properties. "
                f"Missing '{missing}'",
            )
        if required - wanted:
            raise _invalid(name, path, f"'required' has extra keys {sorted(required - wanted)}")
    if kinds == "array" and "items" not in part:
        raise _invalid(name, path, "array schema missing items")


def _walk(part: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Mapping[str, Any]]]:
    if not isinstance(part, Mapping):
        return
    yield path, part
    for keyword in ("properties", "$defs", "definitions"):
        for key, inner in part.get(keyword, {}).items():
            yield from _walk(inner, (*path, keyword, key))
    if "items" in part:
        yield from _walk(part["items"], (*path, "items"))
    for index, inner in enumerate(part.get("anyOf", ())):
        yield from _walk(inner, (*path, "anyOf", str(index)))


def _depth(path: tuple[str, ...]) -> int:
    return sum(step in ("properties", "items") for step in path)


def _invalid(name: str, path: tuple[str, ...], what: str) -> Refusal:
    context = f"({', '.join(repr(step) for step in path)}{',' if len(path) == 1 else ''})"
    return Refusal(
        f"Invalid schema for response_format '{name}': In context={context}, {what}.",
        code="invalid_json_schema",
        param="text.format.schema",
    )
