"""The page of quality: how good the listening is, as far as people have looked."""

from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from oncall import clock
from oncall.db import Db
from oncall.listen import card, prompt, quality
from oncall.web.access import Right, Signed, holding, signed_in
from oncall.web.render import page

router = APIRouter(include_in_schema=False)
Viewer = Annotated[Signed, Depends(signed_in(*holding(Right.REVIEW)))]


@router.get("/quality")
def the_quality(request: Request, session: Db, signed: Viewer) -> Response:
    """Figures of the last ninety days, and the card of the rules and the prompt in use; no resident's words."""
    return page(
        request, "listen/quality.html", figures=quality.of(session, signed, clock.now()), few=quality.FEW,
        days=quality.WINDOW.days, cards=quality.last_evaluations(session), net_version=card.net_version(),
        prompt_sha256=prompt.fingerprint(),
    )  # fmt: skip
