"""What a wish changes in a keypad check: the rows that decide about further calls, and how we speak from here on."""

from datetime import datetime

from sqlmodel import Session

from oncall.call import wishes
from oncall.call.entry import Learned
from oncall.call.line import Line
from oncall.call.pace import Pace
from oncall.models.wish import Wish


def grant(session: Session, line: Line, wish: Wish, now: datetime) -> None:
    """Honour a wish; slower and louder hold from the next words on and in the next call, as in a talk."""
    wishes.honour(session, line, wish, now)
    if wish is Wish.SLOWER:
        speed = Pace(line.speed, line.patience_ms).slower()
        Learned(line, {"speed": speed}, asked=True, at=now).write(session)
    elif wish is Wish.LOUDER:
        Learned(line, {"louder": True}, asked=True, at=now).write(session)
    session.flush()
