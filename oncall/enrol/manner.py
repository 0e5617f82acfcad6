"""How to speak with one resident, as a caseworker sets it: pace, hearing, and what not to ask (C-39)."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, Field
from sqlmodel import Session, col, select

from oncall.models import Event, Manner, Resident, Staff, Verb
from oncall.models.circumstance import circumstances_in
from oncall.models.manner import (
    FASTEST,
    LEAST_PATIENCE_MS,
    MOST_PATIENCE_MS,
    PATIENCE_MS,
    SLOWEST,
    SPEED,
)
from oncall.settings import settings
from oncall.web.i18n import N_

SPEEDS = {SLOWEST: N_("Very slowly"), 0.8: N_("Slowly"), SPEED: N_("Calmly, as usual"), 1.0: N_("As among grown-ups"),
          FASTEST: N_("Briskly")}  # fmt: skip
PATIENCES = [LEAST_PATIENCE_MS, PATIENCE_MS, 1050, 1300, 1800, MOST_PATIENCE_MS]
SHOWN = 6  # changes
_FIELDS = ("speed", "patience_ms", "louder", "hard_of_hearing", "circumstances")


class MannerForm(BaseModel):
    """The manner as it is set; a box that is not ticked is not sent."""

    speed: float = Field(ge=SLOWEST, le=FASTEST)
    patience_ms: int = Field(ge=LEAST_PATIENCE_MS, le=MOST_PATIENCE_MS)
    louder: bool = False
    hard_of_hearing: bool = False
    circumstances: list[str] = Field(default_factory=list, max_length=40)


def manner_of(session: Session, resident: Resident) -> Manner:
    """The resident's manner; the defaults, not written, where nobody has learned or set anything."""
    known = session.get(Manner, resident.id)
    return known or Manner(resident_id=resident.id, changed_at=resident.enrolled_at)


def set_manner(session: Session, resident: Resident, form: MannerForm, now: datetime, staff_id: UUID) -> list[str]:
    """Set it by hand: from now on calls learn nothing over it unless the resident asks. Returns the fields changed."""
    manner = session.get(Manner, resident.id, with_for_update=True) or Manner(resident_id=resident.id, changed_at=now)
    known = circumstances_in(settings().prompts)
    values = form.model_dump() | {"circumstances": [code for code in known if code in form.circumstances]}
    changed = [name for name in _FIELDS if getattr(manner, name) != values[name]]
    for name in changed:
        setattr(manner, name, values[name])
    manner.set_by, manner.changed_at = staff_id, now
    session.add(manner)
    _write_down(session, resident, now, staff_id, changed, values)
    return changed


def reset(session: Session, resident: Resident, now: datetime, staff_id: UUID) -> None:
    """Back to the defaults, to be learned from their calls again; the circumstances stay: they are no pace."""
    manner = session.get(Manner, resident.id, with_for_update=True)
    if manner is None:
        return
    manner.speed, manner.patience_ms, manner.louder, manner.hard_of_hearing = SPEED, PATIENCE_MS, False, False
    manner.set_by, manner.changed_at = None, now
    session.add(manner)
    _write_down(session, resident, now, staff_id, ["reset"], {})


def changes(session: Session, resident_id: UUID) -> list[tuple[Event, str | None]]:
    """The newest changes, each with the name of who made it; None when a call taught it."""
    rows = session.exec(
        select(Event, col(Staff.name))
        .outerjoin(Staff, col(Staff.id) == Event.staff_id)
        .where(Event.resident_id == resident_id, Event.verb == Verb.MANNER_CHANGED)
        .order_by(col(Event.id).desc())
        .limit(SHOWN)
    )
    return [(event, name) for event, name in rows]


def _write_down(session: Session, resident: Resident, now: datetime, staff_id: UUID, changed: list[str],
                values: dict[str, object]) -> None:  # fmt: skip
    """The Event; which circumstances there are is nobody's business but the page's."""
    said = {name: values[name] for name in changed if name in values and name != "circumstances"}
    session.add(Event(at=now, verb=Verb.MANNER_CHANGED, staff_id=staff_id, resident_id=resident.id,
                      about=f"resident:{resident.id}", detail={"changed": changed, "to": said}))  # fmt: skip
    session.flush()
