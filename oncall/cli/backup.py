"""`oncall backup`, `oncall restore` and `oncall reconcile`: copies, and the way back from one without calling anybody twice."""

from pathlib import Path
from typing import Annotated

import typer

from oncall.cli import app


@app.command()
def backup(
    folder: Annotated[Path, typer.Argument(file_okay=False, help="a new or empty folder")],
    with_key: Annotated[Path | None, typer.Option("--with-key", file_okay=False, help="copy the city's key to this other folder too")] = None,
    recordings: Annotated[bool, typer.Option("--recordings/--no-recordings", help="copy the sealed recordings")] = True,
) -> None:  # fmt: skip
    """Copy everything but the key into a folder, from one moment; nothing has to stop for it."""
    from oncall import clock
    from oncall.upkeep import backup as of_upkeep

    made = of_upkeep.make(folder, clock.now(), with_key=with_key, recordings=recordings)
    typer.echo(f"{made.rows} rows of {len(made.tables)} tables and {made.recordings} recordings as of {made.made_at}, "
               f"in {made.seconds:.1f} s.")  # fmt: skip
    if made.recordings_missing:
        typer.echo(f"{made.recordings_missing} recordings are not in it.")
    typer.echo("Names, numbers, addresses, notes and all words are under seal; recordings too.")
    typer.echo(f"Plain: {of_upkeep.PLAIN}.")
    if with_key is None:
        typer.echo("The key is not in it: keep a copy of it elsewhere. Without it nothing sealed can be read again.")
    else:
        typer.echo(f"The key is in {with_key}: keep it away from the copy.")
    typer.echo("What happens from now on is lost with this machine until the next copy (RPO): make one every 5 minutes, "
               "or have PostgreSQL archive its log. Destroy copies after 35 days.")  # fmt: skip


@app.command()
def restore(
    folder: Annotated[Path, typer.Argument(exists=True, file_okay=False, help="a folder made by oncall backup")],
    replace: Annotated[bool, typer.Option("--replace", help="drop what is in the database first")] = False,
) -> None:
    """Bring a copy back, held: nobody is dialled until it is compared with the carrier's log and a named person says so."""
    from oncall import clock
    from oncall.upkeep import restore as of_upkeep

    done = of_upkeep.restore(folder, clock.now(), replace=replace)
    typer.echo(f"{done.rows} rows and {done.recordings} recordings are back, in {done.seconds:.1f} s (RTO).")
    typer.echo(f"The copy is of {done.made_at}: {_span(done.lost.total_seconds())} are not in it (RPO).")
    if done.erased:
        typer.echo(f"{done.erased} people who were erased were erased again.")
    typer.echo("Nobody is called. Next: oncall reconcile, then oncall hold release restored --by LOGIN --reason WHY")


@app.command()
def reconcile() -> None:
    """Compare the restored rows with the carrier's log; calls only the carrier knows are written down, so that nobody is
    called again for them. Exit 1 when the carrier cannot be asked."""
    import requests
    from twilio.base.exceptions import TwilioException

    from oncall import clock, db
    from oncall.upkeep import reconcile as of_upkeep

    with db.transaction() as session:
        since = of_upkeep.restored_at(session)
    if since is None:
        typer.echo("No restored copy holds the calls: there is nothing to compare.")
        return
    try:
        found = of_upkeep.compare(since, clock.now())
    except (TwilioException, requests.RequestException) as error:
        typer.echo(f"The carrier could not be asked ({type(error).__name__}). Release nothing before it was.", err=True)
        raise typer.Exit(1) from None
    typer.echo(f"Since {since:%Y-%m-%d %H:%M} UTC the carrier knows {found.known + found.differences} calls: {found.known} known here, "
               f"{found.written.total()} written down now ({_counted(found.written)}), {len(found.strangers)} to nobody we know.")  # fmt: skip
    for sid in found.running:
        typer.echo(f"  going on right now: {sid}")
    for sid in found.strangers:
        typer.echo(f"  to nobody we know: {sid}")
    typer.echo(
        "Their residents are on the human list. If this fits: oncall hold release restored --by LOGIN --reason WHY"
    )


def _counted(outcomes: "dict[str, int]") -> str:
    return ", ".join(f"{count} {outcome}" for outcome, count in sorted(outcomes.items())) or "none"


def _span(seconds: float) -> str:
    return f"{seconds / 60:.1f} minutes" if seconds < 5400 else f"{seconds / 3600:.1f} hours"
