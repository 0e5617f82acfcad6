"""Roster files as offices save them, and files made to hurt (TH-18)."""

import io
import tracemalloc
import unicodedata
import zipfile
from datetime import date, time

import pytest

from oncall.enrol import cell
from oncall.enrol.reason import Refused
from oncall.enrol.sheet import read_sheet

TEXT = "관리번호,성명\r\nA-1,홍길동\r\n,\r\nA-2,김가람\r\n"
XLSX_PARTS = {
    "[Content_Types].xml": '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/><Override PartName="/xl/worksheets/sheet1.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/></Types>',
    "_rels/.rels": '<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>',
    "xl/workbook.xml": '<?xml version="1.0"?><workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="명단" sheetId="1" r:id="r1"/></sheets></workbook>',
    "xl/_rels/workbook.xml.rels": '<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/></Relationships>',
}


def xlsx(cells: dict[str, str | float], padding: bytes = b"") -> bytes:
    """A workbook of one sheet with these cells ("A1": value)."""
    rows: dict[int, str] = {}
    for place, value in cells.items():
        row = int(place.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ"))
        said = f"<v>{value}</v>" if isinstance(value, float) else f"<is><t>{value}</t></is>"
        kind = "" if isinstance(value, float) else ' t="inlineStr"'
        rows[row] = rows.get(row, "") + f'<c r="{place}"{kind}>{said}</c>'
    body = "".join(f'<row r="{row}">{inside}</row>' for row, inside in sorted(rows.items()))
    sheet = f'<?xml version="1.0"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>{body}</sheetData></worksheet>'
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in (XLSX_PARTS | {"xl/worksheets/sheet1.xml": sheet}).items():
            archive.writestr(name, text)
        if padding:
            archive.writestr("xl/media/picture.bin", padding)
    return out.getvalue()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp949", "utf-16"])
def test_a_csv_file_is_read_in_every_encoding_offices_use(encoding: str) -> None:
    sheet = read_sheet(TEXT.encode(encoding))
    assert sheet.header == ["관리번호", "성명"]
    assert sheet.rows == [(2, ["A-1", "홍길동"]), (4, ["A-2", "김가람"])]


def test_letters_beyond_euc_kr_come_through_cp949() -> None:
    assert read_sheet("관리번호,성명\nA-1,똠방각하 펲\n".encode("cp949")).rows[0][1][1] == "똠방각하 펲"


def test_decomposed_letters_of_a_mac_are_composed() -> None:
    assert read_sheet(unicodedata.normalize("NFD", TEXT).encode()).header == ["관리번호", "성명"]


@pytest.mark.parametrize("separator", [";", "\t"])
def test_other_separators_are_understood(separator: str) -> None:
    assert read_sheet(TEXT.replace(",", separator).encode()).header == ["관리번호", "성명"]


def test_a_title_above_the_table_is_passed_over_and_rows_keep_their_numbers() -> None:
    sheet = read_sheet(("2026년 안부 대상자,\n\n" + TEXT).encode())
    assert sheet.header == ["관리번호", "성명"]
    assert [number for number, _ in sheet.rows] == [4, 6]


def test_a_cell_with_a_line_break_is_one_cell() -> None:
    sheet = read_sheet('관리번호,특이사항\nA-1,"첫째 줄\n둘째 줄"\nA-2,없음\n'.encode())
    assert sheet.rows == [(2, ["A-1", "첫째 줄\n둘째 줄"]), (3, ["A-2", "없음"])]


def test_a_workbook_is_read_with_the_numbers_its_cells_became() -> None:
    sheet = read_sheet(xlsx({"A1": "관리번호", "B1": "전화번호", "A3": 1001.0, "B3": 1012345678.0}))
    assert sheet.header == ["관리번호", "전화번호"]
    assert sheet.rows == [(3, [1001.0, 1012345678.0])]


@pytest.mark.parametrize(("content", "code"), [
    (b"", "no_rows"), (b"\xef\xbb\xbf", "no_rows"), (b"PK\x03\x04" + b"x" * 100, "not_a_sheet"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1", "old_excel"), (b"\xff\xfe\xfa", "unknown_encoding"), (b"\x89PNG\r\n\x1a\n\x00", "unknown_encoding"),
    (b"a\0b", "unknown_encoding"), (b'"' + b"a" * 200_000, "not_a_sheet"), (b"a\n" * 60_000, "too_many_rows"),
    (b"a," * 300, "too_many_rows"), (b"x" * (21 * 1024 * 1024), "too_large"),
])  # fmt: skip
def test_a_file_that_cannot_be_used_is_refused_with_its_reason(content: bytes, code: str) -> None:
    with pytest.raises(Refused) as refusal:
        read_sheet(content)
    assert refusal.value.reason.code == code


def test_a_zip_bomb_is_refused_without_being_kept_in_memory() -> None:
    bomb = xlsx({"A1": "관리번호"}, padding=bytes(200 * 1024 * 1024))
    assert len(bomb) < 1024 * 1024
    tracemalloc.start()
    with pytest.raises(Refused) as refusal:
        read_sheet(bomb)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert refusal.value.reason.code == "too_large"
    assert peak < 20 * 1024 * 1024


def test_a_bomb_that_lies_about_its_size_is_refused() -> None:
    bomb = bytearray(xlsx({"A1": "관리번호"}, padding=bytes(100 * 1024 * 1024)))
    honest = (100 * 1024 * 1024).to_bytes(4, "little")
    while (at := bomb.find(honest)) >= 0:
        bomb[at : at + 4] = (1000).to_bytes(4, "little")
    with pytest.raises(Refused):
        read_sheet(bytes(bomb))


@pytest.mark.parametrize(
    "cell", ['<c r="XFD1048576"><v>1</v></c>', "<c r='XFD1048576'><v>1</v></c>", '<c    \n r="XFD1048576"><v>1</v></c>']
)
def test_one_cell_in_the_far_corner_takes_nothing_down_with_it(cell: str) -> None:
    sheet = f'<?xml version="1.0"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData><row r="1"><c r="A1"><v>1</v></c></row><row r="1048576">{cell}</row></sheetData></worksheet>'
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in (XLSX_PARTS | {"xl/worksheets/sheet1.xml": sheet}).items():
            archive.writestr(name, text)
    with pytest.raises(Refused) as refusal:
        read_sheet(out.getvalue())
    assert refusal.value.reason.code == "not_a_sheet"


def test_another_kind_of_workbook_in_the_same_wrapping_is_not_read() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("content.xml", '<table:table-row table:number-rows-repeated="1048576"/>')
    with pytest.raises(Refused):
        read_sheet(out.getvalue())


def test_dates_and_times_of_a_workbook_stay_dates_and_times() -> None:
    styles = '<?xml version="1.0"?><styleSheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><cellXfs count="3"><xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="20"/></cellXfs></styleSheet>'
    sheet = '<?xml version="1.0"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData><row r="1"><c r="A1" t="inlineStr"><is><t>동의일</t></is></c><c r="B1" t="inlineStr"><is><t>관리번호</t></is></c></row><row r="2"><c r="A2" s="1"><v>46328</v></c><c r="B2" s="2"><v>0.4375</v></c></row></sheetData></worksheet>'
    parts = dict(XLSX_PARTS)
    parts["[Content_Types].xml"] = parts["[Content_Types].xml"].replace(
        "</Types>",
        '<Override PartName="/xl/styles.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.styles+xml"/></Types>',
    )
    parts["xl/_rels/workbook.xml.rels"] = parts["xl/_rels/workbook.xml.rels"].replace(
        "</Relationships>",
        '<Relationship Id="r2" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/styles" Target="styles.xml"/></Relationships>',
    )
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, text in (parts | {"xl/styles.xml": styles, "xl/worksheets/sheet1.xml": sheet}).items():
            archive.writestr(name, text)
    ((_, (day, hour)),) = read_sheet(out.getvalue()).rows
    assert cell.read_date(day, "consent_date", today=date(2027, 1, 1)) == date(2026, 11, 2)
    assert cell.read_time(hour, "preferred_time") == time(10, 30)
