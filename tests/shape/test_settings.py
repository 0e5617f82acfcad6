"""Every setting is written down for the operator, and nothing is written down that is not a setting."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from oncall.errors import SettingError
from oncall.settings import Settings, settings

ROOT = Path(__file__).parent.parent.parent


def test_every_setting_is_in_the_example_and_nothing_else_is() -> None:
    written = set(re.findall(r"^#?([A-Z][A-Z_]+)=", (ROOT / ".env.example").read_text(encoding="utf-8"), re.MULTILINE))
    known = {field.validation_alias for field in Settings.model_fields.values()}
    assert written == known


@pytest.mark.parametrize(("name", "value"), [("ONCALL_LINES", "many"), ("ONCALL_CPS", "0"), ("ONCALL_TIMEZONE", "Mars"),
                                             ("ONCALL_PUBLIC_URL", "oncall.example.org")])  # fmt: skip
def test_a_wrong_setting_is_named(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(name, value)
    settings.cache_clear()
    try:
        with pytest.raises(SettingError, match=name):
            settings()
    finally:
        monkeypatch.undo()
        settings.cache_clear()
        settings()


def test_a_start_with_a_wrong_setting_ends_in_a_sentence_that_names_it() -> None:
    environment = {**os.environ, "ONCALL_LINES": "many"}
    done = subprocess.run([sys.executable, "-m", "oncall", "serve"], env=environment, capture_output=True, text=True)
    assert done.returncode == 1
    assert "ONCALL_LINES" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("lock", ["requirements.lock", "tests/requirements.lock"])
def test_the_lock_pins_every_package_by_hash_and_names_no_host(lock: str) -> None:
    text = (ROOT / lock).read_text(encoding="utf-8")
    assert not re.search(r"https?://|file:|--index-url|--find-links", text)
    blocks = re.split(r"\n(?=[a-zA-Z0-9])", text)
    for block in blocks:
        assert "--hash=sha256:" in block, block.splitlines()[0]
