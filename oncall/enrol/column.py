"""The columns of a roster, found by their Korean or English names in any order; fixed by the contract."""

import unicodedata
from collections.abc import Sequence
from enum import StrEnum

from oncall.enrol.reason import Reason, Refused


class Column(StrEnum):
    """One thing a roster may say of a resident."""

    EXTERNAL_ID = "external_id"
    NAME = "name"
    PREFERRED_NAME = "preferred_name"
    PHONE = "phone"
    PHONE2 = "phone2"
    LANGUAGE = "language"
    BIRTH_YEAR = "birth_year"
    DISTRICT = "district"
    DONG = "dong"
    ADDRESS = "address"
    PREFERRED_TIME = "preferred_time"
    CONSENT_SERVICE = "consent_service"
    CONSENT_RECORDING = "consent_recording"
    CONSENT_OVERSEAS = "consent_overseas"
    CONSENT_DATE = "consent_date"
    EMERGENCY_NAME = "emergency_name"
    EMERGENCY_PHONE = "emergency_phone"
    NOTES = "notes"
    SOURCE = "source"

    @property
    def korean(self) -> str:
        """The Korean name of the column."""
        return _KOREAN[self]


_KOREAN = {
    Column.EXTERNAL_ID: "관리번호", Column.NAME: "성명", Column.PREFERRED_NAME: "호칭", Column.PHONE: "전화번호",
    Column.PHONE2: "전화번호2", Column.LANGUAGE: "언어", Column.BIRTH_YEAR: "출생연도", Column.DISTRICT: "구",
    Column.DONG: "동", Column.ADDRESS: "주소", Column.PREFERRED_TIME: "희망시간", Column.CONSENT_SERVICE: "통화동의",
    Column.CONSENT_RECORDING: "녹음동의", Column.CONSENT_OVERSEAS: "국외이전동의", Column.CONSENT_DATE: "동의일",
    Column.EMERGENCY_NAME: "비상연락인", Column.EMERGENCY_PHONE: "비상연락처", Column.NOTES: "특이사항",
    Column.SOURCE: "발굴경로",
}  # fmt: skip
REQUIRED = (Column.EXTERNAL_ID, Column.NAME, Column.PHONE, Column.DONG, Column.CONSENT_SERVICE)
_RRN_NAMES = {"주민등록번호", "주민번호", "rrn", "residentregistrationnumber"}


def find_columns(header: Sequence[str]) -> tuple[dict[Column, int], list[Reason]]:
    """Where each known column stands, and a word about those not used. Raises Refused for a header that cannot do."""
    known = {_plain(name): column for column in Column for name in (column.value, column.korean)}
    places: dict[Column, int] = {}
    unused = []
    for place, title in enumerate(header):
        name = _plain(title)
        if name in _RRN_NAMES:
            raise Refused("rrn_column")
        column = known.get(name)
        if column is None:
            unused += [title] if name else []
        elif column in places:
            raise Refused("double_column", columns=title)
        else:
            places[column] = place
    missing = [f"{column.korean}({column})" for column in REQUIRED if column not in places]
    if missing:
        raise Refused("missing_columns", columns=", ".join(missing))
    return places, [Reason("unknown_column", about={"columns": ", ".join(unused)})] if unused else []


def looks_like_header(cells: Sequence[str]) -> bool:
    """Whether this line names columns: a title line above the table does not."""
    names = {_plain(cell) for cell in cells}
    return any(_plain(name) in names for column in REQUIRED for name in (column.value, column.korean))


def _plain(title: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFKC", title).casefold() if c.isalnum())
