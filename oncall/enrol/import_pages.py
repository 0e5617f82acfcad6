"""The pages of a roster import: choose a file, see what it would do, bring it in, take the refused rows home."""

import csv
import io
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict, Field
from sqlmodel import Session, col, select
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import Response

from oncall import clock
from oncall.db import Db
from oncall.enrol import roster, waiting_file
from oncall.enrol.reason import Refused
from oncall.enrol.sheet import MOST_BYTES
from oncall.models import Area, Campaign, CampaignState, Verb
from oncall.web import forms
from oncall.web.access import Right, Signed, holding, record_read, signed_in
from oncall.web.i18n import N_
from oncall.web.render import language_of, page

router = APIRouter(include_in_schema=False)
Editor = Annotated[Signed, Depends(signed_in(*holding(Right.EDIT_RESIDENTS)))]

SHOWN = 100  # rows with a reason shown on the page; the file to take home has them all
SAMPLE = 5


class Upload(BaseModel):
    """The chosen file."""

    model_config = ConfigDict(arbitrary_types_allowed=True)

    file: UploadFile
    campaign: UUID | None = None


class Confirmation(BaseModel):
    """The checked file, to be brought in."""

    ticket: str = Field(max_length=200)
    campaign: UUID | None = None


@router.get("/residents/import")
def choose(request: Request, session: Db, signed: Editor) -> Response:
    """Choose a file."""
    return page(request, "enrol/import.html", read=None, campaigns=campaigns(session, signed))


@router.post("/residents/import")
def look(request: Request, session: Db, signed: Editor, form: forms.Posted) -> Response:
    """Check the file and show what it would do; nothing is written."""
    read = forms.read(Upload, form, request)
    if read.value is None or not read.value.file.filename:
        return _again(request, session, signed, forms.refused(read, "file", N_("Please choose a file."), request))
    content = read.value.file.file.read(MOST_BYTES + 1)
    try:
        checked = roster.read(session, content, clock.now(), area_path=signed.area_path)
    except Refused as refusal:
        told: forms.Read[Upload] = forms.Read(None, {"file": refusal.reason.say(language_of(request))}, {})
        return _again(request, session, signed, told)
    record_read(session, signed, None, "roster", detail={"rows": len(checked.lines)})
    campaign = _campaign(session, signed, read.value.campaign)
    return page(
        request, "enrol/import_preview.html", roster=checked, campaign=campaign, shown=SHOWN, sample=SAMPLE,
        ticket=waiting_file.keep(content, signed.staff_id),
    )  # fmt: skip


@router.post("/residents/import/confirmation")
def bring_in(request: Request, session: Db, signed: Editor, form: forms.Posted) -> Response:
    """Bring the checked file in and say what became of it."""
    read = forms.read(Confirmation, form, request)
    if read.value is None:
        raise waiting_file.FileGone
    now, ticket = clock.now(), read.value.ticket
    checked = roster.read(session, waiting_file.fetch(ticket, signed.staff_id), now, area_path=signed.area_path)
    campaign = _campaign(session, signed, read.value.campaign)
    done = roster.enter(session, checked, now, campaign=campaign, staff_id=signed.staff_id)
    if not checked.refused:
        waiting_file.remove(ticket)
    return page(
        request, "enrol/import_done.html", roster=checked, done=done, campaign=campaign, shown=SHOWN, ticket=ticket
    )


@router.post("/residents/import/refused")
def refused_rows(request: Request, session: Db, signed: Editor, form: forms.Posted) -> Response:
    """The refused rows as a CSV file with their reasons, to be put right and brought in again."""
    read = forms.read(Confirmation, form, request)
    if read.value is None:
        raise waiting_file.FileGone
    content = waiting_file.fetch(read.value.ticket, signed.staff_id)
    checked = roster.read(session, content, clock.now(), area_path=signed.area_path)
    record_read(session, signed, None, "roster", Verb.EXPORTED, {"rows": len(checked.refused)})
    out, language = io.StringIO(), language_of(request)
    writer = csv.writer(out, quoting=csv.QUOTE_ALL)
    writer.writerow([_harmless(title) for title in checked.header] + ["이유" if language == "ko" else "reason"])
    width = len(checked.header)
    for line in checked.refused:
        cells = [_harmless(str(cell)) for cell in line.cells[:width]] + [""] * (width - len(line.cells))
        why = f"{line.number}: {' '.join(reason.say(language) for reason in line.wrong)}"
        writer.writerow([*cells, why])
    return Response(
        "\ufeff" + out.getvalue(), media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": 'attachment; filename="refused.csv"'},
    )  # fmt: skip


def _harmless(text: str) -> str:
    """A cell no spreadsheet takes for a formula (TH-08); our own import takes the mark off telephone numbers again."""
    return "'" + text if text[:1] in {"=", "+", "-", "@", "\t", "\r", "\0"} else text


def _again(request: Request, session: Session, signed: Signed, read: "forms.Read[Upload]") -> Response:
    return page(request, "enrol/import.html", status=422, read=read, campaigns=campaigns(session, signed))


def campaigns(session: Session, signed: Signed) -> list[Campaign]:
    """The campaigns somebody of this area may put people into: those of their own area and of the areas above it."""
    there = (
        select(Campaign, Area.path)
        .join(Area, col(Area.id) == Campaign.area_id)
        .where(Campaign.state != CampaignState.ENDED)
        .order_by(col(Campaign.name))
    )
    return [
        campaign
        for campaign, path in session.exec(there)
        if path.startswith(signed.area_path) or signed.area_path.startswith(path)
    ]


def _campaign(session: Session, signed: Signed, campaign_id: UUID | None) -> Campaign | None:
    return next((one for one in campaigns(session, signed) if one.id == campaign_id), None)
