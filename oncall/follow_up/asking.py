"""One page: somebody is asked through one channel, once, for an alarm or in a drill."""

import secrets
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session, col

from oncall.db import URGENT_JOB, defer
from oncall.models import Channel, Page, PageState


def ask(session: Session, channel: Channel, now: datetime, **of: Any) -> UUID | None:
    """Write the page and queue its sending; None when this one was written before. `of` is whom and for what.

    A screen needs no sending: the news of this very transaction shows it.
    """
    state = PageState.SENT if channel is Channel.SCREEN else PageState.WANTED
    page = Page(channel=channel, state=state, token=secrets.token_urlsafe(24), wanted_at=now, changed_at=now, **of)
    new = session.execute(
        insert(Page).values(page.model_dump()).on_conflict_do_nothing().returning(col(Page.id))
    ).scalar_one_or_none()
    if new is not None and channel is not Channel.SCREEN:
        defer(session, "page", page=str(new), priority=URGENT_JOB)
    return new
