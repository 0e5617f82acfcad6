"""The demo: a sample city with its people, a carrier and a model of its own, and OnCall at work in it."""

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

import requests
import typer
from sqlmodel import Session, select

from oncall.cli import app

CITY = Path(__file__).parent.parent / "sandbox" / "city"
PASSWORD = "welfare-2026"
PEOPLE = {
    "han": ("caseworker", "한지우", "원미구"),
    "seo": ("supervisor", "서도윤", "부천시"),
    "yun": ("scheduler", "윤하린", "부천시"),
    "admin": ("admin", "관리자", "부천시"),
}
# Who is rung when somebody is in danger: for which area, in which order, and on which (made-up) telephone.
ON_DUTY = [("han", "원미구", 1, "+821055590000"), ("seo", "부천시", 1, "+821055590100")]
# Ms Han's telephone lies in her bag at the first ring, so that the demo shows how the next person is asked.
_AT_A_DESK: dict[str, Any] = {"like": "desk", "hangs_up_after": None, "keys": [{"when": "1번", "press": ["1", ""]}]}
AT_THEIR_DESKS: dict[str, Any] = {
    "+821055590000": _AT_A_DESK | {"tries": ["no-answer", "answer"]},
    "+821055590100": _AT_A_DESK | {"greeting": "네, 서도윤입니다."},
}


@app.command()
def demo(
    port: Annotated[int, typer.Option(help="port of the pages")] = 8000,
    data: Annotated[Path | None, typer.Option(help="keep the city in this folder and go on with it next time")] = None,
    fast: Annotated[bool, typer.Option("--fast", help="people ring and talk several times faster")] = False,
) -> None:
    """A running city on embedded defaults: 200 residents are enrolled, called, heard, and the queue fills."""
    _port_is_free(port)
    with tempfile.TemporaryDirectory(prefix="oncall-demo-", ignore_cleanup_errors=True) as scratch:
        folder = data or Path(scratch)
        folder.mkdir(parents=True, exist_ok=True)
        # The embedded database runs as a user of its own when we are root.
        Path(scratch).chmod(0o755)
        city = _start([sys.executable, "-m", "oncall", "sandbox", "--speed", "4" if fast else "1", "--cps", "5"])
        try:
            _settings_of(city)
            told = requests.post(f"{os.environ['ONCALL_TWILIO_URL']}/sandbox/people", json=AT_THEIR_DESKS, timeout=10)
            told.raise_for_status()
            os.environ.update({
                "ONCALL_DATA": str(folder), "ONCALL_PUBLIC_URL": f"http://127.0.0.1:{port}",
                "ONCALL_LINES": "20", "ONCALL_CPS": "3",
            })  # fmt: skip
            os.environ.pop("ONCALL_DATABASE_URL", None)
            enrol_city()
            lead_call_backs()
            welcome(port)
            from oncall.cli.serve import serve

            serve(host="127.0.0.1", port=port)
        finally:
            _stop(city)
            _close_database(folder)


def _start(command: list[str]) -> "subprocess.Popen[str]":
    # A group of its own: Ctrl-C reaches us alone, and we stop it after our own calls have ended.
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True)


def _stop(child: "subprocess.Popen[str]") -> None:
    child.send_signal(signal.SIGTERM)
    try:
        child.wait(8)
    except subprocess.TimeoutExpired:
        child.kill()


def _close_database(folder: Path) -> None:
    """Have the database end before its folder goes: one whose folder is gone can only be waited for."""
    from oncall import db

    if (folder / "postgres").exists():
        db.engine().dispose()
        db.embedded(folder / "postgres").cleanup()


def _settings_of(city: "subprocess.Popen[str]") -> None:
    assert city.stdout is not None
    for line in city.stdout:
        name, _, value = line.strip().partition("=")
        os.environ[name] = value
        if name == "ONCALL_CALLER_ID":
            return
    raise typer.Exit(_say("The sandbox did not start; its own words are above."))


def enrol_city() -> None:
    """Migrate the database and put the sample city in: areas, staff, duty, one running campaign, its residents."""
    from oncall import clock, db
    from oncall.enrol import areas, roster
    from oncall.schedule import campaign_file

    started = time.monotonic()
    db.upgrade()
    with db.transaction() as session:
        areas.load(session, CITY / "areas.toml")
        _hire(session)
        _put_on_duty(session, clock.now())
    _say(f"Database ready in {time.monotonic() - started:.1f} s.")
    with db.transaction() as session:
        campaign = campaign_file.apply(session, CITY / "campaign.toml", clock.now())
        result = roster.bring_in(session, CITY / "roster.csv", clock.now(), campaign=campaign)
        _agree_to_notes(session, clock.now())
    _say(str(result))


def _agree_to_notes(session: Session, now: datetime) -> None:
    """Every other resident has agreed to short notes between calls, so that the demo has something to remember."""
    from oncall.enrol import consent
    from oncall.models import ConsentScope, Resident

    for number, resident in enumerate(session.exec(select(Resident).order_by(Resident.external_id))):
        if number % 2 == 0 and not any(
            row.scope is ConsentScope.MEMORY for row in consent.history(session, resident.id)
        ):
            consent.record(session, resident, ConsentScope.MEMORY, True, now, channel="paper")


def lead_call_backs() -> None:
    """Have calls to our own number led to us."""
    from oncall.gateways import phone

    phone.lead_here()


def _hire(session: Session) -> None:
    from oncall.models import Area, Role, Staff
    from oncall.web.login import hashed

    areas = {area.name: area.id for area in session.exec(select(Area)) if area.id is not None}
    for login, (role, name, area) in PEOPLE.items():
        if session.exec(select(Staff).where(Staff.login == login)).first() is None:
            session.add(Staff(login=login, name=name, role=Role(role), area_id=areas[area],
                              password_hash=hashed(PASSWORD)))  # fmt: skip


def _put_on_duty(session: Session, now: datetime) -> None:
    """Shifts around the clock for the coming month, acknowledged, so that an emergency of the demo really rings."""
    from oncall.models import Area, Duty, Staff

    areas = {area.name: area.id for area in session.exec(select(Area)) if area.id is not None}
    for login, area, place, phone in ON_DUTY:
        person = session.exec(select(Staff).where(Staff.login == login)).one()
        if person.phone is None:
            person.reachable_at(phone)
            session.add(person)
        running = select(Duty).where(Duty.staff_id == person.id, Duty.ends_at > now + timedelta(days=1))
        if session.exec(running).first() is None:
            session.add(Duty(area_id=areas[area], staff_id=person.id, place=place, starts_at=now, acknowledged_at=now,
                             ends_at=now + timedelta(days=30)))  # fmt: skip


def welcome(port: int) -> None:
    """Say where it is, and who may sign in."""
    _say(f"\nOnCall is running: http://127.0.0.1:{port}/   (Ctrl-C stops everything)\n")
    for login, (role, name, area) in PEOPLE.items():
        _say(f"  {role:<11} {login:<6} {PASSWORD}   {name}, {area}")
    _say("")


def _port_is_free(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            _say(f"Port {port} is taken on this machine; choose another with --port.")
            raise typer.Exit(1) from None


def _say(words: str) -> int:
    print(words, flush=True)
    return 1
