"""The form of one campaign: the keys of its file as fields, checked by the file's own model."""

from typing import Any

from pydantic import BaseModel, Field, ValidationError
from starlette.requests import Request

from oncall.models import Campaign
from oncall.schedule.campaign_file import CampaignFile, known_facts, written
from oncall.web import forms
from oncall.web.i18n import N_, sentence
from oncall.web.render import language_of

# A page's reader is told what is wanted; which letter was wrong, the file's own check says to those who write files.
SENTENCES = {
    "name": N_("Please give the campaign a name of at most 80 letters."),
    "purpose": N_("Please choose one of the choices."),
    "every": N_("Please write how often, such as 1 week or 2 days, or a cron line below; not both."),
    "cron": N_("Please write a cron line such as 0 10 * * tue,fri."),
    "windows": N_("Please write one window a line, such as mon-fri 10:00-12:00."),
    "starts": N_("Please write a date such as 2026-12-01."),
    "attempts": N_("Please write a number from 1 to 10."),
    "retry_after": N_("Please write waits such as 30 min, 2 h."),
    "busy_retry_after": N_("Please write a wait such as 10 min."),
    "lines": N_("Please write how many calls may go on at once."),
    "facts": N_("Please choose at least one question."),
    "language": N_("Please choose one of the choices."),
    "area": N_("Please choose an area."),
}


class CampaignForm(BaseModel):
    """The fields as they are typed."""

    name: str = ""
    purpose: str = "check_in"
    every: str = ""
    cron: str = ""
    windows: str = ""
    holidays: bool = False
    starts: str = ""
    attempts: str = "3"
    retry_after: str = ""
    busy_retry_after: str = "10 min"
    lines: str = "20"
    facts: list[str] = Field(default_factory=list)
    language: str = "ko"
    area: int | None = None


def file_of(
    read: "forms.Read[CampaignForm]", request: Request
) -> "tuple[CampaignFile | None, forms.Read[CampaignForm]]":
    """The file this form would be, or None with a sentence at each field that is wrong."""
    if read.value is None:
        return None, read
    typed = read.value
    said: dict[str, Any] = {
        "name": typed.name, "purpose": typed.purpose, "every": typed.every or None, "cron": typed.cron or None,
        "windows": [line.strip() for line in typed.windows.splitlines() if line.strip()], "holidays": typed.holidays,
        "starts": typed.starts, "attempts": typed.attempts,
        "retry_after": [part.strip() for part in typed.retry_after.split(",") if part.strip()],
        "busy_retry_after": typed.busy_retry_after, "lines": typed.lines, "facts": typed.facts,
        "language": typed.language,
    }  # fmt: skip
    try:
        return CampaignFile.model_validate(said), read
    except ValidationError as error:
        language = language_of(request)
        # A rule over several fields is about the cadence: the facts come from boxes.
        wrong = {str(problem["loc"][0]) if problem["loc"] else "every" for problem in error.errors()}
        return None, forms.Read(None, {name: sentence(language, SENTENCES[name]) for name in wrong}, read.given)


def shown(campaign: Campaign | None) -> dict[str, Any]:
    """What the fields show: the campaign as it is, or the usual start."""
    if campaign is None:
        return {
            "purpose": "check_in", "every": "1 week", "cron": "", "windows": "mon-fri 10:00-12:00\nmon-fri 14:00-17:00",
            "holidays": False, "attempts": 3, "retry_after": "30 min, 2 h", "busy_retry_after": "10 min", "lines": 20,
            "facts": known_facts(), "language": "ko",
        }  # fmt: skip
    values = written(campaign)
    return values | {
        "every": values["every"] or "", "cron": values["cron"] or "", "windows": "\n".join(values["windows"]),
        "retry_after": ", ".join(values["retry_after"]), "starts": campaign.starts.isoformat(),
        "area": campaign.area_id,
    }  # fmt: skip
