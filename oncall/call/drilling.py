"""The first half of a drill: marked words, heard by the phrase net, laid on this machine's disk and in the database (R-27).

The very parts an emergency passes, but for the resident: the net, a spool file, the rows, the job that goes before every
other. What cannot be done is written on the drill as its failure, which people are shown.
"""

import time
from collections.abc import Callable, Sequence
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
import structlog
from sqlmodel import col

from oncall.call.ears import Hit
from oncall.call.spool import Kept, SpoolFile, spool_folder
from oncall.db import URGENT_JOB, defer, tell, transaction
from oncall.models import Drill, Language, Level
from oncall.models import drill as drills

log = structlog.get_logger()

# Nobody's words: the mark stands first, the danger after it.
WORDS = {
    Language.KO: "연습입니다. 넘어져서 못 일어나겠어요. 살려 주세요.",
    Language.EN: "This is a drill. I've fallen and I can't get up. Help me.",
}


def raise_alarm(drill: UUID, hear: Callable[[str, str], Sequence[Hit]], now: datetime) -> bool:
    """Lead the words as far as the database; False when that failed, and why stands on the drill."""
    began = time.perf_counter()
    deaf = [language for language, words in WORDS.items()
            if not any(hit.level is Level.EMERGENCY for hit in hear(words, language))]  # fmt: skip
    heard_ms = (time.perf_counter() - began) * 1000
    if deaf:
        _failed(drill, "net_silent", now)
        return False
    try:
        file = SpoolFile.new(spool_folder(), "drills")
    except OSError:
        _failed(drill, "not_spooled", now)
        return False
    try:
        file.keep(Kept(drill, {"drill": str(drill), "at": now.isoformat()}))
        with transaction() as session:
            session.execute(sa.update(Drill).where(col(Drill.id) == drill).values(heard_ms=heard_ms))
            defer(session, "ask_in_drill", drill=str(drill), priority=URGENT_JOB)
    except OSError:
        _failed(drill, "not_spooled", now)
        return False
    finally:
        file.done(drill)
        file.remove_if_done()
    written_ms = (time.perf_counter() - began) * 1000
    with transaction() as session:
        session.execute(sa.update(Drill).where(col(Drill.id) == drill).values(written_ms=written_ms))
    return True


def _failed(drill: UUID, code: str, now: datetime) -> None:
    with transaction() as session:
        if drills.fail(session, drill, code, now):
            log.error("drill_failed", drill=str(drill), code=code)
            tell(session, "alarms", drill=drill)
