"""Both stand-ins started together, in a loop, in a thread and as a process."""

import signal
import subprocess
import sys
import time

import pytest
import requests
from openai import AsyncOpenAI

from oncall.sandbox.phone.config import PhoneConfig
from oncall.sandbox.server import sandbox, sandbox_in_thread


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


async def test_both_answer_where_the_settings_say() -> None:
    async with sandbox() as addresses:
        settings = addresses.environment
        client = AsyncOpenAI(base_url=settings["OPENAI_BASE_URL"], api_key=settings["OPENAI_API_KEY"])
        assert [model.id async for model in client.models.list()]
        await client.close()


def test_a_thread_serves_those_who_wait_and_leaves_nothing_behind() -> None:
    with sandbox_in_thread(PhoneConfig(speed=8)) as addresses:
        clock = requests.get(f"{addresses.phone_url}/sandbox/clock", timeout=5).json()
        assert clock["speed"] == 8
    with pytest.raises(requests.ConnectionError):
        requests.get(f"{addresses.phone_url}/sandbox/clock", timeout=1)


def test_a_process_says_where_it_is_and_ends_when_told() -> None:
    program = "from oncall.sandbox.server import run; run(0, 0, announce=lambda a: print(a.phone_url, flush=True))"
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        assert requests.get(f"{url}/sandbox/ledger", timeout=5).json() == []
        began = time.monotonic()
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
        assert time.monotonic() - began < 5
