"""Whether this process can do its job, for load balancers and watchers; no personal words, no sign-in."""

import shutil
import time
from collections import Counter
from datetime import timedelta

import sqlalchemy as sa
from fastapi import APIRouter, Response
from fastapi.responses import JSONResponse
from prometheus_client import CollectorRegistry, Gauge, generate_latest
from sqlmodel import Session, col, func, select

from oncall import clock
from oncall.db import engine
from oncall.models import Alarm, Attempt, AttemptState, Case, CheckIn, CheckInState, Page
from oncall.report.alarm_figures import to_a_person, to_screen
from oncall.settings import settings

router = APIRouter()

LEAST_FREE_BYTES = 200 * 1024 * 1024
QUEUE_LATE = timedelta(minutes=2)


@router.get("/healthz")
def healthz() -> Response:
    """200 when everything this process needs is there, else 503 with the reasons."""
    reasons: dict[str, str] = {}
    started = time.monotonic()
    try:
        with engine().connect() as connection:
            late = connection.execute(sa.text(
                "SELECT count(*) FROM procrastinate_jobs WHERE status = 'todo' AND coalesce(scheduled_at, now()) < :at"
            ), {"at": clock.now() - QUEUE_LATE}).scalar_one()  # fmt: skip
        if late:
            reasons["queue"] = f"{late} jobs wait longer than {QUEUE_LATE.seconds} s"
    except sa.exc.SQLAlchemyError:
        reasons["database"] = "no answer"
    if shutil.disk_usage(settings().data).free < LEAST_FREE_BYTES:
        reasons["disk"] = "less than 200 MB free"
    body = {"ok": not reasons, "reasons": reasons, "milliseconds": round((time.monotonic() - started) * 1000, 1)}
    return JSONResponse(body, status_code=503 if reasons else 200)


@router.get("/metrics")
def metrics() -> Response:
    """Counts for Prometheus, read from the rows at each scrape, so every node tells the same."""
    registry = CollectorRegistry()
    check_ins = Gauge("oncall_check_ins", "Check-ins by state.", ["state"], registry=registry)
    on_line = Gauge("oncall_calls_on_the_line", "Attempts not yet ended, by state.", ["state"], registry=registry)
    open_cases = Gauge("oncall_open_cases", "Open cases by level.", ["level"], registry=registry)
    shares = ["quantile"]
    screen = Gauge(
        "oncall_alarm_to_screen_seconds", "Words to the first screen, last 7 days.", shares, registry=registry
    )
    person = Gauge("oncall_alarm_to_person_seconds", "Words to a person, last 7 days.", shares, registry=registry)
    alarms = Gauge("oncall_alarms", "Alarms by state.", ["state"], registry=registry)
    pages = Gauge("oncall_pages", "Tries to reach somebody on duty.", ["channel", "state"], registry=registry)
    with Session(engine()) as session:
        waits = {screen: to_screen(session, clock.now()), person: to_a_person(session, clock.now())}
        for state, count in session.exec(select(Alarm.state, func.count()).group_by(col(Alarm.state))):
            alarms.labels(state).set(count)
        tries = select(Page.channel, Page.state, func.count()).group_by(col(Page.channel), col(Page.state))
        for channel, state, count in session.exec(tries):
            pages.labels(channel, state).set(count)
        states = {
            state: count
            for state, count in session.exec(select(CheckIn.state, func.count()).group_by(col(CheckIn.state)))
        }
        calls = session.exec(
            select(Attempt.state, func.count()).where(Attempt.state != AttemptState.ENDED).group_by(col(Attempt.state))
        ).all()
        cases = Counter(session.exec(select(Case.level).where(col(Case.closed_at).is_(None))).all())
    for gauge, wait in waits.items():
        for share in (0.5, 0.95, 1.0):
            if (seconds := wait.quantile(share)) is not None:
                gauge.labels(str(share)).set(seconds)
    for known in CheckInState:
        check_ins.labels(known).set(states.get(known, 0))
    for state, count in calls:
        on_line.labels(state).set(count)
    for level, count in cases.items():
        open_cases.labels(level).set(count)
    return Response(generate_latest(registry), media_type="text/plain; version=0.0.4")
