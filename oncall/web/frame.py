"""Putting the frame around an app: files, guard, sign-in, live news, and a page for every refusal."""

from pathlib import Path
from urllib.parse import quote, urlsplit

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import DataError
from starlette.exceptions import HTTPException
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.staticfiles import StaticFiles

from oncall.errors import AlreadyTaken, BadInput, NotAllowed, NotFound, OnCallError, StaleMove
from oncall.web import live, login
from oncall.web.access import NotSignedIn
from oncall.web.guard import Guard
from oncall.web.i18n import N_
from oncall.web.render import page

STATIC = Path(__file__).parent / "static"

# What is shown for a refusal raised without a sentence of its own.
SENTENCES: dict[type[OnCallError], str] = {
    NotFound: N_("There is no such page, or it lies outside your area."),
    NotAllowed: N_("Your role may not do that."),
    AlreadyTaken: N_("Another caseworker has taken this case."),
    StaleMove: N_("This has changed in the meantime. Please look again."),
}


def furnish(app: FastAPI) -> None:
    """Give `app` all that its pages share; the stages' routers come beside it, in any order."""
    app.mount("/static", _Files(directory=STATIC), name="static")
    app.include_router(login.router)
    app.include_router(live.router)
    app.add_exception_handler(NotSignedIn, _to_sign_in)
    app.add_exception_handler(OnCallError, _refused)
    app.add_exception_handler(RequestValidationError, _unreadable)
    app.add_exception_handler(DataError, _unkeepable)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, _broken)
    app.add_middleware(GZipMiddleware, minimum_size=1000)
    app.add_middleware(Guard)  # added last: outermost


class _Files(StaticFiles):
    """Our own files, asked for again after an upgrade and otherwise answered with 304."""

    def file_response(self, *args: object, **kwargs: object) -> Response:
        """A file, with the rule that browsers ask whether it changed."""
        answer: Response = super().file_response(*args, **kwargs)  # type: ignore[arg-type]  # passed on as they came
        answer.headers["Cache-Control"] = "no-cache"
        return answer


def _to_sign_in(request: Request, error: Exception) -> Response:
    if request.method != "GET" or "x-live" in request.headers:
        # Where they were, so that what they wrote can be handed in again from there.
        back = urlsplit(request.headers.get("referer", "")).path or "/"
        return page(request, "error.html", status=401, sentence_=N_("Please sign in first."), sign_in_to=back)
    onward = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    return RedirectResponse(f"/sign-in?onward={quote(onward)}" if onward != "/" else "/sign-in", status_code=303)


def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, OnCallError)
    return page(request, "error.html", status=error.status, sentence_=str(error) or _plain(error))


def _unreadable(request: Request, error: Exception) -> Response:
    # An id in the address that cannot be one is a page that does not exist.
    return _refused(request, NotFound())


def _unkeepable(request: Request, error: Exception) -> Response:
    # A number larger than any of ours, or a letter no text of ours may hold: nothing was written.
    return _refused(request, BadInput(N_("This cannot be used.")))


def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    known = {404: SENTENCES[NotFound], 403: SENTENCES[NotAllowed]}
    return page(
        request, "error.html", status=error.status_code,
        sentence_=known.get(error.status_code) or N_("That did not work."),
    )  # fmt: skip


def _broken(request: Request, error: Exception) -> Response:
    return page(request, "error.html", status=500, sentence_=N_("Something broke on our side. It has been noted."))


def _plain(error: OnCallError) -> str:
    return SENTENCES.get(type(error), type(error).__doc__ or "")
