"""A stand-in carrier for one module of tests, and settings that point at it."""

from collections.abc import Iterator

import httpx2
import pytest

from oncall.gateways import phone
from oncall.sandbox.phone.config import PhoneConfig
from oncall.sandbox.server import sandbox_in_thread
from oncall.settings import settings


@pytest.fixture(scope="module")
def carrier_url() -> Iterator[str]:
    """Where this module's carrier listens; its telephones run ten times faster than life."""
    with sandbox_in_thread(PhoneConfig(cps=50, speed=10)) as addresses:
        yield addresses.phone_url


@pytest.fixture
def carrier_settings() -> dict[str, str]:
    """What a module wants set beside the carrier's address."""
    return {}


@pytest.fixture
def carrier(carrier_url: str, committed: None, carrier_settings: dict[str, str], monkeypatch: pytest.MonkeyPatch
            ) -> Iterator[str]:  # fmt: skip
    """The carrier without faults."""
    httpx2.delete(f"{carrier_url}/sandbox/faults")
    config = PhoneConfig()
    for name, value in {"ONCALL_TWILIO_URL": carrier_url, "TWILIO_ACCOUNT_SID": config.account_sid,
                        "TWILIO_AUTH_TOKEN": config.auth_token, "ONCALL_CALLER_ID": "+82325550100",
                        **carrier_settings}.items():  # fmt: skip
        monkeypatch.setenv(name, value)
    forget_settings()
    yield carrier_url
    monkeypatch.undo()
    forget_settings()


def forget_settings() -> None:
    """The settings, and the client made from them, are read anew."""
    settings.cache_clear()
    phone._client.cache_clear()


def set_faults(carrier: str, **faults: object) -> None:
    """How often the carrier fails in which way, from now on."""
    httpx2.post(f"{carrier}/sandbox/faults", json=faults).raise_for_status()
