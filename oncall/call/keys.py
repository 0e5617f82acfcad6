"""The keypad check's webhooks: each key or word the carrier gathered, answered with the next question."""

from typing import cast

from fastapi import APIRouter, HTTPException, Request, Response

from oncall import clock
from oncall.call import keying, keypad, script
from oncall.call.ears import Ears
from oncall.call.webhooks import KindRoute, Signed, attempt_of, in_xml
from oncall.db import Db
from oncall.models import AttemptState, Resident

router = APIRouter(prefix="/voice/{token}", route_class=KindRoute)


@router.post("/keys/{step}")
def keys(news: Signed, step: str, request: Request, session: Db) -> Response:
    """The answer to one step: `Digits`, or `SpeechResult`, or neither when nothing came in time."""
    asked = keypad.step_at(step)
    if asked is None:
        raise HTTPException(404)
    attempt = attempt_of(session, news)
    if attempt.state is AttemptState.ENDED:
        language = session.get_one(Resident, attempt.resident_id).language
        return in_xml(script.farewell("already_over", language))
    ears = cast(Ears, request.app.state.ears)
    return in_xml(
        keying.go_on(session, attempt, asked, clock.now(), digit=news.get("Digits"), words=news.get("SpeechResult"),
                     ears=ears)
    )  # fmt: skip
