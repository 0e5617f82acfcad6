"""Room to write: no call is placed from or for a machine whose disk is nearly full, long before anything breaks (R-09)."""

import shutil
import socket
from datetime import datetime
from pathlib import Path

import sqlalchemy as sa
from sqlmodel import Session

from oncall.db import tell
from oncall.models import HoldReason
from oncall.models import hold as holds
from oncall.settings import settings

AGAIN_SHARE = 1.2  # so much more than the least must be free before calls go out again


def node() -> str:
    """This machine, by its name."""
    return socket.gethostname()


def free_mb(session: Session | None = None) -> float:
    """The least free room, in MB, of the disks on this machine that we or the database write to."""
    return min(shutil.disk_usage(folder).free for folder in _folders(session)) / 1_000_000


def enough(session: Session | None = None) -> bool:
    """Whether there is room for what calls leave behind."""
    return free_mb(session) >= settings().least_free_mb


def look(session: Session, now: datetime) -> None:
    """Hold all calls while this machine's disk is nearly full, and let go of that when there is room again."""
    least, free = settings().least_free_mb, free_mb(session)
    mine = [one for one in holds.standing(session) if one.reason is HoldReason.DISK and one.node == node()]
    if free < least and not mine:
        holds.hold(session, HoldReason.DISK, now, node=node(), code=f"{free:.0f} MB")
        tell(session, "calls")
    elif free >= least * AGAIN_SHARE:
        for one in mine:
            holds.release(session, one, now)
            tell(session, "calls")


def _folders(session: Session | None) -> list[Path]:
    data = settings().data.resolve()
    data.mkdir(parents=True, exist_ok=True)
    found = [data]
    if session is not None and (kept := _database_folder(session)) is not None:
        found.append(kept)
    return found


def _database_folder(session: Session) -> Path | None:
    """Where the database keeps its rows, when that is this machine and we may know it."""
    host = session.get_bind().engine.url.host or session.get_bind().engine.url.query.get("host", "")
    if host not in {"localhost", "127.0.0.1", "::1", ""} and not str(host).startswith("/"):
        return None
    try:
        with session.begin_nested():
            folder = Path(str(session.execute(sa.text("SHOW data_directory")).scalar_one()))
    except sa.exc.DBAPIError:
        return None  # only a superuser is told
    return folder if folder.is_dir() else None
