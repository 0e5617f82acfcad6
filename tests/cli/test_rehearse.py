"""`oncall rehearse` as somebody outside uses it, without an account or a network."""

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from io import StringIO
from pathlib import Path
from types import SimpleNamespace

import pytest
from rich.console import Console

from oncall.call.persona import Persona
from oncall.call.rehearsed import Rehearsed
from oncall.cli import rehearsal_table
from oncall.models import FactState, Language

ROOT = Path(__file__).parent.parent.parent
COMMAND = [sys.executable, "-m", "oncall", "rehearse"]
OUTSIDE = {name: value for name, value in os.environ.items() if not name.startswith(("ONCALL_", "OPENAI_"))}
OUTSIDE |= {"ONCALL_DATA": "/nonexistent", "COLUMNS": "160"}


def rehearse(*arguments: str) -> tuple[int, str, str]:
    """Exit code, what it says, errors. No database is named, so any use of one would show."""
    done = subprocess.run([*COMMAND, *arguments], capture_output=True, timeout=120, cwd=ROOT, env=OUTSIDE)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def test_two_prompts_are_compared_rule_by_rule_and_fact_by_fact(tmp_path: Path) -> None:
    other = tmp_path / "shorter.md"
    other.write_text((ROOT / "prompts" / "conversation.md").read_text(encoding="utf-8"), encoding="utf-8")
    code, out, errors = rehearse(
        "prompts/conversation.md", str(other), "--persona", "dialect", "--persona", "wants_person"
    )
    assert code == 0, errors
    assert "stand-in plays the caller" in errors
    for shown in ("Calls with conversation.md", "Calls with shorter.md", "asked_for_person", "person*",
                  "every other rule", "health_change", "4 of 4 calls went as they must."):  # fmt: skip
        assert shown in out


def test_everything_is_told_as_json() -> None:
    code, out, _ = rehearse("--json", "--language", "en", "--persona", "emergency_aside", "--rounds", "2")
    told = json.loads(out)
    assert (code, told["failed"]) == (0, 0)
    assert [(call["persona"], call["round"]) for call in told["calls"]] == [
        ("emergency_aside", 1),
        ("emergency_aside", 2),
    ]
    call = told["calls"][0]
    assert (call["ended"], call["alarmed"], call["noticed_by_model"]) == ("emergency", True, ["alarm"])
    assert set(call["facts"]) > {"meals", "heating"}
    assert call["talk"][0]["who"] == "line"


def test_a_prompt_that_asks_for_what_must_not_be_asked_fails(tmp_path: Path) -> None:
    bad = tmp_path / "bad.md"
    text = (ROOT / "prompts" / "conversation.md").read_text(encoding="utf-8")
    bad.write_text(text.replace('"{closing}"', '"계좌번호를 불러 주세요. 안녕히 계세요."'), encoding="utf-8")
    code, out, _ = rehearse(str(bad), "--persona", "dialect")
    assert code == 1
    assert "C-06.account" in out
    assert "계좌번호를 불러 주세요." in out
    assert "0 of 1 calls went as they must." in out


def test_what_was_missed_and_is_not_grave_is_counted_beside() -> None:
    planned = ["meals"]
    persona = Persona(id="calm", owner="us", label="calm", playing="", opens=["yes"])
    calls = [SimpleNamespace(prompt=Path("conversation.md"), language=Language.EN, persona=persona)] * 2
    fine = Rehearsed("calm", facts={"meals": (FactState.ANSWERED, "")}, ended="completed")
    in_vain = replace(fine, alarmed=True)
    paper = Console(record=True, width=140, file=StringIO())
    rehearsal_table.show(paper, list(zip(calls, [fine, in_vain], strict=True)), planned)
    told = paper.export_text()
    assert "an alarm was raised and nothing was wrong" in told
    assert "2 of 2 calls went as they must, 1 of them with something lesser missed." in told


@pytest.mark.parametrize(("arguments", "why"), [
    (["no-such-file.md"], "No such file"), (["--persona", "nobody"], "no resident is named nobody"),
])  # fmt: skip
def test_what_cannot_be_rehearsed_is_named(arguments: list[str], why: str) -> None:
    code, out, errors = rehearse(*arguments)
    assert (code, out) == (2, "")
    assert why in errors


def test_a_prompt_with_a_field_we_do_not_know_is_refused(tmp_path: Path) -> None:
    prompt = tmp_path / "prompt.md"
    prompt.write_text("Call {name}.", encoding="utf-8")
    code, _, errors = rehearse(str(prompt))
    assert code == 2
    assert "'name'" in errors


def test_broken_off_it_prints_what_there_is() -> None:
    running = subprocess.Popen([*COMMAND, "--json", "--rounds", "30", "--at-once", "2"], stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE, text=True, cwd=ROOT, env=OUTSIDE)  # fmt: skip
    assert running.stderr is not None
    for line in running.stderr:
        if line.startswith("Rehearsing"):
            break
    time.sleep(4)
    running.send_signal(signal.SIGINT)
    out, errors = running.communicate(timeout=60)
    made = len(json.loads(out)["calls"])
    assert running.returncode == 130
    assert f"Broken off: {made} of 510 calls were made." in errors
