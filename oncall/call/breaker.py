"""The breaker: a carrier that refuses call after call is left alone, tried again with growing pauses, and trusted slowly.

Its state is one row, so that all nodes know the same. What it stops are planned calls alone (a hold `carrier`): a
redial and a call to somebody on duty are tried whatever it says.
"""

from datetime import datetime, timedelta

import sqlalchemy as sa
import structlog
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session, col, select

from oncall.db import tell, transaction
from oncall.gateways import phone
from oncall.models import CarrierHealth, Hold, HoldReason
from oncall.models import hold as holds
from oncall.models.carrier_health import THE_ONE
from oncall.settings import sooner

log = structlog.get_logger()

FAILURES = 5  # in a row, over all nodes
FIRST_PAUSE = timedelta(seconds=15)
LONGEST_PAUSE = timedelta(minutes=10)

# Refusals that say something about the carrier or the account rather than about the call that was asked for.
_NOT_THE_CALL = {"no_connection", "unclear", "20429", "429", "10004", "20003", "10001"}


def refused(session: Session, refusal: phone.NotPlaced, now: datetime) -> None:
    """A call was refused. The carrier's fault or the account's counts; a fault of the number shows the carrier well."""
    if refusal.configuration and not refusal.by_number:
        _failed(session, refusal.code, now, at_once=True)
    elif refusal.configuration or refusal.code in _NOT_THE_CALL:
        _failed(session, refusal.code, now)
    else:
        went(session, now)


def unclear(session: Session, now: datetime) -> None:
    """No clear answer came: an error of the carrier's, or a connection that broke."""
    _failed(session, "unclear", now)


def went(session: Session, now: datetime) -> None:
    """A call was taken, or refused for a reason of its own: all is forgotten.

    Not while planned calls are held: this one was asked for before, or is an emergency's. They go on when the carrier is
    tried again, so the moment of that must stay.
    """
    session.execute(
        sa.update(CarrierHealth)
        .where(col(CarrierHealth.id) == THE_ONE, (col(CarrierHealth.failures) > 0) | (col(CarrierHealth.pauses) > 0))
        .where(col(CarrierHealth.tried_again_at).is_(None))
        .values(failures=0, pauses=0, code="", changed_at=now)
        .execution_options(synchronize_session=False)
    )


def try_again(now: datetime) -> None:
    """Ask the carrier who we are, when its pause is over; nobody's telephone rings for it. One node asks at a time.

    When it answers, calls go out again; but one more failure is enough to stop them, until a call was really taken.
    """
    with transaction() as session:
        health = session.exec(
            select(CarrierHealth).where(
                CarrierHealth.id == THE_ONE,
                # or the clock was set back: no pause is as long as that; or nobody knows when: a hold must not stand for ever
                (col(CarrierHealth.tried_again_at) <= now) | (col(CarrierHealth.tried_again_at) > now + 2 * LONGEST_PAUSE)
                | (col(CarrierHealth.tried_again_at).is_(None) & _held()),
            )
            .with_for_update(skip_locked=True)
        ).first()  # fmt: skip
        if health is None:
            return
        health.pauses += 1
        health.tried_again_at = now + pause(health.pauses)
        pauses = health.pauses
    try:
        phone.reach()
    except phone.NO_ANSWER:
        log.warning("carrier_still_away", tries=pauses)
        return
    with transaction() as session:
        for one in holds.standing(session):
            if one.reason is HoldReason.CARRIER and holds.release(session, one, now):
                log.warning("carrier_back", tries=pauses)
                tell(session, "calls")
        session.execute(
            sa.update(CarrierHealth)
            .where(col(CarrierHealth.id) == THE_ONE)
            .values(failures=FAILURES - 1, tried_again_at=None, changed_at=now)
            .execution_options(synchronize_session=False)
        )


def pause(tries: int) -> timedelta:
    """How long to leave the carrier alone after so many tries: twice as long each time, up to ten minutes."""
    return sooner(min(LONGEST_PAUSE, FIRST_PAUSE * (1 << min(tries, 10))))


def _held() -> sa.Exists:
    return sa.exists().where(col(Hold.reason) == HoldReason.CARRIER, col(Hold.released_at).is_(None))


def _failed(session: Session, code: str, now: datetime, *, at_once: bool = False) -> None:
    row = {"id": THE_ONE, "failures": 1, "code": code, "pauses": 0, "changed_at": now}
    failures, pauses = session.execute(
        insert(CarrierHealth).values(row)
        .on_conflict_do_update(index_elements=["id"], set_={
            "failures": col(CarrierHealth.failures) + 1, "code": code, "changed_at": now,
        })
        .returning(col(CarrierHealth.failures), col(CarrierHealth.pauses))
    ).one()  # fmt: skip
    if not at_once and failures < FAILURES:
        return
    if any(one.reason is HoldReason.CARRIER for one in holds.standing(session)):
        return
    log.error("carrier_left_alone", code=code, failures=failures)
    holds.hold(session, HoldReason.CARRIER, now, code=code)
    session.execute(
        sa.update(CarrierHealth)
        .where(col(CarrierHealth.id) == THE_ONE)
        .values(tried_again_at=now + pause(pauses))
        .execution_options(synchronize_session=False)
    )
    tell(session, "calls")
