"""Changing the city's key while everything runs: every data key is wrapped anew, in steps that may be broken off (P-25).

First the file names the new key beside the old one, so that every process opens with both; then each resident's data
key is wrapped anew, a few hundred in a transaction; when none is left under the old key, the file forgets it. Broken off
anywhere, the next run goes on where this one was. What was sealed stays sealed as it is: only the wrapping changes.

The keyed indexes (by which a telephone number finds its resident) keep their own key. Were it changed, every index would
have to be made anew from the opened numbers, and while that lasts no number could be found on every node; and who holds
the old key and a copy of the rows can test guessed numbers either way.
"""

import secrets
import time
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import sqlalchemy as sa
import structlog
from sqlmodel import col, select

from oncall.db import transaction
from oncall.models import Event, Resident, Staff, Verb
from oncall.models.key_file import KeyFile
from oncall.models.seal import KeyRing, ring
from oncall.settings import settings

log = structlog.get_logger()

AT_ONCE = 500
LAST_LOOK_SECONDS = 2.0  # a process may have wrapped with the old key a moment ago, in a transaction that still runs


@dataclass(frozen=True)
class Changed:
    """What a change of key came to."""

    residents: int
    staff: int
    seconds: float
    resumed: bool
    retired: Path  # the old key, for backups made before


def prepare() -> bool:
    """Name the next key in the file, beside the one that wraps: to be handed to every host before `change`.

    False when a next key stands there already.
    """
    file = settings().key_file
    keys = KeyFile.read(file)
    if keys.also:
        return False
    KeyFile.of(keys.key, (secrets.token_bytes(32),), keys.index, keys.session).write(file)
    ring().look_again()
    return True


def change(now: datetime) -> Changed:
    """Wrap everything under a new key (the prepared one, if there is one) and forget the old one."""
    started, file = time.monotonic(), settings().key_file
    keys = KeyFile.read(file)
    retired = file.with_name(f"{file.name}.retired")
    resumed = retired.exists() and KeyFile.read(retired).key in keys.also
    if not resumed:
        old, new = keys.key, keys.also[0] if keys.also else secrets.token_bytes(32)
        KeyFile.of(old, (), keys.index, keys.session).write(retired)
        keys = KeyFile.of(new, (old,), keys.index, keys.session)
        keys.write(file)
    ring().look_again()
    residents = staff = 0
    while True:
        fresh = _residents(ring())
        residents, staff = residents + fresh, max(staff, _staff())
        if not fresh:
            break
        time.sleep(LAST_LOOK_SECONDS)
    KeyFile.of(keys.key, (), keys.index, keys.session).write(file)
    ring().look_again()
    kept = retired.with_name(f"{retired.name}-{now:%Y%m%dT%H%M%S}")
    retired.replace(kept)
    with transaction() as session:
        session.add(Event(at=now, verb=Verb.KEYS_ROTATED, detail={"residents": residents, "staff": staff}))
    log.info("key_changed", residents=residents, staff=staff)
    return Changed(residents, staff, time.monotonic() - started, resumed, kept)


def _residents(keys: KeyRing) -> int:
    """Wrap anew what is not under the new key yet; how many."""
    changed, after = 0, None
    while True:
        with transaction() as session:
            statement = select(Resident.id, Resident.key_wrapped).order_by(col(Resident.id)).limit(AT_ONCE)
            rows = session.exec(statement.where(col(Resident.id) > after) if after else statement).all()
            if not rows:
                return changed
            after = rows[-1][0]
            moved = [
                {"b_id": owner, "b_old": wrapped, "b_new": fresh}
                for owner, wrapped in rows
                if (fresh := keys.rewrapped(owner, wrapped)) is not None
            ]
            if moved:
                session.connection().execute(_REWRAP, moved)
            changed += len(moved)


# Only if nobody destroyed it meanwhile: an erasure is never undone.
_REWRAP = (
    sa.update(Resident)
    .where(col(Resident.id) == sa.bindparam("b_id"), col(Resident.key_wrapped) == sa.bindparam("b_old"))
    .values(key_wrapped=sa.bindparam("b_new"))
)


def _staff() -> int:
    """Seal the office's own telephone numbers anew."""
    with transaction() as session:
        people = session.exec(select(Staff).where(col(Staff.phone_sealed).is_not(None)).with_for_update()).all()
        for person in people:
            person.reachable_at(person.phone)
    return len(people)
