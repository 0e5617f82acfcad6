"""Signing in: what lets a person in, what keeps others out, and what is written down."""

from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlmodel import Session, select

from oncall import clock
from oncall.models import Event, Staff, StaffSession, Verb
from oncall.web import login
from tests.desk import Desk
from tests.makers import make_staff

PASSWORD = "안부전화 비밀번호 하나"


@pytest.fixture
def han(session: Session) -> Staff:
    return make_staff(session, login="han", password_hash=login.hashed(PASSWORD))


def _sign_in(client, password: str = PASSWORD, name: str = "han", onward: str = "/"):
    return client.post("/sign-in", data={"login": name, "password": password, "onward": onward})


def test_a_person_signs_in_reads_and_signs_out(session: Session, desk: Desk, han: Staff) -> None:
    client = desk(role=None)
    answer = _sign_in(client, onward="/cases?tab=mine")
    assert (answer.status_code, answer.headers["location"]) == (303, "/cases?tab=mine")
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    held = session.exec(select(StaffSession)).one()
    assert cookie.split("=")[1].split(";")[0].encode() not in held.token_hash
    kept = dict(client.cookies)
    assert client.post("/sign-out").headers["location"] == "/sign-in"
    client.cookies.update(kept)
    assert client.post("/sign-out").status_code == 401
    assert [event.verb for event in session.exec(select(Event).order_by(Event.id))] == [
        Verb.SIGNED_IN, Verb.SIGNED_OUT,
    ]  # fmt: skip


def test_the_cookie_is_locked_to_https_where_there_is_https(desk: Desk, han: Staff) -> None:
    client = desk(role=None)
    client.base_url = "https://testserver"
    cookie = _sign_in(client).headers["set-cookie"]
    assert cookie.startswith("__Host-oncall=")
    assert "Secure" in cookie


def test_a_wrong_password_and_an_unknown_name_get_the_same_answer(session: Session, desk: Desk, han: Staff) -> None:
    client = desk(role=None)
    wrong, unknown = _sign_in(client, "x"), _sign_in(client, name="nobody")
    assert (wrong.status_code, wrong.text) == (401, unknown.text)
    assert session.exec(select(Event.verb)).all() == [Verb.SIGN_IN_REFUSED] * 2
    assert "nobody" not in str(session.exec(select(Event.detail)).all())


def test_after_five_wrong_guesses_even_the_right_password_waits(desk: Desk, han: Staff) -> None:
    client = desk(role=None)
    for _ in range(login.TRIES_A_LOGIN):
        assert _sign_in(client, "x").status_code == 401
    assert _sign_in(client).status_code == 429


def test_a_disabled_person_is_not_let_in_and_loses_the_page_they_have_open(
    session: Session, desk: Desk, han: Staff
) -> None:
    client = desk(role=None)
    _sign_in(client)
    han.disabled_at = clock.now()
    session.flush()
    assert client.get("/live").headers["location"].startswith("/sign-in")
    assert _sign_in(client).status_code == 401


@pytest.mark.parametrize("column", ["seen_at", "started_at"])
def test_a_session_ends_when_it_is_idle_or_old(session: Session, desk: Desk, han: Staff, column: str) -> None:
    client = desk(role=None)
    _sign_in(client)
    session.execute(sa.update(StaffSession).values({column: clock.now() - timedelta(hours=9, minutes=1)}))
    session.expire_all()
    assert client.post("/sign-out").status_code == 401


def test_signing_in_again_ends_the_session_before(session: Session, desk: Desk, han: Staff) -> None:
    client = desk(role=None)
    _sign_in(client)
    _sign_in(client)
    assert [held.ended_at is None for held in session.exec(select(StaffSession).order_by(StaffSession.started_at))] == [
        False, True,
    ]  # fmt: skip


@pytest.mark.parametrize("elsewhere", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:1"])
def test_nobody_is_sent_elsewhere_after_signing_in(desk: Desk, han: Staff, elsewhere: str) -> None:
    assert _sign_in(desk(role=None), onward=elsewhere).headers["location"] == "/"


def test_a_form_from_another_site_is_refused(session: Session, desk: Desk, han: Staff) -> None:
    client = desk(role=None)
    for headers in ({"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}):
        assert client.post("/sign-in", data={"login": "han", "password": PASSWORD}, headers=headers).status_code == 403
    del client.headers["Sec-Fetch-Site"]
    assert client.post("/sign-out").status_code == 403
    assert client.post("/sign-out", headers={"Origin": "http://evil.example"}).status_code == 403
    assert client.post("/sign-in", data={}, headers={"Origin": "http://testserver"}).status_code == 422
    assert session.exec(select(StaffSession)).all() == []


def test_the_language_chosen_by_a_person_stays_with_them(session: Session, desk: Desk, han: Staff) -> None:
    client = desk(staff=han)
    assert client.post("/language", data={"language": "en", "onward": "/cases"}).headers["location"] == "/cases"
    session.refresh(han)
    assert han.language == "en"
    stranger = desk(role=None)
    assert "로그인" in stranger.get("/sign-in").text
    stranger.post("/language", data={"language": "en"})
    assert "Password" in stranger.get("/sign-in").text


def test_every_answer_carries_the_headers_that_keep_it_to_itself(desk: Desk) -> None:
    for path in ("/sign-in", "/nowhere", "/static/frame.css"):
        headers = desk(role=None).get(path).headers
        assert "'unsafe" not in headers["content-security-policy"]
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
    assert desk(role=None).get("/sign-in").headers["cache-control"] == "no-store"
