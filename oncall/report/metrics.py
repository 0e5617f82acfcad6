"""`/metrics`: counts for Prometheus, read from the rows at each scrape, so that every node tells the same.

Every state is there by its name, also when nobody is in it, so that an alert on it is an alert and not a gap.
"""

from collections.abc import Iterable
from datetime import UTC, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Response
from prometheus_client import CollectorRegistry, Gauge, generate_latest
from sqlmodel import Session, col, func, select

from oncall import clock
from oncall.db import engine
from oncall.models import (
    Alarm,
    AlarmState,
    Attempt,
    AttemptState,
    Case,
    Channel,
    CheckIn,
    CheckInState,
    Drill,
    HoldReason,
    Level,
    Page,
    PageState,
    heartbeat,
)
from oncall.models import hold as holds
from oncall.models.check_in import talked_seconds
from oncall.models.turn import latency
from oncall.report import jobs
from oncall.report.alarm_figures import to_a_person, to_screen
from oncall.settings import settings

router = APIRouter()

TURNS_OF = timedelta(hours=1)
DRILLS_OF = timedelta(days=7)


@router.get("/metrics")
def metrics() -> Response:
    """Everything at this moment."""
    registry, now = CollectorRegistry(), clock.now()
    with Session(engine()) as session:
        for tell in (_calls, _turns, _emergencies, _drills, _nodes, _work):
            tell(session, registry, now)
    return Response(generate_latest(registry), media_type="text/plain; version=0.0.4")


def _calls(session: Session, registry: CollectorRegistry, now: datetime) -> None:
    planned = session.exec(select(CheckIn.state, func.count()).group_by(col(CheckIn.state)))
    _by_name(Gauge("oncall_check_ins", "Check-ins by state.", ["state"], registry=registry), CheckInState, planned)
    going_on = session.exec(
        select(Attempt.state, func.count()).where(Attempt.state != AttemptState.ENDED).group_by(col(Attempt.state))
    )
    _by_name(Gauge("oncall_calls_on_the_line", "Attempts not yet ended, by state.", ["state"], registry=registry),
             (state for state in AttemptState if state is not AttemptState.ENDED), going_on)  # fmt: skip
    cases = session.exec(
        select(Case.level, func.count()).where(col(Case.closed_at).is_(None)).group_by(col(Case.level))
    )
    _by_name(Gauge("oncall_open_cases", "Open cases by level.", ["level"], registry=registry), Level, cases)
    zone = ZoneInfo(settings().timezone)
    midnight = datetime.combine(now.astimezone(zone).date(), time(), zone).astimezone(UTC)
    minutes = Gauge("oncall_model_minutes_today", "Minutes of talk with the model, this civil day.", registry=registry)
    minutes.set(talked_seconds(session, midnight, now) / 60)


def _turns(session: Session, registry: CollectorRegistry, now: datetime) -> None:
    waited = latency(session, now - TURNS_OF)
    turns = Gauge("oncall_turns_timed", "Turns of ours whose wait is known, last hour.", registry=registry)
    turns.set(waited.turns)
    wait = Gauge("oncall_turn_latency_seconds", "From the end of their speech to our first sound, last hour.", ["quantile"],
                 registry=registry)  # fmt: skip
    for share, ms in (("0.5", waited.p50_ms), ("0.95", waited.p95_ms), ("0.99", waited.p99_ms)):
        if ms is not None:
            wait.labels(share).set(ms / 1000)


def _emergencies(session: Session, registry: CollectorRegistry, now: datetime) -> None:
    alarms = session.exec(select(Alarm.state, func.count()).group_by(col(Alarm.state)))
    _by_name(Gauge("oncall_alarms", "Alarms by state.", ["state"], registry=registry), AlarmState, alarms)
    pages = Gauge(
        "oncall_pages", "Tries to reach somebody on duty, drills apart.", ["channel", "state"], registry=registry
    )
    tries = session.exec(
        select(Page.channel, Page.state, func.count()).where(col(Page.alarm_id).is_not(None))
        .group_by(col(Page.channel), col(Page.state))
    )  # fmt: skip
    counts = {(channel, state): count for channel, state, count in tries}
    for channel in Channel:
        for state in PageState:
            pages.labels(channel, state).set(counts.get((channel, state), 0))
    for name, help_, waits in (
        ("oncall_alarm_to_screen_seconds", "Words to the first screen, last 7 days.", to_screen(session, now)),
        ("oncall_alarm_to_person_seconds", "Words to a person, last 7 days.", to_a_person(session, now)),
    ):
        gauge = Gauge(name, help_, ["quantile"], registry=registry)
        for share in (0.5, 0.95, 1.0):
            if (seconds := waits.quantile(share)) is not None:
                gauge.labels(str(share)).set(seconds)


def _drills(session: Session, registry: CollectorRegistry, now: datetime) -> None:
    counts = {"well": 0, "failed": 0, "going_on": 0}
    rows = session.exec(select(Drill).where(Drill.started_at > now - DRILLS_OF).order_by(col(Drill.started_at))).all()
    for one in rows:
        counts["going_on" if one.ended_at is None else "failed" if one.failure else "well"] += 1
    drills = Gauge("oncall_drills", "Drills of the last 7 days by what they came to.", ["result"], registry=registry)
    for result, count in counts.items():
        drills.labels(result).set(count)
    ended = [one for one in rows if one.ended_at is not None]
    failing = Gauge("oncall_drill_failing", "1 when the newest drill that ended failed.", registry=registry)
    failing.set(bool(ended and ended[-1].failure))


def _nodes(session: Session, registry: CollectorRegistry, now: datetime) -> None:
    names = ["node", "kind"]
    age = Gauge("oncall_node_age_seconds", "Since the process was last heard of.", names, registry=registry)
    live = Gauge("oncall_node_live_calls", "Talks whose sound runs through it.", names, registry=registry)
    lag = Gauge("oncall_node_loop_lag_seconds", "How late its event loop is, p99 of 10 s.", names, registry=registry)
    spooled = Gauge("oncall_spooled", "On the disk of its machine and not known to be in the database.",
                    [*names, "what"], registry=registry)  # fmt: skip
    for one in heartbeat.known(session, now):
        of = (one.node.rpartition(":")[0], one.kind)
        age.labels(*of).set((now - one.at).total_seconds())
        live.labels(*of).set(one.live_calls)
        lag.labels(*of).set(one.lag_ms / 1000)
        spooled.labels(*of, "alarms").set(one.spooled_alarms)
        spooled.labels(*of, "records").set(one.spooled_records)


def _work(session: Session, registry: CollectorRegistry, now: datetime) -> None:
    stand = [one.reason for one in holds.standing(session)]
    _by_name(Gauge("oncall_holds_standing", "Reasons why nobody is dialled.", ["reason"], registry=registry),
             HoldReason, ((reason, stand.count(reason)) for reason in set(stand)))  # fmt: skip
    waiting = Gauge("oncall_jobs_waiting", "Jobs that should have begun.", ["job"], registry=registry)
    oldest = Gauge("oncall_jobs_oldest_seconds", "How long the oldest of them has waited.", ["job"], registry=registry)
    for name, (count, seconds) in jobs.waiting(session, now).items():
        waiting.labels(name).set(count)
        oldest.labels(name).set(seconds)


def _by_name(gauge: Gauge, known: Iterable[StrEnum], counted: Iterable[tuple[str, int]]) -> None:
    counts = dict(list(counted))  # a result of the database has keys() of its own, and would be taken for a mapping
    for one in known:
        gauge.labels(one).set(counts.get(one, 0))
