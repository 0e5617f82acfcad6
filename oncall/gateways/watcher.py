"""The watchers outside: an address that expects to be asked for again and again, and one that is told the day's figures."""

from typing import Any

import requests

TIMEOUT_SECONDS = 10


def tick(url: str) -> bool:
    """Let the watcher know that the clock ticks; False when it did not hear."""
    try:
        return requests.get(url, timeout=TIMEOUT_SECONDS, allow_redirects=False).status_code < 400
    except requests.RequestException:
        return False


def tell(url: str, figures: dict[str, Any]) -> bool:
    """Post the figures as JSON; False when nobody took them. They hold counts and ids alone."""
    try:
        return requests.post(url, json=figures, timeout=TIMEOUT_SECONDS, allow_redirects=False).status_code < 300
    except requests.RequestException:
        return False
