"""The page of holds: why nobody is called, what to do about it, and a person's word that calls may go out again (D3)."""

from datetime import timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field
from sqlmodel import Session, col, select
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from oncall import clock
from oncall.db import Db, tell
from oncall.errors import NotAllowed, NotFound, StaleMove
from oncall.models import Area, Hold, HoldReason, Staff
from oncall.models import hold as holds
from oncall.web import forms
from oncall.web.access import Right, Signed, holding, scope_of, signed_in
from oncall.web.i18n import N_
from oncall.web.render import page

router = APIRouter(include_in_schema=False)
Reader = Annotated[Signed, Depends(signed_in(*holding(Right.SEE_CAMPAIGNS)))]
Editor = Annotated[Signed, Depends(signed_in(*holding(Right.EDIT_CAMPAIGNS)))]

SHOWN = timedelta(days=30)

ADVICE = {
    HoldReason.RESTORED.value: N_(
        "An older copy of the database was restored. Compare it with the carrier's log (oncall reconcile) before anybody is called again."
    ),
    HoldReason.NO_DUTY.value: N_(
        "Nobody on duty has said that they are there for the coming hours. It ends by itself when somebody does."
    ),
    HoldReason.DISK.value: N_("A disk is nearly full. It ends by itself when there is room again."),
    HoldReason.CARRIER.value: N_(
        "The telephone carrier refuses calls or does not answer. It is tried again by itself, with growing pauses."
    ),
    HoldReason.NO_WEB.value: N_(
        "No web process is running that could tell the carrier what to say. It ends by itself when one is."
    ),
    HoldReason.BY_HAND.value: N_("A person stopped the calls, and a person lets them go on."),
}
DONE = {"held": N_("Planned calls are held."), "released": N_("Calls go out again.")}


class Why(BaseModel):
    """A sentence for whoever asks later; not about any resident."""

    why: str = Field(min_length=2, max_length=200)


class NewHold(Why):
    """A hold made by hand."""

    area: int


class Done(BaseModel):
    """What was just done, told on the page."""

    done: str = Field(default="", max_length=20)


@router.get("/holds")
def all_of_them(request: Request, session: Db, signed: Reader) -> Response:
    """Every hold that stands, and those let go lately."""
    return _page(request, session, signed)


@router.post("/holds")
def set_one(request: Request, session: Db, signed: Editor, form: forms.Posted) -> Response:
    """Stop the planned calls of an area."""
    read = forms.read(NewHold, form, request)
    if read.value is None:
        return _page(request, session, signed, read=read, status=422)
    area = next((one for one in _own_areas(session, signed) if read.value and one.id == read.value.area), None)
    if area is None:
        raise NotFound
    whole_city = area.parent_id is None
    holds.hold(session, HoldReason.BY_HAND, clock.now(), why=read.value.why, by=signed.staff_id,
               area_id=None if whole_city else area.id)  # fmt: skip
    tell(session, "calls")
    return _back("held")


@router.post("/holds/{hold_id}/release")
def release(request: Request, session: Db, signed: Editor, hold_id: UUID, form: forms.Posted) -> Response:
    """Calls may go out again, says this person."""
    one = session.get(Hold, hold_id)
    if one is None:
        raise NotFound
    if one.id not in _releasable(session, signed, [one]):
        raise NotAllowed(N_("This hold is over a larger area than yours."))
    read = forms.read(Why, form, request)
    if read.value is None:
        return _page(request, session, signed, read=read, status=422)
    if not holds.release(session, one, clock.now(), by=signed.staff_id, why=read.value.why):
        raise StaleMove(N_("This hold was let go before."))
    tell(session, "calls")
    return _back("released")


def _page(request: Request, session: Session, signed: Signed, *, read: "forms.Read[Why] | forms.Read[NewHold] | None" = None,
          status: int = 200) -> Response:  # fmt: skip
    now = clock.now()
    rows = session.exec(select(Hold).where(col(Hold.released_at).is_not(None), col(Hold.released_at) > now - SHOWN)
                        .order_by(col(Hold.released_at).desc()).limit(50)).all()  # fmt: skip
    people = {one.id: one.name for one in session.exec(select(Staff))}
    standing = holds.standing(session)
    done = forms.read(Done, request.query_params, request).value or Done()
    return page(
        request, "schedule/holds.html", status=status, read=read, advice=ADVICE, done=DONE.get(done.done, ""),
        standing=[(one, people.get(one.set_by) if one.set_by else "") for one in standing],
        past=[(one, people.get(one.released_by) if one.released_by else "") for one in rows],
        areas={area.id: area for area in session.exec(select(Area))},
        releasable=_releasable(session, signed, standing),
        settable=_own_areas(session, signed) if signed.may(Right.EDIT_CAMPAIGNS) else [],
    )  # fmt: skip


def _own_areas(session: Session, signed: Signed) -> list[Area]:
    return list(session.exec(select(Area).where(col(Area.id).in_(scope_of(signed))).order_by(Area.path)))


def _releasable(session: Session, signed: Signed, some: list[Hold]) -> set[UUID]:
    """The holds wholly inside this person's area; one over the whole city is for those who answer for the city."""
    if not signed.may(Right.EDIT_CAMPAIGNS):
        return set()
    own = {area.id for area in _own_areas(session, signed)}
    of_city = session.get_one(Area, signed.area_id).parent_id is None
    return {one.id for one in some if (one.area_id in own if one.area_id is not None else of_city)}


def _back(done: str) -> Response:
    return RedirectResponse(f"/holds?done={done}", status_code=303)
