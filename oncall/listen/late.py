"""An emergency found only after the call: it reaches a person as one heard during the call does (R-20)."""

from datetime import datetime

from sqlmodel import Session, col, select

from oncall.db import URGENT_JOB, defer, tell
from oncall.listen.judgement import Found, Judgement
from oncall.models import Alarm, Assessment, Level
from oncall.models.seal import Seal


def raise_alarm(session: Session, assessment: Assessment, judged: Judgement, seal: Seal, seconds: dict[int, float],
                now: datetime) -> Alarm | None:  # fmt: skip
    """Write the alarm of a call judged an emergency in which nothing that grave was heard live; None when none is due.

    `seconds` says for each turn when it began.
    """
    if judged.level is not Level.EMERGENCY:
        return None
    heard = select(Alarm.id).where(Alarm.attempt_id == assessment.attempt_id, col(Alarm.level) == Level.EMERGENCY)
    found = next((one for one in judged.signals if one.level is Level.EMERGENCY), None)
    if found is None or session.exec(heard.limit(1)).first() is not None:
        return None
    alarm = Alarm(
        attempt_id=assessment.attempt_id, resident_id=assessment.resident_id, code=found.code, level=found.level,
        detector=found.detector, quote_sealed=b"", second=_second(found, seconds), raised_at=now, subject=found.subject,
        confidence=found.confidence,
    )  # fmt: skip
    alarm.write(seal, found.evidence[0].text if found.evidence else "")
    session.add(alarm)
    session.flush()
    defer(session, "alarmed", alarm=str(alarm.id), priority=URGENT_JOB)
    tell(session, "alarms", alarm=alarm.id)
    return alarm


def _second(found: Found, seconds: dict[int, float]) -> float:
    return seconds.get(found.evidence[0].turn, 0.0) if found.evidence else 0.0
