"""`oncall duty`: who is reached when a resident is in danger, from the command line."""

from datetime import datetime
from typing import Annotated, NoReturn

import typer
from sqlmodel import Session, col, select

from oncall.cli import app
from oncall.models import Area, Duty, Staff

duty = typer.Typer(no_args_is_help=True, help="Shifts: who is rung when a resident is in danger.")
app.add_typer(duty, name="duty")

_WHEN = ["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"]


@duty.command("list")
def shifts() -> None:
    """Shifts that run or come, on the city's clock; says so when nobody is on duty now."""
    from oncall import clock, db
    from oncall.settings import settings

    now, zone = clock.now(), settings().timezone
    with db.transaction() as session:
        rows = session.exec(
            select(Duty, Staff, Area).select_from(Duty)
            .join(Staff, col(Staff.id) == Duty.staff_id).join(Area, col(Area.id) == Duty.area_id)
            .where(Duty.ends_at > now).order_by(col(Duty.starts_at))
        ).all()  # fmt: skip
        for shift, person, area in rows:
            state = "there" if shift.acknowledged_at else "not confirmed"
            here = "  now" if shift.starts_at <= now else ""
            typer.echo(f"{str(shift.id)[:8]}  {clock.civil(shift.starts_at, zone):%Y-%m-%d %H:%M} - "
                       f"{clock.civil(shift.ends_at, zone):%m-%d %H:%M}  {shift.place}  {person.login:<12} "
                       f"{area.name:<8} {state}{here}")  # fmt: skip
        if not any(shift.starts_at <= now and shift.acknowledged_at for shift, _, _ in rows):
            typer.echo("Nobody is on duty now: an emergency rings no one but supervisors and the last resort.")


@duty.command("add")
def add(
    login: Annotated[str, typer.Argument(help="their sign-in name")],
    area: Annotated[str, typer.Option(help="city, district or dong they answer for")],
    starts: Annotated[datetime, typer.Option(formats=_WHEN, help="on the city's clock")],
    ends: Annotated[datetime, typer.Option(formats=_WHEN, help="on the city's clock")],
    place: Annotated[int, typer.Option(min=1, max=3, help="1 is rung first")] = 1,
    phone: Annotated[str | None, typer.Option(help="where they are reached on duty; kept with their account")] = None,
) -> None:
    """Put somebody on duty; they must still acknowledge."""
    from zoneinfo import ZoneInfo

    from oncall import clock, db
    from oncall.follow_up import duty as of_duty
    from oncall.settings import settings

    zone = ZoneInfo(settings().timezone)
    with db.transaction() as session:
        person = _person(session, login)
        found = session.exec(select(Area).where(Area.name == area)).all()
        if len(found) != 1 or found[0].id is None:
            _refuse(f"There is {'no' if not found else 'more than one'} area called {area}.")
        if phone:
            person.reachable_at(of_duty.number_of(phone))
            session.add(person)
        made = of_duty.add(session, found[0].id, person.id, place, starts.replace(tzinfo=zone),
                           ends.replace(tzinfo=zone), clock.now(), None)  # fmt: skip
        has_phone = person.phone is not None
    typer.echo(
        f"{login} is on duty for {area} from {starts:%Y-%m-%d %H:%M}." if made else "That shift is planned already."
    )
    if not has_phone:
        typer.echo(f"{login} has no telephone number: only the screen reaches them (--phone).")


@duty.command("acknowledge")
def acknowledge(login: Annotated[str, typer.Argument(help="their sign-in name")]) -> None:
    """Say for somebody, who told you so, that they are there: every shift of theirs that runs or starts within 12 hours."""
    from datetime import timedelta

    from oncall import clock, db
    from oncall.follow_up import duty as of_duty

    now = clock.now()
    with db.transaction() as session:
        person = _person(session, login)
        rows = session.exec(
            select(Duty).where(
                Duty.staff_id == person.id, Duty.ends_at > now, Duty.starts_at < now + timedelta(hours=12)
            )
        ).all()
        for shift in rows:
            of_duty.acknowledge(session, shift, person.id, now)
    if not rows:
        _refuse(f"{login} has no shift in the coming 12 hours.")
    typer.echo(f"{login} is there.")


def _person(session: Session, login: str) -> Staff:
    person = session.exec(select(Staff).where(Staff.login == login)).first()
    if person is None:
        _refuse(f"Nobody signs in as {login}.")
    return person


def _refuse(sentence: str) -> NoReturn:
    typer.echo(sentence, err=True)
    raise typer.Exit(1)
