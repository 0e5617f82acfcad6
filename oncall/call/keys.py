"""The keypad check's webhooks: each key or word the carrier gathered, answered with the next question."""

import asyncio
from typing import cast
from urllib.parse import urlencode

from fastapi import APIRouter, HTTPException, Request, Response
from starlette.datastructures import FormData
from twilio.twiml.voice_response import VoiceResponse

from oncall import clock
from oncall.call import half_said, keypad, taking
from oncall.call.ears import Ears
from oncall.call.scribe import scribe
from oncall.call.webhooks import KindRoute, Signed, attempt_of, in_xml
from oncall.db import Db
from oncall.settings import settings

AGAIN_AFTER_SECONDS = 2
MOST_TRIES = 60  # two minutes: a database that was restarted is back, or another has taken its place


class PatientRoute(KindRoute):
    """A route whose failure costs nobody the key they pressed: it is kept on disk, and asked for again until it is taken."""

    async def instead(self, request: Request) -> str:
        """A moment of silence and the same once more; the usual apology when there was no key, or for too long."""
        key, tries = _key(request, await request.form()), _tries(request)
        if not key or tries >= MOST_TRIES:
            return await super().instead(request)
        if tries == 0:
            token, step = request.path_params["token"], request.path_params["step"]
            await asyncio.to_thread(scribe.key_pressed, token, step, key, clock.now())
        again = VoiceResponse()
        again.pause(length=AGAIN_AFTER_SECONDS)
        address = settings().public_url + request.scope["path"]
        again.redirect(f"{address}?{urlencode({'key': key, 'tries': tries + 1})}", method="POST")
        return str(again)


router = APIRouter(prefix="/voice/{token}", route_class=PatientRoute)


@router.post("/keys/{step}")
def keys(news: Signed, step: str, request: Request, session: Db) -> Response:
    """The answer to one step: `Digits`, or `SpeechResult`, or neither when nothing came in time; `?key=` is one that was
    pressed before and could not be taken then."""
    asked = keypad.step_at(step)
    if asked is None:
        raise HTTPException(404)
    attempt = attempt_of(session, news)
    digit, words = _key(request, news.fields), news.get("SpeechResult")
    ears = cast(Ears, request.app.state.ears)
    return in_xml(taking.take(session, attempt, asked, clock.now(), digit=digit, words=words, ears=ears))


@router.post("/words/{step}", status_code=204)
def words(news: Signed, step: str, request: Request, session: Db) -> None:
    """What the carrier has heard so far of an answer in words: the part it will not change any more, and the rest."""
    asked = keypad.step_at(step)
    if asked is None:
        raise HTTPException(404)
    heard = " ".join(filter(None, (news.get("StableSpeechResult"), news.get("UnstableSpeechResult"))))
    number = news.get("SequenceNumber")
    half_said.keep(session, attempt_of(session, news), asked, heard, int(number[:9]) if number.isdecimal() else 0,
                   clock.now(), cast(Ears, request.app.state.ears))  # fmt: skip


def _key(request: Request, fields: FormData) -> str:
    """The key pressed for this step, now or before; empty for none. Never words: they have no place in an address."""
    key = str(fields.get("Digits") or request.query_params.get("key") or "")[:1]
    return key if key in set("0123456789*#") else ""


def _tries(request: Request) -> int:
    tries = request.query_params.get("tries", "")
    return int(tries) if tries.isdecimal() else 0
