"""The pages of follow-up: the queue, and the case with what was said, what was done and what to do next."""

from enum import StrEnum
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field
from sqlmodel import Session, select
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from oncall import clock
from oncall.db import Db
from oncall.errors import BadInput, NotAllowed, NotFound, OnCallError
from oncall.follow_up import acts, calls, history, queue, request_pages, requests
from oncall.models import Area, Attempt, Case, CloseReason, Level, Resident, Staff, Verb
from oncall.web import forms
from oncall.web.access import Right, Signed, holding, record_read, signed_in, within
from oncall.web.i18n import N_
from oncall.web.render import fragment, page

router = APIRouter(include_in_schema=False)
router.include_router(request_pages.router)
Reader = Annotated[Signed, Depends(signed_in(*holding(Right.READ_WORDS)))]
Worker = Annotated[Signed, Depends(signed_in(*holding(Right.WORK_CASES)))]
Revealer = Annotated[Signed, Depends(signed_in(*holding(Right.REVEAL)))]


class Look(BaseModel):
    """What the address of a case page may ask for besides the case."""

    call: UUID | None = None
    done: str = Field(default="", max_length=20)


class RevealReason(StrEnum):
    """Why somebody needs the whole number; choices, because an Event holds no free words."""

    CALL = "call"
    VISIT = "visit"
    EMERGENCY = "emergency"
    CHECK_NUMBER = "check_number"


class Reveal(BaseModel):
    """The form behind the whole number."""

    reason: RevealReason


class NoteForm(BaseModel):
    """A note."""

    text: str = Field(min_length=1, max_length=10_000)


class Closing(BaseModel):
    """How the household was found, and what was done."""

    reason: CloseReason
    outcome: str = Field(default="", max_length=10_000)


class Ticked(BaseModel):
    """The rows ticked in the queue."""

    case: list[UUID] = Field(default_factory=list, max_length=queue.PAGE + 1)


class Taken(BaseModel):
    """What a bulk take came to, told on the queue."""

    taken: int | None = None
    missed: int = 0


@router.get("/cases")
def the_queue(request: Request, session: Db, signed: Reader) -> Response:
    """The queue; a view it does not know is the whole queue."""
    now = clock.now()
    view = forms.read(queue.View, request.query_params, request).value or queue.View()
    rows = queue.waiting(session, signed, view, now)
    shown = rows[: queue.PAGE]
    if shown:
        record_read(session, signed, None, "queue", detail={"cases": [str(row.case.id) for row in shown]})
    return page(
        request, "follow_up/queue.html", view=view, rows=shown, more=len(rows) > queue.PAGE,
        counts=queue.counts(session, signed, now), tabs=list(queue.Tab), tab_words=TAB_WORDS, empty_words=EMPTY_WORDS, levels=LEVELS,
        districts=queue.districts(session, signed), this_year=now.year,
        nobodys=requests.counts(session, signed, now)[requests.Tab.NOBODYS],
        report=forms.read(Taken, request.query_params, request).value or Taken(),
    )  # fmt: skip


REVEAL_WORDS = {
    RevealReason.CALL: N_("To call the resident"), RevealReason.VISIT: N_("To arrange a visit"),
    RevealReason.EMERGENCY: N_("For the emergency services"), RevealReason.CHECK_NUMBER: N_("To check the number"),
}  # fmt: skip
TAB_WORDS = {
    queue.Tab.ALL: N_("All"), queue.Tab.MINE: N_("Mine"), queue.Tab.UNASSIGNED: N_("Unassigned"),
    queue.Tab.OVERDUE: N_("Overdue"), queue.Tab.CLOSED: N_("Closed"),
}  # fmt: skip
EMPTY_WORDS = {
    queue.Tab.ALL: N_("Nobody is waiting for a person right now."),
    queue.Tab.MINE: N_("You have no open cases."),
    queue.Tab.UNASSIGNED: N_("Every open case has somebody who answers for it."),
    queue.Tab.OVERDUE: N_("No deadline has passed."),
    queue.Tab.CLOSED: N_("No case has been closed yet."),
}
LEVELS = [Level.EMERGENCY, Level.URGENT, Level.CONCERN, Level.WATCH]


@router.post("/cases/taking")
def take_ticked(request: Request, session: Db, signed: Worker, form: forms.Posted) -> Response:
    """Take every ticked case that is still free; say how many were not."""
    ticked = forms.read(Ticked, form, request).value or Ticked()
    now, taken = clock.now(), 0
    for case_id in dict.fromkeys(ticked.case):
        try:
            with session.begin_nested():
                acts.take(session, _case(session, signed, case_id), signed.staff_id, now)
            taken += 1
        except OnCallError:
            continue
    return _to(f"/cases?tab=mine&taken={taken}&missed={len(set(ticked.case)) - taken}")


@router.get("/cases/alarms")
def the_alarms(request: Request, session: Db, signed: Reader) -> Response:
    """The strip above every page while an emergency has nobody who answers for it; masked, so reading it is no Event."""
    return fragment(request, "follow_up/alarms.html", cases=queue.unanswered_emergencies(session, signed))


@router.get("/cases/{case_id}")
def the_case(request: Request, session: Db, signed: Reader, case_id: UUID) -> Response:
    """One case."""
    return _case_page(request, session, signed, _case(session, signed, case_id))


@router.post("/cases/{case_id}/taking")
def take(session: Db, signed: Worker, case_id: UUID) -> Response:
    """Take the case."""
    acts.take(session, _case(session, signed, case_id), signed.staff_id, clock.now())
    return _to(f"/cases/{case_id}?done=taken")


@router.post("/cases/{case_id}/release")
def release(session: Db, signed: Worker, case_id: UUID) -> Response:
    """Give the case back; a colleague's only with the right to reassign."""
    case = _case(session, signed, case_id)
    if case.taken_by != signed.staff_id and not signed.may(Right.REASSIGN):
        raise NotAllowed(N_("Only the one who took this case, or a supervisor, can give it back."))
    acts.release(session, case, signed.staff_id, clock.now())
    return _to(f"/cases/{case_id}?done=released")


@router.post("/cases/{case_id}/notes")
def note(request: Request, session: Db, signed: Worker, case_id: UUID, form: forms.Posted) -> Response:
    """Add a note."""
    case, read = _case(session, signed, case_id), forms.read(NoteForm, form, request)
    if read.value is None:
        return _case_page(request, session, signed, case, status=422, note=read)
    acts.note(session, case, signed.staff_id, read.value.text, clock.now())
    return _to(f"/cases/{case_id}?done=noted")


@router.post("/cases/{case_id}/closure")
def close(request: Request, session: Db, signed: Worker, case_id: UUID, form: forms.Posted) -> Response:
    """Close the case with a reason."""
    case, read = _case(session, signed, case_id), forms.read(Closing, form, request)
    if read.value is not None:
        try:
            acts.close(session, case, signed.staff_id, read.value.reason, read.value.outcome, clock.now())
            return _to(f"/cases/{case_id}?done=closed")
        except BadInput as refusal:
            read = forms.refused(read, "outcome", str(refusal), request)
    return _case_page(request, session, signed, case, status=422, closing=read)


@router.post("/cases/{case_id}/reopening")
def reopen(session: Db, signed: Worker, case_id: UUID) -> Response:
    """Undo the closing."""
    acts.reopen(session, _case(session, signed, case_id), signed.staff_id, clock.now())
    return _to(f"/cases/{case_id}?done=reopened")


@router.post("/cases/{case_id}/number")
def reveal(request: Request, session: Db, signed: Revealer, case_id: UUID, form: forms.Posted) -> Response:
    """Show number, address and emergency contact to somebody who says why; a POST, so they are in no address or history."""
    case, read = _case(session, signed, case_id), forms.read(Reveal, form, request)
    if read.value is None:
        return _case_page(request, session, signed, case, status=422, reveal=read)
    record_read(
        session, signed, case.resident_id, f"case:{case.id}", Verb.REVEALED,
        {"field": "contacts", "reason": read.value.reason.value},
    )  # fmt: skip
    return _case_page(request, session, signed, case, number=True)


def _case(session: Session, signed: Signed, case_id: UUID) -> Case:
    found = session.exec(within(select(Case).where(Case.id == case_id), Case.area_id, signed)).first()
    if found is None:
        raise NotFound
    return found


def _case_page(
    request: Request, session: Session, signed: Signed, case: Case, *, status: int = 200, number: bool = False,
    note: forms.Read[NoteForm] | None = None, closing: forms.Read[Closing] | None = None,
    reveal: forms.Read[Reveal] | None = None,
) -> Response:  # fmt: skip
    now = clock.now()
    look = forms.read(Look, request.query_params, request).value or Look()
    resident = session.get_one(Resident, case.resident_id)
    moments = history.timeline(session, case, resident)
    call = _call(session, resident, look.call or next((one.call_id for one in moments if one.call_id), None))
    record_read(
        session, signed, resident.id, f"case:{case.id}", detail={"attempt": str(call.attempt.id)} if call else {}
    )
    before, after = queue.neighbours(session, signed, case, now)
    return page(
        request, "follow_up/case.html", status=status, case=case, resident=resident, moments=moments, call=call,
        area=session.get_one(Area, case.area_id), number=number, note=note, closing=closing, reveal=reveal,
        taken_by=session.get(Staff, case.taken_by) if case.taken_by else None, before=before, after=after,
        closed_by=session.get(Staff, case.closed_by) if case.closed_by else None, done=look.done,
        habit=history.habit(session, case), this_year=now.year, reasons=list(CloseReason), reveal_words=REVEAL_WORDS,
        requests=requests.of_household(session, resident.household_id, now), done_words=request_pages.DONE_WORDS,
    )  # fmt: skip


def _call(session: Session, resident: Resident, attempt_id: UUID | None) -> calls.Call | None:
    attempt = session.get(Attempt, attempt_id) if attempt_id else None
    if attempt is None or attempt.resident_id != resident.id:
        return None
    return calls.opened(session, resident, attempt)


def _to(path: str) -> Response:
    return RedirectResponse(path, status_code=303)
