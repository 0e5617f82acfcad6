"""Every route needs a role or a token of its own; the few open ones are named here."""

from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute, APIWebSocketRoute

from oncall.app import make_app
from oncall.call.playing import asked_by_carrier
from oncall.call.webhooks import signed_fields
from oncall.web.access import recognised, signed_in

OPEN = {"/healthz", "/metrics", "/sign-in", "/sign-out", "/language"}


def routes_of(router: Any) -> Iterator[APIRoute | APIWebSocketRoute]:
    """Every route of an application, those of the routers it includes among them."""
    for route in router.routes:
        if isinstance(route, APIRoute | APIWebSocketRoute):
            yield route
        elif (inside := getattr(route, "original_router", None)) is not None:
            yield from routes_of(inside)


ROUTES = list(routes_of(make_app()))


def needed_by(dependant: Dependant) -> Iterator[Any]:
    """Everything a route depends on, at any depth."""
    for below in dependant.dependencies:
        yield below.call
        yield from needed_by(below)


def asks_for_a_role(call: Any) -> bool:
    """Whether this dependency is one that `signed_in` or `recognised` made."""
    return getattr(call, "__qualname__", "").startswith((signed_in.__qualname__, recognised.__qualname__))


@pytest.mark.parametrize(
    "route", ROUTES, ids=lambda route: f"{','.join(getattr(route, 'methods', ['WS']))} {route.path}"
)
def test_a_route_needs_a_role_or_a_token(route: APIRoute | APIWebSocketRoute) -> None:
    needed = list(needed_by(route.dependant))
    if route.path == "/voice/line/{name}.wav":
        assert asked_by_carrier in needed
    elif route.path.startswith("/voice/"):
        assert signed_fields in needed
    elif route.path.startswith("/media/"):
        assert "{token}" in route.path
    elif route.path not in OPEN:
        assert any(asks_for_a_role(call) for call in needed), f"{route.path} lets anybody in"


def test_the_walk_saw_the_application() -> None:
    assert {"/voice/{token}/status", "/media/{token}", "/healthz"} <= {route.path for route in ROUTES}
