"""The duty screen: the banner above every page of whoever was asked, and the card of one emergency."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field
from sqlmodel import Session
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from oncall import clock
from oncall.db import Db
from oncall.errors import BadInput
from oncall.follow_up import alarms, drills
from oncall.models import Alarm, CloseReason, Staff, Verb
from oncall.models.contact import contacts_in
from oncall.settings import settings
from oncall.web import forms
from oncall.web.access import Right, Signed, holding, record_read, signed_in
from oncall.web.i18n import N_
from oncall.web.render import fragment, page

router = APIRouter(include_in_schema=False)
Reader = Annotated[Signed, Depends(signed_in(*holding(Right.READ_WORDS)))]
Worker = Annotated[Signed, Depends(signed_in(*holding(Right.WORK_CASES)))]

QUESTIONS = {
    "where": N_("Where?"), "awake": N_("Breathing, bleeding, awake?"), "alone": N_("Alone?"), "door": N_("Door open?"),
    "dying": N_("Thoughts of ending their life?"), "dying_now": N_("Right now?"),
    "alone_to_talk": N_("Free to talk?"), "all_right": N_("After we called again"),
}  # fmt: skip
FACTS = ("where", "awake", "alone", "door")
NUMBER_WORDS = {
    "emergency": N_("Ambulance, fire"), "police": N_("Police"), "crisis": N_("Suicide prevention"),
    "elder_abuse": N_("Elder protection"), "scam": N_("Phishing report"), "welfare": N_("Welfare hotline"),
}  # fmt: skip


class Closing(BaseModel):
    """How it ended, and what was done."""

    reason: CloseReason
    outcome: str = Field(default="", max_length=10_000)


@router.get("/alarms/banner")
def banner(request: Request, session: Db, signed: Reader) -> Response:
    """What sounds above every page of the person who was asked; masked. That it was fetched is when it was on screen."""
    now = clock.now()
    standing = alarms.standing(session, signed, now)
    alarms.shown(session, signed.staff_id, [alarm.id for alarm, _, _ in standing], now)
    one_each = {resident.id: (alarm, resident, area) for alarm, resident, area in standing}
    trying = drills.standing(session, signed.staff_id)
    drills.shown(session, [one.id for one in trying], now)
    return fragment(request, "follow_up/alarm_banner.html", standing=list(one_each.values()), drills=trying)


@router.get("/alarms/{alarm_id}")
def the_alarm(request: Request, session: Db, signed: Reader, alarm_id: UUID) -> Response:
    """The card. While the alarm is open contacts are shown without being asked for, and that is written down."""
    return _page(request, session, signed, alarms.seen_by(session, signed, alarm_id))


@router.post("/alarms/{alarm_id}/acknowledgement")
def acknowledge(session: Db, signed: Worker, alarm_id: UUID) -> Response:
    """I have it."""
    alarms.acknowledge(session, alarms.seen_by(session, signed, alarm_id), signed.staff_id, clock.now())
    return _to(alarm_id)


@router.post("/alarms/{alarm_id}/joining")
def join(request: Request, session: Db, signed: Worker, alarm_id: UUID) -> Response:
    """Have my telephone rung and joined with the resident's call."""
    alarm = alarms.seen_by(session, signed, alarm_id)
    try:
        alarms.ask_to_join(session, alarm, signed.staff_id, clock.now())
    except BadInput as refusal:
        return _page(request, session, signed, alarm, status=422, problem=str(refusal))
    return _to(alarm_id)


@router.post("/alarms/{alarm_id}/closure")
def close(request: Request, session: Db, signed: Worker, alarm_id: UUID, form: forms.Posted) -> Response:
    """Close it, with an outcome."""
    alarm, read = alarms.seen_by(session, signed, alarm_id), forms.read(Closing, form, request)
    if read.value is not None:
        try:
            alarms.close(session, alarm, signed.staff_id, read.value.reason, read.value.outcome, clock.now())
            return _to(alarm_id)
        except BadInput as refusal:
            read = forms.refused(read, "outcome", str(refusal), request)
    return _page(request, session, signed, alarm, status=422, closing=read)


def _page(
    request: Request, session: Session, signed: Signed, alarm: Alarm, *, status: int = 200, problem: str = "",
    closing: forms.Read[Closing] | None = None,
) -> Response:  # fmt: skip
    now = clock.now()
    if "x-live" not in request.headers:
        shows = alarm.state.is_open
        record_read(
            session, signed, alarm.resident_id, f"alarm:{alarm.id}", Verb.REVEALED if shows else Verb.READ,
            {"field": "contacts", "reason": "alarm"} if shows else {},
        )  # fmt: skip
    alarms.shown(session, signed.staff_id, [alarm.id], now)
    known = contacts_in(settings().prompts).by_code
    card = alarms.card(session, alarm)
    return page(
        request, "follow_up/alarm.html", status=status, card=card, closing=closing, problem=problem,
        numbers=[(NUMBER_WORDS[code], known[code].number) for code in card.numbers], questions=QUESTIONS, facts=FACTS,
        reasons=list(CloseReason), close_reason=CloseReason(alarm.close_reason) if alarm.close_reason else "", this_year=now.year, me=session.get_one(Staff, signed.staff_id),
        asked=[key for key in QUESTIONS if key not in FACTS and key in card.answers],
    )  # fmt: skip


def _to(alarm_id: UUID) -> Response:
    return RedirectResponse(f"/alarms/{alarm_id}", status_code=303)
