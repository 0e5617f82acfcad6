"""Our number is rung: somebody who missed us gets their check-in, a stranger hears who we are and nothing more."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from sqlmodel import select
from starlette.background import BackgroundTask
from starlette.datastructures import FormData
from twilio.twiml.voice_response import Gather, VoiceResponse

from oncall import clock
from oncall.call import call_back, progress, script
from oncall.call.keypad import HELP_KEY
from oncall.call.warm import warm
from oncall.call.webhooks import KindRoute, News, first_words, in_xml, over, signed_fields
from oncall.db import Db, defer
from oncall.models import Attempt, AttemptState, Language, Path
from oncall.settings import settings

router = APIRouter(prefix="/voice/inbound")
spoken = APIRouter(prefix="/voice/inbound", route_class=KindRoute)


def _news(fields: Annotated[FormData, Depends(signed_fields)]) -> News:
    return News("", fields)


Signed = Annotated[News, Depends(_news)]
WAIT_SECONDS = 6


@spoken.post("")
def ring_us(news: Signed, session: Db) -> Response:
    """Somebody rings our number; at any hour, for they rang us."""
    residents = call_back.callers(session, news.get("From"))
    if not residents:
        return in_xml(_to_a_stranger())
    now = clock.now()
    attempt = call_back.take_up(session, residents, news.get("CallSid"), now)
    if attempt is None:
        return in_xml(_nothing_to_ask(residents[0].language))
    if attempt.state is AttemptState.ENDED:
        return in_xml(script.farewell("already_over", residents[0].language))
    answer = in_xml(first_words(session, attempt, now))
    if attempt.path is Path.TALK:
        answer.background = BackgroundTask(warm.prepare, attempt.token)
    return answer


@spoken.post("/person")
def person(news: Signed, session: Db) -> Response:
    """Somebody without an open check-in pressed a key: 0 asks for a person, and so does 9, at once."""
    residents = call_back.callers(session, news.get("From"))
    if not residents:
        return in_xml(_to_a_stranger())
    resident, key = residents[0], news.get("Digits")
    if key in {"0", HELP_KEY}:
        defer(session, "asked", resident=str(resident.id), urgent=key == HELP_KEY)
        return in_xml(script.farewell("wish_person", resident.language))
    return in_xml(script.farewell(None, resident.language))


@router.post("/status", status_code=204)
def status(news: Signed, request: Request, session: Db) -> None:
    """How a call to our number goes on; only a call-back's is of interest."""
    found = select(Attempt).where(Attempt.call_sid == news.get("CallSid")).with_for_update()
    attempt = session.exec(found).first()
    if attempt is None:
        return
    seconds = news.get("CallDuration")
    progress.carrier_says(session, attempt, news.get("CallStatus"), clock.now(),
                          seconds=int(seconds) if seconds.isdecimal() else None)  # fmt: skip
    if attempt.state is AttemptState.ENDED:
        over(session, attempt, request)


def _nothing_to_ask(language: Language) -> str:
    answer = VoiceResponse()
    gather = Gather(action=f"{settings().public_url}/voice/inbound/person", method="POST", input="dtmf", num_digits=1,
                    finish_on_key="", timeout=WAIT_SECONDS)  # fmt: skip
    script.speak(gather, "call_back_closed", language)
    answer.append(gather)
    answer.hangup()
    return str(answer)


def _to_a_stranger() -> str:
    """Who we are, in the city's language first: nothing is known of who listens."""
    answer = VoiceResponse()
    for language in Language:
        script.speak(answer, "stranger", language)
    answer.hangup()
    return str(answer)
