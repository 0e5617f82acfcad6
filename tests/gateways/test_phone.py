"""The telephone door is closed to emergency and service numbers: OnCall tells people, and people call for help (D4)."""

from collections.abc import Callable

import pytest

from oncall.gateways import phone
from oncall.gateways.phone import NotPlaced

WAYS: list[Callable[[str], str]] = [
    lambda to: phone.place(to, "token"),
    lambda to: phone.place_to_duty(to, "token"),
    lambda to: phone.text_to_duty(to, "words", "token"),
    lambda to: phone.announce(to, "<Response/>"),
    lambda to: phone.text(to, "words"),
]


class _Asked(Exception):
    """The carrier would have been asked."""


@pytest.fixture(autouse=True)
def carrier(monkeypatch: pytest.MonkeyPatch) -> None:
    def client() -> None:
        raise _Asked

    monkeypatch.setattr(phone, "_client", client)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    "number", ["119", "112", "911", "999", "+82119", "+82-112", "+1911", "109", "129", "1394", "02-120", ""]
)
def test_no_emergency_or_service_number_is_ever_asked_for(way: Callable[[str], str], number: str) -> None:
    with pytest.raises(NotPlaced) as refused:
        way(number)
    assert refused.value.bad_number


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("number", ["+821055501234", "+82323202000", "+14155550100"])
def test_other_numbers_are(way: Callable[[str], str], number: str) -> None:
    with pytest.raises(_Asked):
        way(number)
