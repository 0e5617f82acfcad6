"""The page of Today: the first thing everybody sees after signing in."""

from typing import Annotated

from fastapi import APIRouter, Depends
from sqlmodel import select
from starlette.requests import Request
from starlette.responses import Response

from oncall import clock
from oncall.db import Db
from oncall.models import Area
from oncall.models import hold as holds
from oncall.report import accounted, today
from oncall.settings import settings
from oncall.web.access import Right, Signed, holding, record_read, scope_of, signed_in
from oncall.web.i18n import N_
from oncall.web.render import page

router = APIRouter(include_in_schema=False)
Keeper = Annotated[Signed, Depends(signed_in(*holding(Right.SEE_RESIDENTS)))]
Viewer = Annotated[Signed, Depends(signed_in(*holding(Right.SEE_TODAY)))]

GROUP_WORDS = {
    "understood": N_("Understood"), "under_way": N_("Under way"), "waiting": N_("Waiting"),
    "unreached": N_("Not reached"), "unaccounted": N_("Not accounted for"), "held": N_("Held for a person"),
}  # fmt: skip


@router.get("/")
def the_day(request: Request, session: Db, signed: Viewer) -> Response:
    """Today, as far as this person's role and areas reach; names of residents only for those who read their words."""
    now = clock.now()
    day = today.day_of(now, settings().timezone)
    reads = signed.may(Right.READ_WORDS)
    mine = today.needs_me(session, signed, now) if reads else []
    missing = today.missing(session, signed, now) if signed.may(Right.SEE_RESIDENTS) else []
    if mine or missing:
        record_read(
            session, signed, None, "today",
            detail={"cases": [str(case.id) for case, _, _ in mine], "check_ins": [str(one.check_in.id) for one in missing]},
        )  # fmt: skip
    return page(
        request, "report/today.html", mine=mine, missing=missing, reads=reads,
        open_cases=today.open_cases(session, signed, now), round=today.the_round(session, signed, day),
        nobodys=today.nobodys_requests(session, signed, now) if reads else 0,
        campaigns=today.campaigns(session, signed, day), group_words=GROUP_WORDS,
        holds=holds.standing(session), areas={area.id: area for area in session.exec(select(Area))},
    )  # fmt: skip


COUNT_WORDS = {
    "spoken": N_("Understood"), "no_answer": N_("Not reached, on the human list"), "held": N_("Held for a person"),
    "human_list": N_("Not understood, on the human list"), "cancelled": N_("Cancelled"), "under_way": N_("Under way"),
    "waiting": N_("Waiting for the next try"), "unaccounted": N_("Not accounted for"),
}  # fmt: skip


@router.get("/accounted")
def accountings(request: Request, session: Db, signed: Keeper) -> Response:
    """The twice-daily reports: planned against done for the whole city, and by name whoever of these areas is missing."""
    reports = accounted.newest(session)
    named = accounted.people(session, reports[0].id, scope_of(signed)) if reports else []
    if named:
        record_read(session, signed, None, "accounted", detail={"residents": [str(one.id) for _, one in named]})
    return page(
        request, "report/accounted.html", reports=reports, named=named, count_words=COUNT_WORDS,
        areas={area.id: area for area in session.exec(select(Area))}, times=settings().report_times,
    )  # fmt: skip
