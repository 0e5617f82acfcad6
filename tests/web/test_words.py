"""Small things every page leans on: masks, times, search, forms."""

import unicodedata
from datetime import UTC, datetime, timedelta
from enum import StrEnum

import pytest
from pydantic import BaseModel, Field
from starlette.datastructures import FormData
from starlette.requests import Request

from oncall.web import dates, forms, masks
from oncall.web.search import matches

AT = datetime(2026, 11, 20, 5, 5, tzinfo=UTC)


@pytest.mark.parametrize(("number", "shown"), [
    ("+821012345678", "010-****-5678"), ("+82323203000", "032-***-3000"), ("+827012345678", "070-****-5678"), (None, ""),
])  # fmt: skip
def test_a_masked_number_keeps_its_last_four_digits(number: str | None, shown: str) -> None:
    assert masks.masked_phone(number) == shown


def test_a_masked_number_never_holds_the_middle() -> None:
    for number in ("+821012345678", "+14155552671", "+82212345678", "12345678", "x"):
        assert "345" not in masks.masked_phone(number)
        assert "1555" not in masks.masked_phone(number)


@pytest.mark.parametrize(("name", "shown"), [
    ("김순용", "김*용"), ("김용", "김*"), ("남궁옥분", "남**분"), ("김", "김"), ("Grace Kim", "G**** K**"),
])  # fmt: skip
def test_a_masked_name(name: str, shown: str) -> None:
    assert masks.masked_name(name) == shown


def test_times_are_written_as_the_office_writes_them() -> None:
    assert dates.moment("ko", "Asia/Seoul", AT) == "2026. 11. 20. (금) 14:05"
    assert dates.moment("en", "Asia/Seoul", AT) == "Fri 20 Nov 2026 14:05"
    assert dates.ago("ko", AT, AT + timedelta(minutes=38)) == "38분 전"
    assert dates.ago("en", AT, AT + timedelta(minutes=38)) == "38 minutes ago"


@pytest.mark.parametrize(("length", "korean", "english"), [
    (timedelta(minutes=77), "1시간 17분", "1 h 17 min"), (timedelta(seconds=20), "1분 미만", "under 1 min"),
    (timedelta(days=2, minutes=5), "2일", "2 d"), (timedelta(hours=-3), "3시간", "3 h"),
])  # fmt: skip
def test_a_span_has_two_units_at_most(length: timedelta, korean: str, english: str) -> None:
    assert (dates.span("ko", length), dates.span("en", length)) == (korean, english)


@pytest.mark.parametrize(("asked", "text", "found"), [
    ("ㅎㄱㄷ", "홍길동", True), ("ㄱㄷ", "홍길동", True), ("ㄷㄱ", "홍길동", False), ("길동", "홍길동", True),
    ("GRACE", "Grace Kim", True), ("홍ㄱ", "홍길동", False),
])  # fmt: skip
def test_names_are_found_by_part_and_by_first_consonants(asked: str, text: str, found: bool) -> None:
    assert matches(asked, text) is found


class Colour(StrEnum):
    RED = "red"


class Wish(BaseModel):
    name: str = Field(max_length=5)
    colour: Colour | None = None
    ids: list[int] = Field(default_factory=list)


def _request(language: str) -> Request:
    return Request({"type": "http", "headers": [(b"accept-language", language.encode())], "state": {}})


def test_a_form_is_read_in_nfc_with_an_error_for_each_field() -> None:
    decomposed = unicodedata.normalize("NFD", "홍길동")
    read = forms.read(Wish, FormData([("name", f" {decomposed} "), ("ids", "1"), ("ids", "2")]), _request("ko"))
    assert read.value == Wish(name="홍길동", ids=[1, 2])
    wrong = forms.read(Wish, FormData([("name", "너무나도 긴 이름"), ("colour", "blue")]), _request("en"))
    assert wrong.value is None
    assert wrong.errors == {"name": "This is too long.", "colour": "Please choose one of the choices."}
    assert wrong.given["name"] == "너무나도 긴 이름"
    empty = forms.read(Wish, FormData([("name", "  ")]), _request("ko"))
    assert empty.errors == {"name": "입력해 주세요."}
