"""A whole OnCall for a bench: a database server of its own, the fake carrier as a process, and OnCall's own processes."""

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT))

HERTZ = os.sysconf("SC_CLK_TCK")


@dataclass
class Town:
    """The processes by name, and where they keep things."""

    folder: Path
    environment: dict[str, str]
    ledger: Path
    processes: dict[str, "subprocess.Popen[str]"] = field(default_factory=dict)

    def start(self, name: str, *command: str, ready: str = "") -> str:
        """Start `python -m oncall COMMAND`; with `ready`, wait until it has printed that, and return what it printed."""
        log = (self.folder / f"{name}.log").open("w")
        process = subprocess.Popen(
            [sys.executable, "-m", "oncall", *command], env=self.environment, cwd=ROOT, stderr=log, text=True,
            stdout=subprocess.PIPE if ready else log,
        )  # fmt: skip
        self.processes[name] = process
        printed = ""
        while ready and ready not in printed:
            assert process.stdout
            line = process.stdout.readline()
            if not line:
                raise RuntimeError(f"{name} ended:\n{(self.folder / f'{name}.log').read_text()[-2000:]}")
            printed += line
        return printed

    def stop(self, name: str) -> None:
        """End one process in order."""
        process = self.processes.pop(name)
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(25)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def cpu_seconds(self) -> dict[str, float]:
        """Processor seconds used so far by each of our processes, and by the database server for all of them."""
        used = {name: _ticks(process.pid) / HERTZ for name, process in self.processes.items()}
        used["database"] = sum(_ticks(pid) for pid in self._database()) / HERTZ
        return used

    def _database(self) -> list[int]:
        """Every process of this town's database server: the postmaster that names our folder, and its children."""
        mark, found, parents = str(self.folder / "postgres").encode(), [], {}
        for stat in Path("/proc").glob("[0-9]*/stat"):
            try:
                pid, parent = int(stat.parent.name), int(stat.read_text().rsplit(")", 1)[1].split()[1])
                if mark in (stat.parent / "cmdline").read_bytes():
                    found.append(pid)
                parents[pid] = parent
            except OSError:
                continue
        return found + [pid for pid, parent in parents.items() if parent in found and pid not in found]


@contextmanager
def town(settings: Mapping[str, str], *, carrier: bool = True) -> Iterator[Town]:
    """A migrated, empty town; everything it started is gone afterwards, except the folder's bytes in the temporary place."""
    with tempfile.TemporaryDirectory(prefix="oncall-bench-", ignore_cleanup_errors=True) as where:
        folder = Path(where)
        folder.chmod(0o755)  # the database server may run as another user
        port = free_port()
        os.environ.update({
            "ONCALL_DATA": str(folder), "ONCALL_PUBLIC_URL": f"http://127.0.0.1:{port}", "TWILIO_ACCOUNT_SID": "AC0",
            "TWILIO_AUTH_TOKEN": "bench", "ONCALL_TWILIO_URL": "http://127.0.0.1:9", "ONCALL_CALLER_ID": "+82325550100",
            "OPENAI_API_KEY": "bench", "OPENAI_BASE_URL": "http://127.0.0.1:9/v1", "ONCALL_REQUIRE_DUTY": "false",
            "ONCALL_LEAST_FREE_MB": "0", "PYTHONPATH": str(ROOT), "PORT": str(port), **settings,
        })  # fmt: skip
        os.environ.pop("ONCALL_DATABASE_URL", None)
        from oncall import db
        from oncall.settings import settings as read

        read.cache_clear()
        db.engine.cache_clear()  # a second town in one process has its own
        # In memory where that can be had: the carrier's own care for its ledger is not what is measured.
        shelf = Path("/dev/shm") if os.access("/dev/shm", os.W_OK) else folder
        made = Town(folder, dict(os.environ), shelf / f"{folder.name}.ledger")
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: sys.exit(1))  # so that nothing is left behind
        try:
            if carrier:
                told = made.start("carrier", "sandbox", "--cps", "10000", "--ledger", str(made.ledger),
                                  ready="ONCALL_CALLER_ID")  # fmt: skip
                given = dict(line.split("=", 1) for line in told.splitlines() if "=" in line)
                # The model stays away: having the fixed lines spoken would be charged to whatever is measured.
                os.environ.update({**given, "OPENAI_BASE_URL": os.environ["OPENAI_BASE_URL"]})
            db.upgrade()
            os.environ["ONCALL_DATABASE_URL"] = (
                db.engine().url.set(drivername="postgresql").render_as_string(hide_password=False)
            )
            made.environment = dict(os.environ)
            yield made
        finally:
            for name in list(made.processes):
                made.stop(name)
            db.engine().dispose()
            made.ledger.unlink(missing_ok=True)


def until_well(port: str, patience: float = 60) -> None:
    """Until OnCall answers on its port."""
    until = time.monotonic() + patience
    while time.monotonic() < until:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5) as answer:
                if answer.status == 200:
                    return
        except OSError:
            time.sleep(0.2)
    raise RuntimeError("OnCall did not become well")


def free_port() -> int:
    """A port nobody listens on just now."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def load_average() -> str:
    """What else goes on: the load of the last minute and the number of cores."""
    return f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores"


def _ticks(pid: int) -> int:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    except OSError:
        return 0
    return int(fields[11]) + int(fields[12])


def seed(people: int, *, ending: str, attempts: int = 1) -> None:
    """Enrol so many residents in one campaign without a limit, everybody's first call due now."""
    from sqlmodel import Session

    from oncall import clock, db
    from oncall.models import Enrolment
    from tests.makers import make_campaign, make_resident

    now = clock.now()
    with Session(db.engine(), expire_on_commit=False) as session, session.begin():
        campaign = make_campaign(
            session, windows=["mon-sun 00:00-24:00"], holidays=True, starts=now.date() - timedelta(days=1),
            attempts=attempts, lines=100_000,
        )  # fmt: skip
        for number in range(people):
            resident = make_resident(session, phone=f"+8210{number:06d}{ending}", now=now)
            session.add(Enrolment(campaign_id=campaign.id, resident_id=resident.id, joined_at=now, next_at=now))


# Rows as a roster of that size would leave them: a household, a resident, three consents, an enrolment weeks ahead, and
# one call of the past with its attempt. Nothing here opens a seal, so what stands under one is a byte.
PEOPLE = """
CREATE TEMP TABLE one ON COMMIT DROP AS
    SELECT n, gen_random_uuid() AS household, gen_random_uuid() AS resident, gen_random_uuid() AS enrolment,
           gen_random_uuid() AS check_in FROM generate_series(CAST(:first AS int), CAST(:last AS int)) n;
INSERT INTO household (id, area_id) SELECT household, :area FROM one;
INSERT INTO resident (id, external_id, household_id, area_id, key_wrapped, name_sealed, phone_sealed, phone_index, language,
                      standing, standing_reason, source, enrolled_at, changed_at)
    SELECT resident, 'B-' || n, household, :area, '\\x00', '\\x00', '\\x00', decode(md5(n::text), 'hex'), 'ko', 'active', '',
           '', now(), now() FROM one;
INSERT INTO consent (id, resident_id, scope, given, text_version, text_sha256, channel, given_at, recorded_at)
    SELECT gen_random_uuid(), resident, scope, true, '1', repeat('0', 64), 'paper', now(), now()
    FROM one, unnest(ARRAY['service', 'recording', 'overseas']) scope;
INSERT INTO enrolment (id, campaign_id, resident_id, joined_at, next_at)
    SELECT enrolment, :campaign, resident, now() - interval '40 days', now() + interval '20 days' + n * interval '1 ms'
    FROM one;
INSERT INTO check_in (id, campaign_id, enrolment_id, resident_id, area_id, slot, state, reason, due_at, attempts_made,
                      changed_at, priority)
    SELECT check_in, :campaign, enrolment, resident, :area, now() - interval '7 days', 'assessed', '',
           now() - interval '7 days', 1, now() - interval '7 days', 0 FROM one;
INSERT INTO attempt (id, check_in_id, resident_id, campaign_id, number, token, state, kind, path, outcome, answered_by,
                     claimed_at, answered_at, ended_at, end_reason, error)
    SELECT gen_random_uuid(), check_in, resident, :campaign, 1, 'bench' || n, 'ended', 'planned', 'talk', 'spoken',
           'resident', now() - interval '7 days', now() - interval '7 days', now() - interval '7 days', 'goodbye', '' FROM one;
"""


def enrol(first: int, last: int, *, area: int | None, campaign: Any) -> None:
    """Residents `first` to `last` by SQL alone: each enrolled, next due in weeks, with one call of the past."""
    import sqlalchemy as sa

    from oncall import db

    values = {"first": first, "last": last, "area": area, "campaign": campaign}
    with db.engine().begin() as connection:
        connection.execute(sa.text("SET LOCAL session_replication_role = replica"))  # the keys are right by making
        for statement in PEOPLE.split(";\n"):
            if statement.strip():
                connection.execute(sa.text(statement), values)
