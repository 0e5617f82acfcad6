"""`oncall hold`: why nobody is called, and a named person's word that calls may go out again."""

from typing import Annotated, NoReturn

import typer
from sqlmodel import Session, col, select

from oncall.cli import app
from oncall.models import Area, Hold, HoldReason, Staff

holds = typer.Typer(no_args_is_help=True, help="Holds: while one stands, nobody of its area is called.")
app.add_typer(holds, name="hold")

By = Annotated[str, typer.Option("--by", help="sign-in name of whoever answers for this")]
Reason = Annotated[str, typer.Option("--reason", help="why, in a sentence; nothing about a resident")]


@holds.command("list")
def show() -> None:
    """Every hold that stands; says so when none does."""
    from oncall import clock, db
    from oncall.models import hold as standing
    from oncall.settings import settings

    with db.transaction() as session:
        rows = standing.standing(session)
        for one in rows:
            area = session.get_one(Area, one.area_id).name if one.area_id else "the whole city"
            by = session.get_one(Staff, one.set_by).login if one.set_by else "OnCall"
            typer.echo(f"{str(one.id)[:8]}  {one.reason:<9} {area:<8} since "
                       f"{clock.civil(one.since, settings().timezone):%Y-%m-%d %H:%M}  by {by}  {one.code or one.why}")  # fmt: skip
    if not rows:
        typer.echo("No hold stands. Calls go out as planned.")


@holds.command("set")
def set_one(
    by: By,
    reason: Reason,
    area: Annotated[str | None, typer.Option(help="one area and all below it; else the city")] = None,
) -> None:
    """Stop all planned calls, until a named person lets them go on."""
    from oncall import clock, db
    from oncall.models import hold as standing

    with db.transaction() as session:
        found = session.exec(select(Area).where(Area.name == area)).all() if area else []
        if area and len(found) != 1:
            _refuse(f"There is {'no' if not found else 'more than one'} area called {area}.")
        standing.hold(session, HoldReason.BY_HAND, clock.now(), why=reason, by=_person(session, by).id,
                      area_id=found[0].id if found and found[0].parent_id is not None else None)  # fmt: skip
    typer.echo(f"Planned calls of {area or 'the whole city'} are held.")


@holds.command("release")
def release(by: By, reason: Reason, which: Annotated[str | None, typer.Argument(help="its id, or a reason such as restored; all if left out")] = None) -> None:  # fmt: skip
    """Let calls go out again: this hold, those of this reason, or all that stand."""
    from oncall import clock, db
    from oncall.db import tell
    from oncall.models import hold as standing

    with db.transaction() as session:
        person, now = _person(session, by), clock.now()
        chosen = [one for one in standing.standing(session) if which is None or _is(one, which)]
        if not chosen:
            _refuse("No such hold stands.")
        for one in chosen:
            standing.release(session, one, now, by=person.id, why=reason)
            typer.echo(f"{one.reason} is let go by {by}.")
        tell(session, "calls")
        left = standing.standing(session)
    typer.echo(f"{len(left)} holds still stand." if left else "Calls go out as planned.")


def _is(one: Hold, which: str) -> bool:
    return one.reason.value == which or str(one.id).startswith(which)


def _person(session: Session, login: str) -> Staff:
    person = session.exec(select(Staff).where(Staff.login == login, col(Staff.disabled_at).is_(None))).first()
    if person is None:
        _refuse(f"Nobody signs in as {login}.")
    return person


def _refuse(sentence: str) -> NoReturn:
    typer.echo(sentence, err=True)
    raise typer.Exit(1)
