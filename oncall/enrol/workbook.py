"""Reading an XLSX file in a process of its own with bounded memory and time (TH-18).

The reader lays out every cell up to the last one and aborts its whole process when memory runs out, which one crafted
cell in the far corner of a sheet is enough for; so it runs where nothing else can be taken down with it.
"""

import io
import json
import subprocess
import sys
from datetime import date, datetime, time
from pathlib import Path

from oncall.enrol.reason import Refused

MOST_MEMORY = 1024**3
MOST_SECONDS = 60

Cell = str | int | float | bool | date | datetime | time


def read_workbook(content: bytes) -> list[list[Cell]]:
    """Every row of the first sheet, blank ones included. Raises Refused for anything that is no healthy XLSX."""
    try:
        done = subprocess.run(
            [sys.executable, "-m", "oncall.enrol.workbook"], input=content, capture_output=True, timeout=MOST_SECONDS,
            check=True, cwd=Path(__file__).parents[2],
        )  # fmt: skip
    except subprocess.SubprocessError as error:
        raise Refused("not_a_sheet") from error
    return [[_cell(told) for told in json.loads(line)] for line in done.stdout.splitlines()]


def _cell(told: object) -> Cell:
    """A cell as the child wrote it: plain values as they are, moments as {"date" | "time" | "datetime": ISO text}."""
    if not isinstance(told, dict):
        assert isinstance(told, str | int | float), "the child writes nothing else"
        return told
    ((kind, text),) = told.items()
    match kind:
        case "date":
            return date.fromisoformat(text)
        case "time":
            return time.fromisoformat(text)
    return datetime.fromisoformat(text)


def _told(cell: object) -> object:
    if isinstance(cell, date | time):  # a datetime is a date as well
        return {type(cell).__name__: cell.isoformat()}
    if isinstance(cell, str | int | float):
        return cell
    return str(cell)


def _child() -> None:
    import resource

    from python_calamine import CalamineWorkbook

    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (MOST_SECONDS, MOST_SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    sheet = CalamineWorkbook.from_filelike(io.BytesIO(sys.stdin.buffer.read())).get_sheet_by_index(0)
    for cells in sheet.to_python(skip_empty_area=False):
        sys.stdout.buffer.write(json.dumps([_told(cell) for cell in cells]).encode() + b"\n")


if __name__ == "__main__":
    _child()
