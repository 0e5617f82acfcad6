"""What the carrier tells us and asks us while a call lives: signed, tokened, and never a 500 in anybody's ear."""

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, cast
from urllib.parse import parse_qs, urlsplit

import structlog
from fastapi import APIRouter, Depends, HTTPException, Request, Response
from fastapi.routing import APIRoute
from sqlmodel import Session, select
from starlette.datastructures import FormData

from oncall import clock
from oncall.call import half_said, keying, keypad, media_token, model_health, progress, script, taking, taped
from oncall.call.ears import Ears
from oncall.call.load import load
from oncall.call.warm import warm
from oncall.db import Db, defer
from oncall.gateways import phone
from oncall.models import Attempt, AttemptKind, AttemptState, ConsentScope, Manner, Path, RecordingState, Resident
from oncall.models.consent import standing_consent
from oncall.settings import Voicemail, settings

log = structlog.get_logger()


class KindRoute(APIRoute):
    """A route whose failure is heard by somebody: whatever breaks, the carrier is given a kind sentence to say."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The usual handler, with an apology in place of any error of ours. A refusal (403) stays a refusal."""
        usual = super().get_route_handler()

        async def handle(request: Request) -> Response:
            try:
                return await usual(request)
            except HTTPException:
                raise
            except Exception:
                log.exception("voice_route_failed", path=request.url.path.rsplit("/", 1)[-1])
                return in_xml(await self.instead(request))

        return handle

    async def instead(self, request: Request) -> str:
        """TwiML for whoever is on the line of a request that failed."""
        return script.apology()


router = APIRouter(prefix="/voice/{token}")
spoken = APIRouter(prefix="/voice/{token}", route_class=KindRoute)

LARGEST_BODY = 64 * 1024


@dataclass(frozen=True)
class News:
    """One signed message of the carrier."""

    token: str
    fields: FormData

    def get(self, name: str) -> str:
        """A field, empty when it is not there."""
        value = self.fields.get(name)
        return value if isinstance(value, str) else ""


async def signed_fields(request: Request) -> FormData:
    """What was sent, once its signature holds against our configured public address (TH-01). 403 otherwise."""
    if int(request.headers.get("content-length") or 0) > LARGEST_BODY:
        raise HTTPException(413)
    fields = await request.form(max_files=0, max_fields=200)
    if not phone.signed_by_carrier(path_and_query(request), fields, request.headers.get("x-twilio-signature")):
        log.warning("webhook_refused", reason="signature")
        raise HTTPException(403)
    return fields


def signed_news(token: str, fields: Annotated[FormData, Depends(signed_fields)]) -> News:
    """A signed message to an address with an attempt's token in it."""
    return News(token, fields)


def path_and_query(request: Request) -> str:
    """What of the address was asked for, byte by byte as it was signed."""
    path = request.scope.get("raw_path", b"").decode() or request.url.path
    query = request.scope["query_string"].decode()
    return path + (f"?{query}" if query else "")


Signed = Annotated[News, Depends(signed_news)]


@spoken.post("/answer")
def answer(news: Signed, session: Db) -> Response:
    """Somebody picked up: the fixed opening, then the stream. An attempt that is over gets a kind goodbye instead."""
    attempt = attempt_of(session, news)
    resident = session.get_one(Resident, attempt.resident_id)
    if attempt.state is AttemptState.ENDED:
        return in_xml(script.farewell("already_over", resident.language))
    progress.advance(session, attempt, AttemptState.ANSWERED, clock.now(), call_sid=news.get("CallSid"))
    return in_xml(first_words(session, attempt, clock.now()))


def first_words(session: Session, attempt: Attempt, now: datetime) -> str:
    """TwiML for a call that has just begun, ours or theirs: the opening, and then the talk or the keypad check."""
    resident = session.get_one(Resident, attempt.resident_id)
    abroad = standing_consent(session, resident.id, ConsentScope.OVERSEAS)
    if attempt.media_token_used_at is None and not (
        abroad and model_health.usable(session, now) and _room_for(attempt)
    ):
        attempt.path = Path.KEYPAD
    if attempt.path is Path.KEYPAD:
        return keying.begin(session, attempt, now)
    return _opening(session, attempt, resident, again=False)


def _room_for(attempt: Attempt) -> bool:
    """Whether this process carries one more talk; a redial it carries in any case."""
    if attempt.kind is AttemptKind.REDIAL or load.has_room():
        return True
    log.warning("talk_refused", attempt=str(attempt.id), live=load.live, lag_ms=round(load.lag_ms()))
    return False


@spoken.post("/again")
def again(news: Signed, session: Db) -> Response:
    """They asked who calls, or somebody was fetched to the telephone: the opening once more, slowly (C-05)."""
    attempt = attempt_of(session, news)
    resident = session.get_one(Resident, attempt.resident_id)
    if attempt.state is AttemptState.ENDED:
        return in_xml(script.farewell("already_over", resident.language))
    warm.prepare(attempt.token)
    return in_xml(_opening(session, attempt, resident, again=True))


def _opening(session: Session, attempt: Attempt, resident: Resident, *, again: bool) -> str:
    manner = session.get(Manner, resident.id) or Manner(resident_id=resident.id)
    name = resident.preferred_name or resident.name
    path = f"/media/{media_token.issue(attempt, clock.now(), again=again)}"
    return script.opening(attempt.token, path, resident.language, name=name, again=again, speed=manner.speed,
                          louder=manner.needs_louder)  # fmt: skip


@spoken.post("/after")
def after(news: Signed, session: Db) -> Response:
    """The stream is over and the line still open: go on by keypad when the model is gone, else say why and hang up."""
    attempt = attempt_of(session, news)
    if attempt.end_reason == model_health.DOWN and attempt.state is not AttemptState.ENDED:
        return in_xml(keying.switch(session, attempt, clock.now()))
    language = session.get_one(Resident, attempt.resident_id).language
    broke = {"model_down": "model_down", "broken": "sorry", "malformed": "sorry"}
    key = broke.get(attempt.end_reason) if attempt.end_reason else "sorry"
    return in_xml(script.farewell(key, language))


@spoken.post("/fallback")
def fallback(news: Signed, request: Request, session: Db) -> Response:
    """Our answer could not be fetched in time: the keypad check goes on from the step whose answer found nobody, with
    what was pressed; anything else ends with an apology in the resident's language."""
    attempt = attempt_of(session, news)
    failed = urlsplit(news.get("ErrorUrl"))
    step = keypad.step_at(failed.path.rpartition(f"/voice/{attempt.token}/keys/")[2])
    if step is not None:
        key = news.get("Digits") or "".join(parse_qs(failed.query).get("key", []))
        ears = cast(Ears, request.app.state.ears)
        words = news.get("SpeechResult")
        return in_xml(taking.take(session, attempt, step, clock.now(), digit=key, words=words, ears=ears))
    attempt.end_reason = attempt.end_reason or "broken"
    return in_xml(script.farewell("sorry", session.get_one(Resident, attempt.resident_id).language))


@router.post("/status", status_code=204)
def status(news: Signed, request: Request, session: Db) -> None:
    """Where the call is; any order, any number of times."""
    attempt = attempt_of(session, news)
    seconds = news.get("CallDuration")
    progress.carrier_says(
        session, attempt, news.get("CallStatus"), clock.now(), call_sid=news.get("CallSid"),
        answered_by=news.get("AnsweredBy") or None, seconds=int(seconds) if seconds.isdecimal() else None,
    )  # fmt: skip
    if attempt.state in {AttemptState.PLACED, AttemptState.RINGING} and attempt.path is Path.TALK:
        warm.prepare(attempt.token)
    elif attempt.state is AttemptState.ENDED:
        over(session, attempt, request)


@router.post("/machine", status_code=204)
def machine(news: Signed, session: Db) -> None:
    """What the answering-machine detector believes; a machine is hung up on unless somebody has spoken. It is left a
    word only where the city wants that, and only after its greeting (C-31)."""
    attempt = attempt_of(session, news)
    heard = news.get("AnsweredBy")
    if progress.machine_says(attempt, heard) and attempt.state is not AttemptState.ENDED:
        listens = heard.startswith("machine_end") and settings().voicemail is Voicemail.NAME
        defer(session, "leave_word" if listens else "hang_up_on_machine", attempt=str(attempt.id))


@router.post("/recording", status_code=204)
def recording(news: Signed, session: Db) -> None:
    """The sound of the call is there, or will never be. The address in the message is not looked at (TH-09)."""
    attempt = attempt_of(session, news)
    states = {"completed": RecordingState.READY, "absent": RecordingState.ABSENT, "failed": RecordingState.ABSENT}
    state, sid = states.get(news.get("RecordingStatus")), news.get("RecordingSid")
    if state and sid:
        taped.recording_came(session, attempt, sid, state, clock.now())


@router.post("/stream", status_code=204)
def stream(news: Signed) -> None:
    """The media stream began, ended or failed; kept in the log for whoever looks into a broken call."""
    if news.get("StreamEvent") == "stream-error":
        log.warning("stream_error", call=news.get("CallSid"), error=news.get("StreamError")[:80])


def over(session: Session, attempt: Attempt, request: Request) -> None:
    """The carrier says that a call has ended, ours or theirs: what was being said is heard out, and nothing kept ready."""
    warm.drop(attempt.token)
    half_said.hear_out(session, attempt, clock.now(), cast(Ears, request.app.state.ears))


def attempt_of(session: Session, news: News) -> Attempt:
    """The attempt a message is about, its row locked. 403 when it is none of ours, or another call's."""
    attempt = session.exec(select(Attempt).where(Attempt.token == news.token).with_for_update()).first()
    if attempt is None or (attempt.call_sid and news.get("CallSid") and attempt.call_sid != news.get("CallSid")):
        # Signed, but about another call or none of ours: nothing is written (TH-02).
        log.warning("webhook_refused", reason="token")
        raise HTTPException(403)
    return attempt


def in_xml(twiml: str) -> Response:
    """TwiML as the carrier's answer."""
    return Response(twiml, media_type="text/xml")
