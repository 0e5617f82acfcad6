"""Logs: one JSON line an event, with ids, codes, counts and moments; personal words never get here (TH-15).

Whoever logs hands over ids and codes. That is the rule; what stands here is the last resort for the day it is broken: a
value that could be somebody's words is withheld, and of an error its kind and place are told, never its sentence, which
libraries like to fill with what they were given. The libraries' own lines and errors nobody caught take the same way.
"""

import json
import logging
import re
import sys
import threading
import traceback
from collections.abc import Iterator, Mapping, MutableMapping
from datetime import UTC, date, datetime
from types import TracebackType
from typing import Any
from uuid import UUID

import structlog

WITHHELD = "withheld"
FRAMES = 8  # of an error, the innermost ones

_ID_OR_CODE = re.compile(r"[\w.:/@+\-\[\]]{1,120}", re.ASCII)  # one word: no space, no other script
_TELEPHONE = re.compile(r"(?<![\w-])(?:\+\d{8,15}|0\d{1,2}[-. ]?\d{3,4}[-. ]?\d{4})(?![\w-])")
_OURS = {"event", "level", "timestamp", "logger"}  # written by whoever wrote the program


def set_up(level: int = logging.INFO) -> None:
    """Write events to stderr from now on, those of the libraries from warnings up."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Libraries())
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
    logging.getLogger("apscheduler").setLevel(logging.ERROR)  # a beat that is skipped because the last still runs
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            withhold,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    sys.excepthook = _uncaught
    threading.excepthook = lambda caught: _uncaught(caught.exc_type, caught.exc_value, caught.exc_traceback)


def withhold(logger: object, method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """The event with every value that could be somebody's words taken out, and its error told by kind and place."""
    told = event.pop("exc_info", None)
    error = told if isinstance(told, BaseException) else sys.exc_info()[1] if told else None
    for name, value in event.items():
        if name not in _OURS:
            event[name] = _safe(value)
    if error is not None:
        event["errors"] = [_told(one) for one in _chain(error)]
    return event


class _Libraries(logging.Formatter):
    """What libraries say, as one line of ours: the first line of it, unless words or a number could be in there."""

    def format(self, record: logging.LogRecord) -> str:
        """One JSON line."""
        said = record.getMessage().partition("\n")[0][:200]
        line: dict[str, Any] = {
            "event": "library", "level": record.levelname.lower(), "logger": record.name,
            "timestamp": datetime.fromtimestamp(record.created, UTC).isoformat(),
            "said": said if said.isascii() and not _TELEPHONE.search(said) else WITHHELD,
        }  # fmt: skip
        if record.exc_info and record.exc_info[1] is not None:
            line["errors"] = [_told(one) for one in _chain(record.exc_info[1])]
        return json.dumps(line)


def _uncaught(kind: type[BaseException], error: BaseException | None, at: TracebackType | None) -> None:
    if error is None or issubclass(kind, KeyboardInterrupt | SystemExit):
        return
    structlog.get_logger().error("not_caught", exc_info=error)


def _safe(value: Any) -> Any:
    match value:
        case None | bool() | int() | float():
            return value
        case UUID() | datetime() | date():
            return str(value)
        case Mapping():
            return {str(_safe(name)): _safe(one) for name, one in value.items()}
        case list() | tuple() | set() | frozenset():
            return [_safe(one) for one in value]
    text = str(value)
    return text if _ID_OR_CODE.fullmatch(text) and not _TELEPHONE.search(text) else "" if not text else WITHHELD


def _told(error: BaseException) -> dict[str, Any]:
    """An error's kind, the number its maker gave it, and where it came from."""
    told: dict[str, Any] = {"kind": f"{type(error).__module__}.{type(error).__qualname__}"}
    for name in ("errno", "sqlstate", "code", "status"):
        number = getattr(error, name, None)
        if isinstance(number, int | str) and _safe(number) != WITHHELD:
            told[name] = number
    frames = traceback.extract_tb(error.__traceback__)[-FRAMES:]
    told["at"] = [f"{'/'.join(frame.filename.split('/')[-3:])}:{frame.lineno} {frame.name}" for frame in frames]
    return told


def _chain(error: BaseException) -> Iterator[BaseException]:
    seen: set[int] = set()
    at: BaseException | None = error
    while at is not None and id(at) not in seen:
        seen.add(id(at))
        yield at
        at = at.__cause__ or (None if at.__suppress_context__ else at.__context__)
