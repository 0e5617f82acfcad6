"""Honouring what a resident asks of the calls themselves, in the very call and before it ends."""

import hashlib
from datetime import datetime

from sqlmodel import Session

from oncall.call import erasing, script
from oncall.call.line import Line
from oncall.models import Consent, ConsentScope, Event, Resident, Standing, Verb
from oncall.models.memory import forget_all
from oncall.models.wish import Wish

_STANDING = {
    Wish.STOP_CALLING: Standing.WITHDRAWN,
    Wish.WRONG_PERSON: Standing.WRONG_NUMBER,
    Wish.DECEASED: Standing.DECEASED,
}
_WITHDRAWS = {Wish.STOP_CALLING: ConsentScope.SERVICE, Wish.DO_NOT_RECORD: ConsentScope.RECORDING}


def honour(session: Session, line: Line, wish: Wish, now: datetime) -> None:
    """Write the wish down so that it holds from this moment on; the case about it comes with the assessment.

    Stop calling: no further automatic call. Wrong person: the number rests until a person corrects it. Died: never
    again. Do not record: consent to recording is withdrawn, no sound of this call counts any more, and it is erased
    wherever it lies. Forget: every note on them is deleted; their consent to notes stands, because "forget that" is
    about what was noted and not about the next call, and taking it back is a word of its own. Later: the check-in is
    laid out once more when this call has been understood (`schedule/later.py`).
    """
    resident = session.get_one(Resident, line.resident_id, with_for_update=True)
    if (standing := _STANDING.get(wish)) and resident.standing is Standing.ACTIVE:
        resident.standing, resident.standing_reason, resident.changed_at = standing, "said_in_call", now
    if scope := _WITHDRAWS.get(wish):
        words = script.line("recorded", line.language)
        session.add(Consent(
            resident_id=resident.id, scope=scope, given=False, text_version="call", given_at=now, recorded_at=now,
            text_sha256=hashlib.sha256(words.encode()).hexdigest(), channel="call",
        ))  # fmt: skip
        session.add(Event(at=now, verb=Verb.CONSENT_RECORDED, resident_id=resident.id, about=f"attempt:{line.attempt_id}",
                          detail={"scope": scope.value, "given": False, "channel": "call"}))  # fmt: skip
    if wish is Wish.DO_NOT_RECORD:
        erasing.refuse(session, line.attempt_id, now)
    if wish is Wish.FORGET:
        forget_all(session, resident.id, now, about=f"attempt:{line.attempt_id}")
    session.add(Event(at=now, verb=Verb.STANDING_CHANGED, resident_id=resident.id, about=f"attempt:{line.attempt_id}",
                      detail={"wish": wish.value}))  # fmt: skip
