"""Telephone numbers as offices keep them, and the ones that are never dialled (TH-04)."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oncall.enrol.phone_number import read_phone
from oncall.enrol.reason import Refused


@pytest.mark.parametrize("written", [
    "010-1234-5678", "01012345678", "010 1234 5678", "010.1234.5678", "(010) 1234-5678", "+82 10-1234-5678",
    "+821012345678", "82-10-1234-5678", "0082 10 1234 5678", "+82 010 1234 5678", "'010-1234-5678", "'+82 10-1234-5678",
    "1012345678", "1012345678.0", 1012345678.0, 1012345678, "０１０－１２３４－５６７８", "010–1234–5678", " 010-1234-5678 ",
])  # fmt: skip
def test_every_usual_way_to_write_a_number_is_the_same_number(written: object) -> None:
    assert read_phone(written).e164 == "+821012345678"


@pytest.mark.parametrize(("written", "e164"), [
    ("032-320-3000", "+82323203000"), (323203000.0, "+82323203000"), ("02-120-1234", "+8221201234"),
    ("070-1234-5678", "+827012345678"), ("032)320-3000", "+82323203000"),
])  # fmt: skip
def test_landlines_and_internet_telephones_are_read_too(written: object, e164: str) -> None:
    assert read_phone(written).e164 == e164


def test_a_010_number_with_a_digit_too_few_is_read_and_doubted() -> None:
    assert read_phone("010-123-4567").short
    assert not read_phone("010-1234-5678").short


@pytest.mark.parametrize(("written", "code"), [
    ("060-700-1234", "special_phone"), ("080-123-4567", "special_phone"), ("1588-1234", "special_phone"),
    ("15881234", "special_phone"), ("+82 60-700-1234", "special_phone"), ("+82601234567", "special_phone"),
    ("+1 212 555 0100", "foreign_phone"), ("+1-900-555-0100", "foreign_phone"), ("001-1-212-555-0100", "foreign_phone"),
    ("00700 86 10 1234 5678", "foreign_phone"), ("+8816 1234 5678", "foreign_phone"), ("+870 772 123 456", "foreign_phone"),
    ("+81 3-1234-5678", "foreign_phone"), ("119", "special_phone"), ("112", "special_phone"), ("", "bad_phone"), ("없음", "bad_phone"),
    ("010-1234-5678 x12", "bad_phone"), ("010-1234-5678;ext=5", "bad_phone"), ("010-1234-5678,,9", "bad_phone"),
    ("tel:+821012345678", "bad_phone"), ("٠١٠١٢٣٤٥٦٧٨", "bad_phone"), ("010-1234-567O", "bad_phone"), ("1.01E+09", "spoilt_phone"),
    ("1.012345678E9", "spoilt_phone"), (True, "bad_phone"), (None, "bad_phone"), ("010-1234-56789", "bad_phone"),
    ("000-0000-0000", "foreign_phone"), ("=1+1", "bad_phone"), ("031-120", "bad_phone"), ("31100", "bad_phone"), ("*31#01012345678", "bad_phone"),
])  # fmt: skip
def test_a_number_that_must_not_be_dialled_is_refused(written: object, code: str) -> None:
    with pytest.raises(Refused) as refusal:
        read_phone(written)
    assert (
        refusal.value.reason.code in {code, "special_phone"}
        if code == "bad_phone"
        else code == refusal.value.reason.code
    )


def test_a_relative_abroad_may_be_written_down_because_a_person_calls_them() -> None:
    assert read_phone("+1 212 555 0123", abroad=True).e164 == "+12125550123"
    with pytest.raises(Refused):
        read_phone("+1 900 555 0123", abroad=True)


@settings(max_examples=300, deadline=None)
@given(
    st.one_of(st.text(max_size=30), st.from_regex(r"\+?[0-9() .\-]{3,20}", fullmatch=True), st.floats(), st.integers())
)
def test_whatever_is_written_only_ordinary_korean_numbers_come_out(written: object) -> None:
    try:
        number = read_phone(written).e164
    except Refused:
        return
    assert number.startswith("+82")
    assert number[3:].isascii()
    assert number[1:].isdigit()
    assert not number.startswith(("+8260", "+8280", "+8250"))
    assert 11 <= len(number) <= 13
    assert read_phone(number).e164 == number


def test_a_number_taken_out_and_brought_in_again_is_the_same() -> None:
    for written in ("+821012345678", "'+821012345678", "010-1234-5678"):
        assert read_phone(written).e164 == "+821012345678"  # TH-08: the mark against formulas does no harm
