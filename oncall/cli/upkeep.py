"""`oncall retention`, `oncall erase` and `oncall keys`: forgetting in time, forgetting one person, changing the key."""

from datetime import date, datetime
from typing import Annotated, NoReturn

import typer
from sqlmodel import select

from oncall.cli import app

retention = typer.Typer(no_args_is_help=True, help="How long words are kept, and what is kept longer.")
keys = typer.Typer(no_args_is_help=True, help="The city's key, which wraps every resident's.")
app.add_typer(retention, name="retention")
app.add_typer(keys, name="keys")

By = Annotated[str, typer.Option("--by", help="sign-in name of whoever answers for this")]


@retention.command("run")
def forget_in_time(dry_run: Annotated[bool, typer.Option("--dry-run", help="only count")] = False) -> None:
    """Delete what has had its time (prompts/retention.toml); the worker does it every night. Exit 1 if anything failed."""
    from oncall import clock
    from oncall.upkeep import retention as of_upkeep

    done = of_upkeep.run(clock.now(), dry=dry_run)
    for line in of_upkeep.says(done, dry=dry_run):
        typer.echo(line)
    if any(one.failed for one in done):
        raise typer.Exit(1)


@retention.command("hold")
def keep(
    external_id: Annotated[str, typer.Argument(help="the resident's number in the office")],
    by: By,
    reason: Annotated[str, typer.Option("--reason", help="why, in a sentence")],
    until: Annotated[datetime, typer.Option("--until", formats=["%Y-%m-%d"], help="the last day")],
) -> None:
    """Keep one resident's words whatever their age, until a day, for a reason."""
    from oncall import clock, db
    from oncall.models import LegalHold, Resident, Staff

    last: date = until.date()
    with db.transaction() as session:
        person = session.exec(select(Staff).where(Staff.login == by)).first()
        resident = session.exec(select(Resident).where(Resident.external_id == external_id)).first()
        if person is None or resident is None:
            _refuse(f"Nobody signs in as {by}." if person is None else f"There is no resident {external_id}.")
        session.add(LegalHold(resident_id=resident.id, why=reason, until=last, since=clock.now(), set_by=person.id))
    typer.echo(f"{external_id} is kept until {last}.")


@app.command()
def erase(
    external_id: Annotated[str, typer.Argument(help="the resident's number in the office")],
    reason: Annotated[str, typer.Option("--reason", help="why, in a sentence; no names")],
) -> None:
    """Forget one person: their key is destroyed, their words and recordings with it. It cannot be undone."""
    from oncall import clock
    from oncall.upkeep import erasure

    gone = erasure.erase(external_id, reason, clock.now())
    typer.echo(
        f"Erased. {gone.recordings} recordings removed, the key destroyed here and in {gone.copies} backups within reach."
    )
    if gone.left_at_carrier:
        typer.echo(
            f"{gone.left_at_carrier} recordings were not confirmed by the carrier: delete them in its console.",
            err=True,
        )
    typer.echo(
        "Backups out of reach still hold the wrapped key: destroy them within 35 days. Restoring one here erases again."
    )


@keys.command("prepare")
def prepare() -> None:
    """Name the next key in the key file. With several hosts: then copy that file to each, and only then `keys rotate`."""
    from oncall import db
    from oncall.settings import settings
    from oncall.upkeep import key_change

    db.engine()
    fresh = key_change.prepare()
    typer.echo(f"The next key {'stands' if fresh else 'stood already'} in {settings().key_file}. "
               "Copy the file to every host, then: oncall keys rotate")  # fmt: skip


@keys.command("rotate")
def rotate() -> None:
    """Wrap every data key under a new city key while everything runs; broken off, the next run goes on."""
    from oncall import clock, db
    from oncall.upkeep import key_change

    db.engine()
    done = key_change.change(clock.now())
    typer.echo(f"{done.residents} residents and {done.staff} staff numbers are under the new key"
               f"{' (an earlier run was gone on with)' if done.resumed else ''}, in {done.seconds:.1f} s.")  # fmt: skip
    typer.echo(f"The old key is kept in {done.retired}: backups made before need it. Destroy it with the last of them.")


def _refuse(sentence: str) -> NoReturn:
    typer.echo(sentence, err=True)
    raise typer.Exit(1)
