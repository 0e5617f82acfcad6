"""Answering: how reliably somebody picks up when we call, so that a silence is measured by their own habit (§1.4)."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlmodel import Session, col, select

from oncall.models.check_in import CheckIn, CheckInState

LOOKED_AT = 8  # planned calls before the one in question
_ENOUGH = 4  # calls before a habit can be spoken of
_RARELY = 0.5
_REACHED = (CheckInState.ASSESSED, CheckInState.HEARD, CheckInState.NOT_ACCOUNTED)  # somebody or something picked up


@dataclass(frozen=True, slots=True)
class Answering:
    """Of the last `of` planned calls that ended one way or the other, `answered` were; `missed` is the run just before."""

    answered: int
    of: int
    missed: int

    @property
    def always(self) -> bool:
        """Picked up every time so far: the first silence is out of the ordinary."""
        return self.of >= _ENOUGH and self.answered == self.of

    @property
    def rarely(self) -> bool:
        """Seldom picks up: one more silence is nothing new, though still a finding."""
        return self.of >= _ENOUGH and self.answered < self.of * _RARELY


def habit(states: Sequence[CheckInState]) -> Answering:
    """From how the calls before ended, the newest first."""
    ended = [state in _REACHED for state in states if state in _REACHED or state is CheckInState.UNREACHED][:LOOKED_AT]
    return Answering(sum(ended), len(ended), ended.index(True) if True in ended else len(ended))


def before(session: Session, check_in: CheckIn) -> Answering:
    """The habit this resident had before `check_in`."""
    states = session.exec(
        select(CheckIn.state)
        .where(CheckIn.resident_id == check_in.resident_id, CheckIn.slot < check_in.slot, CheckIn.id != check_in.id)
        .where(col(CheckIn.state).in_([*_REACHED, CheckInState.UNREACHED]))
        .order_by(col(CheckIn.slot).desc())
        .limit(LOOKED_AT)
    )
    return habit([CheckInState(state) for state in states])
