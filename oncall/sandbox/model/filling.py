"""Values that fit a JSON schema: what is known goes under its own name, everything else is neutral."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Known = Mapping[str, Any]
"""Property name to value; a callable value is given the property's schema and returns the value."""


def fill(schema: Mapping[str, Any], known: Known, *, root: Mapping[str, Any] | None = None) -> Any:
    """A value for `schema`; object properties are taken from `known` where they fit, at every depth of named ones."""
    root = schema if root is None else root
    schema = resolve(schema, root)
    if "properties" in schema or schema.get("type") == "object":
        return {
            name: _property(name, resolve(part, root), known, root)
            for name, part in schema.get("properties", {}).items()
        }
    return neutral(schema, root)


def fits(value: Any, schema: Mapping[str, Any], root: Mapping[str, Any] | None = None) -> bool:
    """True when the value is allowed here, judged by type and enum."""
    root = schema if root is None else root
    schema = resolve(schema, root)
    if "anyOf" in schema:
        return any(fits(value, part, root) for part in schema["anyOf"])
    if "const" in schema:
        return bool(value == schema["const"])
    if "enum" in schema:
        return value in schema["enum"]
    kinds = schema.get("type")
    if isinstance(kinds, list):
        return any(_is(value, kind) for kind in kinds)
    return kinds is None or _is(value, kinds)


def resolve(schema: Mapping[str, Any], root: Mapping[str, Any]) -> Mapping[str, Any]:
    """Follow `$ref` within the document, and an `allOf` of one."""
    while True:
        if "$ref" in schema:
            target: Any = root
            for step in str(schema["$ref"]).removeprefix("#").strip("/").split("/"):
                target = target[step] if step else target
            schema = target
        elif len(schema.get("allOf", ())) == 1:
            schema = schema["allOf"][0]
        else:
            return schema


def option(schema: Mapping[str, Any], root: Mapping[str, Any], kind: str) -> Mapping[str, Any] | None:
    """The schema itself, or the member of its anyOf, that is of this type; None when there is none."""
    schema = resolve(schema, root)
    for part in schema.get("anyOf", [schema]):
        part = resolve(part, root)
        kinds = part.get("type")
        if kind == kinds or (isinstance(kinds, list) and kind in kinds):
            return part
    return None


def neutral(schema: Mapping[str, Any], root: Mapping[str, Any]) -> Any:
    """The least a schema allows: null, false, the lowest number, an empty text or list, the first enum value."""
    schema = resolve(schema, root)
    if "const" in schema:
        return schema["const"]
    if "enum" in schema:
        plain = ("none", "unknown", "not_asked", "no", None)
        return next((value for value in plain if value in schema["enum"]), schema["enum"][0])
    if "anyOf" in schema:
        options = [resolve(part, root) for part in schema["anyOf"]]
        return None if any(part.get("type") == "null" for part in options) else neutral(options[0], root)
    kinds = schema.get("type")
    kind = ("null" if "null" in kinds else kinds[0]) if isinstance(kinds, list) else kinds
    if kind == "object" or "properties" in schema:
        return {name: neutral(part, root) for name, part in schema.get("properties", {}).items()}
    if kind == "array":
        return [neutral(schema.get("items", {}), root) for _ in range(schema.get("minItems", 0))]
    if kind in ("number", "integer"):
        return max(schema.get("minimum", 0), min(0, schema.get("maximum", 0)))
    if kind == "string":
        return "-" * schema.get("minLength", 0)
    return {"boolean": False}.get(str(kind))


def _property(name: str, schema: Mapping[str, Any], known: Known, root: Mapping[str, Any]) -> Any:
    if name in known:
        value = known[name]
        if callable(value):
            value = value(schema)
        if fits(value, schema, root):
            return value
    inner = option(schema, root, "object")
    if inner is not None and inner.get("properties"):
        return fill(inner, known, root=root)
    return neutral(schema, root)


def _is(value: Any, kind: str) -> bool:
    if kind == "boolean" or isinstance(value, bool):
        return kind == "boolean" and isinstance(value, bool)
    types: dict[str, Any] = {
        "string": str,
        "integer": int,
        "number": (int, float),
        "array": list,
        "object": dict,
        "null": type(None),
    }
    return isinstance(value, types.get(kind, object))
