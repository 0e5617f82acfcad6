"""Changing how one resident is spoken with; the page that shows it is the resident's."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from oncall import clock
from oncall.db import Db
from oncall.enrol import manner
from oncall.web import forms
from oncall.web.access import Right, Signed, holding, resident_in_scope, signed_in
from oncall.web.i18n import N_

router = APIRouter(include_in_schema=False)
# Circumstances are what residents told: whoever may not read their words may not set them either.
Worker = Annotated[Signed, Depends(signed_in(*holding(Right.WORK_CASES)))]

DONE_WORDS = {
    "manner": N_("The next call speaks with them so."), "reset": N_("Back to the usual pace; calls learn anew."),
    "unfit_manner": N_("That pace cannot be set."),
}  # fmt: skip


@router.post("/residents/{resident_id}/manner")
def change(request: Request, session: Db, signed: Worker, resident_id: UUID, form: forms.Posted) -> Response:
    """Set it."""
    resident, read = resident_in_scope(session, signed, resident_id), forms.read(manner.MannerForm, form, request)
    if read.value is None:
        return _to(resident.id, "unfit_manner")
    manner.set_manner(session, resident, read.value, clock.now(), signed.staff_id)
    return _to(resident.id, "manner")


@router.post("/residents/{resident_id}/manner/reset")
def reset(session: Db, signed: Worker, resident_id: UUID) -> Response:
    """Back to the defaults."""
    resident = resident_in_scope(session, signed, resident_id)
    manner.reset(session, resident, clock.now(), signed.staff_id)
    return _to(resident.id, "reset")


def _to(resident_id: UUID, done: str) -> Response:
    return RedirectResponse(f"/residents/{resident_id}?done={done}#manner", status_code=303)
