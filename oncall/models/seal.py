"""Personal words under seal: one data key per resident, wrapped by a key that never lies in the database.

AES-256-GCM throughout; what is sealed is bound to its table, column and row, so a sealed name cannot be moved to
another row (P-26). Destroying one resident's wrapped key makes everything of theirs unreadable (P-24).
"""

import hmac
import os
import secrets
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from oncall.models.key_file import KeyFile, derive

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
        """The bytes that were sealed for this place of this row; none when they were deleted. Raises SealBroken."""
        if not sealed:
            return b""
        if sealed[:1] != _VERSION:
            raise SealBroken(f"unknown seal version at {place}")
        try:
            return self._aes.decrypt(sealed[1:13], sealed[13:], _bound_to(place, row))
        except InvalidTag:
            raise SealBroken(f"seal does not open at {place}") from None


class Erased(Seal):
    """The seal of somebody whose key was destroyed: nothing opens, nothing can be added (P-24)."""

    def __init__(self) -> None:
        super().__init__(bytes(32))

    def close_bytes(self, plain: bytes, place: str, row: UUID) -> bytes:
        """Nothing is kept of somebody who was erased."""
        raise SealBroken(f"erased, nothing may be kept at {place}")

    def open_bytes(self, sealed: bytes, place: str, row: UUID) -> bytes:
        """Whatever it was, it is gone."""
        return b""


class KeyRing:
    """The city's key: wraps data keys, and makes the keyed indexes by which a number is found without being read.

    While the key is being changed the ring opens with the old and the new one, and wraps with the newest its file names;
    a process that meets a data key it cannot open looks into the file again.
    """

    def __init__(self, keys: "KeyFile | bytes", file: Path | None = None) -> None:
        self._file, self._seen = file, _changed_at(file)
        self._opened = lru_cache(maxsize=20_000)(self._unwrap)
        self.office: Seal = _Office(self)  # for what belongs to no resident: staff telephones
        self._take(keys if isinstance(keys, KeyFile) else KeyFile.of(keys))

    @classmethod
    def at(cls, file: Path) -> "KeyRing":
        """The ring whose keys are in `file`; a first start makes the file, readable by us only."""
        return cls(KeyFile.first(file), file)

    @property
    def fingerprint(self) -> str:
        """What tells this ring from another city's, and nothing of its keys; the same after its key was changed."""
        return self.index_of("fingerprint", "").hex()[:16]

    def new_seal(self, owner: UUID) -> bytes:
        """A fresh data key for `owner`, wrapped; the only form in which it is stored."""
        self.look_again()
        return self._wrapped(owner, secrets.token_bytes(32))

    def seal_of(self, owner: UUID, wrapped: bytes) -> Seal:
        """The opened seal of `owner`. Raises SealBroken when the key is another's; a destroyed key is an Erased."""
        return self._opened(owner, wrapped)

    def rewrapped(self, owner: UUID, wrapped: bytes) -> bytes | None:
        """The same data key under the key that wraps now; None when that is so already, or the key was destroyed."""
        if not wrapped or self._open_with(self._wraps[:1], owner, wrapped) is not None:
            return None
        plain = self._open_with(self._wraps, owner, wrapped)
        if plain is None:
            raise SealBroken("this data key does not open")
        return self._wrapped(owner, plain)

    def index_of(self, kind: str, value: str) -> bytes:
        """A keyed fingerprint of `value`: equal values meet, nobody without the key can test a guess."""
        return hmac.digest(self._index, f"{kind}:{value}".encode(), sha256)

    def look_again(self) -> bool:
        """Take up what the file says now; True when that was something else."""
        changed_at = _changed_at(self._file)
        if self._file is None or changed_at is None or changed_at == self._seen:
            return False
        self._seen = changed_at
        self._take(KeyFile.read(self._file))
        return True

    def _take(self, keys: KeyFile) -> None:
        every = (keys.key, *keys.also)
        self._wraps = [AESGCM(derive(key, b"wrap")) for key in every]
        self.offices = [Seal(derive(key, b"office")) for key in every]
        self._index, self.session_key = keys.index, keys.session

    def _wrapped(self, owner: UUID, key: bytes) -> bytes:
        nonce = os.urandom(12)
        return _VERSION + nonce + self._wraps[0].encrypt(nonce, key, owner.bytes)

    def _unwrap(self, owner: UUID, wrapped: bytes) -> Seal:
        if not wrapped:
            return Erased()
        key = self._open_with(self._wraps, owner, wrapped)
        if key is None and self.look_again():
            key = self._open_with(self._wraps, owner, wrapped)
        if key is None:
            raise SealBroken("this data key does not open")
        return Seal(key)

    @staticmethod
    def _open_with(wraps: list[AESGCM], owner: UUID, wrapped: bytes) -> bytes | None:
        for wrap in wraps:
            try:
                return wrap.decrypt(wrapped[1:13], wrapped[13:], owner.bytes)
            except InvalidTag:
                continue
        return None


class _Office(Seal):
    """The office's own seal: closes under the key that wraps now, opens under any of the ring's."""

    def __init__(self, ring: KeyRing) -> None:
        super().__init__(bytes(32))
        self._ring = ring

    def close_bytes(self, plain: bytes, place: str, row: UUID) -> bytes:
        """Sealed under the newest key."""
        self._ring.look_again()
        return self._ring.offices[0].close_bytes(plain, place, row)

    def open_bytes(self, sealed: bytes, place: str, row: UUID) -> bytes:
        """Opened with whichever key it was sealed under. Raises SealBroken."""
        for again in (False, True):
            if again and not self._ring.look_again():
                break
            for one in self._ring.offices:
                try:
                    return one.open_bytes(sealed, place, row)
                except SealBroken:
                    continue
        raise SealBroken(f"this seal does not open at {place}")


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


def _changed_at(file: Path | None) -> tuple[int, int] | None:
    """When the file was last replaced; None without one."""
    try:
        found = file.stat() if file is not None else None
    except FileNotFoundError:
        return None
    return (found.st_mtime_ns, found.st_ino) if found is not None else None


def _bound_to(place: str, row: UUID) -> bytes:
    return place.encode() + row.bytes
