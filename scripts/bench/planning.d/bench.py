"""Prints what one tick of the clock costs with the same number due and ever more people enrolled."""

import argparse
import statistics
import sys
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "town.d"))
from town import Town, enrol, load_average, town

DUE = """
UPDATE enrolment SET next_at = now() - interval '1 second' WHERE id IN (
    SELECT enrolment.id FROM enrolment JOIN resident ON resident.id = enrolment.resident_id
    WHERE resident.external_id IN (SELECT 'B-' || n FROM generate_series(CAST(:first AS int), CAST(:last AS int)) n)
)
"""
A_WEB_LIVES = """
INSERT INTO heartbeat (node, kind, at, spooled_alarms, spooled_records, live_calls, lag_ms)
VALUES ('bench', 'web', now(), 0, 0, 0, 0) ON CONFLICT (node) DO UPDATE SET at = now()
"""
OVER = (
    "UPDATE attempt SET state = 'ended', outcome = 'spoken', ended_at = now() WHERE state <> 'ended'",
    "UPDATE check_in SET state = 'assessed' WHERE state IN ('due', 'dialling')",
    "DELETE FROM procrastinate_jobs",
)


def main() -> None:
    """A thousand, then ten times as many, and so on."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--most", type=int, default=1_000_000, help="how many are enrolled at last")
    options.add_argument("--due", type=int, default=20, help="how many fall due in each tick")
    options.add_argument(
        "--ticks", type=int, default=25, help="ticks measured at each size, and as many with nobody due"
    )
    asked = options.parse_args()
    sizes = [size for size in (1_000, 10_000, 100_000, 1_000_000) if size <= asked.most]
    with town({"ONCALL_LINES": "1000", "ONCALL_CPS": "1000"}, carrier=False) as made:
        run(made, sizes, asked.due, asked.ticks)


def run(made: Town, sizes: list[int], due: int, ticks: int) -> None:
    """Each size on top of the one before."""
    import sqlalchemy as sa
    from sqlmodel import Session

    from oncall import clock, db, worker
    from tests.makers import make_campaign, make_city

    with Session(db.engine()) as session, session.begin():
        area = make_city(session)["중동"].id
        campaign = make_campaign(session, windows=["mon-sun 00:00-24:00"], holidays=True, lines=1000,
                                 starts=clock.now().date()).id  # fmt: skip
    statements = Statements(db.engine())
    costs: dict[int, dict[str, float]] = {}
    enrolled = 0
    for size in sizes:
        began = time.monotonic()
        enrol(enrolled + 1, size, area=area, campaign=campaign)
        enrolled = size
        with db.engine().connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(sa.text("VACUUM ANALYZE"))
        to_make = time.monotonic() - began
        took: dict[str, list[float]] = defaultdict(list)
        worked: dict[str, float] = defaultdict(float)
        for number in range(ticks + 3):
            for what, count in (("nobody due", 0), ("due", due)):
                with db.engine().begin() as connection:
                    for statement in (*OVER, A_WEB_LIVES):
                        connection.execute(sa.text(statement))
                    if count:
                        first = 1 + (number * due) % (size - due)
                        connection.execute(sa.text(DUE), {"first": first, "last": first + count - 1})
                statements.begin(counted=number >= 3 and count > 0)
                start, own, theirs = time.perf_counter(), time.thread_time(), made.cpu_seconds()["database"]
                worker.tick()
                if number >= 3:  # the first ones read what is not in memory yet
                    took[what].append((time.perf_counter() - start) * 1000)
                    worked[what] += (time.thread_time() - own + made.cpu_seconds()["database"] - theirs) * 1000 / ticks
                with db.engine().connect() as connection:
                    claimed = connection.execute(
                        sa.text("SELECT count(*) FROM attempt WHERE state <> 'ended'")
                    ).scalar_one()
                if claimed != count:
                    raise RuntimeError(f"{claimed} of {count} were claimed")
        costs[size] = statements.take(ticks)
        said = "; ".join(
            f"{what} {statistics.median(times):.1f} ms (p95 {sorted(times)[int(len(times) * 0.95)]:.1f}, "
            f"{worked[what]:.1f} of a processor)"
            for what, times in took.items()
        )
        print(f"{size:>9,} enrolled: a tick with {said}   [{to_make:.0f} s to make, {load_average()}]".replace("with nobody due",
              "nobody due").replace("; due", f"; {due} due"), flush=True)  # fmt: skip
    grown = sorted(costs[sizes[-1]], key=lambda text: costs[sizes[0]].get(text, 0.0) - costs[sizes[-1]][text])[:3]
    print("statements that grew most, ms a tick:")
    for text in grown:
        print(
            f"  {costs[sizes[0]].get(text, 0.0):6.2f} -> {costs[sizes[-1]][text]:6.2f}  {' '.join(text.split())[:150]}"
        )
    if grown and costs[sizes[-1]][grown[0]] > 5 + 2 * costs[sizes[0]].get(grown[0], 0.0):
        print(statements.explained(grown[0]))


class Statements:
    """What each statement of a tick takes, by its text."""

    def __init__(self, engine: Any) -> None:
        import sqlalchemy as sa

        self._engine, self._spent, self._asked = engine, defaultdict(float), {}
        self._counted = False
        sa.event.listen(engine, "before_cursor_execute", self._before)
        sa.event.listen(engine, "after_cursor_execute", self._after)

    def begin(self, *, counted: bool) -> None:
        """From here on, time is counted or not."""
        self._counted = counted

    def take(self, ticks: int) -> dict[str, float]:
        """Milliseconds a tick since the last taking."""
        spent = {text: ms / ticks for text, ms in self._spent.items()}
        self._spent.clear()
        self._counted = False
        return spent

    def explained(self, text: str) -> str:
        """How the database goes about the statement, with the values it was last asked with."""
        with self._engine.connect() as connection:
            rows = connection.exec_driver_sql("EXPLAIN (ANALYZE, BUFFERS) " + text, self._asked[text])
            plan = "\n".join(row[0] for row in rows)
            connection.rollback()
            return plan

    def _before(self, _connection: Any, _cursor: Any, _text: str, _values: Any, context: Any, _many: bool) -> None:
        context.bench_began = time.perf_counter()

    def _after(self, _connection: Any, _cursor: Any, text: str, values: Any, context: Any, _many: bool) -> None:
        if self._counted:
            self._spent[text] += (time.perf_counter() - context.bench_began) * 1000
            self._asked[text] = values


if __name__ == "__main__":
    main()
