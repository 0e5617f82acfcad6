"""OnCall's own web process for the bench: everything on, with one answered attempt waiting for each call to come.

The database runs on the other core, as a city's does on another machine; sealing, the phrase net, live turns, marks and
the writing thread all count. Run by the rig with PORT, OPENAI_BASE_URL, CALLS and TARGETS.
"""

import asyncio
import os
import sys
import tempfile
from datetime import timedelta
from pathlib import Path

ROOT = Path(__file__).resolve().parents[4]
sys.path.insert(0, str(ROOT))

port, calls = int(os.environ["PORT"]), int(os.environ["CALLS"])
folder = tempfile.mkdtemp(prefix="oncall-bench-")
Path(folder).chmod(0o755)
os.environ.update({
    "ONCALL_DATA": folder, "ONCALL_PUBLIC_URL": f"http://127.0.0.1:{port}", "TWILIO_ACCOUNT_SID": "AC0",
    "TWILIO_AUTH_TOKEN": "bench", "ONCALL_TWILIO_URL": "http://127.0.0.1:9", "ONCALL_CALLER_ID": "+82325550100",
    "OPENAI_API_KEY": "bench",
})  # fmt: skip
os.environ.pop("ONCALL_DATABASE_URL", None)

from twilio.request_validator import RequestValidator  # noqa: E402

from oncall import clock, db, logs  # noqa: E402  (the environment must stand first)
from oncall.call import media_token  # noqa: E402
from oncall.cli.serve import _fast_loop, _web  # noqa: E402
from oncall.models import AttemptState, CheckInState  # noqa: E402
from oncall.settings import settings  # noqa: E402
from tests.makers import make_attempt, make_campaign, make_check_in, make_resident  # noqa: E402

own = os.sched_getaffinity(0)
os.sched_setaffinity(0, set(range(os.cpu_count() or 1)) - own or own)
logs.set_up(level=40)
db.upgrade()
db.engine().dispose()  # its pool was opened from the other core; the server stays there
os.sched_setaffinity(0, own)

signer = RequestValidator("bench")
with db.transaction() as session:
    campaign, lines = make_campaign(session), []
    for number in range(1, calls + 1):
        check_in = make_check_in(session, make_resident(session), campaign, state=CheckInState.SPEAKING)
        attempt = make_attempt(
            session, check_in, state=AttemptState.ANSWERED, call_sid=f"CA{number:032x}",
            answered_at=clock.now() + timedelta(minutes=30),
        )  # fmt: skip
        path = f"/media/{media_token.issue(attempt, clock.now() + timedelta(minutes=30))}"  # good until its call comes
        signature = signer.compute_signature(settings().media_url + path, {})
        lines.append(f"{path}\tX-Twilio-Signature: {signature}\n")
Path(os.environ["TARGETS"]).write_text("".join(lines))


async def main() -> None:
    """Serve until killed."""
    await _web("127.0.0.1", port, asyncio.Event())


with asyncio.Runner(loop_factory=_fast_loop()) as runner:
    runner.run(main())
