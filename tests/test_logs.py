"""Whatever is handed to the logs, no personal word comes out of them (TH-15)."""

import json
import subprocess
import sys
from uuid import uuid4

import pytest

PROGRAM = """
import asyncio, logging, threading, sys
import structlog
from pydantic import BaseModel
from oncall import logs
logs.set_up()
log = structlog.get_logger()

class Answer(BaseModel):
    level: int

CANARIES = ["밥을 사흘째 못 먹었어", "I have not eaten for three days", "+821012345678", "010-1234-5678", "부천시 중동로 12"]
for canary in CANARIES:
    log.warning("a_field", words=canary, attempt="0f0e0d0c", many=[canary, "code_1"], of={"k": canary})
    try:
        Answer.model_validate({"level": canary})
    except ValueError:
        log.exception("a_refused_answer", code="21216")
    try:
        try:
            raise LookupError(canary)
        except LookupError as error:
            raise RuntimeError("about " + canary) from error
    except RuntimeError:
        logging.getLogger("uvicorn.error").error("Exception in ASGI application\\n", exc_info=True)
    logging.getLogger("somebody").warning("said\\n%s", canary)
    if not canary.isascii() or canary[-1].isdigit():
        logging.getLogger("somebody").warning("said %s", canary)
    thread = threading.Thread(target=lambda canary=canary: [].index(canary))
    thread.start(); thread.join()

async def lost():
    async def fails(canary):
        raise ValueError(canary)
    for canary in CANARIES:
        asyncio.get_running_loop().create_task(fails(canary))
    await asyncio.sleep(0.05)
asyncio.run(lost())
raise KeyError(CANARIES[0] + CANARIES[1])
"""
CANARIES = ("밥을", "사흘", "not eaten", "three days", "1012345678", "1234-5678", "중동로")


@pytest.fixture(scope="module")
def written() -> str:
    """Everything a process wrote that handed words to its logs in every way we know of."""
    ended = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=False)
    assert ended.returncode == 1
    return ended.stderr + ended.stdout


def test_no_word_comes_out(written: str) -> None:
    assert [canary for canary in CANARIES if canary in written] == []


def test_every_line_is_an_event_of_its_own(written: str) -> None:
    events = [json.loads(line) for line in written.splitlines()]
    assert {one["event"] for one in events} == {"a_field", "a_refused_answer", "library", "not_caught"}


def test_what_an_operator_needs_is_there(written: str) -> None:
    events = [json.loads(line) for line in written.splitlines()]
    field = next(one for one in events if one["event"] == "a_field")
    assert (field["attempt"], field["words"], field["many"]) == ("0f0e0d0c", "withheld", ["withheld", "code_1"])
    refused = next(one for one in events if one["event"] == "a_refused_answer")
    assert refused["code"] == "21216"
    assert refused["errors"][0]["kind"].endswith("ValidationError")
    assert "<module>" in refused["errors"][0]["at"][-1] or "model_validate" in refused["errors"][0]["at"][-1]
    broken = next(one for one in events if one.get("logger") == "uvicorn.error")
    assert [one["kind"] for one in broken["errors"]] == ["builtins.RuntimeError", "builtins.LookupError"]
    assert broken["said"] == "Exception in ASGI application"


def test_ids_codes_and_moments_pass() -> None:
    from oncall.logs import withhold

    one = {"event": "x", "attempt": str(uuid4()), "sid": "CA" + "0" * 32, "seconds": 1.5, "ok": True, "nothing": None,
           "node": "web-1.internal:4711", "url": "https://api.example.org/v1"}  # fmt: skip
    assert withhold(None, "info", dict(one)) == one
