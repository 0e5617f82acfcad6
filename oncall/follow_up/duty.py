"""Shifts: planned by supervisors, acknowledged by whoever holds them; the hours nobody holds are said out loud (D3)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import phonenumbers
from sqlmodel import Session, col, select

from oncall.db import tell
from oncall.errors import BadInput, NotAllowed, NotFound
from oncall.models import Area, Duty, Event, Staff, Verb
from oncall.web.access import Signed, within
from oncall.web.i18n import N_

SHOWN = timedelta(days=7)
LAST_PLACE = 3
MOST_DAYS = 31


@dataclass(frozen=True)
class Shift:
    """One shift with the person and the area it is for."""

    duty: Duty
    staff: Staff
    area: Area

    def is_now(self, now: datetime) -> bool:
        """Whether it runs at this moment."""
        return self.duty.starts_at <= now < self.duty.ends_at


@dataclass(frozen=True)
class Gap:
    """Hours in which nobody answers for an area; `planned` when somebody is down for them and has not acknowledged."""

    starts_at: datetime
    ends_at: datetime
    planned: bool


def shifts(session: Session, signed: Signed, now: datetime) -> list[Shift]:
    """Shifts running or coming within a week that this person may see: those of their areas, those above, and their own."""
    above = [int(part) for part in signed.area_path.split(".") if part]
    statement = (
        select(Duty, Staff, Area)
        .join(Staff, col(Staff.id) == Duty.staff_id)
        .join(Area, col(Area.id) == Duty.area_id)
        .where(Duty.ends_at > now, Duty.starts_at < now + SHOWN)
        .where(
            (col(Duty.staff_id) == signed.staff_id)
            | col(Area.path).startswith(signed.area_path)
            | col(Area.id).in_(above)
        )
        .order_by(col(Duty.starts_at), col(Duty.place), Staff.name)
    )
    return [Shift(duty, staff, area) for duty, staff, area in session.exec(statement)]


def gaps(session: Session, area_id: int, now: datetime, until: datetime) -> list[Gap]:
    """The stretches of [now, until) in which nobody has acknowledged a shift that covers the area."""
    path = session.exec(select(Area.path).where(Area.id == area_id)).one()
    above = [int(part) for part in path.split(".") if part]
    covering = session.exec(
        select(Duty)
        .join(Staff, col(Staff.id) == Duty.staff_id)
        .where(col(Duty.area_id).in_(above), Duty.ends_at > now, Duty.starts_at < until)
        .where(col(Staff.disabled_at).is_(None))
    ).all()
    held = _joined((one.starts_at, one.ends_at) for one in covering if one.acknowledged_at)
    planned = _joined((one.starts_at, one.ends_at) for one in covering)
    found: list[Gap] = []
    for starts, ends in _without(now, until, held):
        open_ = _without(starts, ends, planned)
        found += [Gap(*piece, planned=False) for piece in open_]
        found += [Gap(*piece, planned=True) for piece in _without(starts, ends, open_)]
    return sorted(found, key=lambda gap: gap.starts_at)


def add(session: Session, area_id: int, staff_id: UUID, place: int, starts_at: datetime, ends_at: datetime,
        now: datetime, by: UUID | None) -> Duty | None:  # fmt: skip
    """Put somebody on duty; None when they are already on for that area and place in these very hours."""
    if ends_at <= starts_at:
        raise BadInput(N_("A shift must end after it begins."))
    if not 1 <= place <= LAST_PLACE:
        raise BadInput(N_("The order is 1, 2 or 3."))
    same = select(Duty.id).where(
        Duty.area_id == area_id, Duty.staff_id == staff_id, Duty.place == place, Duty.starts_at == starts_at,
        Duty.ends_at == ends_at,
    )  # fmt: skip
    if session.exec(same).first():
        return None
    duty = Duty(area_id=area_id, staff_id=staff_id, place=place, starts_at=starts_at, ends_at=ends_at)
    session.add(duty)
    _written(session, duty, "added", now, by)
    return duty


def plan_days(session: Session, area_id: int, staff_id: UUID, place: int, first: date, days: int, opens: time,
              closes: time, zone: str, now: datetime, by: UUID) -> int:  # fmt: skip
    """The same hours on each of `days` days, on the city's clock; hours that end at or before they begin run overnight.

    Returns how many shifts are new.
    """
    if not 1 <= days <= MOST_DAYS:
        raise BadInput(N_("At most 31 days at once."))
    where, made = ZoneInfo(zone), 0
    for day in (first + timedelta(days=n) for n in range(days)):
        starts = datetime.combine(day, opens, where)
        ends = datetime.combine(day if closes > opens else day + timedelta(days=1), closes, where)
        if ends > now:
            made += add(session, area_id, staff_id, place, starts, ends, now, by) is not None
    return made


def remove(session: Session, duty: Duty, now: datetime, by: UUID) -> None:
    """Take a shift off the plan; the event stays."""
    _written(session, duty, "removed", now, by)
    session.delete(duty)


def acknowledge(session: Session, duty: Duty, staff_id: UUID, now: datetime) -> None:
    """The person says that they are there; only they can. A second time changes nothing."""
    if duty.staff_id != staff_id:
        raise NotAllowed(N_("Only the person on duty can say that they are there."))
    if duty.acknowledged_at is None:
        duty.acknowledged_at = now
        session.add(duty)
        _written(session, duty, "acknowledged", now, staff_id)


def found(session: Session, signed: Signed, duty_id: UUID) -> Duty:
    """A shift this person may touch: their own, or one in their areas. Raises NotFound."""
    own = session.exec(select(Duty).where(Duty.id == duty_id, Duty.staff_id == signed.staff_id)).first()
    near = own or session.exec(within(select(Duty).where(Duty.id == duty_id), Duty.area_id, signed)).first()
    if near is None:
        raise NotFound
    return near


def number_of(text: str) -> str:
    """A Korean number as people write it, in E.164. Raises BadInput."""
    try:
        number = phonenumbers.parse(text, "KR")
    except phonenumbers.NumberParseException as error:
        raise BadInput(N_("Please write a telephone number such as 010-1234-5678.")) from error
    if number.country_code != 82 or not phonenumbers.is_possible_number(number):
        raise BadInput(N_("Please write a telephone number such as 010-1234-5678."))
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _written(session: Session, duty: Duty, what: str, now: datetime, by: UUID | None) -> None:
    session.flush()
    session.add(
        Event(at=now, verb=Verb.DUTY_CHANGED, staff_id=by, about=f"duty:{duty.id}",
              detail={"what": what, "of": str(duty.staff_id), "area": duty.area_id, "place": duty.place})
    )  # fmt: skip
    tell(session, "alarms", duty=duty.id)


Span = tuple[datetime, datetime]


def _joined(spans: Iterable[Span]) -> list[Span]:
    """Overlapping and touching spans as one."""
    whole: list[Span] = []
    for starts, ends in sorted(spans):
        if whole and starts <= whole[-1][1]:
            whole[-1] = (whole[-1][0], max(ends, whole[-1][1]))
        else:
            whole.append((starts, ends))
    return whole


def _without(starts: datetime, ends: datetime, taken: list[Span]) -> list[Span]:
    """What is left of [starts, ends) outside `taken`, which is in order and apart."""
    left: list[Span] = []
    here = starts
    for begins, stops in taken:
        if stops <= here or begins >= ends:
            continue
        if begins > here:
            left.append((here, begins))
        here = max(here, stops)
    if here < ends:
        left.append((here, ends))
    return left
