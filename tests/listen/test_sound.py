"""The sound of a recording: for who may hear it, in the ranges players ask for, one Event a listening."""

from collections.abc import Iterator
from uuid import uuid4

import pytest
from fastapi.testclient import TestClient
from sqlmodel import select

from oncall import clock, db
from oncall.gateways import store
from oncall.listen.pages import ranged, router
from oncall.models import Event, Recording, Verb
from tests.browser.city import City, settle, tone
from tests.desk import SAME_SITE, app_of, empty_the_database, sit_down


@pytest.fixture(scope="module")
def seeded() -> Iterator[City]:
    """Committed, because the route holds no transaction of the request's."""
    with db.transaction() as session:
        city = settle(session, clock.now())
    for key, sealed in city.sounds.items():
        store.keep(key, sealed)
    yield city
    empty_the_database()


def client_of(city: City, login: str) -> TestClient:
    client = TestClient(app_of(router), headers=SAME_SITE, follow_redirects=False)
    with db.transaction() as session:
        return sit_down(session, client, city.staff[login])


def recording_of(city: City, name: str) -> Recording:
    with db.transaction() as session:
        return session.exec(select(Recording).where(Recording.resident_id == city.residents[name].id)).one()


def test_only_those_who_may_read_in_that_dong_hear_it(seeded: City) -> None:
    here, elsewhere = recording_of(seeded, "송정희"), recording_of(seeded, "박광수")
    han, seo = client_of(seeded, "han"), client_of(seeded, "seo")
    answer = han.get(f"/recordings/{here.id}/sound")
    assert (answer.status_code, answer.headers["content-type"], answer.content) == (200, "audio/wav", tone(10))
    assert answer.headers["cache-control"] == "no-store"
    assert han.get(f"/recordings/{elsewhere.id}/sound").status_code == 404
    assert seo.get(f"/recordings/{elsewhere.id}/sound").status_code == 200
    assert seo.get(f"/recordings/{uuid4()}/sound").status_code == 404
    for login in ("yun", "admin"):
        assert client_of(seeded, login).get(f"/recordings/{here.id}/sound").status_code == 403
    stranger = TestClient(app_of(router), follow_redirects=False)
    assert stranger.get(f"/recordings/{here.id}/sound").status_code == 303


def test_one_listening_is_one_event_even_from_the_middle(seeded: City) -> None:
    recording = recording_of(seeded, "이정희")
    kelly = client_of(seeded, "seo")
    for asked in ("bytes=100-199", "bytes=0-", "bytes=200-"):
        assert kelly.get(f"/recordings/{recording.id}/sound", headers={"Range": asked}).status_code == 206
    with db.transaction() as session:
        played = session.exec(select(Event).where(Event.about == f"recording:{recording.id}")).one()
    assert (played.verb, played.staff_id) == (Verb.PLAYED, seeded.staff["seo"].id)


@pytest.mark.parametrize(("asked", "status", "body", "said"), [
    (None, 200, b"0123456789", None),
    ("bytes=0-3", 206, b"0123", "bytes 0-3/10"),
    ("bytes=4-", 206, b"456789", "bytes 4-9/10"),
    ("bytes=-2", 206, b"89", "bytes 8-9/10"),
    ("bytes=8-99", 206, b"89", "bytes 8-9/10"),
    ("bytes=10-", 416, b"", "bytes */10"),
    ("bytes=5-2", 416, b"", "bytes */10"),
    ("bytes=-", 200, b"0123456789", None),
    ("bytes=0-1,4-5", 200, b"0123456789", None),
    ("pages=1-2", 200, b"0123456789", None),
])  # fmt: skip
def test_ranges(asked: str | None, status: int, body: bytes, said: str | None) -> None:
    answer = ranged(b"0123456789", asked)
    assert (answer.status_code, answer.body, answer.headers.get("content-range")) == (status, body, said)
