"""Rows a test is about, each `make_*` needing nothing but what the test says."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any
from uuid import uuid4

import pytest
from sqlmodel import Session, select

from oncall.models import (
    Alarm,
    Area,
    AreaKind,
    Attempt,
    Campaign,
    CheckIn,
    Consent,
    ConsentScope,
    Duty,
    Enrolment,
    Household,
    Level,
    Resident,
    Role,
    SignalCode,
    Speaker,
    Staff,
    Turn,
    TurnSource,
)  # fmt: skip
from oncall.models.risk import Detector

NOON = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)  # a Tuesday, 12:00 in Seoul
_numbers = count(1)


def make_city(session: Session) -> dict[str, Area]:
    """Bucheon with two districts and four dongs, by name; the same rows when asked again."""
    known = {area.name: area for area in session.exec(select(Area))}
    for name, english, kind, parent in [
        ("부천시", "Bucheon", AreaKind.CITY, None),
        ("원미구", "Wonmi-gu", AreaKind.DISTRICT, "부천시"),
        ("소사구", "Sosa-gu", AreaKind.DISTRICT, "부천시"),
        ("중동", "Jung-dong", AreaKind.DONG, "원미구"),
        ("상동", "Sang-dong", AreaKind.DONG, "원미구"),
        ("소사동", "Sosa-dong", AreaKind.DONG, "소사구"),
        ("옥길동", "Okgil-dong", AreaKind.DONG, "소사구"),
    ]:
        if name not in known:
            above = known[parent] if parent else None
            area = Area(name=name, name_en=english, kind=kind, parent_id=above.id if above else None)
            session.add(area)
            session.flush()
            area.path = f"{above.path if above else ''}{area.id}."
            session.flush()
            known[name] = area
    return known


def make_resident(session: Session, name: str = "김순자", *, dong: str = "중동", phone: str | None = None,
                  consents: tuple[ConsentScope, ...] = tuple(ConsentScope), now: datetime = NOON, **columns: Any) -> Resident:  # fmt: skip
    """A resident with a household of their own and (by default) every consent."""
    area = make_city(session)[dong]
    household = Household(area_id=area.id)
    session.add(household)
    session.flush()
    number = next(_numbers)
    sealed = {key: columns.pop(key) for key in ("notes", "address", "birth_year", "preferred_name") if key in columns}
    resident = Resident.under_new_seal(
        external_id=columns.pop("external_id", f"T-{number}-{uuid4().hex[:6]}"), household_id=household.id,
        area_id=area.id, enrolled_at=now, changed_at=now, **columns,
    )  # fmt: skip
    resident.name = name
    resident.reachable_at(phone or f"+8210{number:08d}", None)
    for key, value in sealed.items():
        setattr(resident, key, value)
    session.add(resident)
    session.flush()
    for scope in consents:
        session.add(Consent(resident_id=resident.id, scope=scope, given=True, text_version="test", text_sha256="0" * 64,
                            channel="paper", given_at=now, recorded_at=now))  # fmt: skip
    session.flush()
    return resident


def make_campaign(session: Session, name: str = "안부 확인", **columns: Any) -> Campaign:
    """A weekly campaign of the whole city, weekdays 10-12 and 14-17."""
    values: dict[str, Any] = {
        "every_seconds": 7 * 86400, "windows": ["mon-fri 10:00-12:00", "mon-fri 14:00-17:00"],
        "starts": date(2026, 11, 1), "retry_after_seconds": [1800, 7200], "facts": ["meals", "sleep"],
        "area_id": make_city(session)["부천시"].id, "changed_at": NOON,
    } | columns  # fmt: skip
    if values.get("cron"):
        values["every_seconds"] = None
    campaign = Campaign(name=name, **values)
    session.add(campaign)
    session.flush()
    return campaign


def make_check_in(session: Session, resident: Resident | None = None, campaign: Campaign | None = None,
                  *, slot: datetime = NOON, **columns: Any) -> CheckIn:  # fmt: skip
    """A check-in due at `slot` for one resident of one campaign."""
    resident = resident or make_resident(session)
    campaign = campaign or session.exec(select(Campaign)).first() or make_campaign(session)
    enrolment = session.exec(
        select(Enrolment).where(Enrolment.campaign_id == campaign.id, Enrolment.resident_id == resident.id)
    ).first() or Enrolment(campaign_id=campaign.id, resident_id=resident.id, joined_at=slot)
    session.add(enrolment)
    session.flush()
    check_in = CheckIn(campaign_id=campaign.id, enrolment_id=enrolment.id, resident_id=resident.id,
                       area_id=resident.area_id, slot=slot, due_at=columns.pop("due_at", slot), changed_at=slot, **columns)  # fmt: skip
    session.add(check_in)
    session.flush()
    return check_in


def make_attempt(session: Session, check_in: CheckIn, **columns: Any) -> Attempt:
    """The next attempt of a check-in."""
    check_in.attempts_made += 1
    attempt = Attempt(check_in_id=check_in.id, resident_id=check_in.resident_id, campaign_id=check_in.campaign_id,
                      number=check_in.attempts_made, token=columns.pop("token", uuid4().hex),
                      claimed_at=columns.pop("claimed_at", check_in.slot), **columns)  # fmt: skip
    session.add(attempt)
    session.flush()
    return attempt


def make_turns(
    session: Session, attempt: Attempt, *lines: tuple[str, str], source: TurnSource = TurnSource.RECORDING
) -> list[Turn]:
    """Turns of an attempt from ("agent" | "resident", words) pairs, five seconds each."""
    seal = session.get_one(Resident, attempt.resident_id).seal
    turns = []
    for position, (speaker, words) in enumerate(lines):
        turn = Turn(attempt_id=attempt.id, resident_id=attempt.resident_id, source=source, position=position,
                    speaker=Speaker(speaker), starts_ms=position * 5000, ends_ms=position * 5000 + 4000,
                    words_sealed=b"", said_at=NOON + timedelta(seconds=5 * position))  # fmt: skip
        turn.write(seal, words)
        session.add(turn)
        turns.append(turn)
    session.flush()
    return turns


def make_staff(session: Session, role: Role = Role.CASEWORKER, *, area: str = "중동", login: str | None = None,
               password_hash: str = "!", name: str = "한지우") -> Staff:  # fmt: skip
    """Somebody who signs in; Ms Han, a caseworker of Jung-dong, unless said otherwise."""
    staff = Staff(login=login or f"{role}-{next(_numbers)}", name=name, role=role, area_id=make_city(session)[area].id,
                  password_hash=password_hash)  # fmt: skip
    session.add(staff)
    session.flush()
    return staff


def make_duty(session: Session, staff: Staff, area: str = "중동", *, place: int = 1, starts: int = -1, ends: int = 8,
              there: bool = True, now: datetime = NOON) -> Duty:  # fmt: skip
    """A shift around `now`, in hours from it; its holder has said that they are there unless said otherwise."""
    shift = Duty(area_id=make_city(session)[area].id, staff_id=staff.id, place=place, acknowledged_at=now if there else None,
                 starts_at=now + timedelta(hours=starts), ends_at=now + timedelta(hours=ends))  # fmt: skip
    session.add(shift)
    session.flush()
    return shift


def make_alarm(session: Session, attempt: Attempt, quote: str = "넘어져서 못 일어나겠어", *,
               code: SignalCode = SignalCode.FALL, level: Level = Level.EMERGENCY, at: datetime = NOON,
               **columns: Any) -> Alarm:  # fmt: skip
    """What the phrase net raises while the call goes on."""
    alarm = Alarm(attempt_id=attempt.id, resident_id=attempt.resident_id, code=code, level=level, detector=Detector.NET,
                  quote_sealed=b"", second=12.5, raised_at=at, **columns)  # fmt: skip
    alarm.write(session.get_one(Resident, attempt.resident_id).seal, quote)
    session.add(alarm)
    session.flush()
    return alarm


@pytest.fixture
def city(session: Session) -> dict[str, Area]:
    """The city's areas by name."""
    return make_city(session)


Maker = Callable[..., Any]
