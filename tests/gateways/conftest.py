"""The doors of `tests/listen`, for those who test the gateways themselves."""

from tests.listen.conftest import door as door
