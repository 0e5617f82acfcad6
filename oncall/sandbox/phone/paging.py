"""Long lists of the REST interface: filtered by moment, and given out page by page."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import TypeVar
from urllib.parse import urlencode

from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from oncall.sandbox.phone.problem import Refused

T = TypeVar("T")


def page(request: Request, name: str, found: Sequence[T], shown: Callable[[T], dict[str, object]]) -> Response:
    """One page of what was found, as `name`; with relative URIs to its neighbours."""
    query = request.query_params
    try:
        size = min(1000, max(1, int(query.get("PageSize", 50))))
        number = max(0, int(query.get("Page", 0)))
    except ValueError:
        raise Refused(400, 20001, "Page is not a number.") from None
    start = number * size
    items = found[start : start + size]
    kept = [(key, value) for key, value in query.multi_items() if key not in ("Page", "PageSize", "PageToken")]

    def uri(page: int) -> str:
        token = [("PageToken", f"P{'A' if page > number else 'B'}{page}")] if page else []
        return f"{request.url.path}?{urlencode([*kept, ('PageSize', size), ('Page', page), *token])}"

    return JSONResponse(
        {
            name: [shown(item) for item in items],
            "page": number,
            "page_size": size,
            "start": start,
            "end": max(start, start + len(items) - 1),
            "uri": uri(number),
            "first_page_uri": uri(0),
            "next_page_uri": uri(number + 1) if start + size < len(found) else None,
            "previous_page_uri": uri(number - 1) if number else None,
        }
    )


def within(wanted: QueryParams, name: str, moment: datetime | None) -> bool:
    """Whether a moment passes the filters `name`, `name<` and `name>`; a plain day means that day."""
    day, before, after = wanted.get(name), wanted.get(f"{name}<"), wanted.get(f"{name}>")
    if not (day or before or after):
        return True
    if moment is None:
        return False
    return (
        (not day or moment.date() == _moment(day).date())
        and (not before or moment <= _moment(before))
        and (not after or moment >= _moment(after))
    )


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise Refused(400, 20001, "A date is not valid.") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
