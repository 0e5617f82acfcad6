"""Changing what is remembered of one resident; only for those who may read residents' words."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field
from sqlmodel import Session
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from oncall import clock
from oncall.db import Db
from oncall.enrol import memories
from oncall.errors import NotFound
from oncall.models import Memory, Resident
from oncall.models.memory import forget_all
from oncall.web import forms
from oncall.web.access import Right, Signed, holding, resident_in_scope, signed_in
from oncall.web.i18n import N_

router = APIRouter(include_in_schema=False)
Worker = Annotated[Signed, Depends(signed_in(*holding(Right.WORK_CASES)))]


class Words(BaseModel):
    """The note as it should read."""

    words: str = Field(default="", max_length=400)


DONE_WORDS = {
    "note": N_("The note is changed."), "forgotten": N_("Forgotten."), "name": N_("Calls ask for them by this name now."),
}  # fmt: skip


@router.post("/residents/{resident_id}/memories/forgetting")
def forget(session: Db, signed: Worker, resident_id: UUID) -> Response:
    """Forget everything; their consent to notes stands."""
    resident = resident_in_scope(session, signed, resident_id)
    forget_all(session, resident.id, clock.now(), about=f"resident:{resident.id}", staff_id=signed.staff_id)
    return _to(resident, "forgotten")


@router.post("/residents/{resident_id}/memories/{memory_id}/correction")
def correct(
    request: Request, session: Db, signed: Worker, resident_id: UUID, memory_id: UUID, form: forms.Posted
) -> Response:
    """Put a note into other words."""
    resident, memory = _found(session, signed, resident_id, memory_id)
    read = forms.read(Words, form, request)
    memories.correct(session, resident, memory, read.value.words if read.value else "", clock.now(), signed.staff_id)
    return _to(resident, "note")


@router.post("/residents/{resident_id}/memories/{memory_id}/deletion")
def delete(session: Db, signed: Worker, resident_id: UUID, memory_id: UUID) -> Response:
    """Forget one note."""
    resident, memory = _found(session, signed, resident_id, memory_id)
    memories.delete(session, resident, memory, clock.now(), signed.staff_id)
    return _to(resident, "forgotten")


@router.post("/residents/{resident_id}/memories/{memory_id}/acceptance")
def take_name(session: Db, signed: Worker, resident_id: UUID, memory_id: UUID) -> Response:
    """Take over a name they asked to be called by."""
    resident, memory = _found(session, signed, resident_id, memory_id)
    memories.take_name(session, resident, memory, clock.now(), signed.staff_id)
    return _to(resident, "name")


def _found(session: Session, signed: Signed, resident_id: UUID, memory_id: UUID) -> tuple[Resident, Memory]:
    resident = resident_in_scope(session, signed, resident_id)
    memory = session.get(Memory, memory_id)
    if memory is None or memory.resident_id != resident.id:
        raise NotFound
    return resident, memory


def _to(resident: Resident, done: str) -> Response:
    return RedirectResponse(f"/residents/{resident.id}?done={done}#memories", status_code=303)
