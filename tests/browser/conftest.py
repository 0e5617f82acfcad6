"""A real Chromium before a real server over a committed city; all of it gone when the last browser test is done.

The fixtures are our own and not pytest-playwright's, whose session-long event loop would stand in the way of the
asynchronous tests that come after.
"""

import secrets
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta

import pytest
import uvicorn
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from oncall import clock, db
from oncall.app import make_app
from oncall.gateways import store
from oncall.models import Role, StaffSession
from oncall.web.access import token_hash
from tests.browser.city import City, settle
from tests.desk import empty_the_database
from tests.makers import make_staff

Visit = Callable[..., Page]
A_LONG_RUN = timedelta(hours=2)  # nobody's session goes idle while a slow machine works through the pages


@dataclass
class Office:
    """The running server and what was seeded in it."""

    url: str
    city: City
    tokens: dict[str, str]


def open_office() -> tuple[City, dict[str, str]]:
    """A committed city, its sounds on the shelf, and a session token for each login ("kelly" reads English)."""
    now = clock.now()
    with db.transaction() as session:
        city = settle(session, now)
        city.staff["kelly"] = make_staff(session, Role.SUPERVISOR, area="부천시", login="kelly", name="Kelly Seo")
        city.staff["kelly"].language = "en"
        tokens = {login: secrets.token_urlsafe(32) for login in city.staff}
        for login, staff in city.staff.items():
            session.add(
                StaffSession(
                    staff_id=staff.id, token_hash=token_hash(tokens[login]), started_at=now, seen_at=now + A_LONG_RUN
                )
            )
    for key, sealed in city.sounds.items():
        store.keep(key, sealed)
    return city, tokens


@pytest.fixture(scope="package")
def office() -> Iterator[Office]:
    city, tokens = open_office()
    app = make_app()
    server = uvicorn.Server(
        uvicorn.Config(app, host="127.0.0.1", port=0, log_level="warning", timeout_graceful_shutdown=1)
    )
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    until = time.monotonic() + 20
    while not server.started and time.monotonic() < until:
        time.sleep(0.05)
    port = server.servers[0].sockets[0].getsockname()[1]
    yield Office(f"http://127.0.0.1:{port}", city, tokens)
    server.should_exit = True
    thread.join(10)
    empty_the_database()


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    system = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=system, args=["--no-sandbox", "--disable-gpu"])
        yield browser
        browser.close()


@pytest.fixture
def visit(office: Office, chromium: Browser) -> Iterator[Visit]:
    """`visit("/cases", who="han", dark=True, width=360, scripts=False)`: a page of its own, looked at by that person."""
    opened: list[BrowserContext] = []
    expect.set_options(timeout=15_000)

    def go(path: str, *, who: str | None = "seo", dark: bool = False, width: int = 1366, height: int = 768,
           scripts: bool = True, context: BrowserContext | None = None) -> Page:  # fmt: skip
        if context is None:
            context = chromium.new_context(
                viewport={"width": width, "height": height}, java_script_enabled=scripts, locale="ko-KR",
                color_scheme="dark" if dark else "light", reduced_motion="reduce",
            )  # fmt: skip
            opened.append(context)
            if who:
                context.add_cookies([{"name": "oncall", "value": office.tokens[who], "url": office.url}])
        page = context.new_page()
        page.set_default_timeout(30_000)
        page.goto(office.url + path)
        return page

    yield go
    for context in opened:
        context.close()
