"""Signing in and out, and choosing a language; sessions live in our own table so that we can end them (TH-11, TH-12)."""

import secrets
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Annotated
from urllib.parse import urlsplit

import sqlalchemy as sa
from fastapi import APIRouter, Depends
from pwdlib import PasswordHash
from pydantic import BaseModel, Field
from sqlmodel import Session, col, func, select
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from oncall import clock
from oncall.db import Db
from oncall.models import Event, Staff, StaffSession, Verb
from oncall.models.seal import ring
from oncall.settings import settings
from oncall.web import forms
from oncall.web.access import LONGEST, SESSION_COOKIES, Signed, address_of, signed_in, token_hash
from oncall.web.i18n import LANGUAGE_COOKIE, LANGUAGES, N_
from oncall.web.render import page

router = APIRouter(include_in_schema=False)
TRIES_A_LOGIN = 5
TRIES_AN_ADDRESS = 50  # an office shares one
TRY_WINDOW = timedelta(minutes=15)


class SignIn(BaseModel):
    """The form of the sign-in page."""

    login: str = Field(max_length=200)
    password: str = Field(max_length=1000)
    onward: str = "/"


@router.get("/sign-in")
def sign_in_page(request: Request, onward: str = "/") -> Response:
    """The sign-in page."""
    return _asked(request, onward)


@router.post("/sign-in")
def sign_in(request: Request, session: Db, form: forms.Posted) -> Response:
    """Check login and password; the answer to a wrong login, a wrong password and a disabled account is the same."""
    given = forms.read(SignIn, form, request).value
    if given is None:
        return _asked(request, "/", N_("Please write your sign-in name and password."), status=422)
    now, address, login_mark = clock.now(), address_of(request), _mark(given.login)
    # One guess at a time per login: parallel guesses would all pass the count below.
    alone = session.execute(sa.text("SELECT pg_try_advisory_xact_lock(hashtext(:mark))"), {"mark": login_mark}).scalar()
    if not alone or _refusals(session, now, login_mark, address):
        return _asked(request, given.onward, N_("Too many tries. Please wait 15 minutes."), status=429)
    staff = session.exec(select(Staff).where(Staff.login == given.login)).first()
    matches = right_password(given.password, staff.password_hash if staff else None)
    if staff is None or not matches or staff.disabled_at:
        session.add(
            Event(at=now, verb=Verb.SIGN_IN_REFUSED, staff_id=staff.id if staff else None, address=address,
                  detail={"login": login_mark})
        )  # fmt: skip
        return _asked(request, given.onward, N_("That sign-in name and password do not fit."), status=401)
    _end(session, request, now)
    answer = RedirectResponse(safe_path(given.onward), status_code=303)
    start_session(session, staff, request, answer, now)
    return answer


@router.post("/sign-out")
def sign_out(request: Request, session: Db, signed: Annotated[Signed, Depends(signed_in())]) -> Response:
    """End this session; the cookie opens nothing from now on."""
    now = clock.now()
    _end(session, request, now)
    session.add(Event(at=now, verb=Verb.SIGNED_OUT, staff_id=signed.staff_id, address=signed.address))
    answer = RedirectResponse("/sign-in", status_code=303)
    for name in SESSION_COOKIES:
        answer.delete_cookie(name, path="/", secure=name.startswith("__Host-"))
    return answer


@router.post("/language")
def choose_language(request: Request, session: Db, form: forms.Posted) -> Response:
    """Switch the language: for a staff member for good, for a stranger in a cookie."""
    language = str(form.get("language"))
    answer = RedirectResponse(safe_path(str(form.get("onward", "/"))), status_code=303)
    if language in LANGUAGES:
        held = select(StaffSession.staff_id).where(
            col(StaffSession.token_hash).in_(
                [token_hash(t) for n, t in request.cookies.items() if n in SESSION_COOKIES]
            ),
            col(StaffSession.ended_at).is_(None),
        )
        session.execute(sa.update(Staff).where(col(Staff.id).in_(held)).values(language=language))
        answer.set_cookie(LANGUAGE_COOKIE, language, max_age=31_536_000, httponly=True, samesite="lax")
    return answer


def start_session(session: Session, staff: Staff, request: Request, answer: Response, now: datetime) -> None:
    """A fresh session for `staff`, its token in the cookie of `answer` and only its hash with us."""
    token = secrets.token_urlsafe(32)
    session.add(
        StaffSession(staff_id=staff.id, token_hash=token_hash(token), started_at=now, seen_at=now,
                     address=address_of(request))
    )  # fmt: skip
    session.add(Event(at=now, verb=Verb.SIGNED_IN, staff_id=staff.id, address=address_of(request)))
    secure = _is_https(request)
    answer.set_cookie(
        SESSION_COOKIES[0] if secure else SESSION_COOKIES[1], token, path="/", httponly=True, samesite="lax",
        secure=secure, max_age=int(LONGEST.total_seconds()),
    )  # fmt: skip


def hashed(password: str) -> str:
    """A password as it is stored (argon2)."""
    return _hasher().hash(password)


def right_password(password: str, stored: str | None) -> bool:
    """Whether `password` is the one behind `stored`; takes as long when there is none, or none that could fit (TH-12)."""
    usable = stored if stored and stored.startswith("$") else None
    fits = _hasher().verify(password, usable or _nobodys_hash())
    return fits and usable is not None


def safe_path(onward: str) -> str:
    """`onward` if it is a page of ours, else the first page: nobody is sent elsewhere by a link to us."""
    parts = urlsplit(onward)
    ours = not parts.scheme and not parts.netloc and onward.startswith("/") and onward[1:2] not in {"/", "\\"}
    return onward if ours and onward.isprintable() else "/"


def _asked(request: Request, onward: str, problem: str = "", *, status: int = 200) -> Response:
    return page(request, "sign_in.html", status=status, onward=safe_path(onward), problem=problem)


def _end(session: Session, request: Request, now: datetime) -> None:
    tokens = [token_hash(token) for name, token in request.cookies.items() if name in SESSION_COOKIES]
    session.execute(
        sa.update(StaffSession)
        .where(col(StaffSession.token_hash).in_(tokens), col(StaffSession.ended_at).is_(None))
        .values(ended_at=now)
    )


def _refusals(session: Session, now: datetime, login_mark: str, address: str) -> bool:
    recent = select(func.count()).where(Event.verb == Verb.SIGN_IN_REFUSED, Event.at > now - TRY_WINDOW)
    of_login = session.exec(recent.where(col(Event.detail)["login"].astext == login_mark)).one()
    of_address = session.exec(recent.where(Event.address == address)).one()
    return of_login >= TRIES_A_LOGIN or of_address >= TRIES_AN_ADDRESS


def _mark(login: str) -> str:
    """A keyed fingerprint: people sometimes type their password into the wrong field."""
    return ring().index_of("login", login).hex()[:24]


def _is_https(request: Request) -> bool:
    public = urlsplit(settings().public_url)
    return request.url.scheme == "https" or (public.scheme == "https" and request.url.netloc == public.netloc)


@lru_cache
def _hasher() -> PasswordHash:
    return PasswordHash.recommended()


@lru_cache
def _nobodys_hash() -> str:
    return _hasher().hash(secrets.token_urlsafe(16))
