"""A duty screen: a browser's part played by a thread that is signed in, hears the live news and fetches the banner."""

import contextlib
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field

import httpx2

PASSWORD = "부천 안부전화 2026"


@dataclass
class Screen:
    """What one person's banner has shown, in order."""

    url: str
    login: str
    shown: list[str] = field(default_factory=list)
    client: httpx2.Client = field(init=False)

    def __post_init__(self) -> None:
        self.client = httpx2.Client(base_url=self.url, headers={"Sec-Fetch-Site": "same-origin"}, timeout=30)

    def sign_in(self) -> None:
        """Sign in as a person does."""
        answer = self.client.post("/sign-in", data={"login": self.login, "password": PASSWORD})
        assert answer.status_code == 303, answer.text[:300]

    def look(self) -> None:
        """Fetch the banner, as the page does when it hears news."""
        self.shown.append(self.client.get("/alarms/banner", headers={"x-live": "1"}).text)

    def watch(self, stop: threading.Event) -> None:
        """Listen until told to stop."""
        with contextlib.suppress(httpx2.HTTPError), self.client.stream("GET", "/live?topics=alarms") as news:
            for line in news.iter_lines():
                if stop.is_set():
                    return
                if line == "data: alarms":
                    self.look()


@contextlib.contextmanager
def watching(url: str, login: str) -> Iterator[Screen]:
    """Somebody sits before their screen while the block lasts."""
    screen, stop = Screen(url, login), threading.Event()
    screen.sign_in()
    screen.look()
    thread = threading.Thread(target=screen.watch, args=[stop], daemon=True)
    thread.start()
    try:
        yield screen
    finally:
        stop.set()
