"""One call now, to a resident already enrolled."""

import time
from typing import Annotated

import typer

from oncall.cli import app


@app.command()
def call(
    phone: Annotated[str, typer.Argument(help="the resident's number, in any usual form; never a free number")],
    wait: Annotated[bool, typer.Option(help="stay and tell how it goes")] = True,
) -> None:
    """Place one check-in call now. A worker (`oncall serve` or `oncall worker`) must be running."""
    from oncall import clock, db
    from oncall.enrol.phone_number import read_phone
    from oncall.errors import OnCallError
    from oncall.models import Attempt, AttemptState
    from oncall.schedule.single import call_now

    try:
        number = read_phone(phone).e164
        with db.transaction() as session:
            attempt_id = call_now(session, number, clock.now()).id
    except OnCallError as refusal:
        typer.echo(str(refusal), err=True)
        raise typer.Exit(1) from None
    seen = ""
    for _ in range(20 * 60 if wait else 0):
        with db.transaction() as session:
            attempt = session.get_one(Attempt, attempt_id)
            now = f"{attempt.state}{f': {attempt.outcome}' if attempt.outcome else ''}"
        if now != seen:
            typer.echo(now)
            seen = now
        if attempt.state is AttemptState.ENDED and attempt.outcome:
            return
        time.sleep(1)
