"""The page of duty: who answers now, who is rung in which order, one button to say that one is there, and the week's plan."""

from datetime import date, time, timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field
from sqlmodel import Session, col, select
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from oncall import clock
from oncall.db import Db
from oncall.errors import BadInput, NotFound
from oncall.follow_up import drills, duty
from oncall.follow_up.ladder import APART, ladder
from oncall.models import Area, Event, Role, Staff, Verb
from oncall.models.duty import is_staffed
from oncall.settings import settings
from oncall.web import forms
from oncall.web.access import Right, Signed, holding, scope_of, signed_in, within
from oncall.web.i18n import N_
from oncall.web.render import page

router = APIRouter(include_in_schema=False)
Holder = Annotated[Signed, Depends(signed_in(*holding(Right.WORK_CASES)))]
Planner = Annotated[Signed, Depends(signed_in(*holding(Right.PLAN_DUTY)))]


class Days(BaseModel):
    """The same hours on several days; a night ends on the next morning."""

    staff: UUID
    area: int
    place: int = Field(default=1, ge=1, le=duty.LAST_PLACE)
    first: date
    days: int = Field(default=7, ge=1, le=duty.MOST_DAYS)
    opens: time
    closes: time


class Number(BaseModel):
    """Where somebody is reached on duty; empty takes the number away."""

    phone: str = Field(default="", max_length=40)


class Done(BaseModel):
    """What was just done, told on the page."""

    done: str = Field(default="", max_length=20)
    made: int = 0


@router.get("/duty")
def the_duty(request: Request, session: Db, signed: Holder) -> Response:
    """Who is on now and next."""
    return _page(request, session, signed)


@router.post("/duty")
def plan(request: Request, session: Db, signed: Planner, form: forms.Posted) -> Response:
    """Plan several days at once."""
    read = forms.read(Days, form, request)
    if read.value is None:
        return _page(request, session, signed, days=read, status=422)
    wanted = read.value
    _within_reach(session, signed, wanted)
    try:
        made = duty.plan_days(
            session, wanted.area, wanted.staff, wanted.place, wanted.first, wanted.days, wanted.opens, wanted.closes,
            settings().timezone, clock.now(), signed.staff_id,
        )  # fmt: skip
    except BadInput as refusal:
        return _page(request, session, signed, days=forms.refused(read, "days", str(refusal), request), status=422)
    return _back(f"planned&made={made}")


@router.post("/duty/number")
def number(request: Request, session: Db, signed: Holder, form: forms.Posted) -> Response:
    """My own telephone number for duty."""
    read = forms.read(Number, form, request)
    me = session.get_one(Staff, signed.staff_id)
    try:
        typed = read.value.phone if read.value else ""
        me.reachable_at(duty.number_of(typed) if typed else None)
    except BadInput as refusal:
        return _page(request, session, signed, own=forms.refused(read, "phone", str(refusal), request), status=422)
    session.add(me)
    session.add(Event(at=clock.now(), verb=Verb.STAFF_CHANGED, staff_id=me.id, about=f"staff:{me.id}",
                      address=signed.address, detail={"phone": bool(typed)}))  # fmt: skip
    return _back("number")


@router.post("/duty/{duty_id}/acknowledgement")
def acknowledge(session: Db, signed: Holder, duty_id: UUID) -> Response:
    """I am there."""
    duty.acknowledge(session, duty.found(session, signed, duty_id), signed.staff_id, clock.now())
    return _back("acknowledged")


@router.post("/duty/{duty_id}/removal")
def remove(session: Db, signed: Planner, duty_id: UUID) -> Response:
    """Take a shift off the plan."""
    duty.remove(session, duty.found(session, signed, duty_id), clock.now(), signed.staff_id)
    return _back("removed")


@router.post("/drills/{drill_id}/acknowledgement")
def have_it_in_drill(session: Db, signed: Holder, drill_id: UUID) -> Response:
    """The drill has reached me."""
    drills.acknowledge(session, drill_id, signed.staff_id, clock.now())
    return _back("drilled")


def _page(
    request: Request, session: Session, signed: Signed, *, days: forms.Read[Days] | None = None,
    own: forms.Read[Number] | None = None, status: int = 200,
) -> Response:  # fmt: skip
    now = clock.now()
    planner = signed.may(Right.PLAN_DUTY)
    held = drills.held(session, signed)
    ended = next((one for one in held if one.drill.ended_at), None)
    return page(
        request, "follow_up/duty.html", status=status, shifts=duty.shifts(session, signed, now),
        staffed=is_staffed(session, signed.area_id, now), area=session.get_one(Area, signed.area_id),
        rungs=ladder(session, signed.area_id, now).rungs, apart=APART.seconds, last_resort=settings().duty_last_resort,
        gaps=duty.gaps(session, signed.area_id, now, now + duty.SHOWN), days=days, own=own,
        me=session.get_one(Staff, signed.staff_id), today=clock.civil(now, settings().timezone).date(),
        people=[(one.id, one.name) for one in _people(session, signed)] if planner else [],
        areas=[(one.id, one.label(signed.language)) for one in _areas(session, signed)] if planner else [],
        done=forms.read(Done, request.query_params, request).value or Done(), done_words=DONE, day=timedelta(hours=20),
        drills=held, drills_on=settings().drill, drill_failed=ended if ended and ended.drill.failure else None,
    )  # fmt: skip


DONE = {
    "acknowledged": N_("You are on duty. If a resident is in danger, your telephone rings."),
    "planned": N_("The shifts are planned. Each person must still say that they are there."),
    "removed": N_("The shift is off the plan."), "number": N_("Your number is kept."),
    "drilled": N_("The drill has reached you. Thank you."),
}  # fmt: skip


def _people(session: Session, signed: Signed) -> list[Staff]:
    """Those who may hold a shift: caseworkers and supervisors of these areas."""
    statement = select(Staff).where(
        col(Staff.role).in_([Role.CASEWORKER, Role.SUPERVISOR]), col(Staff.disabled_at).is_(None)
    )
    return list(session.exec(within(statement, Staff.area_id, signed).order_by(Staff.name)))


def _areas(session: Session, signed: Signed) -> list[Area]:
    return list(session.exec(select(Area).where(col(Area.id).in_(scope_of(signed))).order_by(Area.path)))


def _within_reach(session: Session, signed: Signed, wanted: Days) -> None:
    """Raises NotFound for a person or an area of somebody else's."""
    if wanted.area not in {area.id for area in _areas(session, signed)}:
        raise NotFound
    if wanted.staff not in {person.id for person in _people(session, signed)}:
        raise NotFound


def _back(done: str) -> Response:
    return RedirectResponse(f"/duty?done={done}", status_code=303)
