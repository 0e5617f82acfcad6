"""A file of JSON lines as a command reads it: one object a line, and what cannot be read named by its line."""

import codecs
import json
import logging
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from oncall import logs

_T = TypeVar("_T", bound=BaseModel)


class JsonLines:
    """Reads objects one by one; what cannot be read is said with its line number, and the rest goes on."""

    def __init__(self, file: str) -> None:
        self.complaints = 0
        self._file = file
        # Standard output is for the answers alone.
        logs.set_up(logging.WARNING)

    def complain(self, sentence: str) -> None:
        """Say what is wrong on standard error."""
        self.complaints += 1
        print(sentence, file=sys.stderr)

    def objects(self, kind: type[_T]) -> Iterator[_T]:
        """The objects in order. A file that is one JSON object over several lines is one object."""
        raw = self._bytes()
        whole = _whole(raw)
        lines = enumerate(raw.split(b"\n"), 1) if whole is None else [(1, whole)]
        for number, line in lines:
            if not line.strip():
                continue
            try:
                yield kind.model_validate_json(line.decode())
            except UnicodeDecodeError:
                self.complain(f"{self._file}:{number}: not UTF-8")
            except ValidationError as error:
                self.complain(f"{self._file}:{number}: {_why(error)}")

    def _bytes(self) -> bytes:
        try:
            raw = sys.stdin.buffer.read() if self._file == "-" else Path(self._file).read_bytes()
        except OSError as error:
            self.complain(f"{self._file}: {error.strerror}")
            return b""
        return raw.removeprefix(codecs.BOM_UTF8)


def _whole(raw: bytes) -> bytes | None:
    """The bytes when they are one object spread over lines, else None."""
    if raw.strip().count(b"\n") < 1 or raw.lstrip()[:1] != b"{":
        return None
    try:
        json.loads(raw)
    except ValueError:
        return None
    return raw


def _why(error: ValidationError) -> str:
    """What is wrong with one line, without repeating what was said in it."""
    first = error.errors(include_url=False, include_input=False, include_context=False)[0]
    place = ".".join(str(part) for part in first["loc"])
    return f"{place}: {first['msg']}" if place else str(first["msg"])
