"""`oncall accounted`: the newest report of planned against done, or a fresh one, with each person not accounted for."""

import json
from typing import Annotated

import typer

from oncall.cli import app


@app.command()
def accounted(
    fresh: Annotated[bool, typer.Option("--now", help="make one for this very moment")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="one object")] = False,
) -> None:
    """What the planned calls of the last 24 hours came to, and who is not accounted for; exit 1 if anybody is not."""
    from oncall import clock, db
    from oncall.report import accounted as of_report

    now = clock.now()
    with db.transaction() as session:
        report = of_report.make(session, now, now) if fresh else next(iter(of_report.newest(session, 1)), None)
        told = of_report.as_json(session, report) if report else None
    if told is None:
        typer.echo("No report has been made yet.")
        return
    if as_json:
        print(json.dumps(told, ensure_ascii=False))
    else:
        typer.echo(
            f"Report of {told['due_at']}: " + ", ".join(f"{count} {name}" for name, count in told["counts"].items())
        )
        for person in told["unaccounted"]:
            typer.echo(f"  {person['external_id']}  {person['state']}  {person['reason']}")
    if told["unaccounted"]:
        raise typer.Exit(1)
