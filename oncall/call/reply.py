"""What our side does next in a call, as the course decides it, and where the call is."""

from dataclasses import dataclass
from enum import StrEnum

from oncall.call.emergency import Cue
from oncall.models.wish import Wish


class Phase(StrEnum):
    """Where the call is."""

    OPENING = "opening"
    PASSING = "passing"  # somebody else answered and was asked for the resident
    QUESTIONS = "questions"
    EMERGENCY = "emergency"
    ENDING = "ending"


@dataclass(frozen=True)
class Reply:
    """What our side does: fixed lines, then the model with an order for this once; `cuts` what we were saying.

    `waits` leaves the turn until its words are known; `leads` takes the call to other TwiML; `ends` hangs up once all
    was heard. `wish` and `alarm` are to be written down before anything is said.
    """

    cues: tuple[Cue, ...] = ()
    model: bool = False
    order: str = ""
    cuts: bool = False
    again: bool = False  # say the last fixed line once more; the model's last words if there was none
    waits: bool = False
    leads: str | None = None
    ends: str | None = None
    wishes: tuple[Wish, ...] = ()


NOTHING = Reply()
