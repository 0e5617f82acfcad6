"""The page of the live board."""

from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from oncall import clock
from oncall.call import board
from oncall.db import Db
from oncall.web.access import Right, Signed, holding, record_read, signed_in
from oncall.web.render import page

router = APIRouter(include_in_schema=False)
Watcher = Annotated[Signed, Depends(signed_in(*holding(Right.SEE_BOARD)))]


@router.get("/board")
def the_board(request: Request, session: Db, signed: Watcher) -> Response:
    """Who is being rung or speaking now."""
    lines = board.on_the_line(session, signed)
    read = [str(line.attempt.id) for line in lines if line.said]
    if read:
        record_read(session, signed, None, "board", detail={"attempts": read})
    return page(request, "call/board.html", lines=lines, latency=board.latency(session, clock.now()))
