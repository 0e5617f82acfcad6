"""Erasing one person: their data key is destroyed, here and in the copies within reach, and nothing of theirs opens again (P-24).

Rows stay, as counts without words. What was destroyed is written down beside the key file (ids only), so that an older
copy brought back later has these keys destroyed again before anything reads it.
"""

import json
import os
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import UUID

import requests
import sqlalchemy as sa
import structlog
from sqlmodel import Session, SQLModel, col, select
from twilio.base.exceptions import TwilioException

from oncall.db import transaction
from oncall.errors import NotFound, OnCallError
from oncall.gateways import store, tape
from oncall.models import (
    Alarm,
    AlarmState,
    Attempt,
    Case,
    CheckIn,
    CheckInState,
    Enrolment,
    Event,
    Household,
    Memory,
    Recording,
    RecordingState,
    Resident,
    Standing,
    Verb,
)
from oncall.settings import settings

log = structlog.get_logger()

ERASED = "erased"  # the reason of their standing, and what their number in the office becomes


class StillOpen(OnCallError):
    """This person has an open case or alarm: a person must close it before anything is forgotten."""

    status = 409


@dataclass(frozen=True)
class Gone:
    """What erasing came to. `left_at_carrier` are recordings the carrier did not confirm to have forgotten."""

    rows: int
    recordings: int
    left_at_carrier: int
    copies: int


def erase(external_id: str, reason: str, now: datetime, by: UUID | None = None) -> Gone:
    """Forget one resident. Raises NotFound, StillOpen. A second time changes nothing but what was left at the carrier."""
    with transaction() as session:
        resident = session.exec(select(Resident).where(Resident.external_id == external_id).with_for_update()).first()
        if resident is None:
            raise NotFound
        if _is_open(session, resident):
            raise StillOpen
        resident_id = resident.id
        kept = session.exec(select(Recording.sid, Recording.key).where(Recording.resident_id == resident_id)).all()
    _remember(resident_id, now)  # before the rows: whatever breaks off here is finished by the next run or restore
    with transaction() as session:
        rows = forget(session, resident_id, now)
        session.add(Event(at=now, verb=Verb.ERASED, staff_id=by, resident_id=resident_id, about=f"resident:{resident_id}",
                          detail={"reason": reason[:200]}))  # fmt: skip
    left = 0
    for sid, key in kept:
        if key:
            store.remove(key)
        left += not _carrier_forgot(sid)
    copies = sum(_take_out(folder, resident_id) for folder in copies_made())
    log.info("erased", resident=str(resident_id), rows=rows)
    return Gone(rows, len(kept), left, copies)


def forget(session: Session, resident_id: UUID, now: datetime) -> int:
    """Destroy the key and every sealed word of one resident; how many rows that touched."""
    touched = 0
    for table in SQLModel.metadata.sorted_tables:
        words = {
            column.name: (None if column.nullable else b"")
            for column in table.columns
            if column.name.endswith("_sealed")
        }
        if not words:
            continue
        if table.name == "resident":
            mine = table.c.id == resident_id
        elif "resident_id" in table.c:
            mine = table.c.resident_id == resident_id
        elif "signal_id" in table.c:
            signal = SQLModel.metadata.tables["signal"]
            mine = table.c.signal_id.in_(sa.select(signal.c.id).where(signal.c.resident_id == resident_id))
        else:
            continue  # of staff
        touched += session.execute(sa.update(table).where(mine).values(words)).rowcount  # type: ignore[attr-defined]  # an UPDATE counts its rows
    session.expire_all()
    resident = session.get_one(Resident, resident_id)
    resident.key_wrapped, resident.phone_index, resident.phone2_index = b"", b"erased:" + resident_id.bytes, None
    resident.standing, resident.standing_reason, resident.changed_at = Standing.WITHDRAWN, ERASED, now
    resident.external_id, resident.source, resident.preferred_time = f"{ERASED}-{resident_id.hex[:12]}", "", None
    resident.timezone = None
    session.add(resident)
    session.execute(sa.update(Attempt).where(col(Attempt.resident_id) == resident_id).values(phone_index=None))
    _leave(session, resident, now)
    session.flush()
    return touched


def erased_ids() -> set[UUID]:
    """Everybody erased from this city so far."""
    file = _list()
    return {UUID(json.loads(line)["resident"]) for line in file.read_text().splitlines()} if file.exists() else set()


def copies_made() -> list[Path]:
    """The folders of backups that this machine made and still reaches."""
    file = settings().data / "backups.jsonl"
    folders = [Path(json.loads(line)["folder"]) for line in file.read_text().splitlines()] if file.exists() else []
    return [folder for folder in folders if (folder / "keys.jsonl").exists()]


def _leave(session: Session, resident: Resident, now: datetime) -> None:
    session.execute(sa.update(Enrolment).where(col(Enrolment.resident_id) == resident.id, col(Enrolment.left_at).is_(None))
                    .values(left_at=now))  # fmt: skip
    for check_in in session.exec(
        select(CheckIn).where(CheckIn.resident_id == resident.id, CheckIn.state == CheckInState.DUE)
    ):
        check_in.move(CheckInState.CANCELLED, now, "withdrawn")
    session.execute(sa.delete(Memory).where(col(Memory.resident_id) == resident.id))
    session.execute(sa.update(Recording).where(col(Recording.resident_id) == resident.id)
                    .values(state=RecordingState.ABSENT, key="", changed_at=now))  # fmt: skip
    alone = ~sa.exists().where(col(Resident.household_id) == resident.household_id, col(Resident.id) != resident.id)
    session.execute(
        sa.update(Household).where(col(Household.id) == resident.household_id, alone).values(address_index=None)
    )


def _is_open(session: Session, resident: Resident) -> bool:
    case = select(Case.id).where(Case.resident_id == resident.id, col(Case.closed_at).is_(None))
    alarm = select(Alarm.id).where(Alarm.resident_id == resident.id, Alarm.state != AlarmState.CLOSED)
    return session.exec(case).first() is not None or session.exec(alarm).first() is not None


def _carrier_forgot(sid: str) -> bool:
    try:
        tape.erase_recording(sid)
    except (TwilioException, requests.RequestException, OnCallError):
        log.warning("recording_left_at_carrier", recording=sid)
        return False
    return True


def _list() -> Path:
    return settings().key_file.with_name("erased.jsonl")


def _remember(resident_id: UUID, now: datetime) -> None:
    with _list().open("a") as out:
        out.write(json.dumps({"resident": str(resident_id), "at": now.isoformat()}) + "\n")
        out.flush()
        os.fsync(out.fileno())


def _take_out(folder: Path, resident_id: UUID) -> bool:
    """Take one person's wrapped key out of a backup; True when it was there."""
    file = folder / "keys.jsonl"
    lines = file.read_text().splitlines()
    left = [line for line in lines if json.loads(line)["resident"] != str(resident_id)]
    if len(left) == len(lines):
        return False
    fresh = file.with_suffix(".new")
    fresh.write_text("".join(line + "\n" for line in left))
    fresh.chmod(0o600)
    fresh.replace(file)
    return True
