"""No web process, no calls: what the carrier asks when somebody picks up must be answered by someone (R-05).

Looked at with every tick. A resident who is rung while every web is down hears the carrier's own error message, in a
strange voice, and the check-in is spent; so the planned calls wait until a web lives again.
"""

from datetime import datetime

from sqlmodel import Session

from oncall.models import HoldReason, NodeKind, heartbeat
from oncall.models import hold as holds


def look(session: Session, now: datetime) -> None:
    """Hold all planned calls while no web's heartbeat is younger than a minute, and let go of that when one is."""
    seen = heartbeat.newest(session, NodeKind.WEB)
    standing = [one for one in holds.standing(session) if one.reason is HoldReason.NO_WEB]
    if seen is None or now - seen > heartbeat.SILENT_AFTER:
        if not standing:
            holds.hold(session, HoldReason.NO_WEB, now)
        return
    for one in standing:
        holds.release(session, one, now)
