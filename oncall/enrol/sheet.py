"""A roster file as rows of cells: CSV in UTF-8, UTF-16 or CP949, or XLSX; bombs and oversized files are refused (TH-18)."""

import csv
import io
import unicodedata
import zipfile
import zlib
from dataclasses import dataclass

from oncall.enrol.column import looks_like_header
from oncall.enrol.reason import Refused
from oncall.enrol.workbook import Cell, read_workbook

MOST_BYTES = 20 * 1024 * 1024
MOST_UNPACKED = 64 * 1024 * 1024
MOST_ROWS = 50_000


@dataclass(frozen=True)
class Sheet:
    """The header and the rows beneath it, each row with its number as the spreadsheet shows it; blank rows are left out."""

    header: list[str]
    rows: list[tuple[int, list[Cell]]]
    encoding: str  # "utf-8", "cp949" ... or "xlsx"


def read_sheet(content: bytes) -> Sheet:
    """The first sheet of a roster file; which kind it is, its bytes say. Raises Refused."""
    if len(content) > MOST_BYTES:
        raise Refused("too_large", limit=f"{MOST_BYTES // 1024 // 1024} MB")
    if content.startswith(b"PK\x03\x04"):
        lines, encoding = _from_xlsx(content), "xlsx"
    elif content.startswith(b"\xd0\xcf\x11\xe0"):
        raise Refused("old_excel")
    else:
        text, encoding = _decoded(content)
        lines = _from_csv(text)
    numbered = [(number, cells) for number, cells in lines if any(str(cell).strip() for cell in cells)]
    if not numbered:
        raise Refused("no_rows")
    titles = [[_text(cell) for cell in cells] for _, cells in numbered[:10]]
    at = next((place for place, cells in enumerate(titles) if looks_like_header(cells)), 0)
    return Sheet(titles[at], numbered[at + 1 :], encoding)


def _decoded(content: bytes) -> tuple[str, str]:
    """The text of a CSV file. Korean offices save UTF-8 with a mark, UTF-8, Excel's UTF-16 text, or CP949."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        ladder = ["utf-16"]
    elif content.startswith(b"\xef\xbb\xbf"):
        ladder = ["utf-8-sig"]
    else:
        ladder = ["utf-8", "cp949"]
    for encoding in ladder:
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" in text:
            break
        return unicodedata.normalize("NFC", text), encoding.removesuffix("-sig")
    raise Refused("unknown_encoding")


def _from_csv(text: str) -> list[tuple[int, list[Cell]]]:
    first = text.lstrip("\r\n").partition("\n")[0]
    separator = max(",;\t", key=first.count)
    rows: list[tuple[int, list[Cell]]] = []
    try:
        for number, cells in enumerate(csv.reader(io.StringIO(text, newline=""), delimiter=separator), start=1):
            if number > MOST_ROWS + 10 or len(cells) > 200:
                raise Refused("too_many_rows", limit=f"{MOST_ROWS:,} x 200")
            rows.append((number, list(cells)))
    except csv.Error as error:
        raise Refused("not_a_sheet") from error
    return rows


def _from_xlsx(content: bytes) -> list[tuple[int, list[Cell]]]:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            _weigh(archive)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError) as error:
        raise Refused("not_a_sheet") from error
    lines = read_workbook(content)
    if len(lines) > MOST_ROWS + 10:
        raise Refused("too_many_rows", limit=f"{MOST_ROWS:,}")
    return [(number, [_composed(cell) for cell in cells]) for number, cells in enumerate(lines, start=1)]


def _weigh(archive: zipfile.ZipFile) -> None:
    """Unpack everything once, keeping nothing: what a file says of its own sizes is not believed.

    Other kinds of workbook come in the same wrapping; only XLSX is read.
    """
    parts = archive.infolist()
    if "xl/workbook.xml" not in archive.namelist():
        raise Refused("not_a_sheet")
    if sum(part.file_size for part in parts) > MOST_UNPACKED or len(parts) > 1000:
        raise Refused("too_large", limit=f"{MOST_UNPACKED // 1024 // 1024} MB")
    for part in parts:
        with archive.open(part) as opened:
            while opened.read(1 << 20):  # raises where the part is longer than it says
                pass


def _composed(cell: Cell) -> Cell:
    return unicodedata.normalize("NFC", cell) if isinstance(cell, str) else cell


def _text(cell: Cell) -> str:
    return str(cell).replace("\ufeff", "").strip()
