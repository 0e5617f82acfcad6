"""The sound of a recording, opened from its seal for those who may hear it, in the pieces a player asks for."""

import re
from datetime import timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends
from sqlmodel import Session, select
from starlette.requests import Request
from starlette.responses import Response

from oncall import clock, db
from oncall.errors import NotFound
from oncall.gateways import store
from oncall.models import Event, Recording, RecordingState, Resident, Verb
from oncall.models.seal import Seal
from oncall.web.access import Right, Signed, holding, recognised, record_read, resident_in_scope

router = APIRouter(include_in_schema=False)
PLACE = "recording.sound"
_ONE_LISTENING = timedelta(minutes=10)
_RANGE = re.compile(r"bytes=(\d{0,15})-(\d{0,15})")


Listener = Annotated[Signed, Depends(recognised(*holding(Right.READ_WORDS)))]


@router.get("/recordings/{recording_id}/sound")
def sound(request: Request, recording_id: UUID, signed: Listener) -> Response:
    """The WAV, whole or the asked range. The check and the Event are committed before the shelf is asked."""
    with db.transaction() as session:
        recording, seal = _permitted(session, signed, recording_id)
    whole = seal.open_bytes(store.fetch(recording.key), PLACE, recording.id)
    return ranged(whole, request.headers.get("range"))


def ranged(whole: bytes, asked: str | None) -> Response:
    """`whole`, or the single byte range `asked` for (RFC 9110); an unreadable range gets the whole, an empty one 416."""
    headers = {"Accept-Ranges": "bytes", "Cache-Control": "no-store"}
    found = _RANGE.fullmatch(asked or "")
    if not found or found.groups() == ("", ""):
        return Response(whole, media_type="audio/wav", headers=headers)
    first, last = found.groups()
    start = int(first) if first else max(len(whole) - int(last), 0)
    end = min(int(last), len(whole) - 1) if first and last else len(whole) - 1
    if start > end:
        return Response(status_code=416, headers=headers | {"Content-Range": f"bytes */{len(whole)}"})
    headers["Content-Range"] = f"bytes {start}-{end}/{len(whole)}"
    return Response(whole[start : end + 1], status_code=206, media_type="audio/wav", headers=headers)


def _permitted(session: Session, signed: Signed, recording_id: UUID) -> tuple[Recording, Seal]:
    recording = session.exec(
        select(Recording).where(Recording.id == recording_id, Recording.state == RecordingState.KEPT)
    ).first()
    if recording is None:
        raise NotFound
    resident: Resident = resident_in_scope(session, signed, recording.resident_id)
    about = f"recording:{recording.id}"
    # A player asks piece by piece: one listening is one Event.
    lately = session.exec(
        select(Event.id).where(
            Event.verb == Verb.PLAYED, Event.staff_id == signed.staff_id, Event.about == about,
            Event.at > clock.now() - _ONE_LISTENING,
        )
    ).first()  # fmt: skip
    if lately is None:
        record_read(session, signed, resident.id, about, Verb.PLAYED, {"attempt": str(recording.attempt_id)})
    return recording, resident.seal
