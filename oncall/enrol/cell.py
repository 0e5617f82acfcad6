"""What the cells of a roster mean: consents, years, times, dates, languages and plain words, each with its refusal."""

import re
import unicodedata
from datetime import date, datetime, time, timedelta

from oncall.enrol.reason import Refused
from oncall.models import Language

_YES = {"y", "yes", "예", "네", "o", "○", "〇", "ㅇ", "1", "true", "동의", "동의함"}
_NO = {"n", "no", "아니오", "아니요", "x", "×", "✕", "0", "false", "미동의", "부동의", "동의안함"}
_LANGUAGES = {"ko": "ko", "kor": "ko", "korean": "ko", "한국어": "ko", "국어": "ko",
              "en": "en", "eng": "en", "english": "en", "영어": "en"}  # fmt: skip
_RRN = re.compile(r"(?<![0-9])[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])\s*[-‐–—]?\s*[1-8][0-9]{6}(?![0-9])")


def plain(cell: object) -> str:
    """A cell as text: NFC, without spaces around it; a whole number without the ".0" a spreadsheet adds."""
    if isinstance(cell, float) and cell.is_integer():
        cell = int(cell)
    if isinstance(cell, datetime | date | time):
        cell = cell.isoformat()
    return unicodedata.normalize("NFC", str(cell)).strip()


def read_words(cell: object, column: str, *, limit: int, required: bool = False, lines: bool = False) -> str | None:
    """A name, an address, a note; None when empty. `lines` allows line breaks. Raises Refused."""
    text = plain(cell)
    if not text:
        if required:
            raise Refused("missing", column)
        return None
    if len(text) > limit:
        raise Refused("too_long", column, limit=str(limit))
    if any(unicodedata.category(c) in {"Cc", "Cs", "Co", "Cn"} for c in text if not (lines and c in "\r\n\t")):
        raise Refused("unprintable", column)
    if not lines and text[0] in "=+-@":
        raise Refused("formula", column)
    if _RRN.search(unicodedata.normalize("NFKC", text)):
        raise Refused("rrn", column)  # P-05
    return text


def read_consent(cell: object, column: str, *, required: bool = False) -> bool | None:
    """Yes or no; None when the cell is empty, which is no answer. Raises Refused."""
    text = plain(cell).casefold().replace(" ", "")
    if not text:
        if required:
            raise Refused("missing", column)
        return None
    if text in _YES:
        return True
    if text in _NO:
        return False
    raise Refused("bad_consent", column)


def read_language(cell: object, column: str) -> Language | None:
    """The language spoken with us; None when empty. Raises Refused."""
    text = plain(cell).casefold()
    if not text:
        return None
    if text not in _LANGUAGES:
        raise Refused("bad_language", column)
    return Language(_LANGUAGES[text])


def read_year(cell: object, column: str, *, today: date) -> int | None:
    """A year of birth ("1941", "1941년", 1941.0); None when empty. Raises Refused."""
    text = plain(cell)
    if not text:
        return None
    found = re.fullmatch(r"([0-9]{4})\s*(?:년생?)?", text)
    if not found or not 1900 <= int(found[1]) <= today.year:
        raise Refused("bad_year", column)
    return int(found[1])


def read_time(cell: object, column: str) -> time | None:
    """A wished hour, from text or a spreadsheet's own time; None when empty. Raises Refused."""
    if isinstance(cell, datetime):
        cell = cell.time()
    if isinstance(cell, timedelta):
        cell = cell.total_seconds() / 86400
    if isinstance(cell, time):
        return cell.replace(second=0, microsecond=0, tzinfo=None)
    if isinstance(cell, float) and 0 <= cell < 1:
        minutes = round(cell * 24 * 60)
        return time(minutes // 60 % 24, minutes % 60)
    text = unicodedata.normalize("NFKC", plain(cell))
    if not text:
        return None
    found = re.fullmatch(r"([0-9]{1,2})\s*[:시]\s*([0-9]{1,2})?\s*분?(?::[0-9]{2})?", text)
    if not found or int(found[1]) > 23 or int(found[2] or 0) > 59:
        raise Refused("bad_time", column)
    return time(int(found[1]), int(found[2] or 0))


def read_date(cell: object, column: str, *, today: date) -> date | None:
    """A day that has come ("2026-11-24", "2026. 11. 24.", "20261124"); None when empty. Raises Refused."""
    if isinstance(cell, datetime):
        day = cell.date()
    elif isinstance(cell, date):
        day = cell
    else:
        text = plain(cell)
        if not text:
            return None
        parts = re.fullmatch(r"([0-9]{4})(?:[-./년]\s*)?([0-9]{1,2})(?:[-./월]\s*)?([0-9]{1,2})[.일]?(?:[T ].*)?", text)
        try:
            year, month, number = (int(part) for part in parts.groups()) if parts else (0, 0, 0)
            day = date(year, month, number)
        except ValueError as error:
            raise Refused("bad_date", column) from error
    if day > today:
        raise Refused("future_date", column)
    return day
