"""The shelf for sound: bytes under a key, in a folder or in an S3-compatible bucket.

Recordings come already sealed with the resident's own key; the only plain sound here is our own fixed lines.
"""

from functools import lru_cache
from urllib.parse import unquote, urlsplit

import obstore
from obstore.exceptions import NotFoundError
from obstore.store import LocalStore, ObjectStore, from_url

from oncall.errors import NotFound
from oncall.settings import settings


class NotKept(NotFound):
    """There is nothing on the shelf under this key."""


def keep(key: str, sealed: bytes) -> None:
    """Put `sealed` on the shelf under `key`; what lay there before is replaced in one step."""
    obstore.put(_shelf(), key, sealed)


def fetch(key: str) -> bytes:
    """The sealed bytes under `key`. Raises NotKept."""
    try:
        return bytes(obstore.get(_shelf(), key).bytes())
    except (NotFoundError, FileNotFoundError):
        raise NotKept from None


def remove(key: str) -> None:
    """Take what is under `key` off the shelf; nothing happens when it is gone already."""
    try:
        obstore.delete(_shelf(), key)
    except (NotFoundError, FileNotFoundError):
        return


def keys(prefix: str) -> list[str]:
    """Every key that begins with the folder `prefix` ("voice")."""
    return [str(found["path"]) for page in obstore.list(_shelf(), prefix) for found in page]


def _shelf() -> ObjectStore:
    config = settings()
    return _open(config.recordings_url, str(config.data.resolve() / "recordings"))


@lru_cache(maxsize=4)
def _open(url: str | None, folder: str) -> ObjectStore:
    if url and url.startswith("file:"):
        return LocalStore(prefix=unquote(urlsplit(url).path), mkdir=True)
    if url:
        # Credentials and region come from the usual AWS_* variables.
        return from_url(url)
    return LocalStore(prefix=folder, mkdir=True)
