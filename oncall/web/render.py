"""Turning templates into pages: the reader's language, their clock, and the words for what the database stores."""

from datetime import datetime
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

import jinja2
from starlette.requests import Request
from starlette.responses import HTMLResponse

from oncall import clock
from oncall.models.risk import SignalCode
from oncall.settings import settings
from oncall.web import dates, masks, nav
from oncall.web.access import Signed
from oncall.web.i18n import LANGUAGES, asked_language, sentence, translations
from oncall.web.labels import fact, label, why

TEMPLATES = Path(__file__).parent / "templates"


def page(request: Request, template: str, *, status: int = 200, **values: Any) -> HTMLResponse:
    """A whole page. Every template also finds `signed`, `language`, `here`, `menu`, `now`, `city` and the filters below."""
    return HTMLResponse(render(request, template, **values), status_code=status)


def fragment(request: Request, template: str, **values: Any) -> HTMLResponse:
    """A piece of a page, for the live parts; the same values and filters as a page."""
    return page(request, template, **values)


def render(request: Request, template: str, **values: Any) -> str:
    """The text of a template for the person asking."""
    language, signed = language_of(request), signed_of(request)
    config = settings()
    return environment(language).get_template(template).render(
        {
            "request": request, "signed": signed, "language": language, "here": request.url.path,
            "menu": nav.entries_for(signed), "is_here": nav.is_here, "now": clock.now(),
            "other_language": next(other for other in LANGUAGES if other != language),
            "city": config.city_en if language == "en" else config.city,
        } | values
    )  # fmt: skip


def signed_of(request: Request) -> Signed | None:
    """The person the access check found for this request, if one was made."""
    found: Signed | None = getattr(request.state, "signed", None)
    return found


def language_of(request: Request) -> str:
    """The staff member's own language once they are known."""
    signed = signed_of(request)
    return signed.language if signed else asked_language(request)


@lru_cache
def environment(language: str) -> jinja2.Environment:
    """One template environment per language; undefined names are errors, everything is escaped."""
    made = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        extensions=["jinja2.ext.i18n"],
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    # The i18n extension puts these methods on the environment when it loads.
    install: Any = made
    install.install_gettext_translations(translations(language), newstyle=True)
    zone = settings().timezone
    made.filters |= {
        "label": partial(label, language),
        "fact": partial(fact, language),
        "why": partial(why, language),
        "sentence": partial(sentence, language),
        "moment": partial(dates.moment, language, zone),
        "day": partial(dates.day, language, zone),
        "hour": partial(dates.hour, language, zone),
        "ago": partial(dates.ago, language),
        "span": partial(dates.span, language),
        "day_of": partial(_day_of, language, zone),
        "signal_label": lambda code: label(language, SignalCode(code)),
        "seconds": dates.seconds,
        "masked_phone": masks.masked_phone,
        "full_phone": masks.full_phone,
        "masked_name": masks.masked_name,
    }
    return made


def _day_of(language: str, zone: str, written: str) -> str:
    """The day of a moment that is kept as text in a JSON column."""
    return dates.day(language, zone, datetime.fromisoformat(written))
