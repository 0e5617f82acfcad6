"""`oncall round`: planned against done, and the people not accounted for."""

import json
from datetime import datetime
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from oncall.cli import app


@app.command(name="round")
def show(
    campaign: Annotated[str | None, typer.Option(help="one campaign only, by its name")] = None,
    date: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="the city's date; today if left out")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="one object per campaign")] = False,
) -> None:
    """Planned against done: every planned check-in with its final state, attempts and reason, and who is not accounted for."""
    from oncall import clock, db
    from oncall.errors import OnCallError
    from oncall.models import CheckInState
    from oncall.schedule import campaign_file
    from oncall.schedule import round as planned
    from oncall.settings import settings

    now = clock.now()
    day = date.date() if date else clock.civil(now, settings().timezone).date()
    try:
        with db.transaction() as session:
            chosen = campaign_file.named(session, campaign) if campaign else None
            found = planned.rounds(session, day, now, campaign=chosen)
            told = [one.as_json() for one in found]
    except OnCallError as refusal:
        typer.echo(str(refusal), err=True)
        raise typer.Exit(1) from None
    if as_json:
        print(json.dumps(told, ensure_ascii=False))
        return
    out = Console(highlight=False)
    if not found:
        out.print(f"Nothing was planned on {day}.")
    for one, told_one in zip(found, told, strict=True):
        table = Table("state", "check-ins", title=f"{one.campaign.name} {day}", title_justify="left")
        for state in CheckInState:
            if count := one.count(state):
                table.add_row(state.value, str(count))
        out.print(table)
        missing = Table("resident", "state", "reason", "case", title="not accounted for", title_justify="left")
        for person in told_one["unaccounted"]:
            missing.add_row(person["external_id"], person["state"], person["reason"], person["case_id"] or "-")
        tried = sum(len(row.attempts) for row in one.planned)
        out.print(f"{len(one.planned)} planned, {tried} calls, {len(told_one['unaccounted'])} not accounted for.")
        for hold in one.holds:
            out.print(
                f"Not called: {hold.reason.value} {hold.code}".rstrip() + f", since {hold.since:%Y-%m-%d %H:%M} UTC."
            )
        if told_one["unaccounted"]:
            out.print(missing)
