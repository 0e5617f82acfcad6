"""The pages of enrolment: the list of residents, one resident, and the form; the import has pages of its own."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field
from sqlmodel import Session, col, select
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from oncall import clock
from oncall.db import Db
from oncall.enrol import consent, import_pages, listing, manner, manner_pages, memories, memory_pages, residents
from oncall.enrol.dong import Dongs
from oncall.enrol.resident_form import CLEARABLE, ResidentForm, entry_of, written
from oncall.enrol.standing import may_return, stand
from oncall.errors import NotFound
from oncall.models import (
    Assessment,
    Case,
    CheckIn,
    ConsentScope,
    Enrolment,
    Resident,
    Staff,
    Standing,
    Verb,
)
from oncall.models.circumstance import circumstances_in
from oncall.models.consent import scopes_given
from oncall.settings import settings
from oncall.web import forms
from oncall.web.access import Right, Signed, holding, record_read, resident_in_scope, signed_in
from oncall.web.i18n import N_
from oncall.web.render import page

router = APIRouter(include_in_schema=False)
router.include_router(import_pages.router)
router.include_router(manner_pages.router)
router.include_router(memory_pages.router)
Reader = Annotated[Signed, Depends(signed_in(*holding(Right.SEE_RESIDENTS)))]
Editor = Annotated[Signed, Depends(signed_in(*holding(Right.EDIT_RESIDENTS)))]
Revealer = Annotated[Signed, Depends(signed_in(*holding(Right.REVEAL)))]

HISTORY = 30  # check-ins shown


class WhyReveal(StrEnum):
    """Why somebody needs the whole number; choices, because an Event holds no free words."""

    CALL = "call"
    VISIT = "visit"
    CHECK_NUMBER = "check_number"


class Reveal(BaseModel):
    """The form behind the whole number."""

    reason: WhyReveal


class NewStanding(BaseModel):
    """A change of standing, with its reason in a few words."""

    standing: Standing
    reason: str = Field(min_length=2, max_length=200)


class Answer(BaseModel):
    """A yes or a no to one scope, as a member of staff heard or read it."""

    scope: ConsentScope
    given: bool
    channel: str = Field(pattern="^(paper|phone|web|proxy)$")


class Joining(BaseModel):
    """The campaign to join."""

    campaign: UUID


REVEAL_WORDS = {
    WhyReveal.CALL: N_("To call the resident"), WhyReveal.VISIT: N_("To arrange a visit"),
    WhyReveal.CHECK_NUMBER: N_("To check the number"),
}  # fmt: skip
CHANNEL_WORDS = {
    "paper": N_("On paper"), "phone": N_("By telephone, to a person"), "web": N_("Online"),
    "proxy": N_("Through a relative"), "call": N_("In an AI call"),
}  # fmt: skip


@router.get("/residents")
def everybody(request: Request, session: Db, signed: Reader) -> Response:
    """The list."""
    view = forms.read(listing.View, request.query_params, request).value or listing.View()
    found = listing.residents(session, signed, view)
    if found.rows:
        shown = [str(row.resident.id) for row in found.rows]
        record_read(session, signed, None, "residents", detail={"residents": shown})
    return page(
        request, "enrol/residents.html", view=view, found=found, areas=listing.areas_below(session, signed),
        standings=list(Standing), last_page=max(1, -(-found.count // listing.PAGE)),
    )  # fmt: skip


@router.get("/residents/new")
def new(request: Request, session: Db, signed: Editor) -> Response:
    """The form of somebody new."""
    return _form(request, session, signed, None)


@router.post("/residents")
def add(request: Request, session: Db, signed: Editor, form: forms.Posted) -> Response:
    """Enter somebody new; a number of the office that is taken is refused rather than corrected."""
    now = clock.now()
    read = forms.read(ResidentForm, form, request)
    entry, read = _checked(session, request, signed, read, now, None)
    if entry is not None and residents.find_by_number(session, entry.external_id) is not None:
        entry, read = None, forms.refused(read, "external_id", N_("Somebody has this number already."), request)
    if entry is None:
        return _form(request, session, signed, None, read=read)
    entered = residents.enter(session, entry, None, now, staff_id=signed.staff_id)
    return _to(f"/residents/{entered.resident.id}?done=entered")


@router.get("/residents/{resident_id}")
def one(request: Request, session: Db, signed: Reader, resident_id: UUID, done: str = "") -> Response:
    """One resident."""
    resident = resident_in_scope(session, signed, resident_id)
    return _resident(request, session, signed, resident, done=done[:20])


@router.get("/residents/{resident_id}/correction")
def correction(request: Request, session: Db, signed: Editor, resident_id: UUID) -> Response:
    """The form of somebody known."""
    resident = resident_in_scope(session, signed, resident_id)
    record_read(session, signed, resident.id, f"resident:{resident.id}")
    return _form(request, session, signed, resident)


@router.post("/residents/{resident_id}/correction")
def correct(request: Request, session: Db, signed: Editor, resident_id: UUID, form: forms.Posted) -> Response:
    """Correct what the office knows of somebody."""
    now, resident = clock.now(), resident_in_scope(session, signed, resident_id)
    read = forms.read(ResidentForm, form, request)
    if read.value is not None and not signed.may(Right.READ_WORDS):
        read.value.notes = resident.notes or ""  # the form did not show them, so it does not speak of them
    entry, read = _checked(session, request, signed, read, now, resident)
    if entry is not None:
        other = residents.find_by_number(session, entry.external_id)
        if other is not None and other.id != resident.id:
            entry, read = None, forms.refused(read, "external_id", N_("Somebody has this number already."), request)
    if entry is None:
        return _form(request, session, signed, resident, read=read)
    residents.enter(session, entry, resident, now, staff_id=signed.staff_id)
    blank = [name for name in CLEARABLE if getattr(entry, name) is None and getattr(resident, name)]
    residents.empty(session, resident, blank, now, staff_id=signed.staff_id)
    return _to(f"/residents/{resident.id}?done=corrected")


@router.post("/residents/{resident_id}/number")
def reveal(request: Request, session: Db, signed: Revealer, resident_id: UUID, form: forms.Posted) -> Response:
    """Show numbers and address to somebody who says why; a POST, so they are in no address and no history."""
    resident, read = resident_in_scope(session, signed, resident_id), forms.read(Reveal, form, request)
    if read.value is None:
        return _resident(request, session, signed, resident, status=422, reveal=read)
    record_read(
        session, signed, resident.id, f"resident:{resident.id}", Verb.REVEALED,
        {"field": "contacts", "reason": read.value.reason.value},
    )  # fmt: skip
    return _resident(request, session, signed, resident, number=True)


@router.post("/residents/{resident_id}/standing")
def change_standing(request: Request, session: Db, signed: Editor, resident_id: UUID, form: forms.Posted) -> Response:
    """Pause, stop or take up the calls again, with a reason."""
    resident, read = resident_in_scope(session, signed, resident_id), forms.read(NewStanding, form, request)
    if read.value is not None and read.value.standing.may_be_called and not may_return(session, resident):
        read = forms.refused(
            read, "standing", N_("They asked not to be called. Record their new consent first."), request
        )
    if read.value is None:
        return _resident(request, session, signed, resident, status=422, standing=read)
    stand(session, resident, read.value.standing, read.value.reason, clock.now(), staff_id=signed.staff_id)
    return _to(f"/residents/{resident.id}?done=standing")


@router.post("/residents/{resident_id}/consents")
def answer(request: Request, session: Db, signed: Editor, resident_id: UUID, form: forms.Posted) -> Response:
    """Write down a yes or a no."""
    resident, read = resident_in_scope(session, signed, resident_id), forms.read(Answer, form, request)
    if read.value is None:
        return _resident(request, session, signed, resident, status=422, answer=read)
    given = read.value
    consent.record(session, resident, given.scope, given.given, clock.now(), channel=given.channel,
                   staff_id=signed.staff_id)  # fmt: skip
    return _to(f"/residents/{resident.id}?done=consent")


@router.post("/residents/{resident_id}/campaigns")
def join(request: Request, session: Db, signed: Editor, resident_id: UUID, form: forms.Posted) -> Response:
    """Take somebody into a campaign."""
    resident, read = resident_in_scope(session, signed, resident_id), forms.read(Joining, form, request)
    wanted = read.value.campaign if read.value else None
    campaign = next((found for found in import_pages.campaigns(session, signed) if found.id == wanted), None)
    if campaign is None:
        raise NotFound
    residents.join(session, campaign, resident, clock.now())
    return _to(f"/residents/{resident.id}?done=joined")


@router.post("/residents/{resident_id}/campaigns/{enrolment_id}/leaving")
def leave(session: Db, signed: Editor, resident_id: UUID, enrolment_id: UUID) -> Response:
    """Take somebody out of a campaign."""
    resident = resident_in_scope(session, signed, resident_id)
    enrolment = session.get(Enrolment, enrolment_id)
    if enrolment is None or enrolment.resident_id != resident.id:
        raise NotFound
    residents.leave(session, enrolment, clock.now())
    return _to(f"/residents/{resident.id}?done=left")


def _checked(session: Session, request: Request, signed: Signed, read: "forms.Read[ResidentForm]", now: datetime,
             known: Resident | None) -> Any:  # fmt: skip
    today = clock.civil(now, settings().timezone).date()
    return entry_of(read, request, Dongs(session), today, area_path=signed.area_path, known=known)


def _form(request: Request, session: Session, signed: Signed, resident: Resident | None,
          read: "forms.Read[ResidentForm] | None" = None) -> Response:  # fmt: skip
    return page(
        request, "enrol/resident_form.html", status=422 if read else 200, resident=resident, read=read,
        values=written(resident) if resident else {}, dongs=listing.dongs_of(session, signed),
    )  # fmt: skip


def _resident(request: Request, session: Session, signed: Signed, resident: Resident, *, status: int = 200,
              number: bool = False, done: str = "", **reads: Any) -> Response:  # fmt: skip
    record_read(session, signed, resident.id, f"resident:{resident.id}")
    rows = session.exec(
        select(CheckIn, Assessment)
        .outerjoin(Assessment, col(Assessment.check_in_id) == CheckIn.id)
        .where(CheckIn.resident_id == resident.id)
        .order_by(col(CheckIn.slot).desc())
        .limit(HISTORY)
    ).all()
    cases = session.exec(
        select(Case).where(Case.household_id == resident.household_id).order_by(col(Case.opened_at).desc()).limit(10)
    ).all()
    others = session.exec(
        select(Resident).where(Resident.household_id == resident.household_id, Resident.id != resident.id)
    ).all()
    inside = residents.campaigns_of(session, resident.id)
    taken = {campaign.id for _, campaign in inside}
    dongs = Dongs(session)
    area = dongs.by_id(resident.area_id)
    spoken_so = manner.manner_of(session, resident)
    set_by = session.get(Staff, spoken_so.set_by) if spoken_so.set_by else None
    return page(
        request, "enrol/resident.html", status=status, resident=resident, area=area,
        district=dongs.district_of(area) if area else None, number=number, done=done, check_ins=rows, cases=cases,
        household=others, scopes=list(ConsentScope), given=scopes_given(session, [resident.id])[resident.id],
        consents=consent.history(session, resident.id), words=consent.consent_words(resident.language)[1],
        channels=CHANNEL_WORDS, inside=inside, standings=list(Standing), reveal_words=REVEAL_WORDS,
        outside=[found for found in import_pages.campaigns(session, signed) if found.id not in taken],
        this_year=clock.now().year, done_words=DONE_WORDS, manner=spoken_so, manner_set_by=set_by.name if set_by else "",
        manner_changes=manner.changes(session, resident.id), speeds=manner.SPEEDS, patiences=manner.PATIENCES,
        circumstances=circumstances_in(settings().prompts), memories=memories.of_resident(session, resident),
        **({"reveal": None, "standing": None, "answer": None} | reads),
    )  # fmt: skip


DONE_WORDS = {
    "entered": N_("Entered."), "corrected": N_("The changes are kept."), "standing": N_("The standing is changed."),
    "consent": N_("The answer is written down."), "joined": N_("Taken into the campaign."),
    "left": N_("Taken out of the campaign."),
} | manner_pages.DONE_WORDS | memory_pages.DONE_WORDS  # fmt: skip


def _to(path: str) -> RedirectResponse:
    return RedirectResponse(path, status_code=303)
