"""`oncall init` and `oncall upgrade`: the database, the city's areas and the first administrator."""

import os
import secrets
from pathlib import Path
from typing import Annotated

import requests
import typer
from sqlmodel import Session, select

from oncall.cli import app

SHORTEST_PASSWORD = 12  # TH-12


@app.command()
def upgrade() -> None:
    """Bring the database to this version's shape; safe to repeat."""
    from oncall import db

    db.upgrade()
    typer.echo("The database is up to date.")


@app.command()
def init(
    areas: Annotated[
        Path | None,
        typer.Option(
            exists=True, dir_okay=False, help="TOML with the districts and dongs, or a roster that names them"
        ),
    ] = None,
    login: Annotated[str, typer.Option(help="sign-in name of the first administrator")] = "admin",
    name: Annotated[str, typer.Option(help="their name, as colleagues see it")] = "관리자",
    password: Annotated[
        str | None,
        typer.Option(help="their password; better left to ONCALL_ADMIN_PASSWORD or the question", hidden=True),
    ] = None,
) -> None:
    """Set up database, areas and the first administrator. Repeating it adds what is missing and changes nothing else."""
    from oncall import db
    from oncall.enrol import areas as city_areas
    from oncall.enrol.reason import Refused
    from oncall.errors import OnCallError
    from oncall.models import Staff

    db.upgrade()
    try:
        with db.transaction() as session:
            new = city_areas.load(session, areas) if areas else _city_alone(session)
            there = session.exec(select(Staff).limit(1)).first()
    except (OnCallError, Refused) as refusal:
        typer.echo(str(refusal), err=True)
        raise typer.Exit(1) from None
    typer.echo(f"The database is ready; {new} areas are new.")
    _offer_call_backs()
    if there is not None:
        typer.echo("There are people who sign in already; no administrator was added.")
        return
    chosen = password or os.environ.get("ONCALL_ADMIN_PASSWORD") or asked(login)
    if len(chosen) < SHORTEST_PASSWORD:
        typer.echo(f"The password must have at least {SHORTEST_PASSWORD} characters.", err=True)
        raise typer.Exit(1)
    with db.transaction() as session:
        _administrator(session, login, name, chosen)
    typer.echo(f"{login} may sign in as administrator.")


def _offer_call_backs() -> None:
    """Ask a person at the terminal whether whoever rings our number back is to reach us; `doctor --fix` does it too."""
    from twilio.base.exceptions import TwilioException

    from oncall.errors import SettingError
    from oncall.gateways import phone
    from oncall.settings import settings

    config = settings()
    if not os.isatty(0) or not config.caller_id or not config.twilio_account_sid:
        return
    try:
        if phone.led_here() is False and typer.confirm(f"Lead calls to {config.caller_id} to {config.public_url}?"):
            phone.lead_here()
    except (TwilioException, requests.RequestException, SettingError):
        typer.echo("The carrier could not be asked where calls to our number lead; oncall doctor tries again.")


def _city_alone(session: Session) -> int:
    """The city itself, when no districts are named yet."""
    from oncall.models import Area, AreaKind
    from oncall.settings import settings

    if session.exec(select(Area).limit(1)).first() is not None:
        return 0
    config = settings()
    city = Area(name=config.city, name_en=config.city_en, kind=AreaKind.CITY)
    session.add(city)
    session.flush()
    city.path = f"{city.id}."
    typer.echo("Only the city is laid down; name its districts and dongs with --areas FILE before importing a roster.")
    return 1


def _administrator(session: Session, login: str, name: str, password: str) -> None:
    from oncall.models import Area, AreaKind, Role, Staff
    from oncall.web.login import hashed

    city = session.exec(select(Area).where(Area.kind == AreaKind.CITY)).one()
    assert city.id is not None, "the city was laid down before"
    session.add(Staff(login=login, name=name, role=Role.ADMIN, area_id=city.id, password_hash=hashed(password)))


def asked(login: str) -> str:
    """The password typed twice, or a fresh one printed where nobody can be asked."""
    if os.isatty(0):
        return str(typer.prompt(f"Password of {login}", hide_input=True, confirmation_prompt=True))
    made = secrets.token_urlsafe(12)
    typer.echo(f"Password of {login} (shown only now): {made}")
    return made
