"""A roster between being checked and being brought in: sealed under a key that only the checker's page holds.

Nothing readable stays behind when somebody walks away: without the page the file cannot be opened again.
"""

import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from uuid import UUID, uuid4

from oncall.errors import NotFound
from oncall.gateways import store
from oncall.models.seal import Seal, SealBroken


class FileGone(NotFound):
    """The checked file is no longer there; please choose it again."""

    def __str__(self) -> str:
        return str(self.__doc__)


def keep(content: bytes, staff_id: UUID) -> str:
    """Put the file away; the answer opens it again, for this member of staff only."""
    name, key = uuid4(), secrets.token_bytes(32)
    store.keep(f"rosters/{name}", Seal(key).close_bytes(content, f"roster:{staff_id}", name))
    return f"{name}.{urlsafe_b64encode(key).decode()}"


def fetch(ticket: str, staff_id: UUID) -> bytes:
    """The file behind a ticket. Raises FileGone when there is none, or it is another's."""
    name, seal = _opened(ticket)
    try:
        return seal.open_bytes(store.fetch(f"rosters/{name}"), f"roster:{staff_id}", name)
    except (store.NotKept, SealBroken):
        raise FileGone from None


def remove(ticket: str) -> None:
    """Take the file away for good."""
    name, _ = _opened(ticket)
    store.remove(f"rosters/{name}")


def _opened(ticket: str) -> tuple[UUID, Seal]:
    try:
        name, key = ticket.split(".", 1)
        return UUID(name), Seal(urlsafe_b64decode(key))
    except ValueError:
        raise FileGone from None
