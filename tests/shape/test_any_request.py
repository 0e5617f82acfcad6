"""R-14: no request, whatever stands in it and whoever sends it, gets a 500; and a carrier's route never says sorry for it.

Schemathesis reads the application's own description (made here alone; it is served nowhere) and makes up requests; what is
posted are the names of the fields of our own pages, or of the carrier's, with values nobody would type.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
import schemathesis
import structlog
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from pydantic import BaseModel
from sqlmodel import Session, SQLModel, select
from twilio.request_validator import RequestValidator

from oncall import clock, db
from oncall.app import make_app
from oncall.models import AttemptState, CheckInState, HoldReason, Role
from oncall.models import hold as holds
from oncall.settings import settings
from tests.conftest import examples
from tests.desk import SAME_SITE, sit_down
from tests.makers import make_alarm, make_attempt, make_check_in, make_duty, make_resident, make_staff, make_turns
from tests.shape.test_routes import routes_of

STREAMS = {"/live"}  # it does not end
OURSELVES = Path(__file__).parents[2] / "oncall"
CARRIERS = ["CallSid", "CallStatus", "AnsweredBy", "CallDuration", "RecordingSid", "RecordingStatus", "Digits", "From", "To",
            "StreamEvent", "StreamError", "MessageStatus", "MessageSid", "ErrorCode", "SpeechResult", "StableSpeechResult",
            "UnstableSpeechResult", "SequenceNumber", "Direction"]  # fmt: skip
NASTY = ["", " ", "0", "-1", "1" * 400, "9" * 19, "1e400", "NaN", "\x00", "a\x00b", "😀" * 50, "가" * 2_000, "\ud7a3\u0301", "' OR 1=1 --",
         "<script>", "{{7*7}}", "../../etc/passwd", "%00", "٣٤", "2026-02-30", "9999-12-31", "0001-01-01", "25:61", "2026-12-01",
         "10:30", "true", "null", "[]", "{}", "+821012345678", "010-1234-5678", "mon-fri 10:00-12:00", "completed", "busy",
         "in-progress", "machine_start", "CA1", "1", "2", "9", "#", "emergency", "urgent", "none", "ko", "en"]  # fmt: skip


def operations() -> list[Any]:
    """Every route of the application as schemathesis sees it, those left out of a description as well."""
    routes = [route for route in routes_of(make_app()) if isinstance(route, APIRoute) and route.path not in STREAMS]
    for number, route in enumerate(routes):
        route.include_in_schema, route.operation_id = True, f"route-{number}"
    described = get_openapi(title="OnCall", version="0", routes=routes)
    return [found.ok() for found in schemathesis.openapi.from_dict(described).get_all_operations()]


def fields_of_our_pages() -> list[str]:
    """The names of everything that can be filled in on any page, or is read from its address."""
    pages = [file.read_text() for file in OURSELVES.rglob("web/templates/**/*.html")]
    code = [file.read_text() for file in OURSELVES.rglob("*pages.py")]
    found = {name for text in pages for name in re.findall(r'name="([A-Za-z_]\w*)"', text)}
    found |= {
        name for text in code for name in re.findall(r'(?:form|query_params)(?:\.get|\.getlist)?[(\[]"(\w+)"', text)
    }
    forms = [kind for kind in _every(BaseModel) if kind.__module__.startswith("oncall.")]
    return sorted(found | {name for kind in forms for name in kind.model_fields})


def _every(kind: type) -> Iterator[Any]:
    for below in kind.__subclasses__():
        yield below
        yield from _every(below)


OPERATIONS = operations()
OURS = fields_of_our_pages()
value = st.sampled_from(NASTY) | st.text(max_size=30)


def fields(names: list[str]) -> st.SearchStrategy[dict[str, str]]:
    """A few of them each with its own value, or all of them with one."""
    return st.dictionaries(st.sampled_from(names), value, max_size=12) | value.map(
        lambda one: dict.fromkeys(names, one)
    )


class World:
    """The application on the test's session, one of everything in it, and a seat for each role."""

    def __init__(self, session: Session) -> None:
        self.session = session
        attempt = make_attempt(session, make_check_in(session, state=CheckInState.SPEAKING), state=AttemptState.ANSWERED,
                               call_sid="CA1", answered_at=clock.now())  # fmt: skip
        make_turns(session, attempt, ("resident", "네"), ("agent", "네, 알겠습니다"))
        make_alarm(session, attempt)
        make_duty(session, make_staff(session, area="부천시"))
        make_check_in(session, make_resident(session), state=CheckInState.UNREACHED)
        holds.hold(session, HoldReason.BY_HAND, clock.now())
        self.attempt = attempt
        self.app = make_app()

        def same_session() -> Iterator[Session]:
            with session.begin_nested():
                yield session

        self.app.dependency_overrides[db._request_transaction] = same_session
        self.seats = {role: make_staff(session, role, area="부천시") for role in Role}
        self.ids = [row for row in self._ids() if isinstance(row, UUID)]

    def _ids(self) -> Iterator[Any]:
        for mapper in SQLModel._sa_registry.mappers:
            if "id" in mapper.c:
                yield from self.session.scalars(select(mapper.c.id))

    def client(self, role: Role | None) -> TestClient:
        """Somebody of this role, or nobody, just signed in."""
        client = TestClient(self.app, headers=SAME_SITE, follow_redirects=False, raise_server_exceptions=False)
        return sit_down(self.session, client, self.seats[role]) if role else client


@pytest.fixture
def world(session: Session, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    monkeypatch.setenv("TWILIO_AUTH_TOKEN", "12345")
    settings.cache_clear()
    yield World(session)
    monkeypatch.undo()
    settings.cache_clear()


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda one: f"{one.method.upper()} {one.path}")
@given(drawn=st.data())
@hypothesis_settings(max_examples=examples(4, many=200), deadline=None, suppress_health_check=list(HealthCheck))
def test_no_request_breaks_anything(world: World, operation: Any, drawn: st.DataObject) -> None:
    case = drawn.draw(operation.as_strategy())
    of_carrier = operation.path.startswith("/voice/")
    path = operation.path
    for name, made in (case.path_parameters or {}).items():
        known = [world.attempt.token] if name == "token" else world.ids
        real = drawn.draw(st.booleans())
        chosen = drawn.draw(st.sampled_from(known)) if real and (name == "token" or _is_uuid(made)) else made
        path = path.replace(f"{{{name}}}", _in_path(str(chosen)))
    posted = drawn.draw(fields(CARRIERS if of_carrier else OURS)) if operation.method.upper() != "GET" else {}
    asked = {key: str(one) for key, one in (case.query or {}).items()} or drawn.draw(
        fields(OURS) if not of_carrier else st.just({})
    )
    asked = {key: one[:40] for key, one in list(asked.items())[:40]}  # the client sends no longer addresses
    role = drawn.draw(st.sampled_from([*Role, None]))
    nested = world.session.begin_nested()
    client = world.client(None if of_carrier else role)
    request = client.build_request(operation.method.upper(), path, params=asked or None, data=posted or None)
    if of_carrier and drawn.draw(st.booleans()):
        signed = str(request.url).replace("http://testserver", settings().public_url)
        request.headers["X-Twilio-Signature"] = RequestValidator("12345").compute_signature(signed, posted)
    with structlog.testing.capture_logs() as told:
        answer = client.send(request)
    nested.rollback()
    assert answer.status_code < 500 or operation.path == "/healthz", f"{request.method} {request.url} {posted!r}"
    assert not [entry for entry in told if entry["event"] == "voice_route_failed"], f"{request.url} {posted!r}"


def test_the_description_holds_every_route() -> None:
    known = {route.path for route in routes_of(make_app()) if isinstance(route, APIRoute)}
    assert {one.path for one in OPERATIONS} == known - STREAMS
    assert len(OURS) > 40


def _is_uuid(made: Any) -> bool:
    try:
        UUID(str(made))
    except ValueError:
        return False
    return True


def _in_path(made: str) -> str:
    from urllib.parse import quote

    return quote(made, safe="") or str(uuid4())
