"""Campaigns as files: the TOML people keep beside their rosters, read strictly; the page's form fills the same model."""

import re
import tomllib
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator
from pydantic.functional_validators import AfterValidator
from sqlmodel import Session, select

from oncall.errors import BadInput, NotFound
from oncall.models import Area, AreaKind, Campaign, CampaignState, Event, Language, Purpose, Verb
from oncall.models.fact import facts_in
from oncall.schedule.cadence import Window
from oncall.schedule.cron import Cron
from oncall.schedule.due import plan_anew
from oncall.settings import settings

_UNITS = {"s": 1, "sec": 1, "second": 1, "min": 60, "m": 60, "minute": 60, "h": 3600, "hour": 3600, "d": 86400,
          "day": 86400, "w": 604800, "week": 604800}  # fmt: skip
_WORDS = ((604800, "week"), (86400, "day"), (3600, "h"), (60, "min"), (1, "s"))


def read_duration(text: Any) -> Any:
    """Whole seconds of "1 week", "30 min", "2 h" or "10 min". Raises ValueError for anything else."""
    if isinstance(text, timedelta):
        return int(text.total_seconds())
    found = re.fullmatch(r"\s*([0-9]{1,6})\s*([a-z]+?)s?\s*", str(text).lower())
    unit = found and (_UNITS.get(found[2]) or _UNITS.get(found[2] + "s"))
    if not found or not unit or int(found[1]) == 0:
        raise ValueError(f"{text!r} is not a length of time such as '30 min', '2 h', '1 day' or '1 week'")
    return int(found[1]) * unit


def say_duration(seconds: int) -> str:
    """The same length of time as a file would say it, in the largest unit that is whole."""
    size, word = next((size, word) for size, word in _WORDS if seconds % size == 0)
    count = seconds // size
    return f"{count} {word}{'s' if count > 1 and word in {'week', 'day'} else ''}"


def _window(text: str) -> str:
    Window.parse(text)
    return text


def _cron(line: str) -> str:
    Cron.parse(line)
    return line


Duration = Annotated[int, BeforeValidator(read_duration)]


class CampaignFile(BaseModel):
    """Everything a campaign's file may say. Unknown keys are refused, so that a misspelt one is not silently ignored."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    name: str = Field(min_length=1, max_length=80)
    purpose: Purpose = Purpose.CHECK_IN
    every: Duration | None = None
    cron: Annotated[str, AfterValidator(_cron)] | None = None
    windows: list[Annotated[str, AfterValidator(_window)]] = Field(min_length=1)
    holidays: bool = False
    starts: date
    attempts: int = Field(default=3, ge=1, le=10)
    retry_after: list[Duration] = Field(default=[1800, 7200], min_length=1, max_length=10)
    busy_retry_after: Duration = 600
    lines: int = Field(default=20, ge=1, le=10_000)
    facts: list[str] = Field(default_factory=lambda: known_facts(), min_length=1)
    language: Language = Language.KO
    area: str | None = None  # a district or dong of the city; the whole city when not named

    @model_validator(mode="after")
    def _one_cadence(self) -> Self:
        if (self.every is None) == (self.cron is None):
            raise ValueError("Give either every or cron, not both and not neither.")
        return self

    @model_validator(mode="after")
    def _facts_are_known(self) -> Self:
        known = known_facts()
        unknown = [fact for fact in self.facts if fact not in known]
        if unknown:
            raise ValueError(f"facts: {', '.join(unknown)} not among {', '.join(known)}")
        return self


def known_facts() -> list[str]:
    """The facts a campaign may ask for, in the order they are written down."""
    return list(facts_in(settings().prompts))


def read(file: Path) -> CampaignFile:
    """What a campaign's file says. Raises BadInput naming each key that is wrong and why."""
    try:
        return CampaignFile.model_validate(tomllib.loads(file.read_text("utf-8-sig")))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadInput(f"{file.name} is not TOML in UTF-8: {error}") from error
    except ValidationError as error:
        raise BadInput(f"{file.name}: {'; '.join(_said(problem) for problem in error.errors())}") from error


def apply(session: Session, file: Path, now: datetime) -> Campaign:
    """Make the campaign a file describes what it says. Raises BadInput naming each key that is wrong."""
    return put(session, read(file), now)[0]


def put(session: Session, file: CampaignFile, now: datetime, *, staff_id: Any = None,
        campaign: Campaign | None = None, area_id: int | None = None) -> tuple[Campaign, list[str]]:  # fmt: skip
    """Make the campaign what `file` says; the name finds it unless `campaign` is handed in (which may rename it).

    Returns it with the names of the fields that changed (all of them for a new one). A changed cadence is planned
    anew; check-ins already laid out stay. Raises NotFound for an area that is not of the city.
    """
    known = campaign or session.exec(select(Campaign).where(Campaign.name == file.name)).first()
    values: dict[str, Any] = {
        "name": file.name, "purpose": file.purpose, "every_seconds": file.every, "cron": file.cron,
        "windows": file.windows, "holidays": file.holidays, "starts": file.starts, "attempts": file.attempts,
        "retry_after_seconds": file.retry_after, "busy_retry_after_seconds": file.busy_retry_after,
        "lines": file.lines, "facts": file.facts, "language": file.language,
        "area_id": area_id or _area(session, file.area),
    }  # fmt: skip
    if known is None:
        made = Campaign(changed_at=now, **values)
        session.add(made)
        changed = list(values)
    else:
        made = known
        changed = [name for name, value in values.items() if getattr(made, name) != value]
        for name in changed:
            setattr(made, name, values[name])
        if changed:
            made.changed_at = now
        if {"every_seconds", "cron", "windows", "holidays", "starts"} & set(changed):
            plan_anew(session, made)
    session.flush()
    if changed:
        _record(session, made, {"changed": changed, "new": known is None}, now, staff_id)
    return made, changed


def written(campaign: Campaign) -> dict[str, Any]:
    """The campaign as its file says it: keys and values of the file, lengths of time in words."""
    return {
        "name": campaign.name, "purpose": campaign.purpose.value,
        "every": say_duration(campaign.every_seconds) if campaign.every_seconds else None, "cron": campaign.cron,
        "windows": campaign.windows, "holidays": campaign.holidays, "starts": campaign.starts,
        "attempts": campaign.attempts, "retry_after": [say_duration(wait) for wait in campaign.retry_after_seconds],
        "busy_retry_after": say_duration(campaign.busy_retry_after_seconds), "lines": campaign.lines,
        "facts": campaign.facts, "language": campaign.language.value,
    }  # fmt: skip


def named(session: Session, name: str) -> Campaign:
    """The campaign of that name. Raises NotFound listing the names there are."""
    found = session.exec(select(Campaign).where(Campaign.name == name)).first()
    if found is None:
        there = session.exec(select(Campaign.name).order_by(Campaign.name)).all()
        raise NotFound(f"There is no campaign {name!r}. Campaigns: {', '.join(there) or 'none yet'}.")
    return found


def stand(session: Session, campaign: Campaign, state: CampaignState, now: datetime, *, staff_id: Any = None) -> bool:
    """Run, pause or end the campaign; False when it stood so already. Running again, nobody is called for the past."""
    if campaign.state is state:
        return False
    campaign.state, campaign.changed_at = state, now
    if state is CampaignState.RUNNING:
        plan_anew(session, campaign)
    _record(session, campaign, {"state": state.value}, now, staff_id)
    return True


def _area(session: Session, name: str | None) -> int:
    wanted = select(Area.id).where(Area.name == name) if name else select(Area.id).where(Area.kind == AreaKind.CITY)
    found = session.exec(wanted).first()
    if found is None:
        raise NotFound(
            f"There is no area {name!r}." if name else "There are no areas yet: run oncall init --areas FILE."
        )
    return found


def _record(session: Session, campaign: Campaign, detail: dict[str, Any], now: datetime, staff_id: Any) -> None:
    session.add(
        Event(at=now, verb=Verb.CAMPAIGN_CHANGED, staff_id=staff_id, about=f"campaign:{campaign.id}", detail=detail)
    )


def _said(problem: Any) -> str:
    place = ".".join(str(part) for part in problem["loc"])
    text = str(problem["ctx"]["error"]) if problem["type"] == "value_error" else problem["msg"]
    return f"{place}: {text}" if place else text
