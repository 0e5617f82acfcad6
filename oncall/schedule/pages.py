"""The pages of the schedule: campaigns with their progress, one campaign with whom it will call, and its form."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field
from sqlmodel import Session, col, select
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from oncall import clock
from oncall.db import Db
from oncall.errors import NotAllowed, NotFound
from oncall.models import Area, AreaKind, Campaign, CampaignState, FactState, Purpose, Resident
from oncall.models import hold as holds
from oncall.schedule import campaign_file, campaign_form, membership, preview
from oncall.schedule.campaign_form import CampaignForm
from oncall.schedule.coverage import coverage
from oncall.schedule.lane import planned_lines
from oncall.schedule.round import Round, rounds
from oncall.settings import settings
from oncall.web import forms
from oncall.web.access import Right, Signed, holding, record_read, scope_of, signed_in
from oncall.web.i18n import N_
from oncall.web.render import page

router = APIRouter(include_in_schema=False)
Reader = Annotated[Signed, Depends(signed_in(*holding(Right.SEE_CAMPAIGNS)))]
Editor = Annotated[Signed, Depends(signed_in(*holding(Right.EDIT_CAMPAIGNS)))]

PAGE = 50


class NewState(BaseModel):
    """Run, pause or end."""

    state: CampaignState


class Look(BaseModel):
    """What the address of a campaign's page may ask for."""

    page: int = Field(default=1, ge=1, le=10_000)
    done: str = Field(default="", max_length=20)


@router.get("/campaigns")
def all_of_them(request: Request, session: Db, signed: Reader) -> Response:
    """Every campaign of one's area, and those of the areas above it, with today's progress."""
    now = clock.now()
    campaigns = _visible(session, signed)
    today = _today(session, signed, campaigns, now)
    return page(
        request, "schedule/campaigns.html", campaigns=campaigns, today=today,
        people=membership.people(session, [campaign.id for campaign in campaigns]),
        editable={campaign.id for campaign in campaigns if _may_edit(session, signed, campaign)},
        holds=holds.standing(session), areas={area.id: area for area in session.exec(select(Area))},
    )  # fmt: skip


@router.get("/campaigns/new")
def new(request: Request, session: Db, signed: Editor) -> Response:
    """The form of a new campaign."""
    return _form(request, session, signed, None)


@router.post("/campaigns")
def add(request: Request, session: Db, signed: Editor, form: forms.Posted) -> Response:
    """Make a campaign. It runs at once, and calls nobody until people are in it."""
    return _put(request, session, signed, form, None)


@router.get("/campaigns/{campaign_id}")
def one(request: Request, session: Db, signed: Reader, campaign_id: UUID) -> Response:
    """One campaign: how today went, who will be called when, and who will not and why."""
    now, campaign = clock.now(), _campaign(session, signed, campaign_id)
    look = forms.read(Look, request.query_params, request).value or Look()
    lines = planned_lines(settings().lines)
    seen = preview.foresee(session, campaign, now, lines=lines, cps=settings().cps, scope=scope_of(signed))
    first = (look.page - 1) * PAGE
    shown = seen.people[first : first + PAGE]
    residents = {
        resident.id: resident
        for resident in session.exec(select(Resident).where(col(Resident.id).in_([one.resident_id for one in shown])))
    }
    if shown:
        record_read(session, signed, None, f"campaign:{campaign.id}", detail={"residents": [str(i) for i in residents]})
    areas = {area.id: area for area in session.exec(select(Area))}
    today = _today(session, signed, [campaign], now)[campaign.id]
    return page(
        request, "schedule/campaign.html", campaign=campaign, seen=seen, shown=shown, residents=residents, areas=areas,
        said=campaign_file.written(campaign), look=look, last_page=max(1, -(-len(seen.people) // PAGE)), today=today,
        may_edit=_may_edit(session, signed, campaign), done_words=DONE_WORDS, states=list(CampaignState),
        covered=coverage(session, campaign, now, scope=scope_of(signed)), fact_states=list(FactState),
    )  # fmt: skip


@router.get("/campaigns/{campaign_id}/correction")
def correction(request: Request, session: Db, signed: Editor, campaign_id: UUID) -> Response:
    """The form of a campaign there is."""
    return _form(request, session, signed, _own(session, signed, campaign_id))


@router.post("/campaigns/{campaign_id}/correction")
def correct(request: Request, session: Db, signed: Editor, campaign_id: UUID, form: forms.Posted) -> Response:
    """Change a campaign; a changed cadence is planned anew."""
    return _put(request, session, signed, form, _own(session, signed, campaign_id))


@router.post("/campaigns/{campaign_id}/state")
def change_state(request: Request, session: Db, signed: Editor, campaign_id: UUID, form: forms.Posted) -> Response:
    """Run, pause or end a campaign."""
    campaign, read = _own(session, signed, campaign_id), forms.read(NewState, form, request)
    if read.value is None:
        raise NotFound
    campaign_file.stand(session, campaign, read.value.state, clock.now(), staff_id=signed.staff_id)
    return _to(f"/campaigns/{campaign.id}?done={read.value.state.value}")


@router.post("/campaigns/{campaign_id}/everybody")
def everybody(session: Db, signed: Editor, campaign_id: UUID) -> Response:
    """Everybody of the campaign's area joins it."""
    campaign = _own(session, signed, campaign_id)
    membership.take_everybody_in(session, campaign, clock.now())
    return _to(f"/campaigns/{campaign.id}?done=joined")


DONE_WORDS = {
    "running": N_("The campaign is running."),
    "paused": N_("The campaign is paused: nobody more is called. Calls that are going on end by themselves."),
    "ended": N_("The campaign has ended."), "joined": N_("Everybody of the area is in it now."),
    "kept": N_("The campaign is kept."),
}  # fmt: skip


def _put(request: Request, session: Session, signed: Signed, form: forms.Posted, campaign: Campaign | None) -> Response:
    read = forms.read(CampaignForm, form, request)
    file, read = campaign_form.file_of(read, request)
    if file is not None:
        namesake = session.exec(select(Campaign).where(Campaign.name == file.name)).first()
        if namesake is not None and (campaign is None or namesake.id != campaign.id):
            file, read = None, forms.refused(read, "name", N_("There is a campaign of this name already."), request)
    area_id = read.value.area if read.value else None
    if file is not None and area_id not in {area.id for area in _areas(session, signed)}:
        file, read = None, forms.refused(read, "area", campaign_form.SENTENCES["area"], request)
    if file is None or area_id is None:
        return _form(request, session, signed, campaign, read=read)
    made, _ = campaign_file.put(
        session, file, clock.now(), staff_id=signed.staff_id, campaign=campaign, area_id=area_id
    )
    return _to(f"/campaigns/{made.id}?done=kept")


def _form(request: Request, session: Session, signed: Signed, campaign: Campaign | None,
          read: "forms.Read[CampaignForm] | None" = None) -> Response:  # fmt: skip
    today = clock.civil(clock.now(), settings().timezone).date().isoformat()
    return page(
        request, "schedule/campaign_form.html", status=422 if read else 200, campaign=campaign, read=read,
        values={"starts": today, "area": signed.area_id, "name": ""} | campaign_form.shown(campaign),
        areas=_areas(session, signed), purposes=list(Purpose), facts=campaign_file.known_facts(),
    )  # fmt: skip


def _visible(session: Session, signed: Signed) -> list[Campaign]:
    """Campaigns of this person's area and of the areas above it: those may call their residents."""
    rows = session.exec(
        select(Campaign, Area.path).join(Area, col(Area.id) == Campaign.area_id).order_by(col(Campaign.name))
    )
    return [
        campaign for campaign, path in rows
        if path.startswith(signed.area_path) or signed.area_path.startswith(path)
    ]  # fmt: skip


def _campaign(session: Session, signed: Signed, campaign_id: UUID) -> Campaign:
    found = next((campaign for campaign in _visible(session, signed) if campaign.id == campaign_id), None)
    if found is None:
        raise NotFound
    return found


def _own(session: Session, signed: Signed, campaign_id: UUID) -> Campaign:
    """The campaign, if it lies wholly in this person's area. Raises NotFound, NotAllowed."""
    campaign = _campaign(session, signed, campaign_id)
    if not _may_edit(session, signed, campaign):
        raise NotAllowed(N_("This campaign belongs to a larger area than yours."))
    return campaign


def _may_edit(session: Session, signed: Signed, campaign: Campaign) -> bool:
    path = session.get_one(Area, campaign.area_id).path
    return signed.may(Right.EDIT_CAMPAIGNS) and path.startswith(signed.area_path)


def _areas(session: Session, signed: Signed) -> list[Area]:
    found = session.exec(select(Area).where(col(Area.id).in_(scope_of(signed)))).all()
    return sorted(found, key=lambda area: (list(AreaKind).index(area.kind), area.name))


def _today(session: Session, signed: Signed, campaigns: list[Campaign], now: datetime) -> dict[UUID, Round]:
    """Today's round of each campaign, as far as this person's area goes."""
    day = clock.civil(now, settings().timezone).date()
    scope = scope_of(signed)
    return {campaign.id: rounds(session, day, now, campaign=campaign, scope=scope)[0] for campaign in campaigns}


def _to(path: str) -> RedirectResponse:
    return RedirectResponse(path, status_code=303)
