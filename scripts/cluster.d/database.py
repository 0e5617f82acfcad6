"""The one PostgreSQL of a cluster on one machine: started, stopped politely, and killed as a power cut would."""

import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import psutil
import psycopg

CONNECTIONS = 300  # a web or worker process opens up to 37
_START = """
import sys
from pathlib import Path
from oncall import db
print(db.embedded(Path(sys.argv[1]), cleanup_mode=None).get_uri())
"""


class OwnDatabase:
    """The embedded server in a folder; it lives on when the process that started it ends, until it is stopped."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.url = self.start()
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(f"ALTER SYSTEM SET max_connections = {CONNECTIONS}")
        self.stop()
        self.url = self.start()

    def start(self, seconds: float = 60) -> str:
        """Start it, however it ended before; gives back its address. Raises RuntimeError when it does not come up."""
        until = time.monotonic() + seconds
        while True:
            # In a process of its own: the wheel remembers in memory what it started, and would not look again.
            told = subprocess.run([sys.executable, "-c", _START, str(self.folder)], capture_output=True, text=True)
            if told.returncode == 0:
                return told.stdout.strip().splitlines()[-1]
            if time.monotonic() > until:
                raise RuntimeError(f"the database did not start:\n{told.stderr[-2000:]}")
            time.sleep(0.2)

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """End it: SIGINT politely, SIGQUIT without a checkpoint, SIGKILL its first process as the kernel would."""
        server = self._first_process()
        if server is not None:
            with suppress(psutil.Error):
                server.send_signal(how)
                server.wait(30)

    def _first_process(self) -> psutil.Process | None:
        """None when it does not run; the number in its file may by now be somebody else's."""
        with suppress(OSError, ValueError, IndexError, psutil.Error):
            found = psutil.Process(int((self.folder / "postmaster.pid").read_text().split()[0]))
            if str(self.folder) in found.cmdline():
                return found
        return None
