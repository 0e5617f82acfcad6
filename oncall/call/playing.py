"""The sound of a fixed line, as the carrier fetches it to play: the same for everybody, and about nobody."""

import structlog
from fastapi import APIRouter, Depends, HTTPException, Request, Response

from oncall.call import mulaw, script, voice
from oncall.call.webhooks import path_and_query
from oncall.gateways import phone

log = structlog.get_logger()
router = APIRouter(prefix="/voice/line")

KEPT_FOR = "max-age=31536000, immutable"  # the name is of the sound itself


def asked_by_carrier(request: Request) -> None:
    """A signature that is there must hold. Whether a carrier signs the fetching of sound is its own affair, and a refusal
    would be silence in somebody's ear: the unguessable name, told to the carrier alone, opens it as well (TH-01)."""
    signature = request.headers.get("x-twilio-signature")
    if signature is not None and not phone.signed_by_carrier(path_and_query(request), {}, signature):
        log.warning("webhook_refused", reason="signature")
        raise HTTPException(403)


@router.get("/{name}.wav", dependencies=[Depends(asked_by_carrier)])
def line_sound(name: str) -> Response:
    """One line's sound, telephone quality."""
    fingerprint = name.removesuffix(script.LOUDER)
    sound = voice.by_fingerprint(fingerprint)
    if sound is None:
        raise HTTPException(404)
    if fingerprint != name:
        sound = voice.louder(sound)
    return Response(mulaw.wav(sound), media_type="audio/wav", headers={"Cache-Control": KEPT_FOR})
