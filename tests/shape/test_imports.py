"""Who may import whom: stages meet only in `worker.py` and `app.py`, the stand-ins know nothing of us."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent / "oncall"
STAGES = {"enrol", "schedule", "call", "listen", "follow_up", "report"}
UPKEEP = {"upkeep"}  # no stage: what keeps rows, keys and copies whole; nothing but the edges may use it
FOUNDATION = {"db", "settings", "clock", "errors", "logs"}
MAY: dict[str, set[str]] = {
    **{stage: {stage, "models", "gateways", "web"} | FOUNDATION for stage in STAGES},
    "upkeep": {"upkeep", "models", "gateways"} | FOUNDATION,
    "web": {"web", "models"} | FOUNDATION,
    "gateways": {"gateways", "settings", "errors"},
    "models": {"models"},
    "sandbox": {"sandbox"},
    "migrations": {"migrations", "models", "db"},
    "db": {"models", "settings"},
    "settings": {"errors"},
    "logs": set(),
    "clock": set(),
    "errors": set(),
    "app": STAGES | UPKEEP | {"web", "models", "gateways"} | FOUNDATION,
    "worker": STAGES | UPKEEP | {"models", "gateways"} | FOUNDATION,
    "working": {"worker", "call", "models"} | FOUNDATION,
    "__main__": {"cli", "errors"},
    "cli": STAGES | UPKEEP | {"cli", "models", "gateways", "web", "sandbox", "app", "working"} | FOUNDATION,
}
FILES = sorted(ROOT.rglob("*.py"))


def parts_imported(source: str) -> set[str]:
    """The parts of oncall ("models", "call" ...) a file imports, wherever in the file it does so."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module == "oncall":
            names = [f"oncall.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [node.module or ""]
        else:
            continue
        found |= {name.split(".")[1] for name in names if name.startswith("oncall.")}
    return found


def part_of(file: Path) -> str:
    """Which part of oncall a file belongs to."""
    return file.relative_to(ROOT).parts[0].removesuffix(".py")


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(ROOT)))
def test_a_file_imports_only_what_its_room_may(file: Path) -> None:
    if file == ROOT / "__init__.py":
        return
    outside = parts_imported(file.read_text(encoding="utf-8")) - MAY[part_of(file)]
    assert not outside, f"{file.relative_to(ROOT)} imports {sorted(outside)}"


def test_the_reader_of_imports_sees_every_form() -> None:
    source = "import oncall.call.bridge\nfrom oncall import listen\ndef f():\n    from oncall.enrol.roster import x\n"
    assert parts_imported(source) == {"call", "listen", "enrol"}


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(ROOT)))
def test_every_module_opens_with_a_sentence(file: Path) -> None:
    docstring = ast.get_docstring(ast.parse(file.read_text(encoding="utf-8")))
    assert docstring, f"{file.relative_to(ROOT)} has no opening sentence"


def test_no_file_is_named_for_a_kind() -> None:
    kinds = {"util", "utils", "helper", "helpers", "common", "misc", "service", "services", "manager", "constants"}
    assert not [str(file) for file in FILES if file.stem in kinds]
