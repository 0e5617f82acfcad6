"""Households: residents of one dong at one address live together, found by a keyed index of the address (P-26)."""

import unicodedata

from sqlmodel import Session, col, func, select

from oncall.models import Case, Household, Resident
from oncall.models.seal import ring


def household_for(session: Session, area_id: int, address: str | None, resident: Resident | None = None) -> Household:
    """The household at this address, made if there is none yet; without an address, one of the resident's own.

    Somebody who lives alone takes their household (and its open case) along when they move to an address where nobody
    of ours lives yet.
    """
    index = address_index(area_id, address) if address else None
    there = session.exec(select(Household).where(Household.address_index == index)).first() if index else None
    now_in = session.get(Household, resident.household_id) if resident else None
    if there is None and now_in is not None:
        moving = now_in.area_id != area_id or now_in.address_index != index
        if not moving or _alone(session, now_in):
            now_in.address_index = index
            _move(session, now_in, area_id)
            return now_in
    return there or _new(session, area_id, index)


def address_index(area_id: int, address: str) -> bytes:
    """The keyed index of an address within a dong; spacing, punctuation and letter forms make no difference."""
    plain = "".join(c for c in unicodedata.normalize("NFKC", address).casefold() if c.isalnum() or c == "-")
    return ring().index_of("address", f"{area_id}:{plain}")


def _new(session: Session, area_id: int, index: bytes | None) -> Household:
    made = Household(area_id=area_id, address_index=index)
    session.add(made)
    session.flush()
    return made


def _alone(session: Session, household: Household) -> bool:
    members = select(func.count()).select_from(Resident).where(Resident.household_id == household.id)
    return session.exec(members).one() <= 1


def _move(session: Session, household: Household, area_id: int) -> None:
    if household.area_id == area_id:
        return
    household.area_id = area_id
    # Whoever answers for the new dong must see what is open, and the old one no longer (P-29).
    for case in session.exec(select(Case).where(Case.household_id == household.id, col(Case.closed_at).is_(None))):
        case.area_id = area_id
