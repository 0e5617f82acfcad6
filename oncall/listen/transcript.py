"""A conversation to be assessed: turns in order, each from one end of the line (the file format of the risk policy)."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from oncall.models.turn import Speaker

CHECK_IN_FACTS = ["meals", "medication", "sleep", "health_change", "mood", "contact", "heating"]


class Line(BaseModel):
    """One turn; `start` and `end` are seconds and may be unknown."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    speaker: Speaker
    text: str
    start: float | None = None
    end: float | None = None

    @property
    def is_far_end(self) -> bool:
        """Said by whoever picked up, not by us."""
        return self.speaker is Speaker.RESIDENT


class Transcript(BaseModel):
    """One call. `facts` are the questions it should answer; `lang` is what the resident speaks with us.

    `remembers`: they agreed to short notes between calls. `promises` are what a person arranged for them since.
    """

    model_config = ConfigDict(frozen=True, extra="ignore", coerce_numbers_to_str=True)

    id: str
    lang: Literal["ko", "en"]
    turns: list[Line]
    facts: list[str] = Field(default_factory=lambda: list(CHECK_IN_FACTS))
    remembers: bool = False
    promises: list[str] = Field(default_factory=list)

    @property
    def nothing_said(self) -> bool:
        """The far end never said a word."""
        return not any(line.is_far_end and any(c.isalnum() for c in line.text) for line in self.turns)
