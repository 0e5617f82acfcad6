"""Two hours without the carrier: nobody is lost, nobody is rung outside their hours, and the gravest come first (R-05)."""

from collections import Counter
from datetime import datetime, timedelta
from itertools import count

import httpx2
import pytest
import sqlalchemy as sa
from sqlmodel import col, select

from oncall import db
from oncall.call import breaker, dialling, sweep
from oncall.models import Attempt, AttemptState, CarrierHealth, CheckIn, CheckInState, HoldReason, Resident
from oncall.models import hold as holds
from oncall.report import accounted
from oncall.schedule.claim import claim
from tests.makers import NOON, make_campaign, make_check_in, make_resident
from tests.telephone import set_faults

PEOPLE = 12
_lines = count(1)  # of telephones that no other test rings, and that end in 00: picked up at the first try
AWAY = timedelta(hours=2)
CLOSES_MEANWHILE = ["mon-fri 10:00-13:00"]  # an hour into the outage


def everybody_falls_due(now: datetime) -> None:
    """Twelve who may be called all day, the later ones graver, and two whose hours end before the carrier is back."""
    with db.transaction() as session:
        campaigns = [make_campaign(session, name, windows=windows, changed_at=now - timedelta(days=1))
                     for name, windows in (("all day", ["daily 09:00-21:00"]), ("morning", CLOSES_MEANWHILE))]  # fmt: skip
        for number in range(PEOPLE + 2):
            picks_up = f"+8210{next(_lines):06d}00"
            resident = make_resident(session, external_id=f"P{number:02d}", phone=picks_up, now=now - timedelta(days=9))
            late = number >= PEOPLE
            make_check_in(session, resident, campaigns[late], slot=now, priority=0 if late else number)


def goes_on(now: datetime) -> None:
    """What a worker does in a second: what is claimed is placed; now and then it looks after what stands still."""
    with db.transaction() as session:
        claim(session, now, lines=50, cps=20)
    with db.transaction() as session:
        intended = session.exec(
            select(Attempt.id).where(Attempt.state == AttemptState.INTENDED).order_by(col(Attempt.claimed_at))
        ).all()
    for attempt in intended:
        dialling.place_call(attempt, now)
    dialling.reconcile(now)
    sweep.sweep(now)
    breaker.try_again(now)


def numbers() -> dict[str, str]:
    with db.transaction() as session:
        return {one.phone: one.external_id for one in session.exec(select(Resident))}


def rung(carrier: str) -> list[str]:
    """Whom the carrier's own ledger holds a call for, in the order it was asked."""
    known = numbers()
    return [known[call["to"]] for call in httpx2.get(f"{carrier}/sandbox/ledger").json() if call["to"] in known]


@pytest.mark.parametrize("fault", ["error_500", "http_429"])
def test_after_two_hours_everybody_is_called_once_by_priority_and_in_their_hours(carrier: str, fault: str) -> None:
    everybody_falls_due(NOON)
    set_faults(carrier, **{fault: 1.0, "rest_error_500": 1.0})
    now = NOON
    while now < NOON + AWAY:
        goes_on(now)
        now += timedelta(minutes=4)
    assert rung(carrier) == []
    with db.transaction() as session:
        assert [one.reason for one in holds.standing(session)] == [HoldReason.CARRIER]
        waiting = session.exec(select(CheckIn)).all()
        assert {one.state for one in waiting} <= {CheckInState.DUE, CheckInState.DIALLING}, "nobody is given up"
        said = accounted.as_json(session, accounted.make(session, now, now))
        asked = session.scalar(sa.select(sa.func.count()).select_from(Attempt))
        health = session.exec(select(CarrierHealth)).one()
    named = Counter(one["reason"] for one in said["unaccounted"] if one["check_in_id"])
    assert named.keys() <= {"not_called_carrier", "no_news"}
    assert named.total() == PEOPLE + 2, "every one of them is on the list, by name"
    assert named["no_news"] == (breaker.FAILURES if fault == "error_500" else 0), "asked for, and no clear answer came"
    assert asked is not None
    assert asked <= PEOPLE + 2, "and was asked for once, not all the while"
    assert health.pauses >= 8, "the carrier was tried again and again"

    set_faults(carrier, **{fault: 0.0, "rest_error_500": 0.0})
    until = now + timedelta(minutes=20)  # sooner than anybody is tried a second time
    while now < until:
        goes_on(now)
        now += timedelta(minutes=1)
    unclear = {f"P{number:02d}" for number in range(PEOPLE)[-named["no_news"] :]} if named["no_news"] else set()
    first = [name for name in rung(carrier) if name not in unclear]
    assert first == [f"P{number:02d}" for number in reversed(range(PEOPLE - len(unclear)))], (
        "the gravest first, each once"
    )
    assert set(rung(carrier)) == set(first), "nobody whose hours were over was rung, and nobody who may have been"
    with db.transaction() as session:
        later = session.exec(
            select(CheckIn).join(Resident, col(Resident.id) == CheckIn.resident_id)
            .where(col(Resident.external_id) >= f"P{PEOPLE}")
        ).all()  # fmt: skip
        doubtful = session.exec(
            select(CheckIn.state, CheckIn.reason).join(Resident, col(Resident.id) == CheckIn.resident_id)
            .where(col(Resident.external_id).in_(unclear))
        ).all()  # fmt: skip
    assert {one.state for one in later} == {CheckInState.DUE}
    assert {one.due_at for one in later} == {NOON + timedelta(hours=22)}, "ten o'clock the next morning"
    assert set(doubtful) <= {(CheckInState.NOT_ACCOUNTED, "never_clear")}, "two hours unclear: a person sees to them"
    assert len(doubtful) == len(unclear)
