"""`oncall assess` and `oncall eval` as somebody outside uses them."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
CASES = ROOT / "prompts" / "cases.jsonl"


def oncall(*arguments: str, given: bytes = b"") -> tuple[int, list[str], str]:
    """Exit code, lines, errors. No database is named, so any use of one would show."""
    outside = {name: value for name, value in os.environ.items() if not name.startswith(("ONCALL_", "OPENAI_"))}
    done = subprocess.run([sys.executable, "-m", "oncall", *arguments], input=given, capture_output=True, timeout=60,
                          cwd=ROOT, env=outside | {"ONCALL_DATA": "/nonexistent"})  # fmt: skip
    return done.returncode, done.stdout.decode().splitlines(), done.stderr.decode()


def call(name: str, *said: str, lang: str = "ko") -> bytes:
    turns = [{"speaker": "resident", "text": text} for text in said]
    return json.dumps({"id": name, "lang": lang, "turns": turns}, ensure_ascii=False).encode()


def test_every_transcript_is_assessed_in_its_order() -> None:
    lines = [call(str(number), "피가 안 멈춰" if number % 3 else "잘 지내요") for number in range(20)]
    code, out, errors = oncall("assess", "-", "--net-only", given=b"\n".join(lines))
    assert (code, errors) == (0, "")
    told = [json.loads(line) for line in out]
    assert [one["id"] for one in told] == [str(number) for number in range(20)]
    assert [one["level"] for one in told] == ["emergency" if number % 3 else "none" for number in range(20)]
    assert told[1]["signals"] == [{
        "code": "health_acute", "level": "emergency", "subject": "resident", "tense": "now", "confidence": 0.9,
        "detector": "net", "evidence": [{"turn": 0, "text": "피가 안 멈"}],
    }]  # fmt: skip
    assert {"unknown", "wants_human", "opt_out", "later", "answered_by", "requests"} < set(told[0])


@pytest.mark.parametrize(("bad", "why"), [
    (b"no json", "Invalid JSON"), (b'{"id": "2", "lang": "fr", "turns": []}', "lang"), (b"[1]", "object"),
    (b'{"id": "2", "lang": "ko"}', "turns"), (b'{"id": "2", "lang": "ko", "turns": [{"speaker": "cat", "text": ""}]}', "speaker"),
    (b"\xff\xfe", "UTF-8"),
])  # fmt: skip
def test_a_bad_line_is_named_and_the_rest_goes_on(bad: bytes, why: str) -> None:
    given = b"\n".join([call("1", "잘 지내요"), b"", bad, call("3", "잘 지내요")])
    code, out, errors = oncall("assess", "-", "--net-only", given=given)
    assert code == 1
    assert [json.loads(line)["id"] for line in out] == ["1", "3"]
    assert errors.startswith("-:3: ")
    assert why in errors


def test_a_file_may_be_one_transcript_over_many_lines(tmp_path: Path) -> None:
    file = tmp_path / "call.json"
    file.write_bytes(
        b"\xef\xbb\xbf" + json.dumps(json.loads(call("7", "I can't breathe", lang="en")), indent=2).encode()
    )
    code, out, _ = oncall("assess", str(file), "--net-only")
    assert code == 0
    assert json.loads(out[0])["level"] == "emergency"


def test_a_file_that_is_not_there_is_said_so() -> None:
    code, out, errors = oncall("assess", "/nowhere.jsonl", "--net-only")
    assert (code, out) == (1, [])
    assert "/nowhere.jsonl" in errors


def test_without_a_model_every_line_says_that_it_could_not_be_assessed() -> None:
    code, out, errors = oncall("assess", "-", given=call("1", "잘 지내요"))
    assert code == 1
    told = json.loads(out[0])
    assert (told["failed"], told["unknown"]) == ("no_key", ["not_assessed"])
    assert "could not be assessed" in errors


def test_the_shipped_calls_are_scored_by_the_net_with_seeds_and_bounds() -> None:
    code, out, errors = oncall("eval", str(CASES), "--net-only", "--json", "--split", "open")
    assert (code, errors) == (0, "")
    figures = json.loads("\n".join(out))
    assert figures["calls"] == figures["synthetic"] >= 400
    assert figures["locked"] == 0
    assert figures["seeds"] < figures["calls"]
    assert figures["grounded"]["hits"] == figures["grounded"]["of"]
    assert {"levels", "none_exact", "codes", "flags", "answered_by", "evidence", "slices", "unknown_as_fine",
            "must_never_miss_missed", "missed", "raised_in_vain", "failed"} <= set(figures)  # fmt: skip
    assert set(figures["detectors"]) == {"net"}
    emergency, urgent = (figures["levels"][level]["sensitivity"] for level in ("emergency", "urgent"))
    assert urgent["low"] < urgent["value"] < urgent["high"]
    assert emergency["low"] < emergency["value"] == emergency["high"] == 1.0, "every open one is heard"
    assert {"dialect", "asr", "quiet", "idiom", "ko", "en", "H-32"} <= set(figures["slices"])


def test_single_turns_are_scored_beside_the_calls() -> None:
    code, out, _ = oncall("eval", str(CASES), "--net-only", "--json", "--split", "locked",
                          "--utterances", str(ROOT / "prompts" / "utterances.jsonl"))  # fmt: skip
    assert code == 0
    figures = json.loads("\n".join(out))
    assert figures["locked"] == figures["calls"] >= 200
    assert figures["utterances"]["calls"] >= 400


def test_the_scores_are_also_a_page_to_read() -> None:
    code, out, _ = oncall("eval", str(CASES), "--net-only", "--show", "--split", "open")
    assert code == 0
    assert "synthetic" in out[1]
    assert any(line.startswith("slice") for line in out)
    assert any(line.startswith("raised in vain: ") for line in out)


def test_something_must_be_named_to_be_scored() -> None:
    code, _, errors = oncall("eval", "--net-only")
    assert code == 2
    assert "--from-reviews" in errors
