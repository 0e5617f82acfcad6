"""Prints what waiting costs: OnCall's processor time with nobody on the line, and with 2,000 calls nobody has news of."""

import argparse
import os
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "town.d"))
from town import Town, enrol, load_average, town, until_well


def main() -> None:
    """The same processes for a minute each way, in turn, so that what they do anyhow is not charged to waiting."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--calls", type=int, default=2000)
    options.add_argument("--seconds", type=float, default=60)
    asked = options.parse_args()
    with town({"ONCALL_LINES": "100000"}, carrier=False) as made:
        port = os.environ["PORT"]
        made.start("oncall", "serve", "--port", port)
        until_well(port)
        time.sleep(10)  # what only a start does
        idle = measured(made, asked.seconds, "nobody on the line")
        put_on_the_line(asked.calls)
        waiting = measured(made, asked.seconds, f"{asked.calls:,} calls on the line")
        cost = sum(waiting.values()) - sum(idle.values())
        print(f"waiting costs {cost:.1%} of a core, OnCall and its database together")


def measured(made: Town, seconds: float, what: str) -> dict[str, float]:
    """The share of a core each process uses."""
    before, began = made.cpu_seconds(), time.monotonic()
    time.sleep(seconds)
    took = time.monotonic() - began
    shares = {name: (used - before[name]) / took for name, used in made.cpu_seconds().items()}
    print(f"{what}: " + ", ".join(f"{name} {share:.1%}" for name, share in shares.items()) + f" of a core ({load_average()})",
          flush=True)  # fmt: skip
    return shares


def put_on_the_line(calls: int) -> None:
    """Half of them ring and half are answered, since just now; the carrier will have told us nothing more for a minute."""
    import sqlalchemy as sa
    from sqlmodel import Session

    from oncall import db
    from tests.makers import make_campaign, make_city

    with Session(db.engine()) as session, session.begin():
        area = make_city(session)["중동"].id
        campaign = make_campaign(session, windows=["mon-sun 00:00-24:00"], holidays=True, lines=100_000).id
    enrol(1, calls, area=area, campaign=campaign)
    with db.engine().begin() as connection:
        connection.execute(
            sa.text("""
            UPDATE attempt SET call_sid = 'CA' || replace(id::text, '-', ''), claimed_at = now(), placed_at = now(),
                ended_at = NULL, outcome = NULL, answered_by = 'unknown', end_reason = '',
                state = CASE WHEN speaks THEN 'answered' ELSE 'ringing' END,
                answered_at = CASE WHEN speaks THEN now() END
            FROM (SELECT id AS one, row_number() OVER () % 2 = 0 AS speaks FROM attempt) half WHERE one = id
        """)
        )
        connection.execute(
            sa.text("""
            UPDATE check_in SET state = CASE attempt.state WHEN 'answered' THEN 'speaking' ELSE 'dialling' END,
                slot = now(), due_at = now(), changed_at = now() FROM attempt WHERE attempt.check_in_id = check_in.id
        """)
        )


if __name__ == "__main__":
    main()
