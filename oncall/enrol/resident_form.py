"""The form of one resident: the same checks as a roster row, each refusal at its field."""

from dataclasses import replace
from datetime import date
from typing import Any

from pydantic import BaseModel, Field
from starlette.requests import Request

from oncall import clock
from oncall.enrol.column import Column
from oncall.enrol.dong import Dongs
from oncall.enrol.entry import Entry, check
from oncall.models import Resident
from oncall.web import forms
from oncall.web.i18n import N_, sentence
from oncall.web.render import language_of

# What a correction may empty; numbers and addresses left blank are kept, because the form does not show them.
CLEARABLE = ("preferred_name", "birth_year", "preferred_time", "timezone", "emergency_name", "notes", "source")
NO_COLUMN = ("dong", "timezone")  # chosen on the form, not read as a roster's cells are
NO_ZONE = N_("No such time zone. Write it like Asia/Seoul or America/New_York.")


class ResidentForm(BaseModel):
    """The fields as they are typed; what they mean is decided by the roster's own checks."""

    external_id: str = Field(default="", max_length=100)
    name: str = Field(default="", max_length=200)
    preferred_name: str = Field(default="", max_length=200)
    phone: str = Field(default="", max_length=60)
    phone2: str = Field(default="", max_length=60)
    language: str = Field(default="ko", max_length=10)
    birth_year: str = Field(default="", max_length=20)
    dong: int | None = None
    address: str = Field(default="", max_length=400)
    preferred_time: str = Field(default="", max_length=20)
    timezone: str = Field(default="", max_length=60)
    consent_service: str = Field(default="", max_length=10)
    consent_recording: str = Field(default="", max_length=10)
    consent_overseas: str = Field(default="", max_length=10)
    consent_date: str = Field(default="", max_length=20)
    emergency_name: str = Field(default="", max_length=200)
    emergency_phone: str = Field(default="", max_length=60)
    notes: str = Field(default="", max_length=5000)
    source: str = Field(default="", max_length=200)


def entry_of(read: "forms.Read[ResidentForm]", request: Request, dongs: Dongs, today: date, *, area_path: str,
             known: Resident | None = None) -> "tuple[Entry | None, forms.Read[ResidentForm]]":  # fmt: skip
    """The checked entry, or None with every refusal at its field. Blank numbers and address of `known` are kept."""
    if read.value is None:
        return None, read
    typed = read.value.model_dump()
    cells: dict[Column, Any] = {
        Column(name): value for name, value in typed.items() if name not in NO_COLUMN and value is not None
    }
    area = dongs.by_id(typed["dong"]) if typed["dong"] else None
    if area is not None:
        cells[Column.DONG], cells[Column.DISTRICT] = area.name, dongs.district_of(area).name
    if known is not None:
        cells[Column.PHONE] = cells[Column.PHONE] or known.phone
    entry, wrong, doubtful = check(cells, dongs, today, area_path=area_path, consent_asked=known is None)
    language = language_of(request)
    errors = {str(reason.column): reason.alone(language) for reason in wrong}
    zone = typed["timezone"].strip()
    if zone and zone not in clock.zones():
        errors["timezone"] = sentence(language, NO_ZONE)
    if entry is None or errors:
        return None, forms.Read(None, errors, read.given)
    entry = replace(entry, timezone=zone or None)
    # A person is at the desk: a number that is probably mistyped is asked about now rather than brought in.
    short = {reason.column: reason.alone(language) for reason in doubtful if reason.code == "short_010"}
    return (None, forms.Read(None, short, read.given)) if short else (entry, read)


def written(resident: Resident) -> dict[str, Any]:
    """What the form shows of somebody; numbers and address stay hidden until somebody says why they need them."""
    return {
        "external_id": resident.external_id, "name": resident.name, "preferred_name": resident.preferred_name or "",
        "language": resident.language.value, "birth_year": resident.birth_year or "", "dong": resident.area_id,
        "preferred_time": resident.preferred_time.strftime("%H:%M") if resident.preferred_time else "",
        "timezone": resident.timezone or "",
        "emergency_name": resident.emergency_name or "", "notes": resident.notes or "", "source": resident.source,
    }  # fmt: skip
