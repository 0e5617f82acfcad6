"""`oncall import`: a roster in, with what was refused and why, row by row."""

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from oncall.cli import app

File = Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="CSV (UTF-8, UTF-16 or CP949) or XLSX")]


@app.command(name="import")
def bring_in(
    file: File,
    campaign: Annotated[str | None, typer.Option(help="everybody on the roster joins this campaign")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="check every row and write nothing")] = False,
    language: Annotated[str | None, typer.Option(help="ko or en, for the reasons")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="print the result as JSON")] = False,
) -> None:
    """Bring a roster in. Bad rows are named and left out whole; exit code 1 when any row was refused."""
    from oncall import clock, db
    from oncall.enrol import roster
    from oncall.enrol.reason import Refused
    from oncall.errors import OnCallError
    from oncall.schedule import campaign_file

    language = language or ("ko" if os.environ.get("LANG", "").startswith("ko") else "en")
    console, now = Console(stderr=as_json, highlight=False), clock.now()
    try:
        with db.transaction() as session:
            into = campaign_file.named(session, campaign) if campaign else None
            checked = roster.read(session, file.read_bytes(), now)
            if dry_run:
                done = roster.Imported(created=checked.new, corrected=checked.corrections)
                done.refused = [(line.number, reason) for line in checked.refused for reason in line.wrong]
                done.doubtful = [(line.number, reason) for line in checked.doubtful for reason in line.doubtful]
            else:
                with _progress(console) as progress:
                    task = progress.add_task("rows", total=len(checked.good))
                    done = roster.enter(session, checked, now, campaign=into, on_row=lambda: progress.advance(task))
    except Refused as refusal:
        console.print(f"{file.name}: {refusal.reason.say(language)}", markup=False)
        raise typer.Exit(1) from None
    except OnCallError as refusal:
        typer.echo(str(refusal), err=True)
        raise typer.Exit(1) from None
    _show(console, checked, done, language, dry_run)
    if as_json:
        print(json.dumps(_as_json(checked, done, language, dry_run), ensure_ascii=False))
    raise typer.Exit(1 if done.refused else 0)


def _progress(console: Console) -> Progress:
    return Progress(
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(), console=console
    )


def _show(console: Console, checked: "object", done: "object", language: str, dry_run: bool) -> None:
    from oncall.enrol.roster import Imported, Roster

    assert isinstance(checked, Roster)
    assert isinstance(done, Imported)
    for title, rows in (("refused", done.refused), ("brought in, but please check", done.doubtful)):
        if rows:
            table = Table("row", "why", title=f"{title} ({len({number for number, _ in rows})})", title_justify="left")
            for number, reason in rows:
                table.add_row(str(number), reason.say(language))
            console.print(table)
    for reason in checked.about_file:
        console.print(reason.say(language), markup=False)
    said = "would be " if dry_run else ""
    console.print(
        f"{len(checked.lines)} rows ({checked.encoding}): {said}{done.created} new, {done.corrected} corrected, "
        f"{done.unchanged} unchanged, {done.refused_rows} refused; {checked.uncallable} said no to being called."
        + (f" {done.joined} joined the campaign." if done.joined else "")
        + (" Nothing was written." if dry_run else ""),
        markup=False,
    )


def _as_json(checked: "object", done: "object", language: str, dry_run: bool) -> dict[str, object]:
    from oncall.enrol.roster import Imported, Roster

    assert isinstance(checked, Roster)
    assert isinstance(done, Imported)

    def rows(found: "Sequence[tuple[int, object]]") -> list[dict[str, object]]:
        return [
            {"row": number, "code": reason.code, "column": reason.column, "reason": reason.say(language)}  # type: ignore[attr-defined]  # Reason
            for number, reason in found
        ]

    return {
        "rows": len(checked.lines), "created": done.created, "corrected": done.corrected, "unchanged": done.unchanged,
        "joined": done.joined, "dry_run": dry_run, "refused": rows(done.refused), "doubtful": rows(done.doubtful),
    }  # fmt: skip
