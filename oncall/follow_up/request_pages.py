"""The pages of requests: what residents asked for, who answers for it, and what they will be told about it."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from oncall import clock
from oncall.db import Db
from oncall.errors import BadInput, NotAllowed, NotFound
from oncall.follow_up import queue, requests
from oncall.models import HelpRequest, RequestState
from oncall.web import forms
from oncall.web.access import Right, Signed, holding, record_read, signed_in
from oncall.web.i18n import N_
from oncall.web.render import page

router = APIRouter(include_in_schema=False)
Reader = Annotated[Signed, Depends(signed_in(*holding(Right.READ_WORDS)))]
Worker = Annotated[Signed, Depends(signed_in(*holding(Right.WORK_CASES)))]


class Back(BaseModel):
    """Where the button stood: the page of a case, or the list."""

    case: UUID | None = None


class Outcome(Back):
    """What became of it, with the sentence that may be said."""

    state: RequestState
    answer: str = Field(default="", max_length=200)


TAB_WORDS = {
    requests.Tab.WAITING: N_("Not finished"), requests.Tab.MINE: N_("Mine"),
    requests.Tab.NOBODYS: N_("Nobody's for too long"), requests.Tab.ALL: N_("All"),
}  # fmt: skip
DONE_WORDS = {
    "req_taken": N_("You answer for this request now."), "req_released": N_("Nobody answers for this request now."),
    "req_arranged": N_("Arranged. The next call asks whether it has come."),
    "req_declined": N_("The resident will be told."), "req_arrived": N_("Good: it has come."),
    "req_missing": N_("It has not come: the household's case is raised."), "req_undone": N_("The change is taken back."),
    "req_words": N_("Please write what may be said to the resident about it."),
}  # fmt: skip


@router.get("/requests")
def all_of_them(request: Request, session: Db, signed: Reader) -> Response:
    """What is asked for in one's areas."""
    now = clock.now()
    view = forms.read(requests.View, request.query_params, request).value or requests.View()
    rows = requests.listed(session, signed, view, now)
    shown = rows[: requests.PAGE]
    if shown:
        record_read(session, signed, None, "requests", detail={"requests": [str(row.request.id) for row in shown]})
    return page(
        request, "follow_up/requests.html", view=view, rows=shown, more=len(rows) > requests.PAGE,
        counts=requests.counts(session, signed, now), tabs=list(requests.Tab), tab_words=TAB_WORDS,
        districts=queue.districts(session, signed), done_words=DONE_WORDS,
    )  # fmt: skip


@router.post("/requests/{request_id}/taking")
def take(request: Request, session: Db, signed: Worker, request_id: UUID, form: forms.Posted) -> Response:
    """Answer for it from now on."""
    requests.take(session, _one(session, signed, request_id), signed.staff_id, clock.now())
    return _back(request, form, "req_taken")


@router.post("/requests/{request_id}/release")
def release(request: Request, session: Db, signed: Worker, request_id: UUID, form: forms.Posted) -> Response:
    """Give it back; a colleague's only with the right to reassign."""
    found = _one(session, signed, request_id)
    if found.owner_id != signed.staff_id and not signed.may(Right.REASSIGN):
        raise NotAllowed(N_("Only the one who took this request, or a supervisor, can give it back."))
    requests.release(session, found, signed.staff_id, clock.now())
    return _back(request, form, "req_released")


@router.post("/requests/{request_id}/outcome")
def outcome(request: Request, session: Db, signed: Worker, request_id: UUID, form: forms.Posted) -> Response:
    """Arranged, declined, come or not come."""
    found, read = _one(session, signed, request_id), forms.read(Outcome, form, request)
    if read.value is None:
        return _back(request, form, "req_words")
    try:
        requests.move(session, found, read.value.state, signed.staff_id, clock.now(), read.value.answer)
    except BadInput:
        return _back(request, form, "req_words")
    return _back(request, form, f"req_{read.value.state.value}")


@router.post("/requests/{request_id}/undo")
def undo(request: Request, session: Db, signed: Worker, request_id: UUID, form: forms.Posted) -> Response:
    """Take the last change back."""
    requests.undo(session, _one(session, signed, request_id), signed.staff_id, clock.now())
    return _back(request, form, "req_undone")


def _one(session: Db, signed: Signed, request_id: UUID) -> HelpRequest:
    found = requests.one(session, signed, request_id)
    if found is None:
        raise NotFound
    return found


def _back(request: Request, form: forms.Posted, done: str) -> Response:
    read = forms.read(Back, form, request).value
    to = f"/cases/{read.case}?done={done}#requests" if read and read.case else f"/requests?done={done}"
    return RedirectResponse(to, status_code=303)
