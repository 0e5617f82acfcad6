"""Who signs in: accounts of the welfare office, made and closed from the command line."""

import os
from datetime import datetime
from typing import Annotated, NoReturn

import typer
from sqlmodel import Session, select

from oncall.cli import app
from oncall.cli.setup import SHORTEST_PASSWORD, asked
from oncall.models import Role

staff = typer.Typer(no_args_is_help=True, help="The people who sign in, their roles and areas.")
app.add_typer(staff, name="staff")


@staff.command("add")
def add(
    login: Annotated[str, typer.Argument(help="their sign-in name")],
    role: Annotated[Role, typer.Option(help="what they may do")],
    area: Annotated[str, typer.Option(help="city, district or dong whose residents they see")],
    name: Annotated[str, typer.Option(help="their name, as colleagues see it")],
    password: Annotated[str | None, typer.Option(hidden=True)] = None,
) -> None:
    """Make an account; the password is asked for, or taken from ONCALL_STAFF_PASSWORD, or made up and shown once."""
    from oncall import clock, db

    chosen = password or os.environ.get("ONCALL_STAFF_PASSWORD") or asked(login)
    if len(chosen) < SHORTEST_PASSWORD:
        _refuse(f"The password must have at least {SHORTEST_PASSWORD} characters.")
    with db.transaction() as session:
        _hire(session, login, role, area, name, chosen, clock.now())
    typer.echo(f"{login} may sign in as {role} of {area}.")


@staff.command("list")
def everybody() -> None:
    """Everybody with an account."""
    from oncall import db
    from oncall.models import Area, Staff

    with db.transaction() as session:
        for person, area in session.exec(select(Staff, Area).join(Area).order_by(Staff.login)):
            closed = f"  closed {person.disabled_at:%Y-%m-%d}" if person.disabled_at else ""
            typer.echo(f"{person.login:<12} {person.role:<11} {area.name:<8} {person.name}{closed}")


@staff.command("close")
def close(login: Annotated[str, typer.Argument(help="the sign-in name")]) -> None:
    """Close an account; every sign-in of theirs ends with the next click (TH-11)."""
    from oncall import clock, db
    from oncall.models import Event, Staff, Verb

    with db.transaction() as session:
        person = session.exec(select(Staff).where(Staff.login == login)).first()
        if person is None:
            _refuse(f"Nobody signs in as {login}.")
        person.disabled_at = person.disabled_at or clock.now()
        session.add(Event(at=clock.now(), verb=Verb.STAFF_CHANGED, about=f"staff:{person.id}",
                          detail={"closed": True}))  # fmt: skip
    typer.echo(f"{login} may not sign in any more.")


def _hire(session: Session, login: str, role: Role, area: str, name: str, password: str, now: datetime) -> None:
    from oncall.models import Area, Event, Staff, Verb
    from oncall.web.login import hashed

    if session.exec(select(Staff).where(Staff.login == login)).first() is not None:
        _refuse(f"Somebody signs in as {login} already.")
    found = session.exec(select(Area).where(Area.name == area)).all()
    if len(found) != 1 or found[0].id is None:
        _refuse(f"There is {'no' if not found else 'more than one'} area called {area}.")
    person = Staff(login=login, name=name, role=role, area_id=found[0].id, password_hash=hashed(password))
    session.add(person)
    session.flush()
    session.add(Event(at=now, verb=Verb.STAFF_CHANGED, about=f"staff:{person.id}", detail={"role": role.value}))


def _refuse(sentence: str) -> NoReturn:
    typer.echo(sentence, err=True)
    raise typer.Exit(1)
