"""Consent as it is asked and written down: which words, on what channel, by whom; a no stops calls at once (P-02, P-32)."""

import tomllib
from datetime import datetime, timedelta
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlmodel import Session, col, select

from oncall.enrol.standing import stand
from oncall.models import Consent, ConsentScope, Event, Language, Resident, Standing, Verb
from oncall.models.consent import scopes_given, standing_consent
from oncall.models.memory import forget_all

CHANNELS = ("paper", "phone", "web", "proxy", "call")


def may(session: Session, resident_id: UUID, scope: ConsentScope) -> bool:
    """Whether the resident agrees to `scope` at this moment; the newest word counts, and none is no."""
    return standing_consent(session, resident_id, scope)


def history(session: Session, resident_id: UUID) -> list[Consent]:
    """Every yes and no of one resident, the newest first."""
    rows = select(Consent).where(Consent.resident_id == resident_id)
    return list(session.exec(rows.order_by(col(Consent.given_at).desc(), col(Consent.recorded_at).desc())))


def record(session: Session, resident: Resident, scope: ConsentScope, given: bool, now: datetime, *, channel: str,
           given_at: datetime | None = None, staff_id: UUID | None = None) -> bool:  # fmt: skip
    """Write down a yes or a no; False when that is what stands already.

    A no counts from now, whatever day it was said, so that an older yes never outlives it; it also ends the standing
    of somebody who was called until now. A yes counts from `given_at`, and brings back only who had withdrawn.
    """
    # A claim that is choosing whom to dial waits for this row, or sees it locked and passes over it.
    session.flush()
    session.exec(select(Resident.id).where(Resident.id == resident.id).with_for_update(key_share=True)).one()
    before = scopes_given(session, [resident.id])[resident.id]
    said = history(session, resident.id)
    newest = next((row for row in said if row.scope is scope), None)
    if newest is not None and (scope in before) is given:
        return False
    if newest is not None and not (given and given_at):
        # The clock of the node that wrote the answer before may run ahead of ours: this one is later all the same.
        given_at = max(now, newest.given_at + timedelta(microseconds=1))
    write(session, resident, scope, given, now, channel=channel, given_at=given_at, staff_id=staff_id)
    if scope is ConsentScope.SERVICE and given and resident.standing is Standing.WITHDRAWN:
        stand(session, resident, Standing.ACTIVE, "consent", now, staff_id=staff_id)
    elif scope is ConsentScope.SERVICE and not given and scope in before and resident.standing.may_be_called:
        stand(session, resident, Standing.WITHDRAWN, "consent", now, staff_id=staff_id)
    elif scope is ConsentScope.MEMORY and not given:
        # What was noted with their yes does not outlive it (P-10).
        forget_all(session, resident.id, now, about=f"resident:{resident.id}", staff_id=staff_id)
    session.flush()
    return True


def write(session: Session, resident: Resident, scope: ConsentScope, given: bool, now: datetime, *, channel: str,
          given_at: datetime | None = None, staff_id: UUID | None = None) -> None:  # fmt: skip
    """The row itself, for somebody of whom nothing was known before; `record` is for everybody else."""
    version, words = consent_words(resident.language)
    session.add(
        Consent(
            resident_id=resident.id, scope=scope, given=given, text_version=version,
            text_sha256=sha256(words[scope].encode()).hexdigest(), channel=channel,
            given_at=given_at or now, recorded_at=now, recorded_by=staff_id,
        )
    )  # fmt: skip
    session.add(
        Event(at=now, verb=Verb.CONSENT_RECORDED, staff_id=staff_id, resident_id=resident.id,
              about=f"resident:{resident.id}", detail={"scope": scope.value, "given": given, "channel": channel})
    )  # fmt: skip


@lru_cache
def consent_words(language: Language | str) -> tuple[str, dict[ConsentScope, str]]:
    """The version and the words of each scope in one language."""
    file: dict[str, Any] = tomllib.loads((Path(__file__).parent / "consent_words.toml").read_text("utf-8"))
    return file["version"], {scope: file[str(language)][scope.value] for scope in ConsentScope}
