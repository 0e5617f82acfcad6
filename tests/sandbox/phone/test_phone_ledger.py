"""The ledger: what the carrier took is on disk before anybody is told, whatever dies."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from twilio.http.http_client import TwilioHttpClient
from twilio.rest import Client

from tests.sandbox.phone.city import ACCOUNT
from tests.sandbox.phone.conftest import MakeCity

TOKEN = "m8Zk2vX0qTn4rW7yB1cD3e"
PROGRAM = """
import sys
from pathlib import Path
from oncall.sandbox.server import run
run(0, 0, 8, cps=20, ledger=Path(sys.argv[1]), announce=lambda addresses: print(addresses.phone_url, flush=True))
"""


def lines(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text("utf-8").splitlines()] if file.exists() else []


@pytest.fixture
def carrier(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[str, Path, subprocess.Popen[str]]]:
    """A carrier in a process of its own, with its ledger."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    file = tmp_path / "ledger.jsonl"
    with subprocess.Popen([sys.executable, "-c", PROGRAM, str(file)], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield process.stdout.readline().strip(), file, process
        process.kill()


def place(url: str, ending: str) -> None:
    client = Client(ACCOUNT.account_sid, ACCOUNT.auth_token, http_client=TwilioHttpClient(timeout=5))
    client.api.base_url = url
    hook = f"http://127.0.0.1:9/voice/{TOKEN}"
    client.calls.create(
        to=f"+8225550{ending:0>4}", from_="+8221234567", url=f"{hook}/answer", status_callback=f"{hook}/status"
    )


def test_what_was_answered_with_201_survives_the_end_of_the_process(
    carrier: tuple[str, Path, subprocess.Popen[str]],
) -> None:
    url, file, process = carrier
    for ending in ("01", "02", "03"):
        place(url, ending)
    os.kill(process.pid, signal.SIGKILL)
    process.wait(5)
    placed = [line for line in lines(file) if line["event"] == "placed"]
    assert [line["to"][-2:] for line in placed] == ["01", "02", "03"]
    assert {line["token"] for line in placed} == {TOKEN}
    assert all(line["created"] <= line["at"] for line in placed)


def test_what_was_taken_and_never_answered_for_is_there_too(
    carrier: tuple[str, Path, subprocess.Popen[str]],
) -> None:
    url, file, process = carrier
    requests.post(f"{url}/sandbox/faults", json={"drop_reply_after_create": 1}, timeout=5).raise_for_status()
    with pytest.raises(requests.ConnectionError):
        place(url, "01")
    os.kill(process.pid, signal.SIGKILL)
    process.wait(5)
    assert [line["to"][-2:] for line in lines(file)][:1] == ["01"]


async def test_every_state_has_its_line_and_its_time(make_city: MakeCity, tmp_path: Path) -> None:
    file = tmp_path / "ledger.jsonl"
    city = await make_city(ledger=file)
    desk = "+821055508000"
    await city.post("/sandbox/people", {desk: {"silent": True, "hangs_up_at_seconds": 1}})
    city.office.answers["twiml"] = f"<Response><Dial>{desk}</Dial></Response>"
    call = await city.call("03")
    await city.ended()
    async with asyncio.timeout(5):
        while len(lines(file)) < 8:
            await asyncio.sleep(0.02)
    kept = lines(file)
    leg = next(line["sid"] for line in kept if line["to"] == desk)
    assert [(line["event"], line["sid"]) for line in kept] == [
        ("placed", call.sid),
        ("rang", call.sid),
        ("answered", call.sid),
        ("placed", leg),
        ("rang", leg),
        ("answered", leg),
        ("ended", leg),
        ("ended", call.sid),
    ]
    last = kept[-1]
    assert last["created"] <= last["dialled"] <= last["rang"] <= last["answered"] <= last["ended"] <= last["at"]
    assert kept[2]["status"] == "in-progress"
    assert kept[3]["direction"] == "outbound-dial"
