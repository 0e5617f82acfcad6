"""Telephone numbers as people write them, brought to E.164; only ordinary Korean numbers may be dialled (TH-04)."""

import re
import unicodedata
from dataclasses import dataclass

import phonenumbers
from phonenumbers import PhoneNumberType

from oncall.enrol.reason import Refused

_DIALLED = {
    PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE, PhoneNumberType.FIXED_LINE_OR_MOBILE, PhoneNumberType.VOIP,
}  # fmt: skip
_SPECIAL = {
    PhoneNumberType.PREMIUM_RATE, PhoneNumberType.SHARED_COST, PhoneNumberType.TOLL_FREE, PhoneNumberType.UAN,
}  # fmt: skip


@dataclass(frozen=True)
class PhoneNumber:
    """A number that may be dialled, in E.164; `short` when it is a 010 number with a digit too few."""

    e164: str
    short: bool = False


def read_phone(cell: object, column: str = "phone", *, abroad: bool = False) -> PhoneNumber:
    """The number in a cell: text in any usual form, or the number a spreadsheet made of it (leading zero lost).

    `abroad` allows foreign numbers, for contacts whom only people call. Raises Refused.
    """
    text = _as_text(cell, column)
    try:
        number = phonenumbers.parse(text, "KR")
    except phonenumbers.NumberParseException as error:
        raise Refused("bad_phone", column) from error
    if number.country_code != 82:
        if abroad and phonenumbers.is_valid_number(number) and phonenumbers.number_type(number) not in _SPECIAL:
            return PhoneNumber(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))
        raise Refused("foreign_phone", column)
    kind = phonenumbers.number_type(number)
    national = phonenumbers.national_significant_number(number)
    if kind in _SPECIAL or national.startswith("60") or (len(national) <= 8 and re.match(r"1[0-9]", national)):
        raise Refused("special_phone", column)
    # 031-120 and its like are an office's short numbers behind an area code; nobody lives there.
    if number.extension or len(national) < 8 or kind not in _DIALLED or not phonenumbers.is_valid_number(number):
        raise Refused("bad_phone", column)
    e164 = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return PhoneNumber(e164, short=national.startswith("10") and len(national) == 9)


def _as_text(cell: object, column: str) -> str:
    if isinstance(cell, bool) or not isinstance(cell, str | int | float):
        raise Refused("bad_phone", column)
    # A spreadsheet keeps 010-1234-5678 as the number 1012345678, sometimes with ".0" behind it.
    text = str(int(cell)) if isinstance(cell, float) and cell.is_integer() and abs(cell) < 1e15 else str(cell)
    text = unicodedata.normalize("NFKC", text).strip().lstrip("'").strip()
    text = re.sub(r"[\u2010-\u2015\u2212\uff0d]", "-", text)
    if re.fullmatch(r"[0-9](\.[0-9]+)?[eE]\+?[0-9]+", text):
        raise Refused("spoilt_phone", column)
    text = re.sub(r"^([0-9]+)\.0$", r"\1", text)
    if not re.fullmatch(r"\+?[0-9().\-/ ~\u00b7]{3,25}", text) or not text.isascii():
        raise Refused("bad_phone", column)
    digits = re.sub(r"[^0-9]", "", text)
    if text.startswith("+"):
        return "+" + digits
    if digits.startswith("0082"):
        return "+" + digits[2:]
    if digits.startswith("82") and len(digits) >= 10:
        return "+" + digits
    if digits.startswith("00"):
        raise Refused("foreign_phone", column)
    if re.match(r"1[0-9]{8,9}$|70[0-9]{8}$|[2-6][0-9]{8,9}$|2[0-9]{7,8}$", digits):
        return "0" + digits
    return digits
