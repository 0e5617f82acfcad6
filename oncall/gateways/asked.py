"""What the model is asked for, what it gives, and that it gave nothing: the same whichever protocol carries it."""

from dataclasses import dataclass
from typing import Any

from oncall.errors import OnCallError


class ModelUnavailable(OnCallError):
    """The model gave no usable answer. `permanent` when asking again would not help; `reason` is a short code."""

    status = 503

    def __init__(self, reason: str, *, permanent: bool) -> None:
        super().__init__(f"the model gave no usable answer ({reason})")
        self.reason = reason
        self.permanent = permanent


@dataclass(frozen=True, slots=True)
class Answer:
    """The text of one answer, and the name of the model that gave it."""

    text: str
    model: str


@dataclass(frozen=True, slots=True)
class Asked:
    """One question: `material` is what to judge, never instructions; the answer has the shape of `schema`."""

    model: str
    instructions: str
    material: str
    schema_name: str
    schema: dict[str, Any]
    most_tokens: int
