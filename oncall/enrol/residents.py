"""Residents: entered from a roster row or a form, corrected in place, never made twice."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, time
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlmodel import Session, col, select

from oncall.enrol import consent
from oncall.enrol.entry import Entry
from oncall.enrol.household import household_for
from oncall.enrol.reason import Reason
from oncall.enrol.standing import stand
from oncall.models import Campaign, Consent, ConsentScope, Enrolment, Event, Language, Resident, Standing, Verb
from oncall.settings import settings

_SEALED = ("name", "preferred_name", "address", "notes", "emergency_name", "emergency_phone")
_PLAIN = ("language", "preferred_time", "source", "timezone")


@dataclass
class Entered:
    """What became of one entry: `changed` names the fields that are new, `doubtful` what was not done and why."""

    resident: Resident
    is_new: bool
    changed: list[str] = field(default_factory=list)
    doubtful: list[Reason] = field(default_factory=list)


def enter(session: Session, entry: Entry, known: Resident | None, now: datetime, *, channel: str = "paper",
          staff_id: UUID | None = None) -> Entered:  # fmt: skip
    """Make the resident `entry` describes, or correct the one who is `known` by its number.

    What the entry does not speak of stays as it is. A new telephone number ends the standing of a wrong one.
    """
    if known is None:
        entered = Entered(_new(session, entry, now), True)
        for scope, given in entry.consents.items():
            consent.write(session, entered.resident, scope, given, now, channel=channel, given_at=_day(entry, now),
                          staff_id=staff_id)  # fmt: skip
    else:
        entered = Entered(known, False, _correct(session, known, entry, now, staff_id))
        for scope, given in entry.consents.items():
            _consent(session, entered, scope, given, _day(entry, now), now, channel, staff_id)
    if entered.is_new or entered.changed:
        verb = Verb.ENROLLED if entered.is_new else Verb.CORRECTED
        session.add(
            Event(at=now, verb=verb, staff_id=staff_id, resident_id=entered.resident.id,
                  about=f"resident:{entered.resident.id}", detail={"fields": entered.changed})
        )  # fmt: skip
    session.flush()
    return entered


def empty(session: Session, resident: Resident, names: list[str], now: datetime, *, staff_id: UUID | None) -> None:
    """Forget what is known under these field names (source becomes empty words, the others nothing)."""
    if not names:
        return
    for name in names:
        setattr(resident, name, "" if name == "source" else None)
    resident.changed_at = now
    session.add(
        Event(at=now, verb=Verb.CORRECTED, staff_id=staff_id, resident_id=resident.id, about=f"resident:{resident.id}",
              detail={"emptied": names})
    )  # fmt: skip


def find_by_number(session: Session, external_id: str) -> Resident | None:
    """The resident whom the office knows by this number."""
    return session.exec(select(Resident).where(Resident.external_id == external_id)).first()


def join(session: Session, campaign: Campaign, resident: Resident, now: datetime) -> bool:
    """Take the resident into the campaign, its next tick plans their first call; False when they were in it already."""
    known = session.exec(
        select(Enrolment).where(Enrolment.campaign_id == campaign.id, Enrolment.resident_id == resident.id)
    ).first()
    if known is None:
        session.add(Enrolment(campaign_id=campaign.id, resident_id=resident.id, joined_at=now))
        return True
    if known.left_at is None:
        return False
    known.left_at, known.next_at, known.joined_at = None, None, now
    return True


def leave(session: Session, enrolment: Enrolment, now: datetime) -> None:
    """Take somebody out of a campaign; what is already laid out is still called."""
    enrolment.left_at, enrolment.next_at = now, None


def campaigns_of(session: Session, resident_id: UUID) -> list[tuple[Enrolment, Campaign]]:
    """The campaigns somebody is in, with their place in each."""
    rows = (
        select(Enrolment, Campaign)
        .join(Campaign, col(Campaign.id) == Enrolment.campaign_id)
        .where(Enrolment.resident_id == resident_id, col(Enrolment.left_at).is_(None))
        .order_by(col(Campaign.name))
    )
    return list(session.exec(rows).all())


def _new(session: Session, entry: Entry, now: datetime) -> Resident:
    household = household_for(session, entry.area_id, entry.address)
    resident = Resident.under_new_seal(
        external_id=entry.external_id, household_id=household.id, area_id=entry.area_id, enrolled_at=now,
        changed_at=now, language=entry.language or Language.KO, preferred_time=entry.preferred_time,
        source=entry.source or "", timezone=entry.timezone,
    )  # fmt: skip
    resident.reachable_at(entry.phone, entry.phone2)
    for name, value in _sealed_words(entry).items():
        setattr(resident, name, value)
    session.add(resident)
    session.flush()
    return resident


def _correct(session: Session, resident: Resident, entry: Entry, now: datetime, staff_id: UUID | None) -> list[str]:
    changed = []
    new_phone = resident.phone != entry.phone
    phone2 = entry.phone2 or (resident.phone2 if resident.phone2 != entry.phone else None)
    if new_phone or phone2 != resident.phone2:
        resident.reachable_at(entry.phone, phone2)
        changed.append("phone" if new_phone else "phone2")
    values: dict[str, Any] = {name: getattr(entry, name) for name in _PLAIN} | _sealed_words(entry)
    for name, value in values.items():
        if value is not None and getattr(resident, name) != value:
            setattr(resident, name, value)
            changed.append(name)
    if resident.external_id != entry.external_id:
        resident.external_id = entry.external_id
        changed.append("external_id")
    if resident.area_id != entry.area_id or "address" in changed:
        resident.household_id = household_for(session, entry.area_id, resident.address, resident).id
        if resident.area_id != entry.area_id:
            resident.area_id = entry.area_id
            changed.append("dong")
    if changed:
        resident.changed_at = now
    session.flush()
    if new_phone and resident.standing is Standing.WRONG_NUMBER:
        stand(session, resident, Standing.ACTIVE, "new_number", now, staff_id=staff_id)
    return changed


def _sealed_words(entry: Entry) -> dict[str, str | None]:
    words = {name: getattr(entry, name) for name in _SEALED}
    return words | {"birth_year": str(entry.birth_year) if entry.birth_year else None}


def _consent(session: Session, entered: Entered, scope: ConsentScope, given: bool, given_at: datetime | None,
             now: datetime, channel: str, staff_id: UUID | None) -> None:  # fmt: skip
    """Take over what the entry says of one scope, unless what is known was said later.

    Without a date a no is taken as new, and a yes never undoes a no: an old roster must not bring back a call that a
    resident has stopped.
    """
    newest = session.exec(
        select(Consent)
        .where(Consent.resident_id == entered.resident.id, Consent.scope == scope)
        .order_by(col(Consent.given_at).desc(), col(Consent.recorded_at).desc(), col(Consent.given))
        .limit(1)
    ).first()
    if newest is not None and newest.given is not given:
        stale = given_at <= newest.given_at if given_at else given
        if stale:
            entered.doubtful += [Reason("kept_no", f"consent_{scope.value}")] if given else []
            return
    if consent.record(session, entered.resident, scope, given, now, channel=channel, given_at=given_at,
                      staff_id=staff_id):  # fmt: skip
        entered.changed.append(f"consent_{scope.value}")


def _day(entry: Entry, now: datetime) -> datetime | None:
    if entry.consent_date is None:
        return None
    morning = datetime.combine(entry.consent_date, time(), ZoneInfo(settings().timezone))
    return min(morning.astimezone(UTC), now)
