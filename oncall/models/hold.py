"""Holds: why nobody is dialled, since when, by whom; and who let it go again (D3, R-05, R-09, R-18).

While a hold stands, no planned call of its area (of any area, when it names none) is claimed or placed. The machine
makes holds and takes back only those whose cause it can see to be gone; a restored system is let go by a named person
alone.
"""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field, Session, SQLModel, col, or_, select

from oncall.models.area import Area
from oncall.models.event import Event, Verb
from oncall.models.stored import moment, own_id, points_to, stored


class HoldReason(StrEnum):
    """Why nobody is dialled."""

    RESTORED = "restored"  # an older copy of the rows: who was called since is not known here yet
    NO_DUTY = "no_duty"  # nobody on duty has said that they are there for the coming hours (D3)
    DISK = "disk"  # almost no room left where something must be written down
    CARRIER = "carrier"  # the carrier refuses, or is away
    NO_WEB = "no_web"  # no web process lives that could tell the carrier what to say when somebody picks up
    BY_HAND = "by_hand"  # a person said so

    @property
    def ends_by_itself(self) -> bool:
        """The machine sees when its cause is gone."""
        return self not in {HoldReason.RESTORED, HoldReason.BY_HAND}

    @property
    def holds_emergencies(self) -> bool:
        """Even calls that an emergency asks for wait: those of an older copy were made already."""
        return self is HoldReason.RESTORED


class Hold(SQLModel, table=True):
    """One reason not to dial. `code` says more in a word (the carrier's error code), `node` whose disk it is."""

    __table_args__ = (
        sa.Index("hold_once", "reason", "area_id", "node", unique=True, postgresql_nulls_not_distinct=True,
                 postgresql_where=sa.text("released_at IS NULL")),
    )  # fmt: skip

    id: UUID = own_id()
    reason: HoldReason = stored(HoldReason)
    code: str = ""
    node: str = ""
    why: str = ""  # of a hold made by hand, in the person's own words; never about a resident
    area_id: int | None = points_to("area.id", nullable=True)
    since: datetime = moment()
    set_by: UUID | None = points_to("staff.id", nullable=True)
    released_at: datetime | None = moment(nullable=True)
    released_by: UUID | None = points_to("staff.id", nullable=True)
    release_why: str = Field(default="")


def standing(session: Session, *, lock: bool = False) -> list[Hold]:
    """Every hold that stands, the oldest first. With `lock` none can be let go before this transaction ends."""
    statement = select(Hold).where(col(Hold.released_at).is_(None)).order_by(col(Hold.since))
    return list(session.exec(statement.with_for_update(read=True) if lock else statement))


def over(session: Session, area_id: int) -> list[Hold]:
    """The standing holds under which nobody of this area is dialled."""
    path = session.exec(select(Area.path).where(Area.id == area_id)).one()
    above = [int(part) for part in path.split(".") if part]
    statement = select(Hold).where(col(Hold.released_at).is_(None))
    return list(session.exec(statement.where(or_(col(Hold.area_id).is_(None), col(Hold.area_id).in_(above)))))


def hold(session: Session, reason: HoldReason, now: datetime, *, code: str = "", node: str = "", why: str = "",
         area_id: int | None = None, by: UUID | None = None) -> Hold:  # fmt: skip
    """Have nobody dialled for this reason; the hold that stands for it already is kept as it is."""
    session.flush()
    lock_holds(session)
    same = session.exec(
        select(Hold).where(col(Hold.released_at).is_(None), Hold.reason == reason, Hold.node == node,
                           col(Hold.area_id).is_not_distinct_from(area_id))
    ).first()  # fmt: skip
    if same is not None:
        return same
    made = Hold(reason=reason, code=code, node=node, why=why, area_id=area_id, since=now, set_by=by)
    session.add(made)
    session.add(Event(at=now, verb=Verb.DIALLING_HELD, staff_id=by, about=f"hold:{made.id}",
                      detail={"reason": reason.value, "code": code, "area": area_id}))  # fmt: skip
    session.flush()
    return made


def release(session: Session, one: Hold, now: datetime, *, by: UUID | None = None, why: str = "") -> bool:
    """Let go of a hold; False when it was let go before. `by` is None when its cause is gone by itself."""
    moved = session.exec(
        sa.update(Hold)
        .where(col(Hold.id) == one.id, col(Hold.released_at).is_(None))
        .values(released_at=now, released_by=by, release_why=why)
        .execution_options(synchronize_session=False)
    )
    session.expire(one)
    if not moved.rowcount:
        return False
    session.add(Event(at=now, verb=Verb.DIALLING_RELEASED, staff_id=by, about=f"hold:{one.id}", detail={}))
    session.flush()
    return True


def lock_holds(session: Session) -> None:
    """One at a time may change which holds stand."""
    session.execute(select(sa.func.pg_advisory_xact_lock(0x401D)))
