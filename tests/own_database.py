"""A PostgreSQL of a test's own, to be stopped, frozen, dropped and restored without harm to the others."""

import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from oncall import db
from oncall.gateways import phone
from oncall.models import seal
from oncall.sandbox.phone.config import PhoneConfig
from oncall.settings import settings


class Database:
    """The server; `folder` holds it, and the data of whoever uses it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.uri = self.start()

    def start(self) -> str:
        self.server = db.embedded(self.folder)
        return str(self.server.get_uri())

    def stop(self) -> None:
        self.server.cleanup()

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """Its processes stand still for as long as the block lasts."""
        first = int((self.folder / "postmaster.pid").read_text().split()[0])
        every = [first, *(int(pid) for pid in Path(f"/proc/{first}/task/{first}/children").read_text().split())]
        for pid in every:
            os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            for pid in every:
                os.kill(pid, signal.SIGCONT)


@contextmanager
def own_database(carrier_url: str, **others: str) -> Iterator[Database]:
    """A migrated database, and settings that point at it and at this carrier, for as long as the block lasts."""
    folder = Path(tempfile.mkdtemp(prefix="oncall-own-"))
    folder.chmod(0o755)  # the server runs as a user of its own when we are root
    made, config, before = Database(folder / "postgres"), PhoneConfig(), seal._ring
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {"ONCALL_TWILIO_URL": carrier_url, "TWILIO_ACCOUNT_SID": config.account_sid,
                            "TWILIO_AUTH_TOKEN": config.auth_token, "ONCALL_CALLER_ID": "+82325550100",
                            "ONCALL_DATABASE_URL": made.uri, "ONCALL_DATA": str(folder / "data"),
                            "ONCALL_LEAST_FREE_MB": "1", **others}.items():  # fmt: skip
            patch.setenv(name, value)
        shared = db.engine()
        _forget()
        db.upgrade()
        try:
            yield made
        finally:
            db.engine().dispose()
            made.stop()
            shutil.rmtree(folder, ignore_errors=True)
    _forget()
    shared.dispose()
    if before is not None:
        seal.use(before)


def _forget() -> None:
    for cached in (settings, phone._client, db.engine):
        cached.cache_clear()
