"""How long each kind of thing is kept, as the city wrote it down in `prompts/retention.toml` (safety 3.3)."""

import tomllib

from pydantic import BaseModel, Field, model_validator

from oncall.errors import SettingError
from oncall.settings import settings


class Times(BaseModel, extra="forbid"):
    """How many days each kind is kept; `prompts/retention.toml`. Longer than the default only with a reason."""

    recording_days: int = Field(default=30, ge=0)
    recording_flagged_days: int = Field(default=90, ge=0)
    recording_after_case_days: int = Field(default=30, ge=0)
    words_days: int = Field(default=365, ge=0)
    case_notes_days: int = Field(default=1825, ge=0)
    consent_days: int = Field(default=1095, ge=0)
    sign_in_days: int = Field(default=730, ge=0)
    report_days: int = Field(default=365, ge=0)
    reason: str = ""

    @model_validator(mode="after")
    def _longer_has_a_reason(self) -> "Times":
        longer = [name for name, about in type(self).model_fields.items()
                  if name.endswith("_days") and getattr(self, name) > about.default]  # fmt: skip
        if longer and not self.reason.strip():
            raise ValueError(f"{', '.join(longer)}: kept longer than the default needs a reason")
        return self


def times() -> Times:
    """The times in force. Raises SettingError."""
    file = settings().prompts / "retention.toml"
    try:
        return Times.model_validate(tomllib.loads(file.read_text(encoding="utf-8")) if file.exists() else {})
    except ValueError as error:
        raise SettingError(f"{file.name}: {error}") from error
