"""`oncall campaign`: campaigns as files, and whether they run."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from sqlmodel import Session, col, select

from oncall import clock, db
from oncall.cli import app
from oncall.errors import OnCallError
from oncall.models import Campaign, CampaignState
from oncall.schedule import campaign_file, membership, preview
from oncall.schedule.lane import planned_lines

campaigns = typer.Typer(no_args_is_help=True, help="Campaigns as files; the pages edit the same rows.")
app.add_typer(campaigns, name="campaign")
_out = Console(highlight=False)

Name = Annotated[str, typer.Argument(help="the campaign's name")]


@campaigns.command()
def apply(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="a campaign's TOML file")],
    everyone: Annotated[bool, typer.Option("--everyone", help="all residents of its area join it")] = False,
) -> None:
    """Make a campaign what its file says; the name finds it."""
    with _told() as session:
        said = campaign_file.read(file)
        new = session.exec(select(Campaign.id).where(Campaign.name == said.name)).first() is None
        campaign, changed = campaign_file.put(session, said, clock.now())
        joined = membership.take_everybody_in(session, campaign, clock.now()) if everyone else 0
        people, _ = membership.people(session, [campaign.id])[campaign.id]
        what = "made" if new else "changed " + ", ".join(changed) if changed else "nothing changed"
        _say(f"{campaign.name}: {what}.")
        _say(f"{people} residents in it{f', {joined} of them new' if joined else ''}.")
        if not people:
            _say("Nobody is in it yet: oncall import FILE --campaign NAME, or apply it with --everyone.")


@campaigns.command(name="list")
def show_all() -> None:
    """Every campaign with its state, its people and when the next check-in falls due."""
    with _told() as session:
        table = Table("name", "state", "every", "windows", "people", "next")
        for campaign in session.exec(select(Campaign).order_by(col(Campaign.name))):
            said = campaign_file.written(campaign)
            people, soonest = membership.people(session, [campaign.id])[campaign.id]
            table.add_row(
                campaign.name, campaign.state.value, said["every"] or said["cron"], "\n".join(campaign.windows),
                str(people), preview.civil(soonest) if soonest else "-",
            )  # fmt: skip
        _out.print(table)


@campaigns.command()
def pause(name: Name) -> None:
    """Lay out and dial nobody more; calls that are going on end by themselves."""
    _stand(name, CampaignState.PAUSED)


@campaigns.command()
def resume(name: Name) -> None:
    """Go on from now; nobody is called for the time it was paused."""
    _stand(name, CampaignState.RUNNING)


@campaigns.command(name="preview")
def foresee(
    name: Name,
    people: Annotated[int, typer.Option(help="how many people to list")] = 30,
) -> None:
    """Who will be called and when, who will not and why, and whether the windows suffice."""
    from oncall.settings import settings

    with _told() as session:
        seen = preview.foresee(session, campaign_file.named(session, name), clock.now(),
                               lines=planned_lines(settings().lines), cps=settings().cps)  # fmt: skip
        table = Table("resident", "next call", "why not")
        for one in seen.people[:people]:
            table.add_row(one.external_id, preview.civil(one.at) if one.at else "-", one.why_not)
        _out.print(table)
        if len(seen.people) > people:
            _say(f"... and {len(seen.people) - people} more.")
        _say(f"{seen.called} will be called, {seen.by_keypad} of them by keypad; {seen.not_called} will not.")
        for reason, count in sorted(seen.reasons.items()):
            _say(f"  {reason}: {count}")
        _say(seen.capacity.say("en"))


def _stand(name: str, state: CampaignState) -> None:
    with _told() as session:
        moved = campaign_file.stand(session, campaign_file.named(session, name), state, clock.now())
        _say(f"{name}: {state.value}{'' if moved else ' already'}.")


@contextmanager
def _told() -> Iterator[Session]:
    """A transaction whose refusals are printed as sentences, with exit code 1."""
    try:
        with db.transaction() as session:
            yield session
    except OnCallError as refusal:
        typer.echo(str(refusal) or refusal.__doc__, err=True)
        raise typer.Exit(1) from None


def _say(words: str) -> None:
    _out.print(words, markup=False)
