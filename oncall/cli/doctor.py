"""`oncall doctor`: is everything there that OnCall needs, one line a check, each naming the setting to look at."""

import json
import shutil
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Annotated

import requests
import typer

from oncall.cli import app, outside
from oncall.cli.outside import PATIENCE_SECONDS, Wrong

LEAST_FREE_BYTES = 200 * 1024 * 1024
MOST_SKEW_SECONDS = 5


@dataclass(frozen=True)
class Finding:
    """One check: what was looked at, the setting behind it, whether it is right, and a sentence."""

    check: str
    setting: str
    ok: bool
    said: str


@app.command()
def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="print the findings as JSON")] = False,
    fix: Annotated[bool, typer.Option("--fix", help="have calls to our number led here, if they are not")] = False,
) -> None:
    """Check settings, database, carrier, model, public URL, clock and disk; exit code 1 if anything fails."""
    findings = examine(fix=fix)
    if as_json:
        print(json.dumps([asdict(finding) for finding in findings], ensure_ascii=False))
    else:
        for finding in findings:
            mark = "ok  " if finding.ok else "FAIL"
            typer.echo(f"{mark}  {finding.check:<10} {finding.said}  [{finding.setting}]")
    raise typer.Exit(0 if all(finding.ok for finding in findings) else 1)


def examine(*, fix: bool = False) -> list[Finding]:
    """Every check in order; when the settings cannot be read at all, nothing else is tried."""
    first = _look("settings", ".env", _settings)
    if not first.ok and first.setting == ".env":
        return [first]
    return [first, *(_look(name, setting, check) for name, setting, check in (
        ("database", "ONCALL_DATABASE_URL", _database),
        ("key", "ONCALL_SECRET_FILE", _key),
        ("carrier", "TWILIO_ACCOUNT_SID", outside.carrier),
        ("call-backs", "ONCALL_CALLER_ID", lambda: outside.call_backs(fix=fix)),
        ("model", "OPENAI_API_KEY", outside.model),
        ("public URL", "ONCALL_PUBLIC_URL", outside.public_url),
        ("clock", "ONCALL_TIMEZONE", _clock),
        ("processes", "ONCALL_WATCHER_URL", _processes),
        ("drill", "ONCALL_DRILL", _drill),
        ("disk", "ONCALL_DATA", _disk),
    ))]  # fmt: skip


def _look(name: str, setting: str, check: Callable[[], str]) -> Finding:
    try:
        return Finding(name, setting, True, check())
    except Wrong as wrong:
        return Finding(name, wrong.setting, False, str(wrong))
    except Exception as error:  # a check that breaks in a way of its own is a failed check, not a traceback
        return Finding(name, setting, False, _short(error))


def _settings() -> str:
    from oncall.errors import SettingError
    from oncall.gateways.phone import SHORTEST
    from oncall.settings import settings

    try:
        config = settings()
    except SettingError as error:
        raise Wrong(".env", str(error)) from error
    for name, value in {
        "TWILIO_ACCOUNT_SID": config.twilio_account_sid,
        "TWILIO_AUTH_TOKEN": config.twilio_auth_token.get_secret_value(),
        "ONCALL_CALLER_ID": config.caller_id,
        "OPENAI_API_KEY": config.openai_api_key.get_secret_value() or config.openai_base_url,
    }.items():
        if not value:
            raise Wrong(name, f"{name} is not set.")
    if not (config.caller_id.startswith("+") and config.caller_id[1:].isdigit()):
        raise Wrong("ONCALL_CALLER_ID", "ONCALL_CALLER_ID must be a number in E.164, such as +82325550100.")
    last = config.duty_last_resort
    if last and not (last.startswith("+") and last[1:].isdigit() and len(last) > SHORTEST):
        raise Wrong("ONCALL_DUTY_LAST_RESORT", "ONCALL_DUTY_LAST_RESORT must be a person's number in E.164, such as "
                    "+82325550100: no call ever goes to 119 or its like.")  # fmt: skip
    if not config.prompts.is_dir():
        raise Wrong("ONCALL_PROMPTS", f"There is no folder {config.prompts}.")
    return f"Readable; {config.lines} lines, {config.cps:g} starts a second."


def _database() -> str:
    import sqlalchemy as sa
    from alembic.config import Config
    from alembic.script import ScriptDirectory
    from sqlmodel import select

    from oncall import db
    from oncall.models import Area

    folder = Config()
    folder.set_main_option("script_location", str(Path(db.__file__).parent / "migrations"))
    newest = ScriptDirectory.from_config(folder).get_current_head()
    with db.engine().connect() as connection:
        version = connection.execute(sa.text("SHOW server_version")).scalar_one()
        if not sa.inspect(connection).has_table("alembic_version"):
            raise Wrong("ONCALL_DATABASE_URL", "The database is empty: run oncall init.")
        now = connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar_one()
        if now != newest:
            raise Wrong("ONCALL_DATABASE_URL", f"The database is at version {now}, not {newest}: run oncall upgrade.")
        if not connection.execute(select(Area.id).limit(1)).first():
            raise Wrong("ONCALL_DATABASE_URL", "There are no areas yet: run oncall init --areas FILE.")
    return f"PostgreSQL {version}, version {now}."


def _key() -> str:
    from sqlmodel import select

    from oncall import db
    from oncall.models import Resident
    from oncall.models.seal import SealBroken
    from oncall.settings import settings

    file = settings().key_file
    with db.transaction() as session:
        somebody = session.exec(select(Resident).limit(1)).first()
        try:
            opened = somebody.name is not None if somebody else True
        except SealBroken:
            raise Wrong("ONCALL_SECRET_FILE", f"The key in {file} does not open this database's words.") from None
    if file.stat().st_mode & 0o077:
        raise Wrong("ONCALL_SECRET_FILE", f"{file} can be read by others: chmod 600 it.")
    return f"{file} is ours alone{' and opens what is stored' if opened and somebody else ''}."


def _clock() -> str:
    import sqlalchemy as sa

    from oncall import clock, db
    from oncall.settings import settings

    config = settings()
    with db.engine().connect() as connection:
        theirs = connection.execute(sa.text("SELECT clock_timestamp()")).scalar_one()
    apart = {"the database": abs((theirs - clock.now()).total_seconds())}
    for who, address in (("the carrier", config.twilio_url or "https://api.twilio.com"),):
        try:
            asked = time.time()
            said = requests.head(address, timeout=PATIENCE_SECONDS, allow_redirects=False).headers.get("date")
            if said:
                apart[who] = max(0.0, abs(parsedate_to_datetime(said).timestamp() - asked) - (time.time() - asked) - 1)
        except (requests.RequestException, ValueError):
            continue  # the carrier's own check says that it does not answer
    who, most = max(apart.items(), key=lambda item: item[1])
    if most > MOST_SKEW_SECONDS:
        raise Wrong("ONCALL_TIMEZONE", f"Our clock and that of {who} are {most:.0f} s apart: set the time (NTP).")
    wall = clock.civil(clock.now(), config.timezone)
    return f"{wall:%Y-%m-%d %H:%M} in {config.timezone}; within {MOST_SKEW_SECONDS} s of {' and '.join(apart)}."


def _processes() -> str:
    """A worker has no address of its own to be asked at: its row tells, of whichever machine it runs on."""
    from sqlmodel import Session

    from oncall import clock, db
    from oncall.models import NodeKind, heartbeat

    patience = time.monotonic() + PATIENCE_SECONDS
    while True:  # one that has just begun is heard of within seconds
        now = clock.now()
        with Session(db.engine()) as session:
            known = heartbeat.known(session, now)
        ticking = [one for one in known if now - one.at <= heartbeat.SILENT_AFTER]
        workers = [one for one in ticking if one.kind is NodeKind.WORKER]
        if workers or time.monotonic() > patience:
            break
        time.sleep(0.5)
    if not workers:
        raise Wrong("ONCALL_DATABASE_URL", "No worker's clock ticks: is oncall serve or oncall worker running?")
    if silent := [one for one in known if one not in ticking]:
        last = ", ".join(f"{one.node} ({(now - one.at).total_seconds():.0f} s)" for one in silent)
        raise Wrong("ONCALL_DATABASE_URL", f"Not heard of, and not ended in order: {last}.")
    if spooled := [one for one in ticking if one.spooled_alarms or one.spooled_records]:
        waiting = ", ".join(
            f"{one.node} ({one.spooled_alarms} alarms, {one.spooled_records} records)" for one in spooled
        )
        raise Wrong("ONCALL_DATA", f"Not in the database yet: {waiting}.")
    return f"{len(workers)} worker and {len(ticking) - len(workers)} web; the watcher outside is {_watcher()}."


def _watcher() -> str:
    from oncall.settings import settings

    return "told every minute" if settings().watcher_url else "not set: nobody outside hears when all of this stops"


def _drill() -> str:
    from sqlmodel import Session, col, select

    from oncall import clock, db
    from oncall.models import Drill
    from oncall.settings import settings

    if not settings().drill:
        return "No drill is held: whether a page reaches somebody is known at the first emergency."
    newest = select(Drill).where(col(Drill.ended_at).is_not(None)).order_by(col(Drill.started_at).desc())
    with Session(db.engine()) as session:
        last = session.exec(newest).first()
    if last is None:
        return "No drill has been held yet; the first is at the beginning of the next shift."
    wall = clock.civil(last.started_at, settings().timezone)
    if last.failure:
        raise Wrong("ONCALL_DRILL", f"The drill of {wall:%Y-%m-%d %H:%M} failed: {last.failure}.")
    return f"The last one, {wall:%Y-%m-%d %H:%M}: somebody had it after {last.after(last.acknowledged_at):.0f} s."


def _disk() -> str:
    from oncall.settings import settings

    folder = settings().data
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise Wrong("ONCALL_DATA", f"{folder} cannot be written to.") from error
    free = shutil.disk_usage(folder).free
    if free < LEAST_FREE_BYTES:
        raise Wrong("ONCALL_DATA", f"Only {free // 1024 // 1024} MB are free at {folder}.")
    return f"{free / 1024**3:.1f} GB free at {folder}."


def _short(error: Exception) -> str:
    """The first line of what a library said; passwords in addresses are left out."""
    first = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
    return first if "://" not in first else type(error).__name__
