"""The file with the city's key: which key wraps now, which older or coming ones still open, and the keys of the indexes.

    <base64 of 32 bytes>          the key that wraps
    also <base64>                 opens as well: while the old key is being replaced, or the next one is handed round
    index <base64>                what numbers are found by, kept when the wrapping key changes
    session <base64>              what rooms and media addresses are made from, kept likewise

A file of one line is a city that never changed its key: the other two are derived from it.
"""

import os
import secrets
from base64 import b64decode, b64encode
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF


@dataclass(frozen=True)
class KeyFile:
    """What stands in the file."""

    key: bytes
    also: tuple[bytes, ...] = ()
    index: bytes = b""
    session: bytes = b""

    @classmethod
    def read(cls, file: Path) -> "KeyFile":
        """The keys in `file`. Raises ValueError when it is none of ours."""
        named: dict[str, list[bytes]] = {"": [], "also": [], "index": [], "session": []}
        for line in file.read_text(encoding="ascii").splitlines():
            if line.strip():
                name, _, value = line.strip().rpartition(" ")
                named[name].append(_key(value)) if name in named else _refuse(name)
        if not named[""]:
            raise ValueError("the key file holds no key")
        return cls.of(named[""][0], tuple(named["also"]), *(named[one][0] if named[one] else b"" for one in ("index", "session")))  # fmt: skip

    @classmethod
    def of(cls, key: bytes, also: tuple[bytes, ...] = (), index: bytes = b"", session: bytes = b"") -> "KeyFile":
        """The keys, those of the indexes derived where they are not given."""
        if len(key) != 32:
            raise ValueError("the city's key must be 32 bytes")
        return cls(key, also, index or derive(key, b"index"), session or derive(key, b"session"))

    @classmethod
    def first(cls, file: Path) -> "KeyFile":
        """The keys in `file`; a first start makes the file, readable by us only."""
        if not file.exists():
            file.parent.mkdir(parents=True, exist_ok=True)
            try:
                handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            except FileExistsError:
                return cls.first(file)
            with os.fdopen(handle, "wb") as out:
                out.write(b64encode(secrets.token_bytes(32)) + b"\n")
        return cls.read(file)

    def write(self, file: Path) -> None:
        """Put this in place of what stands in `file`, in one step that a power cut cannot halve."""
        lines = [b64encode(self.key), *(b"also " + b64encode(one) for one in self.also),
                 b"index " + b64encode(self.index), b"session " + b64encode(self.session)]  # fmt: skip
        fresh = file.with_name(file.name + ".new")
        handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "wb") as out:
            out.write(b"\n".join(lines) + b"\n")
            out.flush()
            os.fsync(out.fileno())
        fresh.replace(file)
        folder = os.open(file.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def derive(key: bytes, purpose: bytes) -> bytes:
    """A key for one purpose, from which the first cannot be told."""
    return HKDF(SHA256(), 32, salt=None, info=b"oncall:" + purpose).derive(key)


def _key(value: str) -> bytes:
    key = b64decode(value, validate=True)
    if len(key) != 32:
        raise ValueError("a key must be 32 bytes")
    return key


def _refuse(name: str) -> None:
    raise ValueError(f"the key file holds a line that is not known ({name[:20]!r})")
