"""The page of review: one call after another, judged by a supervisor before the machine's judgement is shown."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field
from sqlmodel import Session
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from oncall import clock
from oncall.db import Db
from oncall.errors import BadInput, StaleMove
from oncall.listen import opened, reviewing
from oncall.models import Level, SignalCode
from oncall.web import forms
from oncall.web.access import Right, Signed, holding, record_read, signed_in
from oncall.web.render import page

router = APIRouter(include_in_schema=False)
Reviewer = Annotated[Signed, Depends(signed_in(*holding(Right.REVIEW)))]
LEVELS = list(Level)  # by rank: the keys 1 to 5


class Verdict(BaseModel):
    """The form: one level, any signals, perhaps a note."""

    level: Level
    code: list[SignalCode] = Field(default_factory=list)
    note: str = Field(default="", max_length=5000)


class Useful(BaseModel):
    """Whether it was right to be asked."""

    useful: bool


@router.get("/review")
def the_next(request: Request, session: Db, signed: Reviewer) -> Response:
    """On to the next call that waits; a kind word when there is none."""
    now = clock.now()
    found = reviewing.next_one(session, signed, now)
    if found is not None:
        return RedirectResponse(f"/review/{found}", status_code=303)
    return page(request, "listen/review.html", progress=reviewing.progress(session, signed, now), assessment=None)


@router.get("/review/{assessment_id}")
def one(request: Request, session: Db, signed: Reviewer, assessment_id: UUID) -> Response:
    """One call: blind until judged, then side by side."""
    return _page(request, session, signed, assessment_id)


@router.post("/review/{assessment_id}/verdict")
def judge(request: Request, session: Db, signed: Reviewer, assessment_id: UUID, form: forms.Posted) -> Response:
    """The verdict."""
    assessment, resident, review = reviewing.to_review(session, signed, assessment_id)
    read = forms.read(Verdict, form, request)
    if read.value is None:
        return _page(request, session, signed, assessment_id, status=422, read=read)
    if review is not None:
        raise StaleMove
    reviewing.judge(
        session, signed, assessment, resident, level=read.value.level, codes=read.value.code, note=read.value.note,
        now=clock.now(),
    )  # fmt: skip
    return RedirectResponse(f"/review/{assessment_id}", status_code=303)


@router.post("/review/{assessment_id}/usefulness")
def say_useful(request: Request, session: Db, signed: Reviewer, assessment_id: UUID, form: forms.Posted) -> Response:
    """Whether it was right to put it before a person; then on to the next."""
    _, _, review = reviewing.to_review(session, signed, assessment_id)
    read = forms.read(Useful, form, request)
    if read.value is None:
        raise BadInput
    if review is None:
        raise StaleMove
    reviewing.say_useful(session, signed, review, read.value.useful, clock.now())
    return RedirectResponse("/review", status_code=303)


@router.post("/review/{assessment_id}/undoing")
def undo(session: Db, signed: Reviewer, assessment_id: UUID) -> Response:
    """Take one's own verdict back."""
    _, _, review = reviewing.to_review(session, signed, assessment_id)
    if review is None:
        raise StaleMove
    reviewing.undo(session, signed, review, clock.now())
    return RedirectResponse(f"/review/{assessment_id}", status_code=303)


def _page(
    request: Request, session: Session, signed: Signed, assessment_id: UUID, *, status: int = 200,
    read: forms.Read[Verdict] | None = None,
) -> Response:  # fmt: skip
    now = clock.now()
    assessment, resident, review = reviewing.to_review(session, signed, assessment_id)
    record_read(session, signed, resident.id, f"assessment:{assessment.id}")
    # Nothing of the machine's judgement reaches the template before the person's own is kept.
    heard = opened.heard_in(session, resident, assessment) if review else []
    agreed = set(review.agreed) if review else set()
    found = {one.code for one in heard}
    return page(
        request, "listen/review.html", status=status, progress=reviewing.progress(session, signed, now),
        assessment=assessment if review else None, assessment_id=assessment.id, made_at=assessment.made_at,
        words=opened.words_of(session, resident, assessment), review=review, heard=heard, read=read,
        right=sorted(agreed & found), wrong=sorted(found - agreed), missed=sorted(agreed - found),
        note=review.note(resident.seal) if review else "", mine=review is not None and review.staff_id == signed.staff_id,
        levels=LEVELS, codes=list(SignalCode), skip=reviewing.next_one(session, signed, now, after=assessment.id),
    )  # fmt: skip
