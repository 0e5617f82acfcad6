"""The shape of the model's answer, and the strict JSON schema asked of it, both made from the one taxonomy."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from oncall.listen.arrival import Arrived
from oncall.models.memory import MemoryKind
from oncall.models.risk import AnsweredBy, Level, SignalCode, Subject, Tense

SCHEMA_NAME = "assessment"


class _Shape(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Quote(_Shape):
    """Words of the far end: `turn` is the number of the line, `text` is copied from it letter for letter."""

    turn: int
    text: str


class SaidSignal(_Shape):
    """One kind of trouble the model heard."""

    code: SignalCode
    level: Level
    subject: Subject
    tense: Tense
    confidence: float = Field(ge=0, le=1)
    evidence: list[Quote]


class FactStatus(StrEnum):
    """What became of a question."""

    ANSWERED = "answered"
    UNCLEAR = "unclear"
    NOT_ASKED = "not_asked"


class SaidFact(_Shape):
    """One question of the campaign, by its code."""

    code: str
    status: FactStatus


class SaidMemory(_Shape):
    """Something worth knowing at the next call: `text` is copied from line `turn` letter for letter."""

    kind: MemoryKind
    text: str
    turn: int


class SaidPromise(_Shape):
    """Whether what was arranged has come; `index` is its number in the list that was given."""

    index: int
    arrived: Arrived


class ModelAnswer(_Shape):
    """All the model is asked for; notes and promises only where there may be any."""

    level: Level
    unknown: list[str]
    signals: list[SaidSignal]
    wants_human: bool
    opt_out: bool
    later: bool
    answered_by: AnsweredBy
    requests: list[str]
    summary: str
    facts: list[SaidFact]
    remember: list[SaidMemory] = Field(default_factory=list)
    promises: list[SaidPromise] = Field(default_factory=list)


def schema(facts: Sequence[str] = (), *, remembers: bool = False, promises: int = 0) -> dict[str, Any]:
    """The answer's strict JSON schema: every property required, nothing else allowed, no defaults.

    Given the facts of a call, the answer can name no other. Notes for the next call are asked for only of somebody who
    agreed to them (`remembers`), and what arrived only where something was promised.
    """
    made: dict[str, Any] = _strict(ModelAnswer.model_json_schema())
    if not remembers:
        _leave_out(made, "remember", "SaidMemory", "MemoryKind")
    if promises:
        made["$defs"]["SaidPromise"]["properties"]["index"] = {"type": "integer", "enum": list(range(promises))}
    else:
        _leave_out(made, "promises", "SaidPromise", "Arrived")
    if facts:
        made["$defs"]["SaidFact"]["properties"]["code"] = {"type": "string", "enum": list(facts)}
        made["properties"]["unknown"]["items"] = {"type": "string", "enum": list(facts)}
    return made


def _leave_out(made: dict[str, Any], name: str, *shapes: str) -> None:
    del made["properties"][name]
    made["required"].remove(name)
    for shape in shapes:
        del made["$defs"][shape]


def _strict(part: Any) -> Any:
    if isinstance(part, list):
        return [_strict(member) for member in part]
    if not isinstance(part, dict):
        return part
    # Docstrings and titles would only lengthen the prompt; a `$ref` may not have neighbours.
    kept = {key: _strict(value) for key, value in part.items() if key not in {"title", "description", "default"}}
    if "$ref" in kept:
        return {"$ref": kept["$ref"]}
    if kept.get("type") == "object":
        kept["required"] = list(kept["properties"])
        kept["additionalProperties"] = False
    return kept
