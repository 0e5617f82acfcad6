"""Personal words under seal: one data key per resident, wrapped by a key that never lies in the database.

AES-256-GCM throughout; what is sealed is bound to its table, column and row, so a sealed name cannot be moved to
another row (P-26). Destroying one resident's wrapped key makes everything of theirs unreadable (P-24).
"""

import hmac
import os
import secrets
from base64 import b64decode, b64encode
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_VERSION = b"\x01"


class SealBroken(Exception):
    """What should be sealed words cannot be opened: another key, another row, or tampered bytes."""


class Seal:
    """The opened data key of one resident: closes and opens that person's words."""

    def __init__(self, key: bytes) -> None:
        self._aes = AESGCM(key)

    def close(self, text: str, place: str, row: UUID) -> bytes:
        """`text` sealed for one place ("table.column") of one row."""
        return self.close_bytes(text.encode(), place, row)

    def open(self, sealed: bytes, place: str, row: UUID) -> str:
        """The words that were sealed for this place of this row. Raises SealBroken otherwise."""
        return self.open_bytes(sealed, place, row).decode()

    def close_bytes(self, plain: bytes, place: str, row: UUID) -> bytes:
        """The same for bytes, such as a recording."""
        nonce = os.urandom(12)
        return _VERSION + nonce + self._aes.encrypt(nonce, plain, _bound_to(place, row))

    def open_bytes(self, sealed: bytes, place: str, row: UUID) -> bytes:
        """The bytes that were sealed for this place of this row. Raises SealBroken otherwise."""
        if sealed[:1] != _VERSION:
            raise SealBroken(f"unknown seal version at {place}")
        try:
            return self._aes.decrypt(sealed[1:13], sealed[13:], _bound_to(place, row))
        except InvalidTag:
            raise SealBroken(f"seal does not open at {place}") from None


class KeyRing:
    """The city's key: wraps data keys, and makes the keyed indexes by which a number is found without being read."""

    def __init__(self, key: bytes) -> None:
        if len(key) != 32:
            raise ValueError("the city's key must be 32 bytes")
        self._wrap = AESGCM(_derive(key, b"wrap"))
        self._index = _derive(key, b"index")
        self.session_key = _derive(key, b"session")
        self.office = Seal(_derive(key, b"office"))  # for what belongs to no resident: staff telephones
        self._opened = lru_cache(maxsize=20_000)(self._unwrap)

    @classmethod
    def at(cls, file: Path) -> "KeyRing":
        """The ring whose key is in `file` (one line of base64); a first start makes the file, readable by us only."""
        if not file.exists():
            file.parent.mkdir(parents=True, exist_ok=True)
            try:
                handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            except FileExistsError:
                return cls.at(file)
            with os.fdopen(handle, "wb") as out:
                out.write(b64encode(secrets.token_bytes(32)) + b"\n")
        return cls(b64decode(file.read_bytes()))

    def new_seal(self, owner: UUID) -> bytes:
        """A fresh data key for `owner`, wrapped; the only form in which it is stored."""
        nonce = os.urandom(12)
        return _VERSION + nonce + self._wrap.encrypt(nonce, secrets.token_bytes(32), owner.bytes)

    def seal_of(self, owner: UUID, wrapped: bytes) -> Seal:
        """The opened seal of `owner`. Raises SealBroken when the key was destroyed or is another's."""
        return self._opened(owner, wrapped)

    def index_of(self, kind: str, value: str) -> bytes:
        """A keyed fingerprint of `value`: equal values meet, nobody without the key can test a guess."""
        return hmac.digest(self._index, f"{kind}:{value}".encode(), sha256)

    def _unwrap(self, owner: UUID, wrapped: bytes) -> Seal:
        try:
            return Seal(self._wrap.decrypt(wrapped[1:13], wrapped[13:], owner.bytes))
        except InvalidTag:
            raise SealBroken("this data key does not open") from None


_ring: KeyRing | None = None


def use(ring: KeyRing) -> None:
    """Hand this process the city's key; done once at start-up."""
    global _ring
    _ring = ring


def ring() -> KeyRing:
    """This process's key ring. Raises RuntimeError before `use`."""
    if _ring is None:
        raise RuntimeError("no key ring yet: call db.open_database() first")
    return _ring


def sealed(name: str, table: str) -> Any:
    """A property `name` that reads and writes `<name>_sealed` under the row's own `seal`; None stays None."""
    column, place = f"{name}_sealed", f"{table}.{name}"

    def read(row: Any) -> str | None:
        value = getattr(row, column)
        return None if value is None else row.seal.open(value, place, row.id)

    def write(row: Any, text: str | None) -> None:
        setattr(row, column, None if text is None else row.seal.close(text, place, row.id))

    return property(read, write, doc=f"{place}, opened from its seal")


def _derive(key: bytes, purpose: bytes) -> bytes:
    return HKDF(SHA256(), 32, salt=None, info=b"oncall:" + purpose).derive(key)


def _bound_to(place: str, row: UUID) -> bytes:
    return place.encode() + row.bytes
